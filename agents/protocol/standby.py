"""The backing of a protocol beyond its own fund: what its pool, or its fellow members, would pay it now.

With K the pool's money, cash and loans, rⱼ the reserves behind it and ℓᵢ what treaty and sub-limit still let member i
claim, the pool would pay

    sᵢ = min(ℓᵢ, K)                          where it is shared whole
    sᵢ = min(ℓᵢ, rᵢ + (K − Σ rⱼ)⁺)           where contributions are reserved                  (1)

and in a mutual fund, with F the funds and A what is left of capital on call,

    sᵢ = Aᵢ + Σ (Fⱼ + Aⱼ) over the other members that are sound                                (2)

The **health** of the backstop behind a protocol is its own fund, loans included, and s, over what they were at the
start or the capital allotted to it, whichever is less; at most 1, for more than whole is not counted, and 1 where there
was none. It is what liquidity providers, traders who may panic and risk controls respond to.
Members who left their pool have what it still owes them. Reference: Diamond and Dybvig (1983): a run answers to what
others may leave, not to what one put in. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import inline, kernel, rule
from agents.core.ledger import FUND, LENT, POOL, POOL_LENT, TREASURY
from agents.core.table import Protocols
from agents.protocol.protocol import SOUND


class Backing(NamedTuple):
    """What kernels read of a structure to compute its backing."""

    shares: bool  # bool, whether there are pools
    mutual: bool  # bool, whether members stand in for each other
    reserves: bool  # bool, whether contributions are reserved
    pool_of: np.ndarray  # (members,) index of the pool of each
    member: np.ndarray  # (members,) bool, who is in its pool at present
    room: np.ndarray  # (members,) USD, most that treaty and sub-limit still let each claim
    entitlement: np.ndarray  # (members,) USD, what each owns of its pool
    contributed: np.ndarray  # (members,) USD, of that at most paid in by itself
    on_call: np.ndarray  # (members,) USD, capital on call at the start
    start: np.ndarray  # (members,) USD, own fund and (1) or (2) at the start


Array = np.ndarray


@rule
def callable_still(on_call: float, assessed: float, treasury: float) -> float:
    """Return what is left of a member's capital on call, USD >= 0."""
    return min(max(on_call - assessed, 0.0), max(treasury, 0.0))


@inline
def of_pools(balance: Array, backing: Backing, ready: Array) -> None:
    """Write (1) into `ready`, (members,) USD."""
    pool_of, member, room = backing.pool_of, backing.member, backing.room
    entitlement, contributed = backing.entitlement, backing.contributed
    members = ready.shape[0]
    reserve, whole = np.zeros(members), balance[POOL] + balance[POOL_LENT]
    if backing.reserves:
        for i in range(members):
            reserve[i] = min(contributed[i], entitlement[i])
            whole[pool_of[i]] -= reserve[i]
    for i in range(members):
        given = reserve[i] + max(whole[pool_of[i]], 0.0)
        ready[i] = min(room[i], given) if member[i] else entitlement[i]


@inline
def of_members(balance: Array, protocol: Protocols, backing: Backing, ready: Array) -> None:
    """Write (2) into `ready`, (members,) USD.

    Parameters
    ----------
    balance : the ledger's, (accounts, protocols) USD, read.
    protocol : who is sound and what each was assessed, read.
    backing : capital on call, read.
    ready : written, >= 0.
    """
    status, assessed, on_call = protocol.status, protocol.assessed, backing.on_call
    together = 0.0
    for i in range(ready.shape[0]):
        ready[i] = callable_still(on_call[i], assessed[i], balance[TREASURY, i])
        if status[i] == SOUND:
            together += ready[i] + balance[FUND, i] + balance[LENT, i]
    for i in range(ready.shape[0]):
        own = ready[i] + balance[FUND, i] + balance[LENT, i]
        others = together - own if status[i] == SOUND else together
        ready[i] += max(others, 0.0)


@inline
def means(balance: Array, protocol: Protocols, backing: Backing) -> Array:
    """Return the backstop behind each protocol, own fund, loans included, and (1) or (2), (protocols,) USD."""
    found = np.zeros(backing.start.shape[0])
    if backing.shares:
        of_pools(balance, backing, found)
    elif backing.mutual:
        of_members(balance, protocol, backing, found)
    for i in range(found.shape[0]):
        found[i] = balance[FUND, i] + balance[LENT, i] + found[i]
    return found


@inline
def healths(balance: Array, protocol: Protocols, backing: Backing) -> Array:
    """Return the backstop behind each protocol over its start, (protocols,); 1 where there was none."""
    allotted, start, health = protocol.capital, backing.start, means(balance, protocol, backing)
    for i in range(health.shape[0]):
        enough = min(start[i], allotted[i])
        health[i] = min(health[i] / enough, 1.0) if enough > 0.0 else 1.0
    return health


@kernel
def standing(balance: Array, protocol: Protocols, backing: Backing) -> Array:
    """Return every protocol's health, (protocols,), for callers outside kernels."""
    return healths(balance, protocol, backing)
