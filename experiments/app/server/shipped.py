"""Front-end files that came with ``solara-assets``, read from their folder only."""

from solara.server import settings
from solara.server.starlette import StaticFilesOptionalAuth
from starlette.responses import Response
from starlette.types import Scope

FOREVER = "public, max-age=31536000, immutable"
"""The version is part of the address, so that a file never changes at its address."""


class Shipped(StaticFilesOptionalAuth):
    """The folder of front-end files."""

    def __init__(self) -> None:
        super().__init__(directory=settings.assets.proxy_cache_dir)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, which may be kept by the browser."""
        answer = await super().get_response(path, scope)
        if answer.status_code in (200, 304):
            answer.headers["cache-control"] = FOREVER
        return answer
