"""How large a backstop must be, for each structure and regime, on the same replications.

First every replication is run with more capital than it can lose, which measures what there is to insure
(:mod:`experiments.size.exposure`); then the capital is bisected (:mod:`experiments.size.search`) to the order
statistics that estimate and enclose the target (:mod:`experiments.size.order_statistic`). At the capital found, each
protocol's own probability of being uncovered is counted, and how often that happened although its own contribution and
income would have paid all its losses of that run (``by_others``): the risk it takes over by joining the pool.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.cell import Cell
from experiments.crew import Crew
from experiments.size.exposure import Losses, needed
from experiments.size.order_statistic import Ranks, ranks
from experiments.size.search import Search
from experiments.worker import Run
from model.risk import value_at_risk

if TYPE_CHECKING:
    from model.scenario import Scenario

AMPLE = 100.0  # capital over open interest that no loss reaches
BELOW = 0.9  # of the capital expected to be needed, where the search begins
CENT = 0.01  # USD, below which nothing counts as uncovered


class SizingError(RuntimeError):
    """A run of the search failed; the message carries its traceback."""


class Size(NamedTuple):
    """The capital one arrangement needs, USD; `high` is inf where n is too small or no capital is enough."""

    cell: str
    structure: str
    regime: str
    capital: float
    low: float
    high: float
    runs: int
    uncovered: NDArray[np.bool_]  # (replications, protocols) at that capital
    others: NDArray[np.bool_]  # the same, of those whose own contribution would have paid their losses


class Sizer:
    """Runs the replications of a scenario at any capital.

    Parameters
    ----------
    scenario : what is sized.
    replications : their numbers.
    crew : who runs them.
    advance : told of every run.
    """

    def __init__(
        self, scenario: "Scenario", replications: Sequence[int], crew: Crew, advance: Callable[[], None] = lambda: None
    ) -> None:
        from model.foundation import open_interest  # noqa: PLC0415

        self.scenario, self.replications, self.crew, self.advance = scenario, replications, crew, advance
        self.interest = float(open_interest(scenario).sum())
        self.members = scenario.protocol.number

    def losses(self, structure: str = "isolated", regime: str = "bad_debt") -> Losses:
        """Return (replications, protocols) losses that the backstop stands for, USD, under ample capital."""
        cell = _cell(self.scenario, structure, regime, AMPLE)
        return self._table([(cell, number) for number in self.replications], "backstop_loss")

    def size(self, structure: str, regime: str, losses: Losses, target: float, tolerance: float) -> Size:
        """Return the least total capital at which P(uncovered) <= 1 − `target`, with its 95 % interval."""
        found: dict[tuple[int, float], NDArray[np.bool_]] = {}

        def trial(indices: Sequence[int], capital: float) -> NDArray[np.bool_]:
            cell = _cell(self.scenario, structure, regime, capital / self.interest)
            tasks = [(cell, self.replications[index]) for index in indices]
            both = self._table(tasks, "uncovered", "by_others") > CENT
            found.update({(index, capital): row for index, row in zip(indices, both, strict=True)})
            return both[:, : self.members].any(axis=1)

        number = len(self.replications)
        search = Search(trial, losses.sum(axis=1) <= CENT, tolerance)
        wanted, guesses = ranks(number, target), np.sort(self.needed(structure, losses))
        low, capital, high = (search.least(rank, guess) for rank, guess in _trials(wanted, guesses))
        none = np.zeros(2 * self.members, dtype=bool)
        both = np.array([_at(found, index, capital, none) for index in range(number)])
        bare, others = both[:, : self.members], both[:, self.members :]
        return Size(f"{structure}/{regime}", structure, regime, capital, low, high, search.runs, bare, others)

    def needed(self, structure: str, losses: Losses) -> NDArray[np.float64]:
        """Return (replications,) USD: what each would need if losses did not depend on the capital."""
        from model.foundation import allotment_weights, make_structure  # noqa: PLC0415
        from model.streams import Streams  # noqa: PLC0415

        chosen = self.scenario.replace({"backstop.structure": structure})
        own_share = make_structure(chosen, Streams(chosen.seed, 0)).own_share
        return needed(losses, allotment_weights(self.scenario), own_share)

    def _table(self, tasks: Sequence[tuple[Cell, int]], *metrics: str) -> Losses:
        """Return the members' values of the metrics side by side, (tasks, metrics × protocols)."""
        rows = []
        for run in self.crew.run(tasks):
            rows.append([_value(run, f"{metric}_{i}") for metric in metrics for i in range(self.members)])
            self.advance()
        return np.array(rows, dtype=float).reshape(len(rows), self.members * len(metrics))


def _trials(wanted: Ranks, guesses: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    """Yield ranks from low to high with a guess a little below; a rank above all that is there needs infinity."""
    for rank in (wanted.low, wanted.estimate, wanted.high or len(guesses) + 1):
        yield rank, max(BELOW * float(guesses[min(max(rank, 1), len(guesses)) - 1]), 1.0)


def own_fund(losses: Losses, target: float) -> NDArray[np.float64]:
    """Return (protocols,) USD: the fund each protocol alone would need at the target."""
    return np.array([float(value_at_risk(losses[:, i], target)) for i in range(losses.shape[1])])


def _cell(scenario: "Scenario", structure: str, regime: str, ratio: float) -> Cell:
    axes: dict[str, Any] = {
        "backstop.structure": structure, "backstop.regime": regime, "backstop.capital_ratio": ratio,
    }  # fmt: skip
    return Cell(f"{structure}/{regime}", structure, regime, scenario.replace(axes))


def _value(run: Run, name: str) -> float:
    if run.failure is not None:
        raise SizingError(f"{run.cell}, replication {run.replication} failed:\n{run.failure}")
    return run.summary[name]


def _at(found: dict[Any, NDArray[np.bool_]], index: int, capital: float, none: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return who was uncovered in a replication at the largest capital tried up to `capital`; nobody if it held."""
    tried = [other for place, other in found if place == index and other >= capital]
    return found[index, min(tried)] if tried else none
