"""Capital providers of phase 8: they join and leave the pools (:mod:`agents.provider.capital_provider`)."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from agents.core.audit import money_there
from agents.core.column import columns
from agents.core.ledger import CAPITAL, INVESTOR, POOL, POOL_LENT, WHOLE, check
from agents.core.table import Investors
from agents.protocol.confidence import hazard
from agents.provider.capital_provider import CapitalProvider, ask, deposits, expected_return, served, share_price
from model.backstop.context import Context
from model.backstop.structure.base import Structure
from model.market.market import per_step
from model.price.streams import Streams
from model.reinsurance.claim.base import ClaimsHandler
from model.reinsurance.underwriting import Underwriting
from model.scenario import Scenario

DUST = 1e-6
Array = np.ndarray


def capital_hazard(structure: Structure, alarm: Array, sensitivity: float) -> Array:
    """Return the multiple of the calm rate at which each pool's capital providers leave, (pots,), 1 in calm."""
    weight = structure.capital
    whole = np.maximum(structure.by_pool(weight), 1e-300)
    return hazard(sensitivity * (structure.by_pool(weight * alarm) / whole))


def make_providers(scenario: Scenario, streams: Streams, structure: Structure) -> Investors:
    """Return the capital providers' records at the start; none where no pool is."""
    terms, pots = scenario.reinsurance, structure.pots if structure.shares else 0
    table = CapitalProvider.make_table(terms.providers * pots)
    table.asked_step[:] = -1
    for j in range(pots if terms.providers else 0):
        rows = slice(j * terms.providers, (j + 1) * terms.providers)
        weights = -np.log(streams.uniform("capital.weight", j, size=terms.providers))
        spread = ndtri(streams.uniform("capital.hurdle", j, size=terms.providers))
        table.pool[rows] = j
        table.cash[rows] = terms.provider_cash * structure.pool_capital[j] * weights / weights.sum()
        table.shares[rows] = structure.outside[j] * weights / weights.sum()
        table.hurdle[rows] = terms.hurdle * np.exp(terms.hurdle_spread * spread)
    return table


class Invested(NamedTuple):
    """What is remembered next to the providers' records."""

    attained: Array  # (pots,) 1/year, expected return at the last review
    turnover: Array  # (1,) USD >= 0, what was there at first and moved since; what rounding is measured against


