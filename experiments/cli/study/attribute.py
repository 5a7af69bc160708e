"""``backstop attribute``: why protocols fail, what each channel adds alone and together with others."""

from typing import TYPE_CHECKING, Any

import click

from experiments.cli.answer import begin, tell
from experiments.cli.option import PRESET, explained, scenario_options, stoppable
from experiments.run.stream import announce

if TYPE_CHECKING:
    from experiments.plan.configuration import Plan
    from experiments.study.attribution.answer import Ledger


@click.command()
@scenario_options
@PRESET
@click.option("--structure", "structures", multiple=True, metavar="NAME", help="Who holds the capital; repeatable.")
@click.option("--regime", "regimes", multiple=True, metavar="NAME", help="Who pays the residual loss; repeatable.")
@click.option("--replications", type=int, default=20, show_default=True, help="Tapes, each replayed up to 16 times.")
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@explained
@stoppable
def attribute(quiet: bool, as_json: bool, **typed: Any) -> int:
    """Tell what exposures, the pool, the price and runs add to defaults and losses.

    The same tapes are replayed with every combination of these channels closed: own loss with none open, what each
    adds alone, interactions that need several, and what closing each one would avert, with 95 % intervals over
    replications. Exit codes: 0 done, 1 a run failed, 130 Ctrl-C, 2 bad usage or configuration.
    """
    from experiments.run.process_pool import prepare  # noqa: PLC0415

    prepare(typed["workers"])
    from experiments.plan.configuration import plan  # noqa: PLC0415
    from experiments.plan.options import Options  # noqa: PLC0415

    chosen = plan(Options(**typed))
    told = begin(chosen, quiet)
    ledgers = _replayed(chosen, quiet)
    _report(ledgers, as_json, quiet, told)
    return 0


def _replayed(chosen: "Plan", quiet: bool) -> "list[Ledger]":
    from experiments.plan.arrangement import cells  # noqa: PLC0415
    from experiments.run.process_pool import WorkerPool  # noqa: PLC0415
    from experiments.run.progress import Progress  # noqa: PLC0415
    from experiments.study.attribution.answer import Ledger  # noqa: PLC0415
    from experiments.study.comparison.pilot import doubt, run_pilot, used  # noqa: PLC0415
    from experiments.study.comparison.run import planned_runs  # noqa: PLC0415

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


def _stop_if_failed(runs: "list[Any]") -> None:
    failed = [run for run in runs if run.failure is not None]
    if failed:
        raise RuntimeError(f"{failed[0].cell} replication {failed[0].replication}: {failed[0].failure}")


def _report(ledgers: "list[Ledger]", as_json: bool, quiet: bool, told: dict[str, Any]) -> None:
    from experiments.study.attribution.answer import MEASURES  # noqa: PLC0415
    from experiments.study.attribution.table import condition_table, document, sentences, table  # noqa: PLC0415

    tell(ledgers, document, lambda found: [table(found), condition_table(found)], False, as_json, told)
    if not as_json:
        for line in sentences(ledgers):
            click.echo(line)
    lost = any(ledger.total(measure).any() for ledger in ledgers for measure in MEASURES)
    announce([] if lost else ["warning: nothing failed and nothing was left uncovered: nothing to attribute"], quiet)
