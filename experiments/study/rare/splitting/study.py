"""A rare event by splitting, from plan to result folder: levels from a trial, then repetitions, with every seed again.

Every arrangement has levels of its own. Of each seed the estimate is the mean of ``REPETITIONS`` independent products,
its error that of their spread, its work that of trial and repetitions together. Levels are fixed before the
repetitions, so the mean is unbiased whatever the trial has shown; the error is itself an estimate, and a poor one where
the estimate hangs on few of the products, which is said.

Arrangements meet different draws once they have branched, so their differences are not paired and none are told.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from rich.table import Table

from experiments.plan.arrangement import Arrangement
from experiments.plan.configuration import Plan
from experiments.plan.world import plan_world
from experiments.results.parquet import write_alone
from experiments.run.process_pool import WorkerPool
from experiments.study.comparison.manifest import study_manifest
from experiments.study.rare.probability import interval, spread
from experiments.study.rare.run import arrangements
from experiments.study.rare.search import Event
from experiments.study.rare.splitting.fixed_effort import Numbers, Split, chosen_levels, product
from experiments.study.rare.splitting.importance import Importance
from experiments.study.rare.splitting.whole_model import WholeModel
from experiments.study.rare.table import extent, gain_text, scientific
from model.scenario import Scenario

if TYPE_CHECKING:
    from experiments.results.folder import ResultFolder

REPETITIONS = 20
SHARE = 0.25  # of the paths that is to reach the next level
FIRST, APART = (
    10_000_000,
    10_000_000,
)  # replication from which a trial draws, and how far repetitions are from each other
FEW = 5.0  # products of equal weight below which the spread says little


class SplitEffort(NamedTuple):
    """How much is spent on what."""

    pilot: int  # paths of a level of the trial
    seeds: int


class Searched(NamedTuple):
    """The levels of one seed of an arrangement, and the work of the trial, whole runs."""

    levels: tuple[float, ...]
    work: float


class SplitArrangement(NamedTuple):
    """The results of one arrangement, a seed each."""

    name: str
    searched: tuple[Searched, ...]
    splits: tuple[Split, ...]

    @property
    def pooled(self) -> tuple[float, float, float, float]:
        """Mean of the seeds, and its standard errors: by their own, by their spread, the larger of the two."""
        return spread([one.value for one in self.splits], [one.error for one in self.splits])

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval; NaN where no repetition reached the event."""
        value, _, _, error = self.pooled
        return interval(value, error, self.effective - 1.0) if value > 0.0 else (math.nan, math.nan)

    @property
    def products(self) -> np.ndarray:
        """Products of all seeds, (seeds × repetitions,)."""
        return np.concatenate([one.products for one in self.splits])

    @property
    def effective(self) -> float:
        """Number of products of equal weight with as much information, 0 where none is above zero."""
        products = self.products
        return float(products.sum() ** 2 / (products @ products)) if products.any() else 0.0

    @property
    def search(self) -> float:
        """Work of the trials, whole runs."""
        return sum(one.work for one in self.searched)

    @property
    def work(self) -> float:
        """Work of trials and repetitions, whole runs."""
        return self.search + sum(one.work for one in self.splits)

    def gains(self) -> list[float]:
        """Return the gain over plain replications at equal work of every seed, NaN where it had no event."""
        return [one.gain(trial.work) for one, trial in zip(self.splits, self.searched, strict=True)]


class SplitAnswer(NamedTuple):
    """The answer of all seeds."""

    event: Event
    paths: int  # of a level in one repetition
    seeds: tuple[int, ...]
    arrangements: tuple[SplitArrangement, ...]


