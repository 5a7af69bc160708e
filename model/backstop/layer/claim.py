"""The layer of the pools: claims are cut by treaty or sub-limit, settled together and charged to who owns the pool.

A member whose loss of the step is L and whose own layers left c claims

    c                        where the pool covers everything
    min(c, ℓ)                with ℓ what its sub-limit leaves (:mod:`model.backstop.structure.capped`)
    min(c, T(Λ + L) − T(Λ))  with T what treaties owe on losses Λ so far (:mod:`agents.reinsurer.treaty`)    (1)

Units: USD.
"""

import numpy as np

from agents.core.kernel import rule
from agents.core.ledger import DEFICIT, POOL
from agents.core.rank import total
from agents.core.table import Pools, Protocols
from agents.reinsurer.treaty import WITHOUT_END, recovered, refilled
from model.backstop.layer.own import ROUNDING, without_dust
from model.backstop.layer.table import LayerRoom, LayerTables, LayerTerms
from model.backstop.pool import PoolMembers, settle_pools
from model.backstop.structure.capped import free_limits, note_draws

Array = np.ndarray
UNLIMITED, SUBLIMITS, TREATIES = range(3)


@rule
def owed_to(tables: LayerTables, terms: LayerTerms, i: int, loss: float, claim: float) -> float:
    """Return what treaty or sub-limit let a member claim, USD >= 0; see (1).

    Parameters
    ----------
    tables : losses so far, sub-limits and treaties, read.
    terms : which of them hold.
    i : index of the member.
    loss : USD >= 0, its loss of the step.
    claim : USD >= 0, what it asks for.
    """
    if terms.treaty == SUBLIMITS:
        return min(claim, tables.room[i])
    if terms.treaty == TREATIES:
        programme, before = tables.programme, tables.loss[i]
        return recovered(before + loss, programme, i) - recovered(before, programme, i)
    return claim


@rule
def claimable(tables: LayerTables, terms: LayerTerms, i: int, loss: float, claim: float) -> float:
    """Return what a member may claim, USD >= 0, at most what it asks for.

    Parameters
    ----------
    tables : losses so far, sub-limits and treaties, read.
    terms : which of them hold.
    i : index of the member.
    loss : USD >= 0, its loss of the step.
    claim : USD >= 0, what it asks for.
    """
    return min(owed_to(tables, terms, i, loss, claim), claim)


@rule
def begin_claims(tables: LayerTables, terms: LayerTerms, step: int) -> None:
    """Restore sub-limits for payments that have left the window."""
    if terms.treaty == SUBLIMITS and terms.window > 0.0:
        free_limits(tables.limit, tables.drawn, tables.room, tables.draws, step - terms.window)


@rule
def note_losses(tables: LayerTables, terms: LayerTerms, room: LayerRoom, loss: Array, step: int) -> None:
    """Count losses of the step, and what was paid on them, against treaties and sub-limits.

    Parameters
    ----------
    tables : losses so far, sub-limits and treaties, written.
    terms : which of them hold.
    room : `paid` is read, USD >= 0.
    loss : (members,) USD >= 0, of the step.
    step : present step.
    """
    programme = tables.programme
    for i in range(loss.shape[0]):
        before, after = tables.loss[i], tables.loss[i] + loss[i]
        tables.loss[i] = after
        if terms.treaty == TREATIES:
            owed = recovered(after, programme, i) - recovered(before, programme, i)
            used = refilled(after, programme, i) - refilled(before, programme, i)
            tables.reinstated[i] += used * (room.paid[i] / owed if owed > 0.0 else 0.0)
            tables.room[i] = max(recovered(WITHOUT_END, programme, i) - recovered(after, programme, i), 0.0)
    if terms.treaty == SUBLIMITS:
        note_draws(tables.limit, tables.drawn, tables.room, tables.draws, terms.window, room.paid, step)


@rule
def sum_by_pool(members: PoolMembers, amounts: Array, room: Array, out: Array) -> None:
    """Write the sums of members' amounts by pool, (pots,), added as ``numpy.sum`` adds them.

    Parameters
    ----------
    members : who is in each pool.
    amounts : (members,) summed.
    room : (members + 1,) list, written.
    out : (pots,) written.
    """
    for j in range(out.shape[0]):
        first, number = members.first[j], members.first[j + 1] - members.first[j]
        for at in range(number):
            room[at] = amounts[members.row[first + at]]
        out[j] = total(room, 0, number)


@rule
def pay_from_pools(
    balance: Array, member: Protocols, pool: Pools, tables: LayerTables, terms: LayerTerms, room: LayerRoom,
    loss: Array, left: Array, priority: Array, step: int,
) -> None:  # fmt: skip
    """Settle what the own layers left with the pools, as far as treaties and cash go.

    Parameters
    ----------
    balance : the ledger's, written.
    member, pool : records, written: who paid, and who has nothing left.
    tables : of structure and treaties, written.
    terms : which treaties hold, and the settlement rule.
    room : written.
    loss : (members,) USD >= 0, of the step.
    left : (members,) USD >= 0, of the losses, written.
    priority : (members,) in (0, 1), order of arrival.
    step : present step.
    """
    begin_claims(tables, terms, step)
    for i in range(left.shape[0]):
        room.due[i] = claimable(tables, terms, i, loss[i], left[i])
    settle_pools(
        members=tables.members, due=room.due, cash=balance[POOL], priority=priority, entitlement=tables.entitlement,
        contributed=tables.contributed, outside=tables.outside, settlement=terms.settlement, reserves=terms.reserves,
        paid=room.paid, room=room.pool,
    )  # fmt: skip
    note_losses(tables, terms, room, loss, step)
    book_payments(balance, pool, tables, room, step)
    for i in range(left.shape[0]):
        balance[DEFICIT, i] += room.paid[i]
        member.paid_pool[i] += room.paid[i]
        tables.unpaid[i] += room.due[i] - room.paid[i]
        left[i] = without_dust(left[i], room.paid[i])


@rule
def book_payments(balance: Array, pool: Pools, tables: LayerTables, room: LayerRoom, step: int) -> None:
    """Take what was paid out of the pools, and record what they were asked for.

    Parameters
    ----------
    balance : the ledger's; the pools are written.
    pool : records, written.
    tables : what pools could not pay, written.
    room : `due` and `paid` are read.
    step : present step.
    """
    sum_by_pool(tables.members, room.due, room.pool.rest, room.shared)
    sum_by_pool(tables.members, room.paid, room.pool.rest, room.by_pool)
    for j in range(room.shared.shape[0]):
        asked, given = room.shared[j], room.by_pool[j]
        balance[POOL, j] -= given
        pool.claims_due[j] += asked
        pool.claims_paid[j] += given
        if given < asked * (1.0 - ROUNDING) and pool.exhausted_step[j] < 0:
            pool.exhausted_step[j] = step
        tables.unpaid_pool[j] += asked - given
