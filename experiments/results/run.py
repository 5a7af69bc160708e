"""One finished or failed run, as results hold it."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Run(NamedTuple):
    """One finished or failed run.

    `summary` maps a metric to its number, `series` a name to (T,) numbers; both are empty where `failure`,
    the traceback as text, is given.
    """

    arrangement: str
    structure: str
    regime: str
    replication: int
    summary: dict[str, float]
    series: dict[str, "NDArray[np.float32]"]
    failure: str | None = None
