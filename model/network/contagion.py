"""Phase 7: bad debt is paid from treasuries, and where it cannot be, default spreads along the exposures.

Protocol i has treasury Tᵢ, bad debt Bᵢ owed to its traders, and owes Lᵢⱼ to protocol j. While Tᵢ ≥ Bᵢ everywhere the
treasury simply pays. Otherwise i defaults, which closes out the network: everything owed falls due and is settled at
the greatest clearing vector (:func:`model.network.clearing.settle`) with external assets T and outside debt B, which
ranks first or equally; protocols that cannot pay once their claims are cut default in later waves. What bankruptcy
destroys leaves the ecosystem; the exposures are gone. What becomes of the defaulters is decided by
:mod:`model.network.resolution`: tearing up their positions may add bad debt, so that clearing is repeated until
nobody fails again. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from agents.core.column import bare
from agents.core.kernel import lean_kernel
from agents.core.ledger import BAD_DEBT, OUTSIDE, TREASURY, Ledger
from agents.core.table import Matrix, Protocols
from agents.protocol.protocol import DEBTS, DEFAULTED, EXPOSURE, OWN_LOSS, standing, stands
from model.backstop.late_money import LateMoney
from model.network.clearing import TOLERANCE, Settlement, settle
from model.network.exposures import liabilities
from model.network.resolution import Continue, Cover, make_resolution
from model.price.streams import Streams
from model.scenario import Scenario
from model.scenario.section.exposure import ExposureSection
from model.state.initial import treasuries

DUST = 1e-6
NOTHING_DUE, PAID, BEYOND_TREASURIES = range(3)
"""What :func:`pay_debts` finds: nothing to pay, all that treasuries could pay, or a debt beyond its treasury."""


class Debts(NamedTuple):
    """What is remembered of the exposures."""

    liabilities: np.ndarray  # USD >= 0, zero once the network was closed out: (P, P), row owes column, or the entries


@lean_kernel
def look_at_debts(balance: np.ndarray, protocol: Protocols) -> int:
    """Return what there is to do about bad debt: ``NOTHING_DUE``, ``PAID`` if treasuries pay, ``BEYOND_TREASURIES``."""
    owed, due, beyond = False, False, False
    for i in range(protocol.shape[0]):
        treasury, debt = balance[TREASURY, i], -balance[BAD_DEBT, i]
        alive = stands(protocol.halted[i], protocol.status[i], protocol.halt_step[i])
        owed |= debt != 0.0
        due |= min(treasury, debt) != 0.0 or (debt > DUST and alive)
        beyond |= debt > treasury + DUST and alive
    if not (owed and due):
        return NOTHING_DUE
    return BEYOND_TREASURIES if beyond else PAID


@lean_kernel
def pay_debts(balance: np.ndarray, protocol: Protocols) -> int:
    """Let treasuries pay bad debt, unless it is beyond that of a protocol that can default; return what was found."""
    found = look_at_debts(balance, protocol)
    if found == PAID:
        for i in range(protocol.shape[0]):
            paid = min(balance[TREASURY, i], -balance[BAD_DEBT, i])
            protocol.paid_treasury[i] += paid
            balance[TREASURY, i] -= paid
            balance[BAD_DEBT, i] += paid
    return found


class Contagion:
    """The exposure network of a run and what defaults do to it.

    Parameters
    ----------
    liabilities : (P, P) USD, row owes column, dense or a CSR array; kept and changed in place.
    exposure : recoveries and seniority of the clearing.
    resolution : what becomes of defaulters.
    venue : tables of accounts and exchanges, for winding up.
    late : what is owed to those who were cut.

    Attributes
    ----------
    liabilities : what is still owed; zero once the network was closed out.
    """

    def __init__(
        self, liabilities: Matrix, exposure: ExposureSection, resolution: Continue, venue: Venue, late: LateMoney
    ) -> None:
        self.liabilities = liabilities
        self.memory = Debts(liabilities if isinstance(liabilities, np.ndarray) else liabilities.data)
        self.exposure, self.resolution, self.venue, self.late = exposure, resolution, venue, late

    def clear(self, protocol: Protocols, ledger: Ledger, step: int) -> bool:
        """Let halted protocols resume, pay bad debt from treasuries, settle defaults; return whether money moved."""
        resumed = self.resolution.resume(protocol, ledger, self.late, step)
        return self._pay(protocol, ledger, step) or resumed

    def _pay(self, protocol: Protocols, ledger: Ledger, step: int) -> bool:
        found = int(pay_debts(ledger.balance, bare(protocol)))
        if found == BEYOND_TREASURIES:
            self._close_out(protocol, ledger, standing(protocol), step)
        return found != NOTHING_DUE

    def _close_out(self, protocol: Protocols, ledger: Ledger, alive: np.ndarray, step: int) -> None:
        doomed = overindebted(self.liabilities, ledger.own[TREASURY] * alive)
        failed = np.zeros(len(alive), dtype=bool)
        outcome = self._settle(ledger, alive)
        waves = outcome.waves.copy()
        while self.resolution.halt(self.venue, protocol, outcome.default & alive & ~failed, step):
            failed |= outcome.default
            outcome = self._settle(ledger, alive)
            waves = np.where(waves < 0, outcome.waves, waves)  # of the loss that made it fail, not of its tear-up
        self._book(protocol, ledger, outcome)
        mark_defaults(protocol, waves, doomed, step)
        self.resolution.distribute(self.venue, self.late, outcome.default & alive)

    def _settle(self, ledger: Ledger, alive: np.ndarray) -> Settlement:
        treasury, debt = ledger.own[TREASURY], -ledger.own[BAD_DEBT]
        rules = self.exposure
        return settle(self.liabilities, treasury * alive, rules.alpha, rules.beta, debt * alive, rules.seniority)

    def _book(self, protocol: Protocols, ledger: Ledger, outcome: Settlement) -> None:
        """Move the money of a settlement; what bankruptcy destroys goes outside."""
        treasury = ledger.own[TREASURY]
        own = np.minimum(outcome.outside, np.maximum(treasury + outcome.received - self.liabilities.sum(axis=1), 0.0))
        protocol.paid_treasury[:] += own
        protocol.paid_creditors[:] += outcome.outside - own
        ledger.transfer(TREASURY, BAD_DEBT, outcome.outside)
        ledger.moved(float(outcome.payments.sum()))
        treasury += outcome.received - outcome.payments - outcome.lost
        ledger.balance[OUTSIDE, 0] += outcome.lost.sum()
        treasury[np.abs(treasury) < DUST] = np.maximum(treasury[np.abs(treasury) < DUST], 0.0)
        self.memory.liabilities[:] = 0.0


def make_contagion(
    scenario: Scenario, streams: Streams, venue: Venue, ledger: Ledger, protocol: Protocols, cover: Cover
) -> Contagion:
    """Return the exposures of a scenario at the start; `cover` sends losses down the waterfall.

    Parameters
    ----------
    scenario : all parameters.
    streams : the run's random numbers.
    venue, ledger, protocol : state of the run, changed by defaults.
    cover : sends losses, (listings,) USD >= 0, down the waterfall.
    """
    resolution = make_resolution(scenario, cover)
    late = LateMoney(ledger, protocol, venue.exchange["protocol"], venue if resolution.tears_up else None)
    return Contagion(first_debts(scenario, streams), scenario.exposure, resolution, venue, late)


def first_debts(scenario: Scenario, streams: Streams) -> Matrix:
    """Return who owes whom at the start, (P, P) USD, row owes column."""
    names = scenario.protocol.names("protocol_")
    return liabilities(scenario.exposure, treasuries(scenario), streams.generator("exposure"), names)


def overindebted(owed: Matrix, treasury: np.ndarray) -> np.ndarray:
    """Return who could not pay its debts to protocols even if all paid theirs and nobody lost anything, (P,) bool.

    p̄ᵢ > Tᵢ + Σⱼ Lⱼᵢ: such a protocol is insolvent by its balance sheet before any loss.
    """
    due = owed.sum(axis=1)
    return np.asarray(treasury + owed.sum(axis=0) < due * (1.0 - TOLERANCE))


def debt_warnings(scenario: Scenario, replication: int = 0) -> list[str]:
    """Return a line for every protocol whose debts exceed its treasury and what it is owed, before any loss."""
    owed, treasury = first_debts(scenario, Streams(scenario.seed, replication)), treasuries(scenario)
    names = scenario.protocol.names("protocol_")
    return [
        f"{names[i]} owes ${owed[i].sum():,.0f}, has ${treasury[i]:,.0f} and is owed ${owed[:, i].sum():,.0f}: "
        "it cannot pay all from the start, and defaults for its debts, not for a loss, once debts fall due"
        for i in map(int, np.flatnonzero(overindebted(owed, treasury)))
    ]


def mark_defaults(protocol: Protocols, waves: np.ndarray, doomed: np.ndarray, step: int) -> None:
    """Write status, cause, wave and step of every new default.

    Parameters
    ----------
    waves : (P,) wave in which each fails, -1 for none: 0 by what it lost or owes itself, later by exposure.
    doomed : (P,) bool, whose debts exceeded what it had and was owed before any loss.
    """
    new = (waves >= 0) & (protocol.status != DEFAULTED)
    protocol.status[new] = DEFAULTED
    protocol.default_step[new] = step
    protocol.wave[new] = waves[new]
    protocol.cause[new] = np.where(waves[new] > 0, EXPOSURE, np.where(doomed[new], DEBTS, OWN_LOSS))
