"""What `pip install .` installs, beside what pyproject.toml says: requirements.txt stays the one list of pins."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
OWN_NAMES = ("DataFoundry", "datafoundry_client", "datafoundry_cli")
SERVICE = "datafoundry_service"  # plain names such as `api` must not meet other packages of those names


def requirements() -> dict[str, list[str]]:
    """Pins of `backend/requirements.txt` by extra; those that every installation needs are under ""."""
    found: dict[str, list[str]] = {"": []}
    extra = ""
    for line in (HERE / "backend" / "requirements.txt").read_text().splitlines():
        heading = re.fullmatch(r"# extra (\w+)", line.strip())
        extra = heading[1] if heading else extra
        pin = line.partition("#")[0].strip()
        if pin:
            found.setdefault(extra, []).append(pin)
    return found


def version() -> str:
    """Of the library."""
    text = (HERE / "backend" / "DataFoundry" / "__init__.py").read_text()
    return re.search(r'^__version__ = "(.+)"', text, re.MULTILINE)[1]


pins = requirements()
every = [
    name
    for name in find_packages("backend", exclude=["output_data*", "testing_data*", "examples*"])
    if "output_data" not in name
]
DATA = ("json", "toml", "txt", "html", "css", "js", "svg", "woff2", "csv", "md")
beside = [name for name in every if name.split(".")[0] in OWN_NAMES]
inside = [name for name in every if name not in beside]
setup(
    version=version(),
    packages=[*beside, SERVICE, *(f"{SERVICE}.{name}" for name in inside)],
    package_dir={
        "": "backend",
        SERVICE: "backend",
        **{f"{SERVICE}.{name}": f"backend/{name.replace('.', '/')}" for name in inside},
    },
    py_modules=["datafoundry"],
    # Below packages only: beside them lie the tables of examples and whatever somebody has made with the service.
    package_data={
        name: [f"**/*.{kind}" for kind in DATA] for name in (*beside, *(f"{SERVICE}.{each}" for each in inside))
    },
    install_requires=pins.pop(""),
    extras_require={**pins, "all": [each for group in pins.values() for each in group]},
)
