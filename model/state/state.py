"""Every number of a run that changes, in one place: the state, its copies, and how a copy is put back.

A :class:`State` is a tuple of tables: record arrays, plain arrays, and named tuples of arrays, one for everything that
remembers (:mod:`agents.core.memory`). Managers hold references to their part of it and change it in place, so the live
state is always whole, a snapshot is a copy, and going back is copying the other way. What a run never changes is not in
it: constants (:mod:`model.state.terms`), the tape, the scenario; nor is room that every step fills afresh
(:class:`model.state.terms.Scratch`).

Each array's shape, unit and sign stand where the tuple it belongs to is declared.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.account.owner import Owners
from agents.core.ledger import Book
from agents.core.memory import Memory, copied, misfit, put_back, same
from agents.core.table import (
    Accounts,
    Blocks,
    Exchanges,
    Investors,
    Keepers,
    Makers,
    Markets,
    Pools,
    Protocols,
    Providers,
    ValueFunds,
)
from agents.market_maker.market_maker import Inventory
from agents.protocol.confidence import Mood
from model.backstop.fund import FundMemory
from model.backstop.late_money import Estates
from model.backstop.layer.table import Asked
from model.backstop.loss_regime.chain import Losses
from model.backstop.structure.base import Stakes
from model.backstop.succession import Closed
from model.market.control import ControlMemory

Array = np.ndarray


class Clock(NamedTuple):
    """Where in its run an ecosystem is, and what a step passes on from phase to phase."""

    step: Array  # (1,) steps done so far
    rounds: Array  # (1,) liquidation rounds of the last step
    oracle_error: Array  # (protocols,) 1, > -1, relative error of the mark price in the last step
    carried: Array  # (1,) bool, whether a debt was carried at the end of the last waterfall


class Series(NamedTuple):
    """The record of the run, a row a step; rows not reached yet are zero."""

    ecosystem: Array  # (steps, columns) of model.measure.record.ECOSYSTEM_SERIES
    asset: Array  # (steps, assets, columns) of ASSET_SERIES
    protocol: Array  # (steps, protocols, columns) of PROTOCOL_SERIES
    reinsurance: Array  # (steps, columns) of model.reinsurance.market, or (0, 0)


class State(NamedTuple):
    """Everything a run remembers; nothing else remembers anything."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    market: Markets
    protocol: Protocols
    keepers: Keepers
    makers: Makers
    providers: Providers
    pool: Pools
    investors: Investors
    value_funds: ValueFunds
    inventory: Inventory  # of market makers
    owners: Owners
    book: Book
    clock: Clock
    stakes: Stakes
    structure: Memory  # of treaties and sub-limits
    layers: Asked
    losses: Losses
    trigger: Memory
    regime: Memory  # of the loss regime and its fallback
    succession: Closed
    fund: FundMemory
    late: Estates
    network: Memory  # of the exposures: model.network.contagion.Debts
    resolution: Memory
    confidence: Mood
    control: ControlMemory
    own_share: Array  # (members,) 1, in [0, 1], share of income that stays in each one's own fund
    reinsurance: Memory  # model.reinsurance.market.Cover, or nothing
    series: Series
    sums: Memory  # of series that are not kept: model.measure.record.Sums


class MesaFace(NamedTuple):
    """What Mesa keeps of a model, for agents of a researcher's own."""

    rng: dict[str, Any]  # state of the NumPy generator
    random: tuple[Any, ...]  # state of Python's generator
    next_id: int  # of the next agent
    going: bool  # whether nobody has stopped the run


class Snapshot(NamedTuple):
    """A run at one moment: plain arrays, to be pickled, compared, and put back (``Ecosystem.restore``)."""

    state: State  # a copy; of the series, the rows up to the present step
    mesa: MesaFace | None  # none of a run that is no Mesa model
    agents: bytes  # a researcher's own agents, pickled; empty where there are none

    def __eq__(self, other: object) -> bool:
        """Tell whether two snapshots are equal, bit for bit."""
        if not isinstance(other, Snapshot):
            return NotImplemented
        return same(self.state, other.state) and self[1:] == other[1:]

    def __ne__(self, other: object) -> bool:
        """Tell whether two snapshots differ in any bit."""
        return not self == other

    def __hash__(self) -> int:
        """Return a number for the step: equal snapshots have the same."""
        return hash((Snapshot, int(self.state.clock.step[0])))


def up_to(state: State, rows: int) -> State:
    """Return the state with the first rows of its series alone; nothing is copied."""
    return state._replace(series=Series(*(table[:rows] for table in state.series)))


def saved(state: State) -> State:
    """Return a copy of a live state, its series as far as they have got: the row of the step under way included."""
    return copied(up_to(state, int(state.clock.step[0]) + 1))


def load(state: State, copy: State) -> None:
    """Put a copy back into a live state in place; what of the series came later is cleared.

    Raises
    ------
    ValueError : if the copy is of a run of another shape; nothing is changed then.
    """
    rows = len(copy.series.ecosystem)
    wrong = misfit(up_to(state, rows), copy)
    if wrong:
        raise ValueError(f"the snapshot is of a run of another shape: {wrong}")
    put_back(up_to(state, rows), copy)
    for table in state.series:
        table[rows:] = 0.0
