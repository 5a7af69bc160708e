"""``backstop validate``: published results next to ours, claim by claim."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.run.process_pool import prepare

WITHOUT_CASES = ("oracles", "data", "episodes", "facts", "ablation", "settings", "replications", "workers", "write")
SETTINGS = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="With --episodes: one parameter of every scenario."
)
PLACE = click.Path(path_type=Path)


@click.command()
@click.option(
    "--oracles", type=PLACE, metavar="FOLDER", help="Published values to go by: a folder with published.json."
)
@click.option("--data", type=PLACE, metavar="FOLDER", help="Recorded data, for the claims that need some.")
@click.option("--episodes", is_flag=True, help="Also the named episodes and draws on funds, next to the record.")
@click.option("--facts", is_flag=True, help="Also the stylised facts of the default market.")
@click.option("--ablation", is_flag=True, help="Also what matters of the market of venues, change by change.")
@SETTINGS
@click.option("--replications", type=click.IntRange(2), default=5, show_default=True, help="For those three.")
@click.option("--workers", type=click.IntRange(1), help="Processes for those three; default one per core.")
@click.option("--write", is_flag=True, help="Write what was run into docs/validation.md.")
@click.option("--cases", type=PLACE, metavar="FILE", help="Only the cases of a file, by topic: see docs/validation.md.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of tables.")
@click.pass_context
def validate(context: click.Context, **typed: Any) -> None:
    """Run the validation suite: published value, ours, tolerance or interval, verdict.

    What episodes and the default market miss is shown and does not count as failure: it is a finding. With --cases,
    published outputs of a file stand next to those of the functions that a run calls; what is not built reads "not
    run". Exit codes: 0 all claims or outputs pass, 1 one or more fail, 2 bad usage or a file that cannot be used.
    """
    if typed["cases"] is not None:
        _refuse_others(context)
        load("experiments.cli.study.validate_cases:validate_cases")(context, typed["cases"], typed["as_json"])
    del typed["cases"]
    _refuse_settings(**typed)
    if typed["episodes"] or typed["facts"] or typed["ablation"]:
        prepare(typed["workers"])
    load("experiments.cli.study.validate:validate")(context, **typed)


def _refuse_others(context: click.Context) -> None:
    """Refuse the options that are about claims and records."""
    default = click.core.ParameterSource.DEFAULT
    typed = [
        f"--{'set' if name == 'settings' else name}"
        for name in WITHOUT_CASES
        if context.get_parameter_source(name) is not default
    ]
    if typed:
        raise click.UsageError(f"--cases goes with --json alone, not with {', '.join(typed)}")


def _refuse_settings(settings: tuple[str, ...], episodes: bool, facts: bool, write: bool, **_: Any) -> None:
    """Refuse --set where nothing would be changed, or the page would tell of another market than the default."""
    if settings and (write or facts or not episodes):
        raise click.UsageError("--set goes with --episodes, and neither with --facts nor with --write")
