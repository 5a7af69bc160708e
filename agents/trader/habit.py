"""What all traders have in common: their habits, and the keys of their random numbers."""

from typing import NamedTuple

import numpy as np


class Habit(NamedTuple):
    """What all traders have in common: the parameters of the same names in the scenario's trader section."""

    turnover: float  # 1, probability that a look ends in a trade
    tilt: float  # 1, largest deviation from the base position
    trend_scale: float  # log, running return at which trend followers tilt by tanh 1
    value_scale: float  # log, dislocation at which fundamentalists do
    carry_scale: float  # 1 per 8 h, funding rate at which carry traders do
    participation: float  # log, largest displacement one order may aim at
    stop_buffer: float  # 1, margin ratio in maintenance margins below which a trader acts
    stop_share: float  # 1, share of traders who then stop out
    top_up_share: float  # 1, share of traders who then add margin


class Keys(NamedTuple):
    """Keys of the traders' random numbers."""

    attention: np.uint64  # who looks and would trade, when
    margin: np.uint64  # who looks and would not, of those with a reason to act
    trade: np.uint64  # what orders are drawn
    trait: np.uint64  # traits of a person
