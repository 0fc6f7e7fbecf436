"""Is the service there, and what can it do?"""

from typing import Any

from apiflask import APIBlueprint

from api import features
from api.responses import Health
from DataFoundry import __version__

blueprint = APIBlueprint("health", __name__, tag="Service")


@blueprint.get("/health")
@blueprint.output(Health)
def health() -> dict[str, Any]:
    """Tell that the service is up, and which features work in this installation."""
    return {"status": "healthy", "version": __version__, "features": features.working()}
