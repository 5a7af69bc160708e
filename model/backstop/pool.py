"""A pool of backstop capital and the rules by which it settles claims at the end of a step.

Claims of one step are settled together, never in order of arrival within the step. A rule takes

- claims cᵢ ≥ 0, (members,) USD,
- the cash K ≥ 0 of the pool, USD,
- reserves rᵢ ≥ 0, (members,) USD: what is left of what each member contributed in its own name, Σ rᵢ ≤ K
  where nothing is lent out; the surplus K − Σ rᵢ is what income, yield and capital providers added,
- priority, (members,) uniform draws of the step's tape: the order of arrival across members,

and returns payments 0 ≤ xᵢ ≤ cᵢ with Σ xᵢ ≤ K. Each is a rule for kernels, which writes into a list it is given,
and a function of the registry around it, which makes the list.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import rule
from agents.core.rank import ascending, total

Array = np.ndarray
PRO_RATA, FIRST_COME, ENTITLEMENT_FIRST = range(3)


class PoolMembers(NamedTuple):
    """Members in order of their pool, so that one pool's are found without looking at all; never changes."""

    row: Array  # (members,) int64, members of the first pool, of the second, ...
    first: Array  # (pots + 1,) int64, where those of each pool begin in it


def members_by_pool(pool_of: Array) -> PoolMembers:
    """Return who is in each pool; `pool_of` is the pool of each member, (members,), numbered from 0 without gaps."""
    pots = int(pool_of.max()) + 1
    return PoolMembers(np.argsort(pool_of, kind="stable"), np.searchsorted(np.sort(pool_of), np.arange(pots + 1)))


class PoolRoom(NamedTuple):
    """Room for lists of the members of one pool and its capital providers, (members + 1,) each."""

    claim: Array  # USD >= 0
    reserve: Array  # USD >= 0, what is left of each one's contributions
    priority: Array  # order of arrival
    paid: Array  # USD >= 0
    stake: Array  # USD >= 0, what each owns
    kept: Array  # USD >= 0, of that never touched by what others draw
    rest: Array  # in between
    order: Array  # int64, positions as they arrive
    mirror: Array  # for the ranking


def make_pool_room(members: int) -> PoolRoom:
    """Return the room that so many members need."""
    return PoolRoom(*(np.zeros(members + 1, np.int64 if name == "order" else float) for name in PoolRoom._fields))


@rule
def cut_alike(claims: Array, number: int, cash: float, out: Array) -> None:
    """Write what :func:`pro_rata` pays of the first `number` claims.

    Parameters
    ----------
    claims : c, (n,) USD >= 0; may be `out`.
    number : of claims, at most n.
    cash : K, USD >= 0, in the pool.
    out : (n,) written, USD >= 0.
    """
    asked = total(claims, 0, number)
    part = cash / asked if asked > 0.0 and cash < asked else 1.0
    for at in range(number):
        out[at] = claims[at] * part


@rule
def pay_in_order(claims: Array, number: int, cash: float, order: Array, out: Array) -> None:
    """Write what :func:`first_come` pays of the first `number` claims.

    Parameters
    ----------
    claims : c, (n,) USD >= 0.
    number : of claims, at most n.
    cash : K, USD >= 0, in the pool.
    order : (n,) int64, positions of the claims as they arrive.
    out : (n,) written, USD >= 0.
    """
    so_far = 0.0
    for position in range(number):
        at = order[position]
        so_far += claims[at]
        out[at] = min(max(cash - (so_far - claims[at]), 0.0), claims[at])


@rule
def pay_own_first(claims: Array, number: int, cash: float, reserve: Array, rest: Array, out: Array) -> None:
    """Write what :func:`entitlement_first` pays of the first `number` claims.

    Parameters
    ----------
    claims : c, (n,) USD >= 0.
    number : of claims, at most n.
    cash : K, USD >= 0, in the pool.
    reserve : r, (n,) USD >= 0, what is left of each one's contributions.
    rest : (n,) room, written.
    out : (n,) written, USD >= 0.
    """
    for at in range(number):
        rest[at] = min(claims[at], reserve[at])
    cut_alike(rest, number, cash, out)
    for at in range(number):
        rest[at] = claims[at] - out[at]
    cut_alike(rest, number, max(cash - total(reserve, 0, number), 0.0), rest)
    for at in range(number):
        out[at] += rest[at]


@rule
def charge_stakes(stake: Array, paid: Array, number: int, kept: Array, rest: Array) -> None:
    """Charge payments to the first `number` stakes in place, as :func:`charge` says.

    Parameters
    ----------
    stake : (n,) USD >= 0, what each owns of the pool, written.
    paid : (n,) USD >= 0, what each was paid.
    number : of stakes, at most n.
    kept : (n,) USD >= 0, of each stake never touched by what others draw; written: what is left of it.
    rest : (n,) room, written.
    """
    for at in range(number):
        rest[at] = paid[at] - min(paid[at], stake[at])
    excess = total(rest, 0, number)
    for at in range(number):
        stake[at] -= min(paid[at], stake[at])
        kept[at] = min(stake[at], max(kept[at] - paid[at], 0.0))
        rest[at] = stake[at] - kept[at]
    whole = total(rest, 0, number)
    if whole > 0.0:
        part = max(1.0 - excess / whole, 0.0)
        for at in range(number):
            stake[at] = kept[at] + rest[at] * part


