"""The wheel that `pip install .` makes, unpacked into a folder of its own, without the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from company_tables import stays
from processes import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
_SKIPPED = shutil.ignore_patterns("output_data", "__pycache__", "*.egg-info", "testing_data")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a site-packages folder would hold."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    for name in ("pyproject.toml", "setup.py", "README.md"):
        shutil.copy(REPOSITORY / name, source / name)
    shutil.copytree(REPOSITORY / "backend", source / "backend", ignore=_SKIPPED)
    command = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(source / "dist"),
        str(source),
    ]
    subprocess.run([sys.executable, "-m", "pip", *command], check=True)
    [wheel] = (source / "dist").glob("datafoundry-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    return site


def _run(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )


def test_the_installed_command_profiles_a_table_and_writes_where_it_was_started(
    installed: Path, tmp_path: Path
) -> None:
    stays(200).to_csv(tmp_path / "stays.csv", index=False)
    done = _run(installed, tmp_path, "-m", "datafoundry_cli", "profile", "stays.csv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output_data" / "stays_profile.html").is_file()


def test_every_file_that_a_package_reads_is_installed(installed: Path) -> None:
    """Word lists, templates and styles lie in folders that are no packages themselves."""
    backend = REPOSITORY / "backend"
    packages = [path.parent for path in backend.glob("*/__init__.py")]
    files = [path for folder in packages for path in folder.rglob("*") if path.is_file()]
    data = {path.relative_to(backend) for path in files if path.suffix not in (".py", ".pyc")}
    assert {".toml", ".html", ".css"} <= {path.suffix for path in data}
    homes = (installed, installed / "datafoundry_service")
    assert [each for each in data if not any((home / each).is_file() for home in homes)] == []


def test_only_names_of_our_own_stand_at_the_top(installed: Path) -> None:
    top = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert top == {"DataFoundry", "datafoundry.py", "datafoundry_cli", "datafoundry_client", "datafoundry_service"}


@pytest.mark.slow
def test_the_installed_service_answers_and_does_work(installed: Path, tmp_path: Path) -> None:
    stays(200).to_csv(tmp_path / "stays.csv", index=False)
    port = str(free_port())
    program = """
import subprocess, sys, time
from datafoundry import Client, ServiceError
client = Client(f"http://127.0.0.1:{sys.argv[1]}")
flags = ["--host", "127.0.0.1", "--port", sys.argv[1]]
server = subprocess.Popen([sys.executable, "-m", "datafoundry_cli", "serve", *flags])
try:
    for _ in range(300):
        try:
            client.health()
            break
        except ServiceError:
            time.sleep(0.2)
    assert all(client.health()["features"].values()), client.health()
    print(client.info("stays.csv")["num_rows"])
finally:
    server.terminate()
    server.wait()
"""
    done = _run(installed, tmp_path, "-c", program, port)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "200"
