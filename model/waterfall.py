"""Phase 6: deficits go down each protocol's waterfall.

    own fund → skin in the game → pot → survivors' funds → assessments → loss regime → bad debt      (1)

What a vault lost beyond its equity when it was closed (:mod:`agents.vault_closing`) enters (1) at the top where the
backstop stands for it (``backstop.vault_cover``), otherwise at the loss regime: then no layer is asked, nothing of it
is uncovered, and it exhausts nobody.

Each layer pays what its rule and its cash allow and passes on the rest; a structure has a pot, with or without
treaties, or survivors who stand in for each other. Claims of all protocols are settled together at the end of the
step. A trigger may send a protocol's deficit past all layers. Uncovered loss U is what the layers leave, whoever bears
it then. Units: USD.

A step with a deficit costs some 50 µs: columns are taken out of their tables once, and layers end where nothing is
left to pay.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from agents.default_fund import contribute_pro_rata
from agents.ledger import BAD_DEBT, DEFICIT, FUND, LENT, POOL, TREASURY, Ledger
from agents.loss_regime.chain import Chain
from agents.protocol import SOUND
from agents.structure.base import Structure
from agents.trigger import TRIGGERS
from agents.trigger.base import Means
from agents.venue import Venue
from model.cash_call import CashCalls

ROUNDING = 1e-12
Array = np.ndarray


def columns(table: Any) -> Any:
    """Return the columns of a record array as plain arrays by name, which NumPy takes ten times faster."""
    return SimpleNamespace(**{name: table[name] for name in table.dtype.names})


class Waterfall:
    """The layers of all protocols, in order.

    Parameters
    ----------
    structure : who holds the capital.
    regime : who pays the residual, with its fallback.

    Attributes
    ----------
    trigger : when a deficit is kept from the layers.
    unpaid_fund, unpaid_pot : (members,), (pots,) USD, asked of own funds and pots, not at hand and not recalled yet.
    """

    def __init__(self, structure: Structure, regime: Chain) -> None:
        self.structure = structure
        self.desk: Any = structure  # who settles claims
        self.calls: CashCalls | None = None  # assessments that take time
        self.regime = regime
        members = len(structure.capital)
        self.trigger = TRIGGERS[structure.terms.trigger](structure.terms, structure.minutes, members)
        self.unpaid_fund, self.unpaid_pot = np.zeros(members), np.zeros(structure.pots)
        self._spared: Array | bool = False
        self._table: Any = None

    def absorb(self, venue: Venue, ledger: Ledger, protocol: Any, pool: Any, priority: Array, step: int) -> bool:
        """Send this step's deficits down the layers; return whether the loss regime was called."""
        if self._table is not protocol:
            self._bind(ledger, protocol, pool)
        self.desk.begin(step)
        if self.trigger.watches:
            self.trigger.observe(self._fund + self._lent + self.structure.entitlement)
        if not self._deficit.any():
            return False
        deficit = np.maximum(-self._deficit, 0.0)
        past = self._divide(venue, deficit)
        left = self._descend(without_dust(deficit, past), priority, step)
        called = bool((left + past).any())
        if called:
            self._residual(venue, ledger, self._member, left, past, step)
        else:
            ledger.transfer(BAD_DEBT, DEFICIT, -self._deficit)
        return called

    def _bind(self, ledger: Ledger, protocol: Any, pool: Any) -> None:
        """Take accounts and columns out of their tables, once."""
        self._table, self._member, self._reinsurer = protocol, columns(protocol), columns(pool)
        balance = ledger.balance
        self._deficit, self._fund, self._lent = balance[DEFICIT], balance[FUND], balance[LENT]
        self._treasury, self._pot = balance[TREASURY], balance[POOL, : self.structure.pots]

    def _divide(self, venue: Venue, deficit: Array) -> Array:
        """Note whose loss the deficits are; return what of them goes past all layers, (members,) USD."""
        member, exploit = self._member, np.minimum(venue.exchange["exploit_loss"], deficit)
        vault = np.minimum(venue.exchange["vault_deficit"], deficit - exploit)
        past = vault if self.structure.terms.vault_cover == "none" else np.zeros_like(vault)
        member.deficit += deficit
        member.exploit_loss += exploit
        member.vault_deficit += vault
        member.trader_deficit += without_dust(deficit, exploit + vault)
        member.backstop_loss += without_dust(deficit, past)
        return past

    def _descend(self, deficit: Array, priority: Array, step: int) -> Array:
        """Return what the layers leave of the deficits, loans that are recalled at once being at hand."""
        with self.structure.at_once:
            if not self.trigger.selects:
                return self._layers(deficit, priority, step)
            spared = self._spared = self.trigger.spared(deficit, self._means(deficit, priority, step))
            return np.where(spared, deficit, self._layers(np.where(spared, 0.0, deficit), priority, step))

    def _means(self, deficit: Array, priority: Array, step: int) -> Means:
        """Return what stands ready for the deficits of this step."""
        own = self._fund + np.minimum(self._member.skin, self._treasury)
        structure, beyond = self.structure, np.maximum(deficit - own, 0.0)
        if structure.mutual:
            idle = (deficit == 0.0) & (self._member.status == SOUND)
            room = self._fund + structure.assessable(self._treasury, self._member.assessed)
            return Means(own, np.array([room[idle].sum()]), structure.pot, beyond, priority)
        promised = self.desk.due(deficit, beyond, step) if structure.shares else np.zeros_like(deficit)
        return Means(own, self._pot, structure.pot, promised, priority)

    def _layers(self, deficit: Array, priority: Array, step: int) -> Array:
        left = self._own_fund(deficit)
        if left.any():
            left = self._skin(left)
        if self.structure.shares:
            left = self._claim(deficit, left, priority, step)
        elif self.structure.mutual and left.any():
            left = self._default_fund(left, priority)
            if self.calls:
                self.calls.file(left, step)
            else:
                left = self._assess(left, priority)
        return left

    def _own_fund(self, left: Array) -> Array:
        paid = np.minimum(left, self._fund)
        self._fund -= paid
        self._deficit += paid
        self._member.paid_fund += paid
        self.unpaid_fund += left - paid
        return left - paid

    def _skin(self, left: Array) -> Array:
        paid = np.minimum(left, np.minimum(self._member.skin, self._treasury))
        self._treasury -= paid
        self._deficit += paid
        self._member.skin -= paid
        self._member.paid_skin += paid
        return left - paid

    def _claim(self, deficit: Array, left: Array, priority: Array, step: int) -> Array:
        """Settle what the own layers left with the pots, as far as treaties and cash go."""
        structure, reinsurer = self.structure, self._reinsurer
        due, paid = self.desk.pay(deficit, left, self._pot, priority, step)
        asked, given = structure.by_pot(due), structure.by_pot(paid)
        self._pot -= given
        self._deficit += paid
        self._member.paid_pool += paid
        reinsurer.claims_due += asked
        reinsurer.claims_paid += given
        short = given < asked * (1.0 - ROUNDING)
        reinsurer.exhausted_step[short & (reinsurer.exhausted_step < 0)] = step
        self.unpaid_pot += asked - given + self.desk.lacking
        structure.unpaid += due - paid
        return without_dust(left, paid)

    def _default_fund(self, left: Array, priority: Array) -> Array:
        """Let the survivors' contributions pay, in proportion to what is left of them."""
        room = np.where(self._survivor(left), np.maximum(self._fund, 0.0), 0.0)
        paid, given = self._share_out(left, room, priority)
        self._fund -= given
        self._member.paid_mutual += paid
        return without_dust(left, paid)

    def _assess(self, left: Array, priority: Array) -> Array:
        """Call on the survivors' treasuries, each up to its assessment power."""
        assessable = self.structure.assessable(self._treasury, self._member.assessed)
        paid, given = self._share_out(left, np.where(self._survivor(left), assessable, 0.0), priority)
        self._treasury -= given
        self._member.assessed += given
        self._member.paid_assessment += paid
        return without_dust(left, paid)

    def _survivor(self, left: Array) -> Array:
        """Return who is called upon for others: members in no need, not in default and not spared themselves."""
        return (left == 0.0) & (self._member.status == SOUND) & np.logical_not(self._spared)

    def _share_out(self, left: Array, room: Array, priority: Array) -> tuple[Array, Array]:
        """Return what each claimant is paid and each survivor gives, by the settlement rule and pro rata."""
        paid = self.structure.settlement(left, float(room.sum()), np.zeros_like(left), priority)
        self._deficit += paid
        return paid, contribute_pro_rata(room, float(paid.sum()))

    def _residual(self, venue: Venue, ledger: Ledger, protocol: Any, left: Array, past: Array, step: int) -> None:
        protocol.uncovered[:] += left
        if self.structure.shares or self.structure.mutual:
            own = protocol.capital + protocol.income
            protocol.by_others[:] += np.where(protocol.deficit <= own, left, 0.0)
        protocol.exhausted_step[(left > 0.0) & (protocol.exhausted_step < 0)] = step
        owed = left + past
        for i in np.flatnonzero(owed):
            placement = self.regime.place(venue, int(i), float(owed[i]), step)
            protocol.paid_regime[i] += placement.placed
            protocol.paid_fallback[i] += placement.fallback
            protocol.overshoot[i] += placement.overshoot
            protocol.infeasible[i] += owed[i] - placement.placed
        ledger.transfer(BAD_DEBT, DEFICIT, -ledger.balance[DEFICIT])


def without_dust(left: Array, paid: Array) -> Array:
    """Return what is left after a payment, nil where only rounding is."""
    return np.where(left - paid > ROUNDING * left, left - paid, 0.0)
