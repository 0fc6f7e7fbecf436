"""The first page: what there is, what runs, and what to do next."""

from typing import Any

from flask import Blueprint

from console import calls
from console.view import LOOKS, files, models, page, tables

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> Any:
    listed = files()
    jobs = calls.get("/api/jobs", limit="200")
    own = [each for each in tables(listed) if not each["short"].startswith("testing_data/")]
    trained = [each for each in models(listed) if "model" in each]
    return page(
        "home.html",
        tables=own,
        models=trained,
        jobs=[job for job in jobs["jobs"] if job["operation"] not in LOOKS][:6],
        running=jobs["running"] + jobs["queued"],
    )
