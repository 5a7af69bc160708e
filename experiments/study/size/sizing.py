"""How large a backstop must be, for each structure and regime and at both targets, on the same replications.

First every replication is run with more capital than it can lose, which measures the losses to be insured
(:mod:`experiments.study.size.exposure`). Then the capital of every structure is bisected
(:mod:`experiments.study.size.search`) to the order statistics that estimate and enclose the target
(:mod:`experiments.statistics.order_statistic`), and isolated funds of their own right sizes are found member by
member (:mod:`experiments.study.size.critical`), each for both targets (:mod:`experiments.study.size.target`). Of
"each" the interval runs from the largest low end, held together over members, to the largest high end; of a sum of
funds its ends are the sums of ends that hold together.

At the capital found, each protocol's own probability of being uncovered is counted, and how often that happened
although its own contribution and income would have paid all its losses of that run (``by_others``): the risk it takes
over by joining the pool.

A share of uncovered worlds counted in the worlds that a size was learnt from is too small. So sizes are also learnt
from one half of the replications and judged on the other, in both directions.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.plan.arrangement import Arrangement
from experiments.results.run import Run
from experiments.run.executor import RunSource
from experiments.statistics.order_statistic import ranks
from experiments.study.comparison.callable_capital import METRIC, callable_capital
from experiments.study.size.critical import Critical
from experiments.study.size.exposure import Losses, needed_by_member
from experiments.study.size.search import Rows, Search
from experiments.study.size.target import ANY, CENT, EACH, TARGETS, own_sizes
from model.price.streams import Streams
from model.scenario import Scenario
from model.scenario.parameter import items
from model.scenario.section.backstop import BackstopSection
from model.state.initial import allotment_weights, make_structure, open_interest, skins, stated_funds

AMPLE = 100.0  # capital over open interest that no loss reaches
BELOW = 0.9  # of the capital expected to be needed, where the search begins
MARGIN = 0.9  # of the lowest rank asked for, below which critical funds are not told apart
OWN = "isolated_own"  # isolated funds, each of its own right size


class SizingError(RuntimeError):
    """A run of the search failed; the message carries its traceback."""


class Half(NamedTuple):
    """A size learnt from one half of the replications, USD, and who it left uncovered in the other."""

    capital: float
    uncovered: NDArray[np.bool_]  # (replications of the other half, protocols)


class Size(NamedTuple):
    """The capital one arrangement needs at a target, USD; `high` is inf where n is too small or no capital is enough.

    Without an interval `low` and `high` are NaN.
    """

    arrangement: str
    structure: str
    regime: str
    capital: float
    low: float
    high: float
    runs: int
    uncovered: NDArray[np.bool_]  # (replications, protocols) at that capital, in the worlds it was learnt from
    others: NDArray[np.bool_]  # the same, of those whose own contribution would have paid their losses
    target: str = ANY
    contributions: NDArray[np.float64] = np.zeros(0)  # (protocols,) USD, what each member pays in
    halves: tuple[Half, ...] = ()
    callable_capital: float = np.nan  # with skin in the game and assessments


class Sizer:
    """Runs the replications of a scenario at any capital.

    Parameters
    ----------
    scenario : whose backstop is sized.
    replications : their numbers.
    executor : runs the replications.
    advance : called after every run.
    """

    def __init__(
        self,
        scenario: Scenario,
        replications: Sequence[int],
        executor: RunSource,
        advance: Callable[[], None] = lambda: None,
    ) -> None:
        scenario = with_ratio(scenario)
        self.scenario, self.replications, self.executor, self.advance = scenario, replications, executor, advance
        self.interest = float(open_interest(scenario).sum())
        self.weights = allotment_weights(scenario)
        self.members = scenario.protocol.number
        self._others: dict[tuple[str, float, int], NDArray[np.bool_]] = {}

    def losses(self, structure: str = "isolated", regime: str = "bad_debt") -> Losses:
        """Return (replications, protocols) losses that the backstop stands for, USD, under ample capital."""
        arrangement = self._arrangement(structure, regime, AMPLE * self.interest)
        return self._table([(arrangement, number) for number in self.replications], "backstop_loss")

    def sizes(self, structure: str, regime: str, losses: Losses, level: float, tolerance: float) -> tuple[Size, ...]:
        """Return the least total capital of a structure at each target of :data:`TARGETS`, `level` their q.

        Parameters
        ----------
        structure, regime : names in their registries.
        losses : (replications, protocols) USD >= 0, under ample capital.
        level : q, the probability of cover wanted, in (0, 1).
        tolerance : relative width of the bracket at which a search stops.
        """

        def trial(indices: Sequence[int], capital: float) -> NDArray[np.bool_]:
            arrangement = self._arrangement(structure, regime, capital)
            return self._bare([(arrangement, self.replications[index]) for index in indices])

        search, expected = Search(trial, losses <= CENT, tolerance), self.needed(structure, losses)
        return tuple(self._size(structure, regime, search, expected, level, kind) for kind in reversed(TARGETS))

    def own(self, regime: str, losses: Losses, level: float, tolerance: float) -> tuple[Size, ...]:
        """Return isolated funds of their own right sizes at each target.

        Parameters
        ----------
        regime : name in its registry.
        losses : (replications, protocols) USD >= 0, under ample capital.
        level : q, the probability of cover wanted, in (0, 1).
        tolerance : relative width of the bracket at which a search stops.
        """

        def trial(indices: Sequence[int], funds: Losses) -> NDArray[np.bool_]:
            arrangements = [self._funded(regime, row) for row in funds]
            return self._bare(list(zip(arrangements, (self.replications[index] for index in indices), strict=True)))

        guess = np.maximum(losses - self._skin(), 0.0)
        low = ranks(len(losses), level, together=self.members).low
        floor = np.sort(guess, axis=0)[max(int(MARGIN * low), 1) - 1]
        critical = Critical(trial, guess, losses, tolerance, floor)
        each = self._own(regime, critical, level, EACH)
        return self._own(regime, critical, level, ANY, each), each

    def needed(self, structure: str, losses: Losses) -> Losses:
        """Return (replications, protocols) USD: what covers each member if losses did not depend on the capital."""
        chosen = self.scenario.replace({"backstop.structure": structure})
        own_share = make_structure(chosen, Streams(chosen.seed, 0)).own_share
        return needed_by_member(losses, self.weights, own_share)

    def _size(self, structure: str, regime: str, search: Search, expected: Losses, level: float, target: str) -> Size:
        each, everything = target == EACH, search.rows
        asked = expected if each else expected.max(axis=1, keepdims=True)

        def least(rank: int | None, rows: Rows) -> float:
            ordered = np.sort(asked[rows], axis=0)
            position = min(max(rank or len(rows), 1), len(rows)) - 1
            finite = ordered[position][np.isfinite(ordered[position])]
            guess = max(BELOW * float(finite.max(initial=0.0)), 1.0)
            return search.least(rank if rank is not None else len(rows) + 1, guess, rows, each)

        together = ranks(len(everything), level, together=self.members if each else 1)
        wanted = ranks(len(everything), level)
        low, capital, high = (least(rank, everything) for rank in (together.low, wanted.estimate, wanted.high))
        halves = []
        for learnt, judged in _halves(len(everything)):
            there = least(ranks(len(learnt), level).estimate, learnt)
            halves.append(Half(there, search.uncovered(there, judged)))
        arrangement, uncovered = self._arrangement(structure, regime, capital), search.uncovered(capital, everything)
        return Size(
            arrangement=f"{structure}/{regime}",
            structure=structure,
            regime=regime,
            capital=capital,
            low=low,
            high=high,
            runs=search.runs,
            uncovered=uncovered,
            others=self._by_others(arrangement, uncovered),
            target=target,
            contributions=self.weights * capital,
            halves=tuple(halves),
            callable_capital=self._callable(arrangement) if np.isfinite(capital) else np.inf,
        )

    def _own(self, regime: str, critical: Critical, level: float, target: str, less: Size | None = None) -> Size:
        """Return own right sizes at a target; `less` has no larger fund, so that what it covers is not run again."""
        everything, number = critical.holds, len(critical.holds)
        funds, low, high = own_sizes(everything, target, level), np.nan, np.nan
        if target == EACH:
            enclosing, ordered = ranks(number, level, together=self.members), np.sort(everything, axis=0)
            least = ordered[max(enclosing.low, 1) - 1] * bool(enclosing.low)
            low = float(
                np.where(least > critical.floor, least, 0.0).sum()
            )  # a fund that is only bounded counts as zero
            high = float(ordered[enclosing.high - 1].sum()) if enclosing.high else np.inf
        halves = []
        before = [half.uncovered for half in less.halves] if less else [None, None]
        for (learnt, judged), known in zip(_halves(number), before, strict=False):
            there = own_sizes(everything[learnt], target, level)
            halves.append(Half(float(there.sum()), self._judged(regime, there, judged, known)))
        uncovered = self._judged(regime, funds, np.arange(number), less.uncovered if less else None)
        return Size(
            arrangement=f"{OWN}/{regime}",
            structure=OWN,
            regime=regime,
            capital=float(funds.sum()),
            low=low,
            high=high,
            runs=critical.runs,
            uncovered=uncovered,
            others=np.zeros_like(uncovered),
            target=target,
            contributions=funds,
            halves=tuple(halves),
            callable_capital=self._callable(self._funded(regime, funds)) if np.isfinite(funds).all() else np.inf,
        )

    def _judged(
        self, regime: str, funds: NDArray[np.float64], rows: Rows, before: NDArray[np.bool_] | None = None
    ) -> NDArray[np.bool_]:
        """Return who is uncovered in whole runs with these funds, (rows, protocols); all where no fund is enough.

        `before` says who was uncovered with funds none of which was larger: rows without any are not run again.
        """
        uncovered = np.ones((len(rows), self.members), dtype=bool) if before is None else before.copy()
        if not np.isfinite(funds).all():
            return np.ones_like(uncovered)
        affected, arrangement = np.flatnonzero(uncovered.any(axis=1)), self._funded(regime, funds)
        uncovered[affected] = self._bare([(arrangement, self.replications[int(rows[row])]) for row in affected])
        return uncovered

    def _skin(self) -> NDArray[np.float64]:
        return np.asarray(skins(self.scenario))

    def _callable(self, arrangement: Arrangement) -> float:
        """Return the callable capital of the arrangement, USD, as a run reports it."""
        [run] = self.executor.run([(arrangement, self.replications[0])])
        _raise_if_failed(run)
        return run.summary.get(METRIC) or callable_capital(arrangement.scenario)

    def _arrangement(self, structure: str, regime: str, capital: float, **allotted: Any) -> Arrangement:
        axes = {
            "backstop.structure": structure, "backstop.regime": regime,
            "backstop.capital_ratio": max(capital, 1.0) / self.interest,
        }  # fmt: skip
        changes = axes | {f"backstop.{name}": value for name, value in allotted.items()}
        return Arrangement(f"{structure}/{regime}", structure, regime, self.scenario.replace(changes))

    def _funded(self, regime: str, funds: NDArray[np.float64]) -> Arrangement:
        """Return the arrangement with isolated funds of these sizes, USD each."""
        there = np.maximum(funds, 1e-3 * CENT)
        return self._arrangement(
            "isolated", regime, float(there.sum()), allotment="expected_loss", expected_loss=tuple(there.tolist())
        )

    def _bare(self, tasks: Sequence[tuple[Arrangement, int]]) -> NDArray[np.bool_]:
        both = self._table(tasks, "uncovered", "by_others") > CENT
        for (arrangement, number), row in zip(tasks, both, strict=True):
            self._others[arrangement.name, _ratio(arrangement), number] = row[self.members :]
        return both[:, : self.members]

    def _by_others(self, arrangement: Arrangement, uncovered: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return who of the `uncovered`, (replications, protocols), is so by others' losses, where a run told it."""
        ratio, none = _ratio(arrangement), np.zeros(self.members, dtype=bool)
        others = [self._others.get((arrangement.name, ratio, number), none) for number in self.replications]
        return np.array(others, dtype=bool).reshape(uncovered.shape) & uncovered

    def _table(self, tasks: Sequence[tuple[Arrangement, int]], *metrics: str) -> Losses:
        """Return the members' values of the metrics side by side, (tasks, metrics × protocols)."""
        rows = []
        for run in self.executor.run(tasks):
            _raise_if_failed(run)
            rows.append([run.summary[f"{metric}_{i}"] for metric in metrics for i in range(self.members)])
            self.advance()
        return np.array(rows, dtype=float).reshape(len(rows), self.members * len(metrics))


