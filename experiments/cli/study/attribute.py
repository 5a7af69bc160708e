"""``backstop attribute``: why protocols fail, what each channel adds alone and together with others."""

from typing import Any

import click

from experiments.cli.answer import begin, tell
from experiments.plan.arrangement import arrangements
from experiments.plan.configuration import Plan, asked, plan
from experiments.plan.options import Options
from experiments.results.folder import ResultFolder
from experiments.run.executor import never
from experiments.run.process_pool import WorkerPool
from experiments.run.progress import Progress
from experiments.run.recorded import Recorded
from experiments.run.stream import announce
from experiments.study.attribution.answer import MEASURES, Ledger
from experiments.study.attribution.folder import LAST, keep, replayed
from experiments.study.attribution.table import condition_table, document, sentences, table
from experiments.study.comparison.pilot import doubt, run_pilot, used
from experiments.study.comparison.run import planned_runs


def attribute(quiet: bool, as_json: bool, **typed: Any) -> int:
    """Tell what exposures, the pool, the price, runs and owners at several protocols add to defaults and losses."""
    chosen = plan(Options(**typed))
    told = begin(chosen, quiet)
    ledgers = _ledgers(chosen, quiet)
    _report(ledgers, as_json, quiet, told)
    announce([f"results in {chosen.folder}"], quiet)
    return 0


def _ledgers(chosen: Plan, quiet: bool) -> list[Ledger]:
    with (
        ResultFolder(chosen.folder, "attribution", asked(chosen), series=False, last=LAST) as folder,
        Progress(planned_runs(chosen), quiet) as progress,
    ):
        progress.say_found(folder)
        ledgers = _replayed(chosen, folder, progress)
        if not folder.unchanged:
            keep(folder, chosen, ledgers)
    return ledgers


def _replayed(chosen: Plan, folder: ResultFolder, progress: Progress) -> list[Ledger]:
    with WorkerPool(chosen.workers) as pool:
        pilot = run_pilot(chosen, Recorded(pool, folder.pilot), never, lambda: progress.advance(what="pilot"))
        if pilot.replications:
            by = used(chosen.scenario.backstop.allotment)
            progress.say(doubt(len(pilot.replications), pilot.misplaced.get(by)))
        found = arrangements(chosen.scenario, chosen.structures, chosen.regimes, pilot.estimate)
        return replayed(found, chosen.replications, Recorded(pool, folder.runs), progress.advance)


def _report(ledgers: list[Ledger], as_json: bool, quiet: bool, told: dict[str, Any]) -> None:
    tell(ledgers, document, lambda found: [table(found), condition_table(found)], False, as_json, told)
    if not as_json:
        for line in sentences(ledgers):
            click.echo(line)
    lost = any(ledger.total(measure).any() for ledger in ledgers for measure in MEASURES)
    announce([] if lost else ["warning: nothing failed and nothing was left uncovered: nothing to attribute"], quiet)
