"""The resolution of a protocol that has defaulted.

- ``continue``: it goes on trading as if nothing had happened, its unpaid bad debt carried along.
- ``dead``: trading halts for good. Positions are torn up at the last mark, the losses that come to light go down the
  layers of the waterfall, claims on others are recovered through clearing, traders recover the same part of their
  equity, providers are trapped (:mod:`model.backstop.tear_up`).
- ``recapitalised``: the same, but after `exposure.resolution_delay` outsiders pay what is left of its debt, fill
  its treasury to the initial level, and trading resumes. Its old exposures are gone.

While a protocol is halted nobody trades there, its vault quotes no depth, no exploit reaches it and no provider
redeems. A protocol that trades again can default again; `status`, `cause` and `default_step` tell of the first time.

Sources: Nasdaq Clearing recapitalised its default fund within about a week of 11 September 2018; the Hong Kong Futures
Exchange was shut for four days in October 1987 and reopened after a rescue of HKD 2bn.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from agents.core.ledger import TREASURY, VAULT, Ledger
from agents.core.memory import NOTHING, Memory
from agents.core.table import Protocols
from agents.exchange.exchange import listings_of
from model.backstop.late_money import LateMoney
from model.backstop.tear_up import pay_claims, tear_up
from model.scenario import Scenario
from model.state.initial import skins, treasuries

Array = np.ndarray
Cover = Callable[[Array, Array, int], Array]  # sends losses of accounts and vaults, by listing, down the layers


class Waiting(NamedTuple):
    """What is remembered of the halted."""

    waiting: Array  # (1,) bool, whether anybody is halted


class Continue:
    """A protocol in default goes on as before.

    Attributes
    ----------
    resumes : True where halted protocols may trade again.
    """

    resumes = False

    tears_up = False
    memory: Memory = NOTHING

    def halt(self, venue: Venue, protocol: Protocols, failed: Array, step: int) -> bool:
        """Wind up those who `failed`, (protocols,) bool; return whether that brought losses to light.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run, written in place.
        protocol : (protocols,) records, written in place.
        failed : (protocols,) bool.
        step : present step.
        """
        return False

    def distribute(self, venue: Venue, late: LateMoney, failed: Array) -> None:
        """Pay the customers of those who `failed` once debts are cleared, and note what is owed to them still."""

    def resume(self, protocol: Protocols, ledger: Ledger, late: LateMoney, step: int) -> bool:
        """Let those trade again whose time has come; return whether money moved.

        Parameters
        ----------
        protocol : (protocols,) records, written in place.
        ledger : the run's.
        late : what comes in of old claims.
        step : present step.
        """
        return False


class Dead(Continue):
    """A protocol in default is closed."""

    tears_up = True

    def __init__(self, scenario: Scenario, cover: Cover) -> None:
        self.cover = cover
        self.treasury = treasuries(scenario)
        self.skin = skins(scenario)
        self.delay = scenario.exposure.resolution_delay / scenario.minutes
        self.reaction = scenario.trader.haircut_reaction
        self.memory = Waiting(np.zeros(1, dtype=bool))
        self.waiting = self.memory.waiting

    def halt(self, venue: Venue, protocol: Protocols, failed: Array, step: int) -> bool:
        """Halt trading and tear up positions at the mark."""
        self.waiting |= failed.any()
        protocol.halted[failed] = 1
        protocol.halt_step[failed] = step
        shortfall, hole = np.zeros(len(venue.exchange)), np.zeros(len(venue.exchange))
        for p in map(int, np.flatnonzero(failed)):
            for i in range(len(venue.exchange))[listings_of(venue.exchange, p)]:
                shortfall[i], hole[i] = tear_up(venue, i)
        if not (shortfall.any() or hole.any()):
            return False
        self.cover(shortfall, hole, step)
        return True

    def distribute(self, venue: Venue, late: LateMoney, failed: Array) -> None:
        """Pay traders what their claims recover; what is cut is theirs should money come late."""
        haircut, vault = venue.accounts.haircut.reshape(len(venue.exchange), -1), venue.book.balance[VAULT]
        for p in map(int, np.flatnonzero(failed)):
            listings = listings_of(venue.exchange, p)
            before, worth = haircut[listings].copy(), vault[listings].copy()
            pay_claims(venue, p, self.reaction)
            late.owe(p, haircut[listings] - before, worth - vault[listings])


class Recapitalised(Dead):
    """A protocol in default is closed, and opens again with fresh capital from outside."""

    resumes = True

    def resume(self, protocol: Protocols, ledger: Ledger, late: LateMoney, step: int) -> bool:
        """Pay the debts of those halted for the delay and fill their treasuries, from outside; let them trade."""
        if not self.waiting[0]:
            return False
        due = (protocol.halted > 0) & (step - protocol.halt_step >= self.delay)
        if not due.any():
            return False
        debt = np.where(due, late.debt(), 0.0)
        missing = np.where(due, np.maximum(self.treasury - ledger.own[TREASURY], 0.0), 0.0)
        ledger.enter(TREASURY, missing + debt)
        ledger.own[TREASURY] -= debt - late.pay(debt, "paid_outsiders")
        protocol.skin[due] = self.skin[due]
        protocol.recapitalised[:] += debt + missing
        protocol.halted[due] = 0
        self.waiting[0] = protocol.halted.any()
        return True


def make_resolution(scenario: Scenario, cover: Cover) -> Continue:
    """Return the resolution the scenario names; `cover` is the waterfall's."""
    chosen = {"dead": Dead, "recapitalised": Recapitalised}
    kind = chosen.get(scenario.exposure.resolution)
    return kind(scenario, cover) if kind else Continue()
