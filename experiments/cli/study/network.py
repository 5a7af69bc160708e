"""``backstop network``: who owes whom, who is central, who falls with whom."""

from typing import TYPE_CHECKING, Any

import click

from experiments.cli.answer import begin, tell
from experiments.cli.option import PRESET, explained, scenario_options, stoppable
from experiments.run.stream import announce

if TYPE_CHECKING:
    from experiments.plan.configuration import Plan
    from experiments.study.network.survey import Survey


@click.command()
@click.option("--edges", metavar="FILE", help="Debts: lines `debtor creditor [USD]`, or a graph.")
@click.option("--holdings", metavar="FILE", help="Cross-holdings: lines `owner owned part`, or a graph.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.9, show_default=True, help="Of a holder's value.")
@click.option("--failure-cost", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Of its value.")
@click.option("--default-probability", type=click.FloatRange(0, 1), help="Of own losses, for all; nothing is run then.")
@scenario_options
@PRESET
@click.option("--replications", type=int, default=20, show_default=True, help="Runs in which defaults are counted.")
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@explained
@stoppable
def network(
    quiet: bool, as_json: bool, default_probability: float | None, holdings: str | None,
    threshold: float, failure_cost: float, edges: str | None, settings: tuple[str, ...], **typed: Any,
) -> int:  # fmt: skip
    """Survey the exposure network: debts, DebtRank, central nodes, waves of default, bound on amplification.

    Debts are those of the scenario at the start, or of a file; how likely each protocol is to fail is counted in runs.
    Exit codes: 0 done, 1 a run failed, 130 Ctrl-C, 2 bad usage or configuration.
    """
    from experiments.run.process_pool import prepare  # noqa: PLC0415

    prepare(typed["workers"] if default_probability is None else 1)
    from experiments.plan.configuration import plan  # noqa: PLC0415
    from experiments.plan.options import Options  # noqa: PLC0415

    from_file = ("exposure.graph=file", f"exposure.file={edges}") if edges else ()
    chosen = plan(Options(settings=(*from_file, *settings), **typed))
    told = begin(chosen._replace(notices=(*chosen.notices, *_idle(default_probability))), quiet, ())
    owned = _read(holdings, chosen)
    found = _survey(chosen, default_probability, owned, (threshold, failure_cost), quiet)
    _report(found, chosen, quiet, as_json, told)
    return 0


def _idle(likely: float | None) -> list[str]:
    """Return what does nothing where the probability of default is given."""
    context = click.get_current_context()
    typed = context.get_parameter_source("replications") is click.core.ParameterSource.COMMANDLINE
    return ["--replications does nothing with --default-probability"] if typed and likely is not None else []


def _read(holdings: str | None, chosen: "Plan") -> Any:
    """Return the cross-holdings of the file, if any."""
    from experiments.plan.options import ConfigurationError  # noqa: PLC0415
    from model.network.analysis.holding_report import read_holdings  # noqa: PLC0415
    from model.network.reader.edge_list import EdgeListError  # noqa: PLC0415

    if holdings is None:
        return None
    try:
        return read_holdings(holdings, [f"protocol_{i}" for i in range(chosen.scenario.protocol.number)])
    except EdgeListError as error:
        raise ConfigurationError(f"command line: --holdings: {problem}" for problem in error.problems) from error


def _survey(
    chosen: "Plan", likely: float | None, owned: Any, levels: tuple[float, float], quiet: bool
) -> "Survey":  # fmt: skip
    from experiments.plan.configuration import asked  # noqa: PLC0415
    from experiments.results.folder import ResultFolder  # noqa: PLC0415
    from experiments.run.progress import Progress  # noqa: PLC0415
    from experiments.study.network.folder import keep  # noqa: PLC0415
    from experiments.study.network.survey import survey  # noqa: PLC0415

    runs = chosen.replications if likely is None else 0
    held = None if owned is None else owned.tolist()
    words = {**asked(chosen), "default_probability": likely, "holdings": held, "levels": levels}
    with (
        ResultFolder(chosen.folder, "network", words, series=False) as folder,
        Progress(runs, quiet) as progress,
    ):
        progress.say_found(folder)
        found = survey(chosen, likely, owned, levels, progress.advance, folder.runs)
        if not folder.unchanged:
            keep(folder, chosen, found)
    return found


def _report(found: "Survey", chosen: "Plan", quiet: bool, as_json: bool, told: dict[str, Any]) -> None:
    from experiments.study.network.table import conclusions, document, tables  # noqa: PLC0415

    tell(found, document, tables, quiet, as_json, told)
    announce([*conclusions(found), f"results in {chosen.folder}"], quiet)
