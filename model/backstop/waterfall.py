"""Phase 6: deficits go down each protocol's waterfall.

    own fund → own part of what is shared → skin in the game → others' money → loss regime → bad debt      (1)

in every structure, so that structures differ by who holds the capital and not by who is asked first. What is shared is
a pool, with or without treaties, or members who stand in for each other; a member's own part is its entitlement in the
pool, or its capital on call. A pool is asked once and pays by its own rule, so there the entitlement E is an attachment
point: of a loss L, with own fund F, skin in the game S pays ahead of the pool

    s = min(S, (L − F − E)⁺)                                                                   (2)

and what the pool leaves of the rest is asked of the skin still there. A treaty that attaches on the gross loss
(`gross`) takes its part of it past the own fund, which pays what the treaty leaves first and what the pool
could not pay after.
A pool of one member pays as an own fund does.

What a vault lost beyond its equity when it was closed (:mod:`agents.provider.vault_closing`) enters (1) at the top
where the backstop stands for it (``backstop.vault_cover``), otherwise at the loss regime: then no layer is asked,
nothing of it is uncovered, and it exhausts nobody.

Each layer pays what its rule and its cash allow and passes on the rest. Claims of all protocols are settled together at
the end of the step. A trigger may send a protocol's deficit past all layers. Uncovered loss U is what the layers leave,
who bears it then. Losses that a tear-up brings to light go the same way (:meth:`Waterfall.cover`). Sources: PFMI,
principle 4, and EMIR, article 45, for (1); dYdX v4 asks a shared fund before anybody else's money. Units: USD.

The descent is a kernel (:mod:`model.backstop.layer.descent`) wherever all rules are; else it is in Python
(:mod:`model.backstop.layer.base`).
"""

from functools import cached_property

import numpy as np

from agents.core.books import Venue
from agents.core.column import bare
from agents.core.fast_call import FastCall
from agents.core.ledger import BAD_DEBT, DEFICIT, SHORTFALL, Ledger
from agents.core.table import Pools, Protocols
from model.backstop.layer.base import Layers, without_dust
from model.backstop.layer.choice import layer_tables, layer_terms
from model.backstop.layer.descent import ask_layers, cover_losses, take_on
from model.backstop.layer.part import Division, divide_funds, note_unpaid
from model.backstop.layer.table import LayerRoom, LayerTerms
from model.backstop.loss_regime.chain import Chain
from model.backstop.loss_regime.division import hand_back
from model.backstop.structure.base import Structure
from model.backstop.trigger.base import Means
from model.scenario.registry import TRIGGERS

Array = np.ndarray


