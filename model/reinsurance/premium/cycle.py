"""The underwriting cycle: a pool that lost money charges more, and less as time passes without losses.

The rate multiplier m of a pool goes from step to step as

    m ← min(m₀ + (m − m₀) 2^(−Δt/T) + s x / K₀, m⁺)                                            (1)

with claims x paid in the step, capital K₀ at the start, sensitivity s, half-life T, soft-market floor m₀ and bound m⁺.
Capital lost is dear to replace, so supply shrinks and prices rise (Winter 1994; Gron 1994).
"""

from typing import NamedTuple

import numpy as np

from model.scenario.section.reinsurance import ReinsuranceSection

Array = np.ndarray


class Rates(NamedTuple):
    """What the cycle remembers."""

    multiplier: Array  # (pots,) 1, > 0, of the rate; 1 at the start


class Cycle:
    """Rate multipliers of all pools.

    Parameters
    ----------
    terms : the scenario's reinsurance section.
    start : (pots,) USD, capital at the start.
    minutes : length of a step.
    """

    def __init__(self, terms: ReinsuranceSection, start: Array, minutes: float) -> None:
        self.terms, self.start = terms, start
        self.keep = 0.5 ** (minutes / terms.cycle_half_life)
        self.memory = Rates(np.ones_like(start))
        self.multiplier = self.memory.multiplier

    def advance(self, paid: Array) -> None:
        """Let the multipliers move (1) after claims `paid` in this step, (pots,) USD."""
        terms = self.terms
        if not terms.cycle or not (paid.any() or (self.multiplier != terms.cycle_floor).any()):
            return
        lost = np.divide(paid, self.start, out=np.zeros_like(paid), where=self.start > 0.0)
        decayed = terms.cycle_floor + (self.multiplier - terms.cycle_floor) * self.keep
        self.multiplier[:] = np.minimum(decayed + terms.cycle * lost, terms.cycle_bound)
