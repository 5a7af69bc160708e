"""The descent of a step's deficits through the layers, all protocols side by side (:mod:`model.backstop.waterfall`).

Where there are pools:

    own fund → skin, at most (L − F − E)⁺ → pools → skin                                       (1)

and where a treaty is on the gross loss, its part goes past the own fund, which is asked again behind the pools. Where
there are none:

    own fund → own capital on call → skin → survivors' contributions → survivors' capital on call      (2)

with the calls in mutual structures alone. An own fund may be divided among a protocol's listings
(:mod:`model.backstop.layer.part`). A trigger may spare a member: its whole deficit goes past the layers, and it
pays for nobody. What the layers leave is uncovered. Units: USD.
"""

import numpy as np

from agents.core.kernel import kernel, rule
from agents.core.ledger import BAD_DEBT, DEFICIT, FUND, LENT, SHORTFALL, TREASURY
from agents.core.table import Exchanges, Pools, Protocols
from agents.protocol.standby import callable_still
from model.backstop.layer.claim import begin_claims, claimable, pay_from_pools
from model.backstop.layer.own import pay_from_call, pay_from_skin, without_dust
from model.backstop.layer.part import Division, divide_funds, fund_for, note_unpaid, pay_from_parts, take_note
from model.backstop.layer.spare import DRAWDOWN, EXHAUSTED, spare
from model.backstop.layer.survivor import pay_from_survivors
from model.backstop.layer.table import LayerRoom, LayerTables, LayerTerms
from model.backstop.trigger.drawdown import next_step, observe_fund

Array = np.ndarray


@rule
def any_in(amounts: Array) -> bool:
    """Tell whether any amount is not zero."""
    found = False
    for i in range(amounts.shape[0]):
        found |= amounts[i] != 0.0
    return found


@rule
def copy_to(amounts: Array, out: Array) -> None:
    """Write amounts, (n,), into another array."""
    for i in range(amounts.shape[0]):
        out[i] = amounts[i]


@rule
def descend_to_pools(
    balance: Array, member: Protocols, pool: Pools, tables: LayerTables, terms: LayerTerms, room: LayerRoom,
    priority: Array, step: int,
) -> None:  # fmt: skip
    """Let the layers of (1) pay for `room.asked`; what they leave is in `room.left`.

    Parameters
    ----------
    balance : the ledger's, written.
    member, pool : records, written: who paid.
    tables : of structure and treaties, written.
    terms : constants.
    room : written.
    priority : (members,) in (0, 1), order of arrival.
    step : present step.
    """
    asked, left, before, after = room.asked, room.left, room.before, room.after
    division, parts, wanted = tables.division, tables.parts, room.wanted
    for i in range(left.shape[0]):
        fund = fund_for(balance, division, parts, wanted, i, asked[i])
        before[i] = max(asked[i] - fund - tables.entitlement[i], 0.0)
        room.ceded[i] = claimable(tables, terms, i, asked[i], asked[i]) if terms.gross else 0.0
        left[i] = asked[i] - room.ceded[i]
    pay_from_parts(balance, member.paid_fund, division, parts, wanted, left)
    copy_to(left, after)
    for i in range(left.shape[0]):
        left[i] += room.ceded[i]
    if any_in(before):
        pay_from_skin(balance, member.skin, member.paid_skin, left, before)
    pay_from_pools(balance, member, pool, tables, terms, room, loss=asked, left=left, priority=priority, step=step)
    copy_to(left, before)
    if terms.gross:
        pay_from_parts(balance, member.paid_fund, division, parts, wanted, left)
        copy_to(left, after)
    for i in range(left.shape[0]):
        tables.unpaid_fund[i] += after[i]
    copy_to(left, after)
    if any_in(left):
        pay_from_skin(balance, member.skin, member.paid_skin, left, after)
    for i in range(left.shape[0]):
        tables.fronted[0, i] += before[i] - after[i]
        tables.fronted[1, i] += after[i] - left[i]


