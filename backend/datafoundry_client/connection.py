"""HTTP with one service: keys, errors as exceptions, jobs awaited."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

JobProgress = dict[str, Any]  # doing, unit, done, total, seconds, seconds_left, and figures of the work
OnProgress = Callable[[JobProgress], None]

_FIRST_WAIT = 1  # seconds that the first answer may take before it becomes a job to follow
_LOOKS = (0.2, 0.3, 0.5, 1.0)  # seconds between looks at a job; the last one repeats
_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 120  # of one request; work itself may take any time
_TRIES = 5  # of a look at a job, while the service is started again


@dataclass
class ServiceError(Exception):
    """The service refused, or what was asked for failed.

    Attributes
    ----------
    message
        One sentence for people: what was wrong and what to do.
    code
        A stable word for programs, such as `file_not_found`.
    status
        The HTTP status; 0 where no answer came.
    details
        JSON that names the column, function, row and so on.
    """

    message: str
    code: str = "error"
    status: int = 0
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message


class Connection:
    """Requests to the service at `url`, with the key of the caller."""

    def __init__(self, url: str, api_key: str | None) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        if api_key:
            self._session.headers["Authorization"] = f"Bearer {api_key}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request; raises ServiceError for every answer that is not a success."""
        options.setdefault("timeout", (_CONNECT_SECONDS, _ANSWER_SECONDS))
        try:
            response = self._session.request(method, self.url + path, **options)
        except requests.exceptions.Timeout:
            raise ServiceError(f"{self.url} did not answer in time; look whether the service is running.") from None
        except requests.exceptions.RequestException as error:
            raise ServiceError(
                f"{self.url} cannot be reached ({type(error).__name__}); start the service with `datafoundry serve`, "
                "or name another by its URL."
            ) from None
        if response.status_code >= 400:
            raise _refusal(response)
        return response

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """One request whose answer is a JSON object."""
        answer: dict[str, Any] = self.send(method, path, **options).json()
        return answer

    def run(self, path: str, body: Mapping[str, Any], on_progress: OnProgress | None) -> dict[str, Any]:
        """POST work and wait for its answer, as a job that is followed if it takes longer than a moment.

        An interrupt (Ctrl-C) cancels the job before it is raised again.
        """
        headers = {"Prefer": f"respond-async, wait={_FIRST_WAIT}"}
        response = self.send("POST", path, json=body, headers=headers)
        answer: dict[str, Any] = response.json()
        if response.status_code != 202:
            return answer
        job = answer["job"]
        try:
            return self.wait(job["id"], on_progress)
        except KeyboardInterrupt:
            self.ask("DELETE", f"/api/jobs/{job['id']}")
            raise

    def wait(self, job_id: str, on_progress: OnProgress | None = None) -> dict[str, Any]:
        """The answer of a job once it is over; raises ServiceError if it failed or was cancelled."""
        looks = 0
        while True:
            job = self._look(job_id)
            if job["progress"] and on_progress is not None:
                on_progress(job["progress"])
            if job["state"] == "succeeded":
                result: dict[str, Any] = job["result"]
                return result
            if job["error"] is not None:
                error = job["error"]
                raise ServiceError(error["error"], error["code"], error["status"], error.get("details", {}))
            if job["state"] == "cancelled":
                raise ServiceError("The job was cancelled.", "job_cancelled", 409)
            time.sleep(_LOOKS[min(looks, len(_LOOKS) - 1)])
            looks += 1

    def _look(self, job_id: str) -> dict[str, Any]:
        """The job's state; a service that is being started again is waited for."""
        for attempt in range(_TRIES):
            try:
                job: dict[str, Any] = self.ask("GET", f"/api/jobs/{job_id}")["job"]
                return job
            except ServiceError as error:
                if attempt == _TRIES - 1 or error.status not in (0, 502, 503, 504):
                    raise
                time.sleep(1 + attempt)
        raise AssertionError("the last attempt returns or raises")


def _refusal(response: requests.Response) -> ServiceError:
    try:
        body = response.json()
        return ServiceError(body["error"], body["code"], response.status_code, body.get("details") or {})
    except (ValueError, KeyError, TypeError):  # something between us and the service answered
        return ServiceError(
            f"{response.url} answered {response.status_code} {response.reason}, which is no answer of DataFoundry; "
            "check the URL.",
            "not_datafoundry",
            response.status_code,
        )
