"""``backstop app``: the browser app, on this machine alone unless told otherwise."""

import click

from experiments.command.option import explained


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
@click.option("--open/--no-open", "browser", default=True, help="Open a browser.")
@explained
def app(host: str, port: int, results: str, idle: int, browser: bool) -> None:
    """Watch two arrangements live side by side on the same shocks."""
    from experiments.app.server import serve  # noqa: PLC0415

    serve(host, port, results, idle, browser)