@rule
def descend_alone(
    balance: Array, member: Protocols, tables: LayerTables, terms: LayerTerms, room: LayerRoom, priority: Array
) -> None:
    """Let the layers of (2) pay for `room.asked`; what they leave is in `room.left`.

    Parameters
    ----------
    balance : the ledger's, written.
    member : records, written: who paid.
    tables : of the structure, written.
    terms : constants.
    room : written.
    priority : (members,) in (0, 1), order of arrival.
    """
    left = room.left
    copy_to(room.asked, left)
    pay_from_parts(balance, member.paid_fund, tables.division, tables.parts, room.wanted, left)
    for i in range(left.shape[0]):
        tables.unpaid_fund[i] += left[i]
    if terms.mutual and any_in(left):
        pay_from_call(balance, tables.on_call, member.assessed, member.paid_assessment, left)
    if any_in(left):
        copy_to(left, room.after)
        pay_from_skin(balance, member.skin, member.paid_skin, left, room.after)
    if terms.mutual and any_in(left):
        pay_from_survivors(balance, member, tables, terms, room, left, priority)


@rule
def descend(
    balance: Array, member: Protocols, pool: Pools, tables: LayerTables, terms: LayerTerms, room: LayerRoom,
    priority: Array, step: int,
) -> None:  # fmt: skip
    """Send `room.deficit` down the layers, but for members spared; what is left is in `room.left`.

    Parameters
    ----------
    balance : the ledger's, written.
    member, pool : records, written: who paid.
    tables : of structure, trigger and treaties, written.
    terms : constants.
    room : written.
    priority : (members,) in (0, 1), order of arrival.
    step : present step.
    """
    if tables.division.divided:
        divide_funds(balance, tables.division, tables.parts)
    spare(balance, member, tables, terms, room, priority, step)
    selects, spared = terms.trigger != EXHAUSTED, tables.spared
    for i in range(room.asked.shape[0]):
        room.asked[i] = 0.0 if selects and spared[i] else room.deficit[i]
    if terms.shares:
        descend_to_pools(balance, member, pool, tables, terms, room, priority=priority, step=step)
    else:
        descend_alone(balance, member, tables, terms, room, priority)
    for i in range(room.left.shape[0]):
        if selects and spared[i]:
            room.left[i] = room.deficit[i]


@rule
def note_origin(
    member: Protocols, terms: LayerTerms, room: LayerRoom, i: int, deficit: float, exploit: float, vault: float
) -> None:
    """Count one member's deficit by origin; what goes down the layers is in `room.deficit`, all else in `room.past`.

    Parameters
    ----------
    member : records, written.
    terms : whether the backstop stands for vaults.
    room : written.
    i : index.
    deficit : USD >= 0.
    exploit, vault : USD >= 0, of it taken by exploits and lost by a closed vault.
    """
    room.past[i] = 0.0 if terms.vault_covered else vault
    room.deficit[i] = without_dust(deficit, room.past[i])
    member.deficit[i] += deficit
    member.exploit_loss[i] += exploit
    member.vault_deficit[i] += vault
    member.trader_deficit[i] += without_dust(deficit, exploit + vault)
    member.backstop_loss[i] += room.deficit[i]


@rule
def note_uncovered(member: Protocols, terms: LayerTerms, left: Array, step: int) -> None:
    """Record what the layers left, how much of it through others' losses, and which members were exhausted.

    Parameters
    ----------
    member : records, written.
    terms : whether members share anything.
    left : (members,) USD >= 0.
    step : present step.
    """
    for i in range(left.shape[0]):
        member.uncovered[i] += left[i]
        if terms.shares or terms.mutual:
            own = member.capital[i] + member.income[i]
            member.by_others[i] += left[i] if member.backstop_loss[i] <= own else 0.0
        if left[i] > 0.0 and member.exhausted_step[i] < 0:
            member.exhausted_step[i] = step


@rule
def watch(balance: Array, member: Protocols, tables: LayerTables, terms: LayerTerms, step: int) -> None:
    """Do what is due in every step: free sub-limits, note every member's own money.

    Parameters
    ----------
    balance : the ledger's, read.
    member : records, read.
    tables : sub-limits and peaks are written.
    terms : constants.
    step : present step.
    """
    begin_claims(tables, terms, step)
    if terms.trigger == DRAWDOWN:
        for i in range(tables.spared.shape[0]):
            on_call = callable_still(tables.on_call[i], member.assessed[i], balance[TREASURY, i])
            observe_fund(tables.peaks, i, balance[FUND, i] + balance[LENT, i] + tables.entitlement[i] + on_call)
        next_step(tables.peaks)


