"""An attribution from its replays to its result folder, which holds every replay, so that it goes on where it was."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from experiments.plan.configuration import Plan
from experiments.plan.world import plan_world
from experiments.results.run import Run
from experiments.run.executor import RunSource
from experiments.study.attribution.answer import Ledger
from experiments.study.attribution.table import document, sentences
from experiments.study.comparison.manifest import study_manifest

if TYPE_CHECKING:
    from experiments.plan.arrangement import Arrangement
    from experiments.results.folder import ResultFolder

LAST = ("bad_debt_",)  # series of which a replay is worth its last value


class ReplayError(RuntimeError):
    """A replay failed; the message carries its traceback."""


def replayed(
    arrangements: Iterable["Arrangement"], number: int, executor: RunSource, advance: Callable[[], None]
) -> list[Ledger]:
    """Return what every arrangement lost, replayed with every set of its channels open.

    Parameters
    ----------
    arrangements : whose losses are explained.
    number : of replications, from 0 on.
    executor : runs the replays.
    advance : called after every replication of an arrangement.
    """
    ledgers = [Ledger(arrangement) for arrangement in arrangements]
    for replication in range(number):
        for ledger in ledgers:
            ledger.add([_sound(run) for run in executor.replicate(tuple(ledger.replays.values()), [replication])])
            advance()
    return ledgers


def keep(folder: "ResultFolder", plan: Plan, ledgers: list[Ledger]) -> None:
    """Write the manifest into the result folder."""
    told: dict[str, Any] = {"replications": plan.replications, "world": plan_world(plan)}
    told |= {"notices": list(plan.notices), "summary": sentences(ledgers)}
    folder.finish(study_manifest(plan.scenario, "attribution", document(ledgers), **told))


def _sound(run: Run) -> Run:
    if run.failure is not None:
        raise ReplayError(f"{run.arrangement} replication {run.replication}: {run.failure}")
    return run