def _ratio(arrangement: Arrangement) -> float:
    """Return the one ratio of an arrangement of this module."""
    return float(items(arrangement.scenario.backstop.capital_ratio)[0])


def with_ratio(scenario: Scenario) -> Scenario:
    """Return the scenario with its capital as one ratio of open interest, in proportion to the funds it states."""
    stated = stated_funds(scenario)
    if stated is None:
        return scenario
    changes: dict[str, Any] = {"protocol.fund": (), "backstop.capital_ratio": _usual("capital_ratio")}
    if scenario.backstop.allotment == "open_interest" and stated.any():
        changes |= {"backstop.allotment": "expected_loss", "backstop.expected_loss": tuple(stated.tolist())}
    return scenario.replace(changes)


def _usual(name: str) -> Any:
    return BackstopSection.model_fields[name].default


def _halves(number: int) -> tuple[tuple[Rows, Rows], ...]:
    """Return the indices to learn from and to judge on, in both directions; none of fewer than two replications."""
    first, second = np.arange(number // 2), np.arange(number // 2, number)
    return ((first, second), (second, first)) if number > 1 else ()


def _raise_if_failed(run: Run) -> None:
    if run.failure is not None:
        raise SizingError(f"{run.arrangement}, replication {run.replication} failed:\n{run.failure}")
