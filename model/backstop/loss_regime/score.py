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
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agents.core.argument import finite, positive
from agents.core.kernel import kernel
from agents.core.random import uniform
from model.backstop.loss_regime.allocation import adl_close, capped_pro_rata, proportional
from model.scenario.registry import RANKINGS

Array = np.ndarray


class Standing(NamedTuple):
    """The figures that rankings use, (n,) each."""

    size: Array  # contracts, short < 0
    entry: Array  # USD per contract, > 0, funding owed included
    mark: Array  # USD per contract, > 0
    equity: Array  # USD
    maintenance: Array  # 1, > 0
    lot: Array  # 1, in (0, 1), drawn

    @property
    def notional(self) -> Array:
        """Value at mark, USD, >= 0."""
        return np.abs(self.size) * self.mark

    @property
    def rate(self) -> Array:
        """Profit % as in (1)."""
        return np.sign(self.size) * (self.mark - self.entry) / self.entry

    @property
    def gain(self) -> Array:
        """Unrealised profit, USD."""
        return self.size * (self.mark - self.entry)

    @property
    def leverage(self) -> Array:
        """Effective leverage (1), infinite without equity."""
        return np.divide(self.notional, self.equity, out=np.full(self.size.shape, np.inf), where=self.equity > 0.0)


class Ranking(NamedTuple):
    """A ranking: who comes first or gives how much, and how an amount is divided by it."""

    score: Callable[[Standing], Array]
    allot: Callable[[Array, Array, float], Array]  # score, limits, amount → given
    protects_principal: bool = False  # nobody gives more than its profit
    spares_nobody: bool = False  # losers are closed as winners are

    @property
    def is_queue(self) -> bool:
        """True where scores are an order; otherwise they are weights."""
        return self.allot is adl_close


def raised(rate: Array, factor: Array) -> Array:
    """Return profit rates times a risk factor for winners, divided by it for losers."""
    inverse = np.divide(1.0, factor, out=np.zeros(factor.shape), where=factor > 0.0)
    return rate * np.where(rate > 0.0, factor, inverse)


def toward_mark(s: Standing) -> Array:
    """Return mark over entry for longs, entry over mark for shorts."""
    return np.where(s.size > 0.0, s.mark / s.entry, s.entry / s.mark)


def positive_gain(s: Standing) -> Array:
    """Return unrealised profit, zero for losers."""
    return np.maximum(s.gain, 0.0)


def positive_equity(s: Standing) -> Array:
    """Return equity, zero where it is negative."""
    return np.maximum(s.equity, 0.0)


bitmex = Ranking(lambda s: raised(s.rate, s.leverage), adl_close)
okx = Ranking(lambda s: raised(s.rate, s.maintenance * s.leverage), adl_close)
hyperliquid = Ranking(lambda s: toward_mark(s) * s.leverage, adl_close)
notional_profit = Ranking(lambda s: s.notional * s.gain, adl_close)
position = Ranking(lambda s: np.abs(s.size), adl_close)
profit = Ranking(lambda s: s.gain, adl_close)
equity = Ranking(lambda s: s.equity, adl_close)
lot = Ranking(lambda s: s.lot, adl_close, spares_nobody=True)
pro_rata_position = Ranking(lambda s: np.abs(s.size), proportional)
pro_rata_profit = Ranking(positive_gain, proportional)
pro_rata_equity = Ranking(positive_equity, proportional)
capped = Ranking(positive_gain, capped_pro_rata, protects_principal=True)
min_fraction = Ranking(positive_equity, capped_pro_rata)


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
    return RANKINGS[ranking].score(Standing(*columns))
