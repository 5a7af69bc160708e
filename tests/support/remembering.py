"""Choices of a user's own that remember something, in dicts of arrays."""

from typing import Any

import numpy as np

from agents.core.books import Venue
from agents.core.memory import Memory
from model.backstop.loss_regime.socialized import SocializedLoss
from model.backstop.structure.share import Pooled
from model.backstop.trigger.base import Means, Trigger
from model.reinsurance.claim.indemnity import Indemnity
from model.reinsurance.premium.base import Exposure, Premium

Array = np.ndarray


class Grudge(SocializedLoss):
    """Takes less from winners each time."""

    def begin(self, venue: Venue) -> None:
        """Note that nobody was asked yet."""
        self.memory = {"asked": np.zeros(len(venue.exchange))}

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Take a part of the residual."""
        asked = self.memory["asked"]
        asked[protocol] += 1.0
        return super().collect(venue, protocol, residual / asked[protocol], step)


class Tiring(Pooled):
    """A pool that pays less of each claim."""

    def __init__(self, terms: Any, *rest: Any) -> None:
        super().__init__(terms, *rest)
        self.memory: dict[str, Array] = {"settled": np.zeros(1)}

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return a part of the claims."""
        return claim / (1.0 + 0.1 * self.memory["settled"])

    def settled(self, deficit: Array, due: Array, paid: Array, step: int) -> None:
        """Count."""
        super().settled(deficit, due, paid, step)
        self.memory["settled"] += 1.0


class EveryOther(Trigger):
    """Spares the funds in every other step with a deficit."""

    def __init__(self, *terms: Any) -> None:
        super().__init__(*terms)
        self.memory: dict[str, Memory] = {"asked": np.zeros(1, dtype=np.int64)}

    def spared(self, deficit: Array, means: Means) -> Array:
        """Return everybody or nobody."""
        self.memory["asked"] += 1
        return np.full(len(deficit), self.memory["asked"][0] % 2 == 0)


class Climbing(Premium):
    """Asks more at every review."""

    def __init__(self, *terms: Any) -> None:
        super().__init__(*terms)
        self.memory = {"reviews": np.zeros(1)}

    def yearly(self, seen: Exposure) -> Array:
        """Return the rate so far."""
        self.memory["reviews"] += 1.0
        return self.rate * seen.interest * self.memory["reviews"]


class Counting(Indemnity):
    """Keeps more of a claim the more were made."""

    def pay(self, deficit: Array, claim: Array, cash: Array, priority: Array, step: int) -> tuple[Array, Array]:
        """Pay as an indemnity, then keep more."""
        found = super().pay(deficit, claim, cash, priority, step)
        self.kept[:] = np.minimum(self.kept + 0.05, 0.9)
        return found
