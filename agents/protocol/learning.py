"""Learning from payoffs: which of a few options to choose, from what choosing it brought before.

An agent that chose option k and earned π moves what it expects of k towards it, and chooses by logit:

    A_k ← A_k + η (π − A_k)                                                                   (1)
    P_k = exp(λ A_k) / Σ exp(λ A_l)                                                           (2)

The first payoff is expected of every option, so that nothing untried looks worse than it may be. References: Sutton and
Barto, *Reinforcement Learning* (1998), sections 2.5 and 2.8; Camerer and Ho (1999), of whose experience-weighted
attraction this is the case without forgone payoffs.
"""

from typing import NamedTuple

import numpy as np

Array = np.ndarray


def choose(attraction: Array, sensitivity: float, drawn: Array) -> Array:
    """Return each agent's option by (2), by inverting its distribution at the uniform `drawn`, (agents,) int."""
    weights = np.exp(sensitivity * (attraction - attraction.max(axis=1, keepdims=True)))
    steps = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return np.minimum((steps < drawn[:, None]).sum(axis=1), attraction.shape[1] - 1)


class Learned(NamedTuple):
    """What learners remember."""

    attraction: Array  # (agents, options), in the unit of payoffs
    option: Array  # (agents,) what each has chosen last
    begun: Array  # (1,) bool, whether there was a payoff yet


class Learner:
    """Many agents that learn over the same options.

    Parameters
    ----------
    agents, options : how many.
    weight : η.
    sensitivity : λ.
    """

    def __init__(self, agents: int, options: int, weight: float, sensitivity: float) -> None:
        choices = np.zeros(agents, dtype=np.int64)
        self.memory = Learned(np.zeros((agents, options)), choices, np.zeros(1, dtype=bool))
        self.attraction, self.option, self._begun = self.memory
        self.weight, self.sensitivity = weight, sensitivity

    def learn(self, payoff: Array) -> None:
        """Move expectations of the options chosen by (1); `payoff` is (agents,)."""
        if not self._begun[0]:
            self._begun[0] = True
            self.attraction[:] = payoff[:, None]
            return
        rows = np.arange(len(payoff))
        self.attraction[rows, self.option] += self.weight * (payoff - self.attraction[rows, self.option])

    def choose(self, drawn: Array) -> Array:
        """Choose again by (2) with uniform draws, (agents,); return the options."""
        self.option[:] = choose(self.attraction, self.sensitivity, drawn)
        return self.option
