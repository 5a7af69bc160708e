"""Whose deficit goes past the layers: the triggers as kernels take them, with the money that is available.

:mod:`model.backstop.trigger` has the rules. Units: USD.
"""

import numpy as np

from agents.core.kernel import rule
from agents.core.ledger import FUND, POOL, TREASURY
from agents.core.rank import total
from agents.core.table import Protocols
from agents.protocol.standby import callable_still
from model.backstop.layer.claim import begin_claims, claimable, owed_to, sum_by_pool
from model.backstop.layer.part import fund_for
from model.backstop.layer.survivor import survives
from model.backstop.layer.table import LayerRoom, LayerTables, LayerTerms
from model.backstop.trigger.base import Means
from model.backstop.trigger.drawdown import spare_fallen
from model.backstop.trigger.whole import spare_not_whole

Array = np.ndarray
EXHAUSTED, DRAWDOWN, WHOLE = range(3)


@rule
def add_up_alone(balance: Array, member: Protocols, tables: LayerTables, terms: LayerTerms, room: LayerRoom) -> None:
    """Write the money available where there are no pools: one's own, and what sound members have together.

    Parameters
    ----------
    balance : the ledger's, read.
    member : records, read.
    tables : capital on call, read.
    terms : whether members stand in for each other.
    room : `deficit` is read; the arrays of :func:`means_of` are written.
    """
    deficit = room.deficit
    for i in range(deficit.shape[0]):
        on_call = callable_still(tables.on_call[i], member.assessed[i], balance[TREASURY, i])
        skin = min(member.skin[i], max(balance[TREASURY, i] - on_call, 0.0))
        own = fund_for(balance, tables.division, tables.parts, room.wanted, i, deficit[i]) + on_call + skin
        gives = terms.mutual and survives(member, i, deficit[i], False)
        room.space[i] = balance[FUND, i] + on_call if gives else 0.0
        room.before[i], room.after[i], room.reserved[i] = own, 0.0, 0.0
        room.promised[i] = max(deficit[i] - own, 0.0)
    room.shared[0] = total(room.space, 0, deficit.shape[0])


@rule
def add_up_to_pools(
    balance: Array, member: Protocols, tables: LayerTables, terms: LayerTerms, room: LayerRoom, step: int
) -> None:
    """Write the money available where there are pools: what pays ahead of them, what they promise, what is behind.

    Parameters
    ----------
    balance : the ledger's, read.
    member : records, read.
    tables : of structure and treaties; sub-limits are freed.
    terms : constants.
    room : `deficit` is read; the arrays of :func:`means_of` are written.
    step : present step.
    """
    deficit, division, parts, wanted = room.deficit, tables.division, tables.parts, room.wanted
    begin_claims(tables, terms, step)
    for i in range(deficit.shape[0]):
        fund, entitlement = fund_for(balance, division, parts, wanted, i, deficit[i]), tables.entitlement[i]
        on_call = callable_still(tables.on_call[i], member.assessed[i], balance[TREASURY, i])
        skin = min(member.skin[i], max(balance[TREASURY, i] - on_call, 0.0))
        ceded = claimable(tables, terms, i, deficit[i], deficit[i]) if terms.gross else 0.0
        first = min(skin, max(deficit[i] - fund - entitlement, 0.0))
        asked = deficit[i] - ceded
        room.before[i] = first + min(fund_for(balance, division, parts, wanted, i, asked), asked)
        room.promised[i] = owed_to(tables, terms, i, deficit[i], max(deficit[i] - room.before[i], 0.0))
        room.after[i] = fund + skin - room.before[i]
        room.space[i] = min(tables.contributed[i], entitlement) if terms.reserves else 0.0
    sum_by_pool(tables.members, room.space, room.pool.rest, room.by_pool)
    for j in range(room.shared.shape[0]):
        whole = room.by_pool[j]
        room.shared[j] = max(balance[POOL, j] - whole, 0.0)
        room.by_pool[j] = min(balance[POOL, j], whole) / whole if whole > 0.0 else 0.0
    for i in range(deficit.shape[0]):
        room.reserved[i] = room.space[i] * room.by_pool[tables.pool_of[i]]


@rule
def means_of(tables: LayerTables, room: LayerRoom, priority: Array) -> Means:
    """Return the money available for the deficits of a step, as it was written into the room."""
    return Means(room.before, room.shared, tables.pool_of, room.promised, priority, room.after, room.reserved)


@rule
def spare(
    balance: Array, member: Protocols, tables: LayerTables, terms: LayerTerms, room: LayerRoom, priority: Array,
    step: int,
) -> None:  # fmt: skip
    """Write by the trigger whose deficit goes past the layers.

    Parameters
    ----------
    balance : the ledger's, read.
    member : records, read.
    tables : of structure and trigger; `spared` is written.
    terms : which trigger.
    room : written.
    priority : (members,) in (0, 1), order of arrival.
    step : present step.
    """
    if terms.trigger == DRAWDOWN:
        spare_fallen(tables.peaks, terms.drop, tables.spared)
    elif terms.trigger == WHOLE:
        if terms.shares:
            add_up_to_pools(balance, member, tables, terms, room, step)
        else:
            add_up_alone(balance, member, tables, terms, room)
        lists = room.pool
        means = means_of(tables, room, priority)
        spare_not_whole(room.deficit, means, room.by_pool, lists.mirror, lists.order, tables.spared)
