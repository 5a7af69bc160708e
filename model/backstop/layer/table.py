"""What the layers read and write of structure, trigger and treaties, as kernels take it.

Types are the same in every run: what a structure does not have has no rows. All tables are the memory of the state;
the room is filled afresh in every step.
"""

from typing import NamedTuple

import numpy as np

from agents.reinsurer.treaty import Programme
from model.backstop.due import Due, make_due
from model.backstop.layer.part import Division, Parts
from model.backstop.pool import PoolMembers, PoolRoom, make_pool_room
from model.backstop.trigger.drawdown import Peaks

Array = np.ndarray


class LayerTerms(NamedTuple):
    """Constants of the layers."""

    compiled: bool  # whether structure, trigger, settlement rule and claims are all rules for kernels
    always: bool  # whether a step without a deficit has something to do: windows that move on
    entry: Array  # (2,) int64, address and digest of the descent, zero until it is compiled
    treaty: int  # which rule cuts claims: model.backstop.layer.claim.UNLIMITED, SUBLIMITS, TREATIES
    trigger: int  # model.backstop.layer.spare.EXHAUSTED, DRAWDOWN, WHOLE
    settlement: int  # model.backstop.pool.PRO_RATA, FIRST_COME, ENTITLEMENT_FIRST
    shares: bool  # whether there are pools
    mutual: bool  # whether members stand in for each other
    gross: bool  # whether claims are made on the gross loss, before the own fund pays
    reserves: bool  # whether contributions are reserved for those who made them
    vault_covered: bool  # whether the backstop stands for what closed vaults lost
    drop: float  # 1, fall from the peak that spares a fund
    window: float  # steps of a sub-limit, 0: the whole run


class LayerTables(NamedTuple):
    """State of structure, trigger and treaties."""

    pool_of: Array  # (members,) int64, pool of each
    members: PoolMembers  # and the members of each pool
    on_call: Array  # (members,) USD >= 0, capital on call at the start
    entitlement: Array  # (members,) USD >= 0, what each owns of its pool
    contributed: Array  # (members,) USD >= 0, of that at most paid in by itself
    room: Array  # (members,) USD >= 0, most that treaty and sub-limit still let each claim
    loss: Array  # (members,) USD >= 0, losses so far
    outside: Array  # (pots,) USD >= 0, what capital providers own of each pool
    unpaid: Array  # (members,) USD >= 0, claims due so far that the pool had no cash for
    fronted: Array  # (2, members) USD >= 0, what own funds and skin paid in the place of claims not paid yet
    unpaid_fund: Array  # (members,) USD >= 0, asked of own funds, not at hand and not recalled yet
    unpaid_pool: Array  # (pots,) USD >= 0, likewise of pools
    spared: Array  # (members,) bool, whose deficit of this step went past the layers
    parts: Parts  # of own funds, by listing
    division: Division  # and how they are divided
    limit: Array  # (members,) USD >= 0, sub-limits; none but of `capped`
    drawn: Array  # (members,) USD >= 0, paid within the window so far; likewise
    draws: Due  # these payments by step
    programme: Programme  # the treaties
    reinstated: Array  # (members,) 1, >= 0, limits reinstated and not yet charged for; none but of `reinsured`
    peaks: Peaks  # of the funds; none but of the trigger `drawdown`


class Asked(NamedTuple):
    """What the layers note of a step, for what comes after them."""

    unpaid_fund: Array  # (members,) USD >= 0, asked of own funds, not at hand and not recalled yet
    unpaid_pool: Array  # (pots,) USD >= 0, likewise of pools
    spared: Array  # (members,) bool, whose deficit of this step went past the layers
    parts: Parts  # of own funds, by listing


class LayerRoom(NamedTuple):
    """Room for what the layers work out, (members,) USD unless said otherwise."""

    deficit: Array  # >= 0, asked for at the top
    past: Array  # >= 0, of the deficit what goes past all layers
    asked: Array  # >= 0, asked of the layers: zero for members spared
    left: Array  # >= 0, what they leave
    ceded: Array  # >= 0, what treaties on the gross loss take past the own fund
    due: Array  # >= 0, claims on the pools
    paid: Array  # >= 0, what they paid
    space: Array  # >= 0, what a member can give, or has reserved
    given: Array  # >= 0, what survivors gave
    before: Array  # >= 0, what pays ahead of the pool; or left before a layer
    after: Array  # >= 0, what pays behind it; or left after a layer
    promised: Array  # >= 0, what the treaty lets each claim beyond its own means
    reserved: Array  # >= 0, cash of the pools that only this member may draw
    wanted: Array  # (listings,) USD >= 0, losses that own funds are asked for, and what they leave
    shared: Array  # (pots,) USD >= 0, cash of the pools that anybody may draw
    by_pool: Array  # (pots,) USD >= 0, sums
    pool: PoolRoom  # lists of one pool


def make_layer_room(members: int, pots: int, listings: int) -> LayerRoom:
    """Return the room that so many members, pools and listings need."""
    others = {"wanted": np.zeros(listings), "shared": np.zeros(pots), "by_pool": np.zeros(pots)}
    per_member = {name: np.zeros(members) for name in LayerRoom._fields if name not in (*others, "pool")}
    return LayerRoom(**per_member, **others, pool=make_pool_room(members))


def no_treaties(members: int) -> Programme:
    """Return a programme that pays nothing."""
    none = np.zeros((0, members))
    return Programme(0.0, none, none.copy(), np.zeros((0, 1)), np.zeros(members), 0.0)


def no_draws() -> Due:
    """Return a queue without room."""
    return make_due(0, 0)


def no_peaks() -> Peaks:
    """Return what a trigger that does not watch remembers."""
    return Peaks(np.zeros((0, 0)), np.zeros(0), np.zeros(0, dtype=np.int64))
