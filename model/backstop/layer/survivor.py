"""The layer of survivors: members without a loss stand in for those with one (a clearing house's default fund).

Survivors' contributions pay first, then their capital on call. Claims c are settled by the structure's settlement rule
from what survivors have, R = Σ rⱼ, and what is paid is charged to them in proportion,

    gⱼ = rⱼ min(1, Σ x / R)                                                                   (1)

A survivor has no loss of its own, trades, is not in default, and was not spared by the trigger. Units: USD.
"""

import numpy as np

from agents.core.kernel import rule
from agents.core.ledger import DEFICIT, FUND, TREASURY
from agents.core.rank import total
from agents.core.table import Protocols
from agents.protocol.protocol import SOUND
from agents.protocol.standby import callable_still
from model.backstop.layer.own import without_dust
from model.backstop.layer.table import LayerRoom, LayerTables, LayerTerms
from model.backstop.pool import cut_alike, settle_claims

Array = np.ndarray


@rule
def survives(member: Protocols, i: int, left: float, spared: bool) -> bool:
    """Tell whether a member pays for others.

    Parameters
    ----------
    member : records, read.
    i : index.
    left : USD >= 0, of its own loss.
    spared : whether its own deficit went past the layers.
    """
    return left == 0.0 and member.status[i] == SOUND and member.halted[i] == 0 and not spared


@rule
def share_out(balance: Array, terms: LayerTerms, room: LayerRoom, left: Array, priority: Array) -> None:
    """Write what claimants are paid, by the settlement rule, and what survivors give, by (1).

    Parameters
    ----------
    balance : the ledger's; deficits are written.
    terms : the settlement rule.
    room : `space` is read, what each can give; `paid` and `given` are written.
    left : (members,) USD >= 0, claims.
    priority : (members,) in (0, 1), order of arrival.
    """
    members, lists = left.shape[0], room.pool
    for i in range(members):
        lists.claim[i], lists.reserve[i], lists.priority[i] = left[i], 0.0, priority[i]
    settle_claims(terms.settlement, lists, members, total(room.space, 0, members))
    for i in range(members):
        room.paid[i] = lists.paid[i]
        balance[DEFICIT, i] += room.paid[i]
    cut_alike(room.space, members, total(room.paid, 0, members), room.given)


@rule
def pay_from_survivors(
    balance: Array, member: Protocols, tables: LayerTables, terms: LayerTerms, room: LayerRoom, left: Array,
    priority: Array,
) -> None:  # fmt: skip
    """Let survivors' contributions pay, then their capital on call.

    Parameters
    ----------
    balance : the ledger's, written.
    member : records, written: who paid.
    tables : capital on call and who is spared, read.
    terms : the settlement rule.
    room : written.
    left : (members,) USD >= 0, of the losses, written.
    priority : (members,) in (0, 1), order of arrival.
    """
    for i in range(left.shape[0]):
        room.space[i] = max(balance[FUND, i], 0.0) if survives(member, i, left[i], tables.spared[i]) else 0.0
    share_out(balance, terms, room, left, priority)
    for i in range(left.shape[0]):
        balance[FUND, i] -= room.given[i]
        member.paid_mutual[i] += room.paid[i]
        left[i] = without_dust(left[i], room.paid[i])
    for i in range(left.shape[0]):
        still = callable_still(tables.on_call[i], member.assessed[i], balance[TREASURY, i])
        room.space[i] = still if survives(member, i, left[i], tables.spared[i]) else 0.0
    share_out(balance, terms, room, left, priority)
    for i in range(left.shape[0]):
        balance[TREASURY, i] -= room.given[i]
        member.assessed[i] += room.given[i]
        member.paid_assessment[i] += room.paid[i]
        left[i] = without_dust(left[i], room.paid[i])
