"""``backstop replay``: recorded waves of auto-deleveraging under other rules."""

import click


@click.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@click.pass_context
def replay(context: click.Context, folder: str, as_json: bool) -> None:
    """Allocate recorded deleveraging waves under the rules their data support.

    FOLDER holds the three wave files of the analysis of 10 October 2025. Prints what each rule takes, its
    overshoot, and the fund needed next to it, per coin apart and pooled. Exit codes: 0 done, 2 bad files.
    """
    from experiments.study.replay.report import document, show  # noqa: PLC0415
    from experiments.study.replay.wave import ReplayError, read_waves  # noqa: PLC0415

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
    import json  # noqa: PLC0415

    click.echo(json.dumps(document(folder, waves), indent=2, ensure_ascii=False, allow_nan=False))
