"""``backstop app``: the browser app, for this machine alone unless ``--host`` says otherwise."""

import click

from experiments.app.server.reach import origin_of
from experiments.cli.lazy_group import load
from experiments.cli.option import explained


@click.command()
@click.option("--host", default="localhost", show_default=True, help="Address to listen on.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 for a free one.")
@click.option("--results", default="results", show_default=True, metavar="FOLDER", help="Folder of result folders.")
@click.option(
    "--idle",
    default=180,
    show_default=True,
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Free a session this long after its connection was lost; a closed page is freed at once.",
)
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="ORIGIN",
    help="Page the server may be reached by besides its own, e.g. https://name of a reverse proxy; repeatable.",
)
@click.option(
    "--sessions", default=40, show_default=True, type=click.IntRange(1), help="Sessions that may be open at once."
)
@click.option("--open/--no-open", "browser", default=True, help="Open a browser.")
@explained
def app(
    host: str, port: int, results: str, idle: int, allow_origin: tuple[str, ...], sessions: int, browser: bool
) -> None:
    """Watch two arrangements live side by side on the same shocks."""
    try:
        origins = tuple(map(origin_of, allow_origin))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--allow-origin") from None
    load("experiments.app.server.server:serve")(host, port, results, idle, browser, origins, sessions)