class Waterfall(Layers):
    """Layers, trigger and loss regime of all protocols.

    Parameters
    ----------
    structure : who holds the capital.
    regime : who pays the residual, with its fallback.
    division : how own funds are divided among listings; none: one listing each.
    room : for what the layers work out; one of its own where none is given.

    Attributes
    ----------
    trigger : when a deficit is kept from the layers.
    tables, room : what the compiled layers work on.
    """

    def __init__(
        self, structure: Structure, regime: Chain, division: Division | None = None, room: LayerRoom | None = None
    ) -> None:  # fmt: skip
        super().__init__(structure, division, room)
        self.regime = regime
        kind = TRIGGERS[structure.terms.trigger]
        self.trigger = kind(structure.terms, structure.minutes, len(structure.capital))
        self.tables = layer_tables(self, self.trigger)
        self._ask, self._cover = FastCall(ask_layers), FastCall(cover_losses)

    @cached_property
    def layer_terms(self) -> LayerTerms:
        """Constants of the layers, to be asked for when all parts of the run are there."""
        return layer_terms(self, self.trigger)

    def absorb(
        self, venue: Venue, ledger: Ledger, protocol: Protocols, pool: Pools, priority: Array, step: int
    ) -> bool:
        """Send this step's deficits down the layers and collect the rest; return whether the loss regime was called.

        Parameters
        ----------
        venue : what loss regimes read and change.
        ledger : where deficits are booked, < 0.
        protocol, pool : records that are written: who paid what, who has nothing left.
        priority : (protocols,) in (0, 1), order of arrival at a pool.
        step : present step.
        """
        owed = self.ask(venue, ledger, protocol, pool, priority, step)
        if owed.any():
            self.collect_loss(venue, ledger, protocol, owed, step)
        return bool(owed.any())

    def ask(self, venue: Venue, ledger: Ledger, protocol: Protocols, pool: Pools, priority: Array, step: int) -> Array:
        """Send this step's deficits down the layers; return what is still to be collected, (members,) USD >= 0.

        Parameters
        ----------
        venue : whose deficits they are.
        ledger : where deficits are booked, < 0.
        protocol, pool : records that are written: who paid what, who has nothing left.
        priority : (protocols,) in (0, 1), order of arrival at a pool.
        step : present step.
        """
        if self._table is not protocol:
            self.bind(ledger, protocol, pool)
        if self.layer_terms.compiled:
            owed = np.empty_like(self._deficit)
            books = ledger.balance, bare(venue.exchange), bare(protocol), bare(pool)
            self._ask(*books, self.tables, self.layer_terms, self.room, priority, owed, step)
            return owed
        return self._ask_in_python(venue, ledger, priority, step)

    def _ask_in_python(self, venue: Venue, ledger: Ledger, priority: Array, step: int) -> Array:
        """Return what layers around rules in Python leave; see :meth:`ask`."""
        self.handler.begin(step)
        if self.handler is not self.structure:
            self.structure.begin(step)
        if self.trigger.watches:
            self.trigger.observe(self._own())
        exchange, covered = bare(venue.exchange), self.structure.terms.vault_cover != "none"
        if not take_on(ledger.balance, exchange, self.division, self.room, covered):
            return np.zeros_like(self._deficit)
        deficit = np.maximum(-self._deficit, 0.0)
        exploit = np.minimum(self.room.before, deficit)
        past = self._note(deficit, exploit, np.minimum(self.room.after, deficit - exploit))
        left = self._descend(without_dust(deficit, past), priority, step)
        note_unpaid(exchange, self.division, self.room.wanted, left, past)
        owed: Array = left + past
        if owed.any():
            self._leave(self._member, left, step)
        else:
            ledger.transfer(BAD_DEBT, DEFICIT, -self._deficit)
        return owed

    def collect_loss(self, venue: Venue, ledger: Ledger, protocol: Protocols, owed: Array, step: int) -> None:
        """Let regimes in Python collect what is `owed`, (members,) USD >= 0; the rest becomes bad debt.

        Parameters
        ----------
        venue : what loss regimes read and change.
        ledger : where deficits are booked, < 0.
        protocol : records that are written: who paid.
        owed : (members,) USD >= 0, what the layers left or were not asked for.
        step : present step.
        """
        balance, listings = ledger.balance, venue.exchange["protocol"]
        part = np.zeros(len(listings))
        hand_back(balance, bare(venue.exchange), owed, part)
        for i in np.flatnonzero(part):
            collected, p = self.regime.collect_loss(venue, int(i), float(part[i]), step), listings[i]
            protocol.paid_regime[p] += collected.regime
            protocol.paid_fallback[p] += collected.fallback
            protocol.overshoot[p] += collected.overshoot
            protocol.infeasible[p] += part[i] - collected.regime
        np.add.at(balance[BAD_DEBT], listings, balance[SHORTFALL])
        balance[SHORTFALL] = 0.0

    def cover(
        self, ledger: Ledger, protocol: Protocols, pool: Pools, priorities: Array, trader: Array, vault: Array,
        step: int,
    ) -> Array:  # fmt: skip
        """Send losses, booked as deficits, down the layers; return what becomes bad debt, (members,) USD.

        For losses that come to light where no loss regime can act: positions are closed.

        Parameters
        ----------
        priorities : (steps, members) draws of all steps.
        trader, vault : (listings,) USD >= 0, negative equity of accounts and of vaults.
        """
        if self._table is not protocol:
            self.bind(ledger, protocol, pool)
        self.room.wanted[:] = trader if self.structure.terms.vault_cover == "none" else trader + vault
        trader, vault = self._by_member(trader), self._by_member(vault)
        if self.layer_terms.compiled:
            books, room = (ledger.balance, bare(protocol), bare(pool)), self.room
            self._cover(*books, self.tables, self.layer_terms, room, priorities[step], trader, vault, step)
            left, past = room.left, room.past
        else:
            deficit = trader + vault
            past = self._note(deficit, np.zeros_like(deficit), vault)
            left = self._descend(without_dust(deficit, past), priorities[step], step)
            self._leave(protocol, left, step)
        protocol.infeasible[:] += left + past
        ledger.transfer(BAD_DEBT, DEFICIT, left + past)
        return left + past

    def _by_member(self, amounts: Array) -> Array:
        """Return the sums of listings' amounts by member, (members,)."""
        first = self.division.first
        return np.bincount(np.repeat(np.arange(len(first) - 1), np.diff(first)), amounts, len(first) - 1)

    def _note(self, deficit: Array, exploit: Array, vault: Array) -> Array:
        """Count deficits by origin; return the part that goes past all layers, (members,) USD."""
        member = self._member
        past = vault if self.structure.terms.vault_cover == "none" else np.zeros_like(vault)
        member.deficit += deficit
        member.exploit_loss += exploit
        member.vault_deficit += vault
        member.trader_deficit += without_dust(deficit, exploit + vault)
        member.backstop_loss += without_dust(deficit, past)
        return past

    def _descend(self, deficit: Array, priority: Array, step: int) -> Array:
        """Return what the layers leave of the deficits, loans that are recalled at once being at hand."""
        if self.division.divided:
            divide_funds(self._balance, self.division, self.parts)
        with self.structure.at_once:
            if not self.trigger.selects:
                return self._layers(deficit, priority, step)
            spared = self._spared
            spared[:] = self.trigger.spared(deficit, self._means(deficit, priority, step))
            return np.where(spared, deficit, self._layers(np.where(spared, 0.0, deficit), priority, step))

    def _means(self, deficit: Array, priority: Array, step: int) -> Means:
        """Return the money available for the deficits of this step."""
        structure, fund, on_call = self.structure, self._fund, self._callable()
        skin = np.minimum(self._member.skin, np.maximum(self._treasury - on_call, 0.0))
        if not structure.shares:
            own = self._fund_for(deficit) + on_call + skin
            idle = self._survivor(deficit, False) * (fund + on_call) if structure.mutual else np.zeros_like(own)
            beyond = np.maximum(deficit - own, 0.0)
            return Means(own, np.array([idle.sum()]), structure.pool_of, beyond, priority, own * 0.0, own * 0.0)
        first = np.minimum(skin, self._beyond(deficit))
        asked = deficit - self._ceded(deficit, step)
        before, fund = first + np.minimum(self._fund_for(asked), asked), self._fund_for(deficit)
        promised = self.handler.due(deficit, np.maximum(deficit - before, 0.0), step)
        reserved, shared = structure.at_hand(self._pool)
        return Means(before, shared, structure.pool_of, promised, priority, fund + skin - before, reserved)

    def _leave(self, protocol: Protocols, left: Array, step: int) -> None:
        """Record what the layers left, how much of it through others' losses, and which members were exhausted."""
        protocol.uncovered[:] += left
        if self.structure.shares or self.structure.mutual:
            own = protocol.capital + protocol.income
            protocol.by_others[:] += np.where(protocol.backstop_loss <= own, left, 0.0)
        protocol.exhausted_step[(left > 0.0) & (protocol.exhausted_step < 0)] = step
