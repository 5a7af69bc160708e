"""``backstop network``: who owes whom, who is central, who falls with whom."""

from typing import Any

import click

from experiments.cli.answer import begin, tell
from experiments.plan.configuration import Plan, asked, plan
from experiments.plan.options import ConfigurationError, Options
from experiments.results.folder import ResultFolder
from experiments.run.progress import Progress
from experiments.run.stream import announce
from experiments.study.network.folder import keep
from experiments.study.network.survey import Survey, survey
from experiments.study.network.table import conclusions, document, tables
from model.network.analysis.holding_report import read_holdings
from model.network.reader.edge_list import EdgeListError

OWN = ("default_probability", "holdings", "edges", "threshold", "failure_cost")  # options that make no scenario


def network(quiet: bool, as_json: bool, **typed: Any) -> int:
    """Survey the exposure network: debts, DebtRank, central nodes, waves of default, bound on amplification."""
    likely, holdings, edges, *levels = (typed.pop(name) for name in OWN)
    if edges:
        typed["settings"] = ("exposure.graph=file", f"exposure.file={edges}", *typed["settings"])
    chosen = plan(Options(**typed))
    told = begin(chosen._replace(notices=(*chosen.notices, *_idle(likely))), quiet, ())
    owned = _read(holdings, chosen)
    found = _survey(chosen, likely, owned, (levels[0], levels[1]), quiet)
    _report(found, chosen, quiet, as_json, told)
    return 0


def _idle(likely: float | None) -> list[str]:
    """Return what does nothing where the probability of default is given."""
    context = click.get_current_context()
    typed = context.get_parameter_source("replications") is click.core.ParameterSource.COMMANDLINE
    return ["--replications does nothing with --default-probability"] if typed and likely is not None else []


def _read(holdings: str | None, chosen: Plan) -> Any:
    """Return the cross-holdings of the file, if any."""
    if holdings is None:
        return None
    try:
        return read_holdings(holdings, chosen.scenario.protocol.names("protocol_"))
    except EdgeListError as error:
        raise ConfigurationError(f"command line: --holdings: {problem}" for problem in error.problems) from error


def _survey(
    chosen: "Plan", likely: float | None, owned: Any, levels: tuple[float, float], quiet: bool
) -> Survey:  # fmt: skip

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


def _report(found: Survey, chosen: Plan, quiet: bool, as_json: bool, told: dict[str, Any]) -> None:
    tell(found, document, tables, quiet, as_json, told)
    announce([*conclusions(found), f"results in {chosen.folder}"], quiet)