@rule
def take_on(balance: Array, exchange: Exchanges, division: Division, room: LayerRoom, covered: bool) -> bool:
    """Let protocols take on the shortfalls of their listings as deficits; return whether there is any.

    Parameters
    ----------
    balance : the ledger's, written.
    exchange : losses of the step by origin, read; `unpaid` is written.
    division : of own funds among listings.
    room : `before` and `after` are written: what exploits took of each protocol, and what closed vaults lost;
        and `wanted`, for funds that are divided.
    covered : whether the backstop stands for vaults.
    """
    take_note(exchange, division, room.wanted, covered)
    for p in range(room.before.shape[0]):
        room.before[p] = room.after[p] = 0.0
    for i in range(exchange.shape[0]):
        p = exchange.protocol[i]
        room.before[p] += exchange.exploit_loss[i]
        room.after[p] += exchange.vault_deficit[i]
        balance[DEFICIT, p] += balance[SHORTFALL, i]
        balance[SHORTFALL, i] = 0.0
    return any_in(balance[DEFICIT])


@kernel
def ask_layers(
    balance: Array, exchange: Exchanges, member: Protocols, pool: Pools, tables: LayerTables, terms: LayerTerms,
    room: LayerRoom, priority: Array, owed: Array, step: int,
) -> bool:  # fmt: skip
    """Send this step's deficits down the layers; return whether they left anything.

    Parameters
    ----------
    balance : the ledger's, written; shortfalls are < 0 there.
    exchange : losses of the step by origin, read; `unpaid` is written.
    member, pool : records, written: who paid what, who has nothing left.
    tables : of structure, trigger and treaties, written.
    terms : constants.
    room : written.
    priority : (members,) in (0, 1), order of arrival at a pool.
    owed : (members,) USD >= 0, written: what is still to be collected.
    step : present step.
    """
    watch(balance, member, tables, terms, step)
    for i in range(owed.shape[0]):
        owed[i] = 0.0
    if not take_on(balance, exchange, tables.division, room, terms.vault_covered):
        return False
    for i in range(owed.shape[0]):
        deficit = max(-balance[DEFICIT, i], 0.0)
        exploit = min(room.before[i], deficit)
        note_origin(member, terms, room, i, deficit, exploit, min(room.after[i], deficit - exploit))
    descend(balance, member, pool, tables, terms, room, priority=priority, step=step)
    note_unpaid(exchange, tables.division, room.wanted, room.left, room.past)
    for i in range(owed.shape[0]):
        owed[i] = room.left[i] + room.past[i]
    if any_in(owed):
        note_uncovered(member, terms, room.left, step)
        return True
    for i in range(owed.shape[0]):
        rounding = -balance[DEFICIT, i]
        balance[DEFICIT, i] += rounding
        balance[BAD_DEBT, i] -= rounding
    return False


@kernel
def cover_losses(
    balance: Array, member: Protocols, pool: Pools, tables: LayerTables, terms: LayerTerms, room: LayerRoom,
    priority: Array, trader: Array, vault: Array, step: int,
) -> None:  # fmt: skip
    """Send losses that a tear-up brought to light down the layers; what is left and past them is in the room.

    Parameters
    ----------
    balance : the ledger's, written; the losses are booked there as deficits.
    member, pool : records, written: who paid what, who has nothing left.
    tables : of structure, trigger and treaties, written.
    terms : constants.
    room : written.
    priority : (members,) in (0, 1), order of arrival at a pool.
    trader, vault : (members,) USD >= 0, negative equity of accounts and of vaults; `room.wanted` says whose.
    step : present step.
    """
    for i in range(trader.shape[0]):
        note_origin(member, terms, room, i, trader[i] + vault[i], 0.0, vault[i])
    descend(balance, member, pool, tables, terms, room, priority=priority, step=step)
    note_uncovered(member, terms, room.left, step)