@rule
def settle_claims(settlement: int, room: PoolRoom, number: int, cash: float) -> None:
    """Write into `room.paid` what a rule pays of the first `number` claims of `room`.

    Parameters
    ----------
    settlement : PRO_RATA, FIRST_COME or ENTITLEMENT_FIRST.
    room : claims, reserves and priorities are read; all else is written.
    number : of claims.
    cash : K, USD >= 0, in the pool.
    """
    if settlement == PRO_RATA:
        cut_alike(room.claim, number, cash, room.paid)
    elif settlement == FIRST_COME:
        ascending(room.priority, number, room.mirror, room.order)
        pay_in_order(room.claim, number, cash, room.order, room.paid)
    else:
        pay_own_first(room.claim, number, cash, room.reserve, room.rest, room.paid)


@rule
def settle_pools(
    members: PoolMembers, due: Array, cash: Array, priority: Array, entitlement: Array, contributed: Array,
    outside: Array, settlement: int, reserves: bool, paid: Array, room: PoolRoom,
) -> None:  # fmt: skip
    """Write what is paid of claims by the settlement rule, and charge it to entitlements and capital providers.

    Parameters
    ----------
    members : who is in each pool.
    due : (members,) USD >= 0, claims.
    cash : (pots or more,) USD, what each pool has at hand.
    priority : (members,) in (0, 1), order of arrival.
    entitlement, contributed : (members,) USD >= 0, what each owns of its pool, and of that paid in; written.
    outside : (pots,) USD >= 0, what capital providers own of each pool, written.
    settlement : PRO_RATA, FIRST_COME or ENTITLEMENT_FIRST.
    reserves : whether contributions are reserved.
    paid : (members,) USD >= 0, written.
    room : lists, written.
    """
    for j in range(outside.shape[0]):
        first, number = members.first[j], members.first[j + 1] - members.first[j]
        for at in range(number):
            i = members.row[first + at]
            reserve = min(contributed[i], entitlement[i])
            room.claim[at], room.priority[at] = due[i], priority[i]
            room.reserve[at], room.stake[at] = reserve, entitlement[i]
            room.kept[at] = reserve if reserves else 0.0
        settle_claims(settlement, room, number, cash[j])
        owners = number + 1 if outside[j] > 0.0 else number
        if owners > number:
            room.stake[number], room.paid[number], room.kept[number] = outside[j], 0.0, 0.0
        charge_stakes(room.stake, room.paid, owners, room.kept, room.rest)
        if owners > number:
            outside[j] = room.stake[number]
        for at in range(number):
            i = members.row[first + at]
            paid[i], entitlement[i] = room.paid[at], room.stake[at]
    for i in range(paid.shape[0]):
        contributed[i] = max(contributed[i] - paid[i], 0.0)


def pro_rata(claims: Array, cash: float, reserve: Array, priority: Array) -> Array:
    """Return xᵢ = cᵢ · min(1, K / Σ c): all claims are cut alike (clearing-house default funds).

    Parameters
    ----------
    claims : c, (members,) USD >= 0.
    cash : K, USD >= 0, in the pool.
    reserve : r, (members,) USD >= 0, what is left of each one's contributions.
    priority : (members,) in (0, 1), order of arrival, the least first; read where order counts.
    """
    paid = np.empty_like(claims)
    cut_alike(claims, len(claims), cash, paid)
    return paid


def first_come(claims: Array, cash: float, reserve: Array, priority: Array) -> Array:
    """Return payments in full in order of arrival until the pool is empty (on-chain shared vaults).

    Parameters
    ----------
    claims : c, (members,) USD >= 0.
    cash : K, USD >= 0, in the pool.
    reserve : r, (members,) USD >= 0, what is left of each one's contributions.
    priority : (members,) in (0, 1), order of arrival, the least first; read where order counts.
    """
    paid, mirror, order = np.empty_like(claims), np.empty_like(priority), np.empty(len(claims), np.int64)
    ascending(priority, len(claims), mirror, order)
    pay_in_order(claims, len(claims), cash, order, paid)
    return paid


def entitlement_first(claims: Array, cash: float, reserve: Array, priority: Array) -> Array:
    """Return min(cᵢ, rᵢ), then the rest of each claim pro rata from the surplus (K − Σ rᵢ)⁺.

    What a member contributed is kept for it, whether it claims now or later: over time it is paid at least the lesser
    of its claims and its contributions (segregated accounts; prototype, finding 6). Where part of the pool is lent out,
    reserves are paid first, all cut alike.

    Parameters
    ----------
    claims : c, (members,) USD >= 0.
    cash : K, USD >= 0, in the pool.
    reserve : r, (members,) USD >= 0, what is left of each one's contributions.
    priority : (members,) in (0, 1), order of arrival, the least first; read where order counts.
    """
    paid = np.empty_like(claims)
    pay_own_first(claims, len(claims), cash, reserve, np.empty_like(claims), paid)
    return paid


def charge(entitlement: Array, payments: Array, reserve: Array | float = 0.0) -> Array:
    """Return entitlements after `payments`: each pays its own claim first, the rest is charged to all pro rata.

    What a member draws beyond its own entitlement comes out of the others', in proportion to what they have left
    above `reserve`, which is never touched.
    """
    left, kept = entitlement.copy(), np.full_like(entitlement, reserve)
    charge_stakes(left, payments, len(left), kept, np.empty_like(left))
    return left
