"""Rankings of auto-deleveraging: the published scores, and the proportional rules next to them.

For a position of q contracts at entry p₀, marked at p, with equity e and maintenance margin m,

    profit % P = s (p − p₀) / p₀, s the sign of q,    effective leverage L = |q| p / e                 (1)

BitMEX:       P L if P > 0, else P / L                                                                 (2)
OKX:          P / margin ratio if P > 0, else P · margin ratio, the margin ratio being e / (m |q| p)   (3)
Hyperliquid:  (p / p₀) L for longs, (p₀ / p) L for shorts                                              (4)

Queues close the highest score first. Rules ``pro_rata_*`` ask everyone at once in proportion to a weight and pass on
what exceeds anybody's limit. ``capped`` is capped pro rata to positive profit, which is also the cap, so that no
principal is taken (Chitra 2025); ``min_fraction`` makes the largest fraction of any account's equity as small as can
be, which is capped pro rata to equity. Units: contracts, USD.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agents.core.argument import finite, positive
from agents.core.kernel import dispatch, kernel, lean_kernel, lean_rule
from agents.core.random import uniform
from model.backstop.loss_regime.allocation import CAPPED, PRO_RATA, QUEUE
from model.scenario.registry import RANKINGS

Array = np.ndarray


class Standing(NamedTuple):
    """The figures of one position that rankings use."""

    size: float  # contracts, short < 0
    entry: float  # USD per contract, > 0, funding owed included
    mark: float  # USD per contract, > 0
    equity: float  # USD
    maintenance: float  # 1, > 0
    lot: float  # 1, in (0, 1), drawn


class Ranking(NamedTuple):
    """A ranking: who comes first or gives how much, and how an amount is divided by it."""

    score: Callable[[Standing], float]  # a rule
    way: int = QUEUE  # how an amount is divided
    protects_principal: bool = False  # nobody gives more than its profit
    spares_nobody: bool = False  # losers are closed as winners are


@lean_rule
def profit_rate(s: Standing) -> float:
    """Return profit % as in (1)."""
    return np.sign(s.size) * (s.mark - s.entry) / s.entry


@lean_rule
def effective_leverage(s: Standing) -> float:
    """Return effective leverage (1), infinite without equity."""
    return by_notional(s) / s.equity if s.equity > 0.0 else np.inf


@lean_rule
def raised(rate: float, factor: float) -> float:
    """Return a profit rate times a risk factor for winners, divided by it for losers."""
    if rate > 0.0:
        return rate * factor
    return rate * (1.0 / factor if factor > 0.0 else 0.0)


@lean_rule
def by_bitmex(s: Standing) -> float:
    """Return (2)."""
    return raised(profit_rate(s), effective_leverage(s))


@lean_rule
def by_okx(s: Standing) -> float:
    """Return (3)."""
    return raised(profit_rate(s), s.maintenance * effective_leverage(s))


@lean_rule
def by_hyperliquid(s: Standing) -> float:
    """Return (4)."""
    return (s.mark / s.entry if s.size > 0.0 else s.entry / s.mark) * effective_leverage(s)


@lean_rule
def by_notional(s: Standing) -> float:
    """Return value at mark, USD, >= 0."""
    return abs(s.size) * s.mark


@lean_rule
def by_gain(s: Standing) -> float:
    """Return unrealised profit, USD."""
    return s.size * (s.mark - s.entry)


@lean_rule
def by_notional_profit(s: Standing) -> float:
    """Return notional times unrealised profit, USD squared."""
    return by_notional(s) * by_gain(s)


@lean_rule
def by_size(s: Standing) -> float:
    """Return contracts, >= 0."""
    return abs(s.size)


@lean_rule
def by_equity(s: Standing) -> float:
    """Return equity, USD."""
    return s.equity


@lean_rule
def by_lot(s: Standing) -> float:
    """Return the number drawn, 1."""
    return s.lot


@lean_rule
def by_positive_gain(s: Standing) -> float:
    """Return unrealised profit, zero for losers, USD."""
    return max(by_gain(s), 0.0)


@lean_rule
def by_positive_equity(s: Standing) -> float:
    """Return equity, zero where it is negative, USD."""
    return max(s.equity, 0.0)


bitmex = Ranking(by_bitmex)
okx = Ranking(by_okx)
hyperliquid = Ranking(by_hyperliquid)
notional_profit = Ranking(by_notional_profit)
position = Ranking(by_size)
profit = Ranking(by_gain)
equity = Ranking(by_equity)
lot = Ranking(by_lot, spares_nobody=True)
pro_rata_position = Ranking(by_size, PRO_RATA)
pro_rata_profit = Ranking(by_positive_gain, PRO_RATA)
pro_rata_equity = Ranking(by_positive_equity, PRO_RATA)
capped = Ranking(by_positive_gain, CAPPED, protects_principal=True)
min_fraction = Ranking(by_positive_equity, CAPPED)
SCORES = (
    by_bitmex, by_okx, by_hyperliquid, by_notional_profit, by_size, by_gain, by_equity, by_lot, by_positive_gain,
    by_positive_equity,
)  # fmt: skip
"""Rules that kernels call by their number."""
score: Any = dispatch(SCORES)


class RankingCode(NamedTuple):
    """A ranking as kernels take it."""

    score: int  # index into ``SCORES``
    way: int  # how an amount is divided: model.backstop.loss_regime.allocation
    protects_principal: bool
    spares_nobody: bool
    draws: bool  # whether lots are drawn


def ranking_code(name: str) -> RankingCode:
    """Return the ranking of that name as kernels take it."""
    ranking = RANKINGS[name]
    return RankingCode(
        score=SCORES.index(ranking.score),
        way=ranking.way,
        protects_principal=ranking.protects_principal,
        spares_nobody=ranking.spares_nobody,
        draws=ranking.score is by_lot,
    )


@kernel
def draw_lots(key: np.uint64, step: int, first: int, count: int) -> np.ndarray:
    """Return uniform numbers in (0, 1) of `count` slots from `first` on, the same for ever for the same arguments.

    Parameters
    ----------
    key : of the ranking's draws.
    step : present step.
    first : first slot, counted over all protocols.
    count : slots.
    """
    lots = np.empty(count)
    for slot in range(count):
        lots[slot] = uniform(key, step, first + slot)
    return lots


def adl_score(
    ranking: str,
    *,
    entry: ArrayLike,
    mark: ArrayLike,
    size: ArrayLike = 1.0,
    equity: ArrayLike | None = None,
    bankruptcy: ArrayLike | None = None,
    maintenance: ArrayLike = 1.0,
    lot: ArrayLike | None = None,
) -> Array:
    """Return the scores by which positions are deleveraged, or the weights of a proportional rule.

    Parameters
    ----------
    ranking : a name in ``model.backstop.loss_regime.ranking.RANKINGS``.
    entry, mark : (n,) USD per contract; all arrays are broadcast together.
    size : (n,) contracts, short < 0.
    equity : (n,) USD; or give `bankruptcy`.
    bankruptcy : (n,) USD per contract, price at which equity is zero: equity is then q (mark − bankruptcy).
    maintenance : (n,) maintenance margin as a fraction of notional, for the margin ratio of ``okx``.
    lot : (n,) numbers drawn for ``random``; by default a fixed hash of the slot.

    Returns
    -------
    (n,) array; for queues the highest is closed first (:func:`model.backstop.loss_regime.allocation.adl_close`).

    Raises
    ------
    KeyError : for an unknown ranking.
    ValueError : if neither equity nor bankruptcy price is given, a number is not finite, or a price or maintenance
        margin not above zero.
    """
    if equity is None:
        if bankruptcy is None:
            raise ValueError("adl_score needs equity or bankruptcy")
        equity = finite("size", size) * (finite("mark", mark) - finite("bankruptcy", bankruptcy))
    prices, margin = (positive("entry", entry), positive("mark", mark)), positive("maintenance", maintenance)
    given = (finite("size", size), *prices, finite("equity", equity), margin)
    columns = np.broadcast_arrays(*given, np.asarray(np.nan if lot is None else lot, float))
    if lot is None:
        columns = (*columns[:5], draw_lots(np.uint64(0), 0, 0, columns[0].size).reshape(columns[0].shape))
    scores = np.empty(columns[0].shape)
    score_all(ranking_code(ranking).score, *(np.array(column, float).ravel() for column in columns), scores.ravel())
    return scores


@lean_kernel
def score_all(
    code: int, size: Array, entry: Array, mark: Array, equity: Array, maintenance: Array, lot: Array, scores: Array
) -> None:
    """Write the scores of positions into `scores`.

    Parameters
    ----------
    code : index into ``SCORES``.
    size, entry, mark, equity, maintenance, lot : (n,) as in :class:`Standing`.
    scores : (n,) written.
    """
    for at in range(size.shape[0]):
        scores[at] = score(code, Standing(size[at], entry[at], mark[at], equity[at], maintenance[at], lot[at]))
