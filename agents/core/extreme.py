"""The extreme levels of a run of rows: what lets a scan skip them.

If the long with the greatest level and the short with the least are safe, all are (see
:mod:`agents.account.position`). The maximum is taken in two lanes, over even and odd rows, because the next
comparison of a lane waits for the last one; a maximum does not depend on the order, so neither does the result.
"""

import numpy as np

from agents.core.kernel import rule


@rule
def worse_long(worst: float, size: float, row_level: float) -> float:
    """Return the greater of `worst` and the level of a row, if the row is long."""
    return max(worst, row_level if size > 0.0 else -np.inf)


@rule
def worse_short(worst: float, size: float, row_level: float) -> float:
    """Return the lesser of `worst` and the level of a row, if the row is short."""
    return min(worst, row_level if size < 0.0 else np.inf)


@rule
def extremes(size: np.ndarray, level: np.ndarray, first: int, last: int) -> tuple[float, float]:
    """Return the greatest level of longs and the least of shorts among rows first … last − 1, an even number of rows.

    Parameters
    ----------
    size : (rows,) contracts, short < 0.
    level : (rows,) USD per contract.

    Returns
    -------
    USD per contract; −inf without longs, +inf without shorts.
    """
    even_long = odd_long = -np.inf
    even_short = odd_short = np.inf
    for row in range(first, last, 2):
        even_long = worse_long(even_long, size[row], level[row])
        even_short = worse_short(even_short, size[row], level[row])
        odd_long = worse_long(odd_long, size[row + 1], level[row + 1])
        odd_short = worse_short(odd_short, size[row + 1], level[row + 1])
    return max(even_long, odd_long), min(even_short, odd_short)