class Investment:
    """The capital providers of a run.

    Parameters
    ----------
    context : ledger and structure it works on.
    alarm : (members,) 1, >= 0, alarm over every protocol, as it changes.
    table : the providers' records.
    underwriting : what the pools earn and expect to pay.
    handler : whose open claims are not paid out.
    """

    def __init__(
        self, context: Context, alarm: Array, table: Investors, underwriting: Underwriting, handler: ClaimsHandler
    ) -> None:
        scenario = context.scenario
        self.table = columns(table)
        self.underwriting, self.handler = underwriting, handler
        self.structure, self.ledger = context.structure, context.ledger
        self.joining = per_step(scenario.reinsurance.joining, underwriting.interval)
        self.leaving = per_step(scenario.reinsurance.exit_rate, underwriting.interval)
        self.lock_up = int(np.ceil(scenario.reinsurance.lock_up / scenario.minutes))
        self.earned = scenario.fund.lent_share * scenario.fund.yield_rate
        self.alarm, self.sensitivity = alarm, scenario.confidence.capital_sensitivity
        table.locked_until[:] = self.lock_up
        self.ledger.subsidiaries[INVESTOR] = self._counted
        self.memory = Invested(np.zeros(self.structure.pots), np.array([table.cash.sum()]))
        self.attained, self.turnover = self.memory
        self.ledger.enter(INVESTOR, self._counted())

    def manage(self, step: int) -> None:
        """Let providers compare the return with their hurdles, put money in, ask for it, be paid."""
        table = self.table
        if not len(table.pool):
            return
        burden = self.structure.by_pool(self.handler.open)
        self.attained[:] = self._return(burden)
        self._forget_worthless(burden)
        ask(table, self.attained, step)
        self._deposit(burden, step)
        if (table.asked_step >= 0).any():
            for j in np.unique(table.pool[table.asked_step >= 0]):
                self._redeem(j, burden)
        book, difference = self.ledger.book, float(table.cash.sum()) - self.ledger.balance[INVESTOR, WHOLE]
        check(book, CAPITAL, INVESTOR, WHOLE, difference, money_there(book.balance))

    def _return(self, burden: Array) -> Array:
        """Return what pools are expected to earn, (pots,) 1/year; `burden` is their open claims, USD."""
        structure, balance, pots = self.structure, self.ledger.balance, slice(self.structure.pots)
        capital = balance[POOL, pots] + balance[POOL_LENT, pots] - burden
        margin = self.underwriting.yearly * self.underwriting.charges - self.underwriting.expected
        return expected_return(structure.by_pool(margin), np.maximum(capital, 0.0), self.earned)

    def _deposit(self, burden: Array, step: int) -> None:
        table, amount = self.table, deposits(self.table, self.attained, self.joining)
        if not amount.any():
            return
        price = self._price(burden)[table.pool]
        amount = np.where(price > DUST, amount, 0.0)  # nobody buys into what open claims have used up
        self._move(amount, np.divide(amount, price, out=np.zeros_like(amount), where=amount > 0.0))
        table.locked_until[amount > 0.0] = step + self.lock_up

    def _redeem(self, pool: int, burden: Array) -> None:
        """Pay the queue of one pool, as far as speed, cash and open claims allow."""
        structure, table, price = self.structure, self.table, self._price(burden)[pool]
        if price <= 0.0:
            return
        free = self.ledger.balance[POOL, pool] - burden[pool]
        leaving = min(self.leaving * capital_hazard(self.structure, self.alarm, self.sensitivity)[pool], 1.0)
        room = min(leaving * structure.outside[pool], max(free, 0.0))
        paid = served(table, table.shares * price, room, pool)
        self._move(-paid, -np.minimum(paid / price, table.shares))
        table.asked_step[(table.shares <= 0.0) & (table.pool == pool)] = -1

    def _move(self, amount: Array, shares: Array) -> None:
        """Let providers buy shares for `amount`, (providers,) USD; negative: redeem."""
        table, pots = self.table, self.structure.pots
        table.cash -= amount
        table.shares += shares
        table.deposited += amount
        self.turnover += float(np.abs(amount).sum())
        sums = np.bincount(table.pool, amount, pots)
        self.structure.outside += sums
        self.ledger.balance[POOL, :pots] += sums
        self.ledger.balance[INVESTOR, WHOLE] -= amount.sum()

    def _price(self, burden: Array) -> Array:
        """Return what a share is worth net of open claims `burden`, (pots,) USD."""
        structure = self.structure
        whole = structure.by_pool(structure.entitlement) + structure.outside
        part = np.divide(burden, whole, out=np.zeros_like(whole), where=whole > 0.0)
        owned = structure.outside * np.maximum(1.0 - part, 0.0)
        return np.maximum(share_price(owned, np.bincount(self.table.pool, self.table.shares, structure.pots)), 0.0)

    def _forget_worthless(self, burden: Array) -> None:
        """Cancel provider shares that losses have used up; remaining dust goes to the members."""
        gone = self._price(burden) <= DUST
        if gone.any():
            self.structure.entitlement += self._dust(gone)
            self.structure.outside[gone] = 0.0
            self.table.shares[gone[self.table.pool]] = 0.0
            self.table.asked_step[gone[self.table.pool]] = -1

    def _dust(self, gone: Array) -> Array:
        structure = self.structure
        members = np.bincount(structure.pool_of, minlength=structure.pots)
        return (structure.outside * gone / members)[structure.pool_of]

    def _counted(self) -> Array:
        cash = np.zeros(self.ledger.balance.shape[1])
        cash[0] = self.table.cash.sum()
        return cash