def paths_of(replications: int) -> int:
    """Return the paths of a level in one repetition."""
    return max(replications // REPETITIONS, 2)


def expected_parts(plan: Plan, effort: SplitEffort) -> int:
    """Return how many trials and repetitions a study has, all arrangements together."""
    return len(arrangements(plan)) * effort.seeds * (1 + REPETITIONS)


def searched(scenario: Scenario, event: Event, number: int) -> Searched:
    """Return the levels of a scenario from a trial of `number` paths a level."""
    process = WholeModel(scenario, Importance(*event))
    process.check()
    levels, work = chosen_levels(process, number, SHARE, Numbers(FIRST))
    return Searched(tuple(levels), work)


def repeated(
    scenario: Scenario, event: Event, levels: Sequence[float], number: int, repetition: int
) -> tuple[float, float]:
    """Return one product, and its work in whole runs.

    Parameters
    ----------
    scenario, event : what is run, and on the way to what.
    levels : rising, to inf.
    number : paths of a level.
    repetition : its number, from 0, which names its draws.
    """
    numbers = Numbers(FIRST + (repetition + 1) * APART)
    return product(WholeModel(scenario, Importance(*event)), levels, number, numbers)


def split_scenario(
    scenario: Scenario, event: Event, pilot: int, paths: int, pool: WorkerPool, advance: Callable[[], None]
) -> tuple[Searched, Split]:
    """Return levels and repetitions of one scenario.

    Parameters
    ----------
    scenario, event : what is run, and on the way to what.
    pilot, paths : of a level, in the trial and in a repetition.
    pool : who runs the repetitions.
    advance : called after the trial and after every repetition.
    """
    trial = searched(scenario, event, pilot)
    advance()
    found = pool.map(partial(repeated, scenario, event, trial.levels, paths), range(REPETITIONS))
    for _ in found:
        advance()
    return trial, Split(np.array([value for value, _ in found]), sum(work for _, work in found))


def split_study(plan: Plan, event: Event, effort: SplitEffort, advance: Callable[[], None]) -> SplitAnswer:
    """Split the runs of every arrangement, with every seed again.

    Parameters
    ----------
    plan : a checked plan.
    event : what is rare.
    effort : how much is spent on it.
    advance : called after every trial and repetition.
    """
    numbers, paths = range(plan.scenario.seed, plan.scenario.seed + effort.seeds), paths_of(plan.replications)
    with WorkerPool(plan.workers) as pool:

        def split_arrangement(arrangement: Arrangement) -> SplitArrangement:
            each = [arrangement.scenario.replace({"seed": seed}) for seed in numbers]
            found = [split_scenario(one, event, effort.pilot, paths, pool, advance) for one in each]
            return SplitArrangement(
                arrangement.name, tuple(trial for trial, _ in found), tuple(split for _, split in found)
            )

        return SplitAnswer(
            event, paths, tuple(numbers), tuple(split_arrangement(arrangement) for arrangement in arrangements(plan))
        )


def keep_split(folder: "ResultFolder", plan: Plan, answer: SplitAnswer) -> None:
    """Leave all products and the manifest in the result folder."""
    write_alone(
        pa.concat_tables(_rows(answer, arrangement) for arrangement in answer.arrangements),
        folder.path / "products.parquet",
    )
    told: dict[str, Any] = {"replications": plan.replications, "world": plan_world(plan), "notices": list(plan.notices)}
    told |= {"summary": split_caveats(answer)}
    folder.finish(study_manifest(plan.scenario, "rare", split_document(answer), **told))


def _rows(answer: SplitAnswer, arrangement: SplitArrangement) -> pa.Table:
    """Return every product of an arrangement."""
    seeds, products = np.repeat(answer.seeds, REPETITIONS), arrangement.products
    repetition = np.tile(np.arange(REPETITIONS), len(answer.seeds))
    names = [arrangement.name] * len(products)
    return pa.table({"cell": names, "seed": seeds, "repetition": repetition, "product": products})


def split_document(answer: SplitAnswer) -> dict[str, Any]:
    """Return the answer as plain numbers, under the names that tilting has for them."""
    return {
        "event": answer.event._asdict(),
        "method": "splitting",
        "replications": answer.paths * REPETITIONS * len(answer.seeds),
        "seeds": list(answer.seeds),
        "cells": {arrangement.name: _arrangement(answer, arrangement) for arrangement in answer.arrangements},
        "differences": [],
    }


def _arrangement(answer: SplitAnswer, arrangement: SplitArrangement) -> dict[str, Any]:
    value, within, between, error = arrangement.pooled
    products, gains = arrangement.products, arrangement.gains()
    return {
        "probability": value,
        "ci95": list(arrangement.interval),
        "relative_error": error / value if value > 0.0 else math.nan,
        "hits": int((products > 0.0).sum()),
        "effective_hits": arrangement.effective,
        "largest_share": float(products.max() / products.sum()) if value > 0.0 else math.nan,
        "doubtful": arrangement.effective < FEW * len(answer.seeds),
        "runs": arrangement.work,
        "pilot_runs": arrangement.search,
        "gain": value * (1.0 - value) / arrangement.work / error**2 if error > 0.0 else math.nan,
        "gain_range": list(extent(gains)),
        "plain_runs_as_sure": value * (1.0 - value) / error**2 if error > 0.0 else math.nan,
        "error_within_seeds": within,
        "error_between_seeds": between,
        "by_seed": [
            {"seed": seed, "probability": one.value, "ci95": list(one.interval), "gain": gain, "levels": trial.levels}
            for seed, one, trial, gain in zip(
                answer.seeds, arrangement.splits, arrangement.searched, gains, strict=True
            )
        ],
        "tilt": [],
        "tail": [],
    }


def split_tables(answer: SplitAnswer) -> list[Table]:
    """Return the table of probabilities."""
    event, count = answer.event, len(answer.seeds)
    title = (
        f"P({event.metric} > {event.threshold:g}) by splitting, {answer.paths} paths a level, {REPETITIONS} repetitions"
    )
    table = Table(title=f"{title} of each of {count} seeds")
    table.add_column("structure/regime")
    for name in ("P", "95 % interval", "rel. error", "worth", "runs with pilot", "gain over plain", "levels"):
        table.add_column(name, justify="right")
    for arrangement in answer.arrangements:
        value, _, _, error = arrangement.pooled
        low, high = map(scientific, arrangement.interval)
        relative = f"{100.0 * error / value:.2g} %" if value > 0.0 else "-"
        worth, levels = (
            f"{arrangement.effective:.0f} of {len(arrangement.products)}",
            [len(one.levels) for one in arrangement.searched],
        )
        table.add_row(
            arrangement.name, scientific(value), f"[{low}, {high}]", relative, worth, f"{arrangement.work:.0f}",
            gain_text(arrangement.gains()), ", ".join(map(str, levels)),
        )  # fmt: skip
    return [table]


def split_caveats(answer: SplitAnswer) -> list[str]:
    """Return the warnings that belong to the estimates."""
    alone = ["one seed: how much of its gain is luck is not known; --seeds 3 tells"] if len(answer.seeds) < 2 else []
    return alone + [line for arrangement in answer.arrangements for line in _caveats(answer, arrangement)]


def _caveats(answer: SplitAnswer, arrangement: SplitArrangement) -> list[str]:
    if not arrangement.effective:
        return [f"{arrangement.name}: no repetition reached the event; more --replications or a lower --threshold"]
    if arrangement.effective < FEW * len(answer.seeds):
        return [
            f"{arrangement.name}: the estimate hangs on few repetitions, worth {arrangement.effective:.0f} of "
            f"{len(arrangement.products)}; its interval is likely too short, and more --replications help"
        ]
    return []
