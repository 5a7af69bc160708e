"""The site: which of the addresses of Solara's server are served.

Left out are its debug page ``/resourcez``, eviction, public folders of the app, and the proxy that fetches missing
front-end files from another server and deletes a folder that is requested as a file. The page itself is Solara's,
answered with a policy and a cookie of ours.

Solara is imported inside the functions: it reads its settings from the environment, which the server sets first.
"""

import re
import secrets
from typing import TYPE_CHECKING
from uuid import uuid4

from experiments.app.server.header import policy, signed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from experiments.app.server.reach import Reach

PREFIX = re.compile(r"(?:/(?!\.\.?(?:/|$))[\w.~-]{1,64}){0,8}", re.ASCII)
"""What a reverse proxy may name as the folder it serves the page in: no folder above another."""
VISITOR = re.compile(r"[\w:.-]{1,80}")
MOST_SESSIONS = 40

PAGE = "experiments.app.page"


def site(who: "Reach", sessions: int = MOST_SESSIONS) -> "ASGIApp":
    """Return the application behind its guard; Solara reads its settings when this is called first."""
    from solara.server import app, server  # noqa: PLC0415
    from solara.server import starlette as solara_site  # noqa: PLC0415
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.middleware import Middleware  # noqa: PLC0415
    from starlette.routing import Mount, Route, WebSocketRoute  # noqa: PLC0415

    from experiments.app.server.guard import Guard  # noqa: PLC0415
    from experiments.app.server.shipped import Shipped  # noqa: PLC0415

    if "__default__" not in app.apps:
        app.apps["__default__"] = app.AppScript(PAGE)
    routes = [
        Route("/", page),
        Route("/readyz", ready),
        Route("/jupyter/api/kernels/{kernel_id}", solara_site.kernels),
        Route("/_solara/api/close/{kernel_id}", close, methods=["POST"]),
        WebSocketRoute("/jupyter/api/kernels/{kernel_id}/channels", solara_site.kernel_connection),
        Mount("/_solara/cdn", app=Shipped()),
        Mount("/static/assets", app=solara_site.StaticAssets()),
        Mount("/static", app=solara_site.StaticFilesOptionalAuth(directory=server.solara_static)),
        Mount("/jupyter/nbextensions", app=solara_site.StaticNbFiles()),
    ]
    packed = [Middleware(solara_site.SolaraGZipMiddleware, minimum_size=1000)]
    return Guard(Starlette(routes=routes, middleware=packed, lifespan=solara_site.lifespan), who, sessions)


async def page(request: "Request") -> "Response":
    """Answer with the page."""
    from solara.server import server  # noqa: PLC0415
    from starlette.responses import HTMLResponse, PlainTextResponse  # noqa: PLC0415

    prefix = request.headers.get("x-script-name", "").rstrip("/")
    if not PREFIX.fullmatch(prefix):
        return PlainTextResponse("X-Script-Name: a path such as /backstop is needed\n", 400)
    nonce, scheme = secrets.token_urlsafe(18), request.url.scheme
    answer = HTMLResponse(signed(server.read_root("/", prefix) or "", nonce))
    answer.headers["content-security-policy"] = policy(nonce, scheme, request.headers["host"])
    answer.headers["cache-control"] = "no-store"
    answer.set_cookie(
        server.COOKIE_KEY_SESSION_ID,
        visitor(request) or str(uuid4()),
        httponly=True,
        samesite="lax",
        secure=scheme == "https",
        path=f"{prefix}/",
    )
    return answer


def visitor(request: "Request") -> str:
    """Return the number in the visitor's cookie; empty where it has none that could be ours."""
    from solara.server import server  # noqa: PLC0415

    cookie = request.cookies.get(server.COOKIE_KEY_SESSION_ID, "")
    return cookie if VISITOR.fullmatch(cookie) else ""


async def ready(request: "Request") -> "Response":
    """Answer that the server is running."""
    from starlette.responses import JSONResponse  # noqa: PLC0415

    return JSONResponse({"status": "ok"})


def close(request: "Request") -> "Response":
    """Free a session whose page was closed, for the visitor it belongs to."""
    from solara.server.kernel_context import contexts  # noqa: PLC0415
    from starlette.responses import Response  # noqa: PLC0415

    context, here = contexts.get(request.path_params["kernel_id"]), request.query_params.get("session_id", "")
    if context is not None and here in context.page_status and context.session_id == visitor(request):
        context.page_close(here)
    return Response(status_code=204)
