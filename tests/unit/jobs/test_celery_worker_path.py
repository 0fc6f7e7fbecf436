"""A worker that `celery -A jobs.celery_app worker` starts from `backend/` finds every operation, the pipelines too."""

import os
import subprocess
import sys
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[3] / "backend"
# As the command `celery` does: the folder it was started in is searched only while the application is looked for.
PROGRAM = """
from celery.utils.imports import cwd_in_path
with cwd_in_path():
    import jobs.celery_app
from jobs.operations import OPERATIONS
print(OPERATIONS["cleaning.run_pipeline"].load().__module__)
"""


def test_a_worker_finds_the_pipelines(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["DATAFOUNDRY_BROKER_URL"] = f"filesystem://{tmp_path}"
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM], cwd=BACKEND, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "agents.cleaning_pipeline", done.stderr
