"""What a sizing found."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.size.exposure import Losses
from experiments.size.sizing import Size


class Answer(NamedTuple):
    """All there is to say: what was asked, the losses, and the capital each arrangement needs."""

    target: float
    interest: NDArray[np.float64]  # (protocols,) USD, open interest at the start
    weights: NDArray[np.float64]  # (protocols,) share of each in the total capital
    losses: Losses
    sizes: tuple[Size, ...]
