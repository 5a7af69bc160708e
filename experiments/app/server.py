"""The server: Solara in production mode, offline, its kernels compiled before the first visitor comes.

Front-end files come from ``solara-assets``; telemetry, the check for new versions and remote frames are off, and a
front-end file that is missing is an error rather than a request to somebody else's server.
"""

import os
import socket
import threading
import webbrowser
from importlib.metadata import version
from pathlib import Path

import click

PAGE = "experiments.app.page"
RESULTS = "BACKSTOP_RESULTS"
SETTINGS = {
    "SOLARA_APP": PAGE,
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_CDN": "http://localhost:9/",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "True",
    "SOLARA_KERNEL_CULL_TIMEOUT": "3m",
    "SOLARA_KERNEL_MAX_PER_SESSION": "20",
    "SOLARA_THEME_VARIANT": "light",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_TITLE": "Backstop",
}
"""What Solara reads from its surroundings; port 9 is that of nobody."""
REPLAYS = 3


def serve(host: str, port: int, results: str, browser: bool) -> None:
    """Serve the page until interrupted."""
    os.environ.update(SETTINGS)
    os.environ[RESULTS] = str(Path(results).absolute())
    number = port or free_port(host)
    click.echo("Preparing; on a machine that has never run these sources this takes about half a minute.", err=True)
    warm_up()
    import uvicorn  # noqa: PLC0415

    address = f"http://{host}:{number}"
    click.echo(f"Backstop is at {address} — stop it with Ctrl-C.", err=True)
    if browser:
        threading.Timer(1.0, webbrowser.open, [address]).start()
    uvicorn.run(
        "solara.server.starlette:app", host=host, port=number, log_level="warning", ws_per_message_deflate=False
    )


def warm_up() -> None:
    """Compile or load every kernel, and run the page's imports, so that the first visitor does not wait."""
    from experiments.app.arrangement import Arrangement, regimes  # noqa: PLC0415
    from experiments.app.configuration import Configuration  # noqa: PLC0415
    from experiments.app.intervention import KINDS, Intervention  # noqa: PLC0415
    from experiments.app.world import World  # noqa: PLC0415

    scenario = Configuration().scenario.replace({"trader.number": 64, "steps": REPLAYS + 1, "provider.number": 2})
    world = World(scenario, (Arrangement("isolated", regimes()[0]), Arrangement("pooled", regimes()[-1])))
    world.intervene(Intervention("provider_run", 0, KINDS["provider_run"].size))
    world.step(REPLAYS)


def free_port(host: str) -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def pinned_front_end() -> tuple[str, str]:
    """Return the installed versions of Solara and of its front-end files."""
    return version("solara"), version("solara-assets")
