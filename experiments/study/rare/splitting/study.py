"""A rare event by splitting, from plan to result folder: levels from a trial, then repetitions, with every seed again.

Every arrangement has levels of its own. Of each seed the estimate is the mean of ``REPETITIONS`` independent products,
its error that of their spread, its work that of trial and repetitions together. Levels are fixed before the
repetitions, so the mean is unbiased whatever the trial has shown; the error is itself an estimate, and a poor one where
the estimate hangs on few of the products, which is said.

Arrangements meet different draws once they have branched, so their differences are not paired and none are told.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from experiments.plan.arrangement import Arrangement
from experiments.plan.configuration import Plan
from experiments.results.run_store import RunStore
from experiments.run.process_pool import WorkerPool
from experiments.study.rare.outcome import Outcome
from experiments.study.rare.run import arrangements
from experiments.study.rare.search import Event
from experiments.study.rare.splitting.answer import REPETITIONS, Searched, SplitAnswer, SplitArrangement, SplitEffort
from experiments.study.rare.splitting.fixed_effort import Split
from experiments.study.rare.splitting.part import repeated, searched
from experiments.study.rare.splitting.recorded import Asked, RecordedParts
from experiments.study.rare.splitting.table import split_caveats, split_document


class Spent(NamedTuple):
    """How much is spent on one scenario."""

    pilot: int  # paths of a level of the trial
    paths: int  # of a level of a repetition
    repetitions: int = REPETITIONS


def paths_of(replications: int) -> int:
    """Return the paths of a level in one repetition."""
    return max(replications // REPETITIONS, 2)


def expected_parts(plan: Plan, effort: SplitEffort) -> int:
    """Return how many trials and repetitions a study has, all arrangements together."""
    return len(arrangements(plan)) * effort.seeds * (1 + effort.repetitions)


def split_scenario(
    arrangement: Arrangement,
    event: Event,
    spent: Spent,
    pool: WorkerPool,
    advance: Callable[[], None] = lambda: None,
    parts: RecordedParts | None = None,
) -> tuple[Searched, Split]:
    """Return levels and repetitions of one scenario, each part kept as it is finished and none made that is kept.

    Parameters
    ----------
    arrangement, event : what is run, and on the way to what.
    spent : how much is spent on it.
    pool : who runs the repetitions.
    advance : called after the trial and after every repetition.
    parts : what is finished; none to keep it nowhere.
    """
    parts = parts or RecordedParts(None, event)
    trial = _trial(arrangement, event, spent.pilot, parts)
    advance()
    asked = [Asked(spent.paths, repetition, trial.levels) for repetition in range(spent.repetitions)]
    found = {one.repetition: parts.repetition(arrangement, one) for one in asked}
    left = [one for one in asked if found[one.repetition] is None]
    for _ in range(len(asked) - len(left)):
        advance()
    make = partial(repeated, arrangement.scenario, event, trial.levels, spent.paths)
    for made, one in zip(pool.results(make, [one.repetition for one in left]), left, strict=True):
        parts.keep(arrangement, one, made)
        found[one.repetition] = made
        advance()
    return trial, Split.of([one for one in found.values() if one is not None])


def _trial(arrangement: Arrangement, event: Event, pilot: int, parts: RecordedParts) -> Searched:
    found = parts.trial(arrangement, Asked(pilot))
    if found is not None:
        return found
    made = searched(arrangement.scenario, event, pilot)
    parts.keep(arrangement, Asked(pilot), made)
    return made


def split_study(
    plan: Plan, event: Event, effort: SplitEffort, advance: Callable[[], None], store: RunStore | None = None
) -> SplitAnswer:
    """Split the runs of every arrangement, with every seed again.

    Parameters
    ----------
    plan : a checked plan.
    event : what is rare.
    effort : how much is spent on it.
    advance : called after every trial and repetition.
    store : where finished parts are, and are kept; none to keep them nowhere.
    """
    numbers, parts = range(plan.scenario.seed, plan.scenario.seed + effort.seeds), RecordedParts(store, event)
    spent = Spent(effort.pilot, paths_of(plan.replications), effort.repetitions)
    with WorkerPool(plan.workers) as pool:

        def split_arrangement(arrangement: Arrangement) -> SplitArrangement:
            each = [arrangement._replace(scenario=arrangement.scenario.replace({"seed": seed})) for seed in numbers]
            found = [split_scenario(one, event, spent, pool, advance, parts) for one in each]
            trials, splits = zip(*found, strict=True)
            return SplitArrangement(arrangement.name, trials, splits)

        split = tuple(split_arrangement(arrangement) for arrangement in arrangements(plan))
    return SplitAnswer(event, spent.paths, spent.repetitions, tuple(numbers), split)


def split_outcome(answer: SplitAnswer) -> Outcome:
    """Return all products, figure and numbers for the result folder."""
    table = pa.concat_tables(_rows(answer, arrangement) for arrangement in answer.arrangements)
    figure = "experiments.study.rare.splitting.figure"
    return Outcome(answer, figure, "products", table, split_document(answer), summary=split_caveats(answer))


def _rows(answer: SplitAnswer, arrangement: SplitArrangement) -> pa.Table:
    """Return every product of an arrangement."""
    seeds, products = np.repeat(answer.seeds, answer.repetitions), arrangement.products
    repetition = np.tile(np.arange(answer.repetitions), len(answer.seeds))
    names = [arrangement.name] * len(products)
    return pa.table({"cell": names, "seed": seeds, "repetition": repetition, "product": products})
