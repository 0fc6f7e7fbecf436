"""Who calls: the holder of an API key, and the data roots that the key is confined to."""

from collections.abc import Sequence

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken


class KeyHolder(AuthenticatedUser):
    """A caller as the protocol's server knows it.

    Attributes
    ----------
    roots
        The only data roots that may be used; None for those of the service.
    """

    def __init__(self, token: AccessToken, roots: Sequence[str] | None) -> None:
        super().__init__(token)
        self.roots = roots
