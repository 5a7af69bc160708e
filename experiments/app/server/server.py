"""The server: Solara in production mode, offline, its kernels compiled before the first visitor comes.

Front-end files come from ``solara-assets``; telemetry, the check for new versions and remote frames are off, and a
front-end file that is missing is an error rather than a request to somebody else's server.

The model and the web server are slow to import: this is done after the port is bound and the user is told to wait.
"""

import os
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.app.server.address import hold
from experiments.app.server.reach import bracketed, reach
from experiments.app.server.site import PAGE, site

if TYPE_CHECKING:
    from experiments.app.world.arrangement import Arrangement

RESULTS = "BACKSTOP_RESULTS"
SETTINGS = {
    "SOLARA_APP": PAGE,
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_CDN": "http://localhost:9/",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "True",
    "SOLARA_KERNEL_MAX_PER_SESSION": "20",
    "SOLARA_THEME_VARIANT": "light",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_TITLE": "Backstop",
}
"""What Solara reads from the environment; nothing answers at port 9."""
UVICORN: dict[str, Any] = {
    "log_level": "warning",
    "server_header": False,
    "ws_per_message_deflate": False,
    "ws_max_size": 14_000_000,
    "ws_max_queue": 2,
    "http": "experiments.app.patience:Patient",
    "backlog": 128,  # read whole, before any of them is checked
    "h11_max_incomplete_event_size": 32_768,
    "timeout_keep_alive": 10,
    "timeout_graceful_shutdown": 5,
}
"""A message is at most an upload of 10 MB in base64, and two wait; an address with its headers is at most 32 kB."""
MINIATURE = {"trader.number": 64, "steps": 6, "provider.number": 2}


def serve(
    host: str, port: int, results: str, idle: int, browser: bool, origins: tuple[str, ...] = (), sessions: int = 40
) -> None:
    """Serve the page until interrupted; a session is freed `idle` seconds after its connection was lost.

    Parameters
    ----------
    host : address to listen on.
    port : of that address; 0 for any free one.
    results : folder whose result folders can be explored.
    idle : seconds after the loss of its connection at which a session is freed.
    browser : whether to open the page in a browser.
    origins : other pages that may talk to the server, such as that of a reverse proxy.
    sessions : how many may live at once.

    Raises
    ------
    AddressError
        If nothing can be served at that address.
    """
    os.environ.update(SETTINGS, SOLARA_KERNEL_CULL_TIMEOUT=f"{idle}s")
    os.environ[RESULTS] = str(Path(results).absolute())
    held = hold(host, port)
    number = held[0].getsockname()[1]
    who = reach(host, number, origins)
    click.echo("Preparing; on a machine that has never run these sources this takes about half a minute.", err=True)
    warm_up()
    threading.Thread(target=warm_up_the_rest, name="warm-up", daemon=True).start()
    import uvicorn  # noqa: PLC0415

    address = f"http://{bracketed(host)}:{number}"
    click.echo(f"Backstop is at {address} — stop it with Ctrl-C.", err=True)
    if browser:
        threading.Timer(1.0, webbrowser.open, [address]).start()
    config = uvicorn.Config(site(who, sessions), host, number, proxy_headers=bool(origins), **UVICORN)
    uvicorn.Server(config).run(held)


def warm_up() -> None:
    """Compile or load the kernels of the opening page, so that the first visitor does not wait."""
    from experiments.app.session.configuration import Configuration  # noqa: PLC0415

    usual = Configuration()
    rehearse(usual.a, usual.b)


def warm_up_the_rest() -> None:
    """Compile or load the kernels of all other arrangements, while the first visitor looks around."""
    from experiments.app.world.arrangement import Arrangement, presets, regimes, structures  # noqa: PLC0415

    for structure in structures():
        rehearse(Arrangement(structure, regimes()[0]), Arrangement("none", regimes()[0]))
    for regime in regimes():
        rehearse(Arrangement("none", regime), Arrangement("none", regimes()[0]))
    for preset in presets():
        rehearse(Arrangement("none", regimes()[0], preset), Arrangement("none", regimes()[0]))


def rehearse(a: "Arrangement", b: "Arrangement") -> None:
    """Run two arrangements through a disaster, in miniature."""
    from experiments.app.session.configuration import Configuration  # noqa: PLC0415
    from experiments.app.world.intervention import Intervention  # noqa: PLC0415
    from experiments.app.world.world import World  # noqa: PLC0415

    world = World(Configuration().scenario.replace(MINIATURE), (a, b))
    for kind, size in (("provider_run", 0.5), ("exploit", 0.2), ("price_shock", -0.3)):
        world.intervene(Intervention(kind, 1, size))
    world.step(world.horizon)
