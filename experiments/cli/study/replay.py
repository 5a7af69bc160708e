"""``backstop replay``: recorded waves of auto-deleveraging under other rules."""

import json

import click

from experiments.study.replay.report import document, show
from experiments.study.replay.wave import ReplayError, read_waves


def replay(context: click.Context, folder: str, as_json: bool) -> None:
    """Allocate recorded deleveraging waves under the rules their data support."""
    try:
        waves = read_waves(folder)
    except ReplayError as error:
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        context.exit(2)
    click.echo(
        f"world: recorded waves of deleveraging in {folder}: {len(waves.wave)} waves on {len(waves.coin)} coins, "
        f"${waves.needed.sum() * 1e-6:,.4g}M needed; nothing is simulated",
        err=True,
    )
    if not as_json:
        show(waves)
        return
    click.echo(json.dumps(document(folder, waves), indent=2, ensure_ascii=False, allow_nan=False))
