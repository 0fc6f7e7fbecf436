"""Which language model is plugged in, if any."""

import os
from dataclasses import dataclass

BASE_URL, API_KEY, MODEL = "OPENAI_BASE_URL", "OPENAI_API_KEY", "DATAFOUNDRY_LLM_MODEL"
SECONDS, SAMPLES = "DATAFOUNDRY_LLM_SECONDS", "DATAFOUNDRY_LLM_SAMPLES"
_DEFAULT_SECONDS = 60.0


@dataclass(frozen=True)
class Endpoint:
    """An endpoint and how to speak to it.

    Attributes
    ----------
    base_url
        Up to `/v1`.
    api_key
        Never logged.
    seconds
        Longest wait for one answer.
    samples
        Whether a few rows of a table may be shown to the model; off unless the operator switches it on.
    """

    base_url: str
    api_key: str
    model: str
    seconds: float = _DEFAULT_SECONDS
    samples: bool = False

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r}, model={self.model!r})"


def endpoint() -> Endpoint | None:
    """The endpoint of `OPENAI_BASE_URL` and `DATAFOUNDRY_LLM_MODEL`; None unless both are set."""
    base_url, model = os.environ.get(BASE_URL, "").rstrip("/"), os.environ.get(MODEL, "")
    if not base_url or not model:
        return None
    seconds = float(os.environ.get(SECONDS) or _DEFAULT_SECONDS)
    return Endpoint(base_url, os.environ.get(API_KEY, ""), model, seconds, os.environ.get(SAMPLES) == "1")
