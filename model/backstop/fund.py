"""Fund management beyond fees and deficits: revaluation, lending, contributions, replenishment.

Own funds and pools follow the same rules: what a member contributed to its pool is valued at the member's own asset,
and gains and losses of a pool change the entitlements behind it. All here is off by default and then costs nothing.
Recalled money pays the debt it was recalled for before the fund has it: a pool's goes by the settlement rule to the
members it left short (:mod:`model.backstop.late_money`).

Order: funds are valued at this step's mid prices before the waterfall (:meth:`FundManagement.revalue`); after fees and
premiums (:meth:`FundManagement.manage`) contributions, replenishment and reinstatement premiums are collected, recalls
arrive, yield is paid, and lending returns to its share. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.fast_call import FastCall
from agents.core.ledger import FUND, LENT, OUTSIDE, POOL, POOL_LENT, TREASURY, WHOLE
from agents.exchange.exchange import leading
from agents.protocol.contribution import contribution, gap, target_size, tier
from agents.protocol.fund_asset import revaluation
from agents.protocol.lending import AtOnce, Recall, make_recall, manage_lending
from agents.reinsurer.reinsurer import MINUTES_PER_YEAR
from model.backstop.context import Context
from model.backstop.layer.base import Layers
from model.market.market import per_step

Array = np.ndarray


class FundMemory(NamedTuple):
    """What is remembered of funds next to what they hold."""

    mid: Array  # (members,) USD > 0, mid price at which each fund was valued last
    owed: Array  # (members,) USD >= 0, reinstatement premiums charged and not paid yet
    recall: Recall  # lent money on its way back


class FundManagement:
    """The management of all funds and pools of a run.

    Parameters
    ----------
    context : tables, ledger and structure it works on.
    layers : of the waterfall, which note what funds and pools could not pay.
    """

    def __init__(self, context: Context, layers: Layers) -> None:
        scenario = context.scenario
        self._lend = FastCall(manage_lending)
        self.terms, self.backstop, self.minutes = scenario.fund, scenario.backstop, scenario.minutes
        self.structure, self.ledger, self.layers = context.structure, context.ledger, layers
        self.exchange, self.market, self.pool = context.exchange, context.market, context.pool
        self.risk = context.tape().daily_volatility[self.exchange.asset[leading(self.exchange)]]
        self.target = target_size(self.terms.target_ratio, self.structure.paid_in)
        members, pots = len(self.structure.capital), self.structure.pots
        delay = min(round(self.terms.recall_delay / self.minutes), context.horizon)
        self.memory = FundMemory(self._mid(), np.zeros(members), make_recall(delay, members + pots))
        self.mid, self.owed, self.recall = self.memory
        earned = self.terms.yield_rate * self.minutes / MINUTES_PER_YEAR
        self.loan = self.terms.lent_share, earned, self.terms.recall_haircut
        self.late, self.tape = context.late, context.tape
        again = getattr(self.structure, "reinstated", None) is not None and any(self.backstop.reinstatements)
        income = any(self.terms.contribution_rate) or self.terms.replenishment * self.terms.target_ratio > 0.0
        self.collects, self.lends = bool(again or income), self.terms.lent_share > 0.0
        self.active = self.collects or self.lends
        self.revalues = self.terms.base_share > 0.0 and self.structure.holds_capital
        self.instant = self.lends and not delay
        if self.instant:
            self.structure.at_once = AtOnce(self.ledger.balance, self.structure, self.terms.recall_haircut)

    def revalue(self) -> None:
        """Value what is held in base assets at this step's mid prices."""
        share = self.terms.base_share
        if not self.revalues:
            return
        mid, structure = self._mid(), self.structure
        balance, pots = self.ledger.own, slice(structure.pots)
        self.ledger.enter(FUND, revaluation(balance[FUND], share, self.mid, mid))
        whole = balance[POOL, pots] + balance[POOL_LENT, pots]
        at_hand = np.divide(balance[POOL, pots], whole, out=np.zeros(structure.pots), where=whole > 0.0)
        change = revaluation(structure.entitlement * at_hand[structure.pool_of], share, self.mid, mid)
        structure.entitlement += change
        self.ledger.enter(POOL, structure.by_pool(change), pots)
        self.mid[:] = mid

    def manage(self, step: int) -> None:
        """Run the part of phase 8 that concerns funds."""
        if not self.active:
            return
        if self.collects:
            self._collect()
        if self.lends:
            structure, layers, recall = self.structure, self.layers, self.recall
            if self.instant:  # recalled money has arrived already
                layers.unpaid_fund[:] = layers.unpaid_pool[:] = 0.0
            self._lend(
                self.ledger.balance, recall.coming, recall.waiting, recall.arrived, layers.unpaid_fund,
                layers.unpaid_pool, structure.pool_of, structure.entitlement, structure.outside, step, *self.loan,
            )  # fmt: skip
            if recall.arrived.any():
                self._pay_late(step)
            np.minimum(structure.unpaid, self.late.open(), out=structure.unpaid)  # others have paid the rest

    def _pay_late(self, step: int) -> None:
        """Let what arrived pay the debt it was recalled for: own funds their own, pools that of members left short."""
        members, balance, structure = len(self.structure.capital), self.ledger.own, self.structure
        arrived = self.recall.arrived
        balance[FUND] -= arrived[:members] - self.late.pay(arrived[:members], "paid_late")
        short = np.minimum(structure.still_due(structure.unpaid, step), self.late.open())
        if arrived[members:].any() and short.any():
            paid = structure.settle(short, arrived[members:], self.tape().priority[step])
            structure.unpaid -= paid
            structure.settled(np.zeros_like(paid), short, paid, step)
            self.late.pay(paid, "paid_late")
            given = structure.by_pool(paid)
            balance[POOL, : len(given)] -= given
            self.pool.claims_paid[:] += given

    def _collect(self) -> None:
        """Collect contributions and replenishment from treasuries, reinstatement premiums from funds."""
        terms = self.terms
        if any(terms.contribution_rate):
            measure = self._interest() if terms.tier_by == "open_interest" else self.risk
            self._deposit(
                contribution(self._interest(), terms.contribution_rate, tier(measure, terms.tier_bounds), self.minutes)
            )
        if terms.replenishment and terms.target_ratio and self.structure.holds_capital:
            self._deposit(gap(self._held(), self.target) * per_step(terms.replenishment, self.minutes))
        self._charge_reinstatements()

    def _deposit(self, wanted: Array) -> None:
        """Move money from treasuries to the backstop, as far as it is there, split as capital is."""
        structure, balance = self.structure, self.ledger.own
        amount = np.minimum(wanted, np.maximum(balance[TREASURY], 0.0))
        balance[TREASURY] -= amount
        if not structure.holds_capital:
            balance[OUTSIDE, WHOLE] += amount.sum()
            return
        shared = amount * (1.0 - structure.own_share) * structure.member
        balance[FUND] += amount - shared
        self.pool.contributions[:] += self._to_pools(shared)
        structure.contributed += shared

    def _charge_reinstatements(self) -> None:
        """Charge a year's premium for every limit reinstated; what a fund cannot pay stays owed."""
        again = getattr(self.structure, "reinstated", None)
        if again is None or not (again.any() or self.owed.any()):
            return
        yearly = self._interest() * self.backstop.premium_rate
        self.owed += again * yearly * self.backstop.reinstatement_premium
        again[:] = 0.0
        paid = np.minimum(self.owed, np.maximum(self.ledger.own[FUND], 0.0))
        self.owed -= paid
        self.ledger.own[FUND] -= paid
        self.pool.premiums[:] += self._to_pools(paid)

    def _to_pools(self, amounts: Array) -> Array:
        """Credit members' money to their pools and entitlements; return the sums by pool."""
        sums = self.structure.by_pool(amounts)
        self.structure.entitlement += amounts
        self.ledger.own[POOL, : len(sums)] += sums
        return sums

    def _held(self) -> Array:
        """Return the backstop behind each protocol, (members,) USD."""
        return self.ledger.own[FUND] + self.ledger.own[LENT] + self.structure.entitlement

    def _interest(self) -> Array:
        """Return one-sided open interest at the mark, (members,) USD."""
        exchange = self.exchange
        interest = np.maximum(exchange.long_size, exchange.short_size) * exchange.mark
        return np.bincount(exchange.protocol, interest, len(self.structure.capital))

    def _book(self) -> Array:
        """Return the book of each member's first listing, in whose asset base assets are held, (members,)."""
        return np.asarray(self.exchange.book[leading(self.exchange)])

    def _mid(self) -> Array:
        return self.market.index[self._book()].copy()
