"""The two targets a backstop may be sized for, and the sizes of isolated funds at each.

With Uᵢ the event that member i is left uncovered within the horizon, and q the target:

- **each**: P(Uᵢ) <= 1 − q for every member i by itself;                                              (1)
- **any**: P(U₁ ∪ … ∪ Uₙ) <= 1 − q for all members jointly.                                           (2)

"Any" is the stricter: with eight funds safe at 95 % each, some member may be uncovered in up to 40 % of worlds. A
pool at one target is compared with isolated funds at the same one. Let cᵢ be the least fund that covers member i in a
world and Fᵢ its distribution. Isolated funds of their own right sizes are

    each:  sᵢ = Fᵢ⁻¹(q)                                                                               (3)
    any:   sᵢ = Fᵢ⁻¹(α),  α least with P(∪ᵢ {cᵢ > sᵢ}) <= 1 − q                                       (4)

an equal level α >= q for all. Over n replications levels go by ranks; where the common rank more than meets (2),
members step down by one rank, largest saving first, as long as it still holds. By the losses alone, Dᵢ of member i, a
pool of C that pays pro rata leaves i uncovered where Dᵢ > 0 and Σ D > C, so that it needs

    any:   F⁻¹(q) of Σ D,      each:  max over i of F⁻¹(q) of Σ D · 1{Dᵢ > 0}                         (5)

which is at most what "any" needs.
"""

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.order_statistic import ranks

EACH, ANY = "each", "any"
TARGETS = (EACH, ANY)
MEANING = {EACH: "each member by itself", ANY: "nobody at all"}
CENT = 0.01  # USD, below which nothing counts as uncovered

Floats = NDArray[np.float64]


def own_sizes(critical: Floats, target: str, level: float) -> Floats:
    """Return (protocols,) USD: isolated funds of their own right sizes, (3) or (4).

    Parameters
    ----------
    critical : (replications, protocols) USD, the least fund that covers each member.
    target : `each` or `any`.
    level : the q of the target, in (0, 1).
    """
    ordered, least = np.sort(critical, axis=0), ranks(len(critical), level).estimate
    if target == EACH:
        return ordered[least - 1]
    allowed, most = len(critical) - least, len(critical)
    low, high = least, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if bare(critical, ordered[middle - 1]) <= allowed else (middle + 1, high)
    return _stepped_down(critical, ordered[low - 1], ordered[max(low - 2, 0)], allowed)


def bare(critical: Floats, sizes: Floats) -> int:
    """Return in how many replications a fund of `sizes`, (protocols,), leaves anybody uncovered."""
    return int((critical > sizes).any(axis=1).sum())


def pooled_size(losses: Floats, target: str, level: float) -> float:
    """Return USD: what one pool needs by the losses alone, (5); `losses` (replications, protocols)."""
    total = losses.sum(axis=1)
    asked = total[:, None] if target == ANY else np.where(losses > CENT, total[:, None], 0.0)
    return float(np.sort(asked, axis=0)[ranks(len(losses), level).estimate - 1].max())


def _stepped_down(critical: Floats, sizes: Floats, lower: Floats, allowed: int) -> Floats:
    with np.errstate(invalid="ignore"):
        saving = np.nan_to_num(sizes - lower)
    stepped = sizes.copy()
    for i in np.argsort(-saving, kind="stable"):
        tried = stepped.copy()
        tried[i] = lower[i]
        if bare(critical, tried) <= allowed:
            stepped = tried
    return stepped
