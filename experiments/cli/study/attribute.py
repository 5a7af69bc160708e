"""``backstop attribute``: why protocols fail, what each channel adds alone and together with others."""

from typing import Any

import click

from experiments.cli.answer import begin, tell
from experiments.plan.arrangement import cells
from experiments.plan.configuration import Plan, plan
from experiments.plan.options import Options
from experiments.run.process_pool import WorkerPool
from experiments.run.progress import Progress
from experiments.run.stream import announce
from experiments.study.attribution.answer import MEASURES, Ledger
from experiments.study.attribution.table import condition_table, document, sentences, table
from experiments.study.comparison.pilot import doubt, run_pilot, used
from experiments.study.comparison.run import planned_runs


def attribute(quiet: bool, as_json: bool, **typed: Any) -> int:
    """Tell what exposures, the pool, the price and runs add to defaults and losses."""
    chosen = plan(Options(**typed))
    told = begin(chosen, quiet)
    ledgers = _replayed(chosen, quiet)
    _report(ledgers, as_json, quiet, told)
    return 0


def _replayed(chosen: Plan, quiet: bool) -> list[Ledger]:
    with WorkerPool(chosen.workers) as executor, Progress(planned_runs(chosen), quiet) as progress:
        pilot = run_pilot(chosen, executor, lambda: False, lambda: progress.advance(what="pilot"))
        if pilot.replications:
            by = used(chosen.scenario.backstop.allotment)
            progress.say(doubt(len(pilot.replications), pilot.misplaced.get(by)))
        found = cells(chosen.scenario, chosen.structures, chosen.regimes, pilot.estimate)
        ledgers = [Ledger(cell) for cell in found]
        for replication in range(chosen.replications):
            for ledger in ledgers:
                runs = list(executor.replicate(tuple(ledger.replays.values()), [replication]))
                _stop_if_failed(runs)
                ledger.add(runs)
                progress.advance()
    return ledgers


def _stop_if_failed(runs: list[Any]) -> None:
    failed = [run for run in runs if run.failure is not None]
    if failed:
        raise RuntimeError(f"{failed[0].cell} replication {failed[0].replication}: {failed[0].failure}")


def _report(ledgers: list[Ledger], as_json: bool, quiet: bool, told: dict[str, Any]) -> None:
    tell(ledgers, document, lambda found: [table(found), condition_table(found)], False, as_json, told)
    if not as_json:
        for line in sentences(ledgers):
            click.echo(line)
    lost = any(ledger.total(measure).any() for ledger in ledgers for measure in MEASURES)
    announce([] if lost else ["warning: nothing failed and nothing was left uncovered: nothing to attribute"], quiet)
