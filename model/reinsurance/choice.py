"""Protocols choose: leverage caps and retentions by learning, membership of their pool by comparison.

Every epoch a protocol earns, per day and in basis points of its open interest at the start,

    π = (fees kept − premium − losses the pool did not pay) / O₀                                (1)

and chooses a cap and a retention again (:mod:`agents.protocol.learning`). A cap m times the asset's divides initial and
maintenance margin by m, and traders' appetite follows it. Where premiums do not depend on leverage, others bear part of
what more of it costs: moral hazard (Holmström 1979; Shavell 1979). A protocol leaves its pool when the premium exceeds
what its cover is worth, expected claims and the cost of the capital it saves, by more than a margin, so the pool is
left with those who cost it more: adverse selection (Akerlof 1970; Rothschild and Stiglitz 1976); the pool may expel who
claimed too much. A leaver takes its entitlement home as far as cash goes. Units: USD, days.
"""

from typing import NamedTuple

import numpy as np

from agents.core.column import columns
from agents.core.ledger import FUND, POOL
from agents.core.random import uniform
from agents.core.table import Accounts
from agents.protocol.learning import Learned, Learner
from model.backstop.context import Context
from model.market.control import Start
from model.market.market import MINUTES_PER_DAY
from model.measure.record import PROTOCOL_SERIES
from model.reinsurance.claim.base import ClaimsHandler
from model.reinsurance.underwriting import Underwriting
from model.scenario import Scenario
from model.scenario.extent import by_listing, listing_interest, protocol_interest

BASIS_POINT = 1e-4
DUST = 1e-6
VOLUME = PROTOCOL_SERIES.index("volume")
Array = np.ndarray


class Chosen(NamedTuple):
    """What protocols remember of their choices."""

    cap: Array  # (members,) 1, > 0, leverage caps over the asset's
    away_until: Array  # (members,) step from which a leaver may come back
    cost: Array  # (members,) USD, premiums and losses up to the present epoch
    begun: Array  # (1,) step at which the present epoch began
    learned: Learned


class Reach(NamedTuple):
    """What choices change or read that is no business of the pool's, live."""

    accounts: Accounts  # traders' appetite for leverage
    start: Start  # terms that controls start from
    own_share: Array  # (members,) 1, share of income that stays in a member's own fund
    series: Array  # (steps, members, series) record of the protocols


def mean_of_listings(scenario: Scenario, protocol: Array, values: Array) -> Array:
    """Return the means of listings' values, (listings,), weighted by open interest at the start, (protocols,).

    `protocol`, (listings,), says which protocol has the listing.
    """
    weighted = np.bincount(protocol, values * np.array(listing_interest(scenario)))
    return weighted / np.array(protocol_interest(scenario))


class Choice:
    """The choices of all protocols of a run.

    Parameters
    ----------
    context : tables, ledger and structure it works on.
    reach : what else is changed or read.
    underwriting, handler : what the pool asks and pays.
    key : of the random numbers.
    """

    def __init__(
        self, context: Context, reach: Reach, underwriting: Underwriting, handler: ClaimsHandler, key: int
    ) -> None:
        scenario = context.scenario
        self.context, self.reach, self.underwriting, self.handler = context, reach, underwriting, handler
        self.terms, self.key = scenario.choice, np.uint64(key)
        self.moves = self.terms.membership and context.structure.shares
        self.listings, members = np.array(context.exchange.protocol), len(context.protocol)
        fees = scenario.exchange
        kept = np.array(by_listing(scenario, fees.trading_fee))
        kept *= 1.0 - np.array(by_listing(scenario, fees.fee_to_vault))
        self.fee = mean_of_listings(scenario, self.listings, kept)
        self.epoch = max(round(self.terms.epoch / scenario.minutes), 1)
        self.days = self.epoch * scenario.minutes / MINUTES_PER_DAY
        self.wait = round(self.terms.return_wait / scenario.minutes)
        self.volume, self.protocol = context.exchange["volume"].view(np.ndarray), columns(context.protocol)
        self.options = [(cap, kept) for cap in self.terms.caps for kept in self.terms.retentions]
        self.learner = Learner(members, len(self.options), self.terms.learning, self.terms.sensitivity)
        away, begun = np.zeros(members, dtype=np.int64), np.zeros(1, dtype=np.int64)
        self.memory = Chosen(np.ones(members), away, np.zeros(members), begun, self.learner.memory)
        self.cap, self.away_until, self._cost, self.begun = self.memory[:4]

    def due(self, step: int) -> bool:
        """Tell whether an epoch ends with `step`."""
        return self.terms.active and (step + 1) % self.epoch == 0

    def choose(self, step: int) -> None:
        """Learn from the epoch that ends and choose for the next."""
        if self.terms.leverage:
            self._learn(step)
        if self.moves:
            self._join_or_leave(step)

    def _learn(self, step: int) -> None:
        cost, income = self.underwriting.paid + self._losses(), self._income(step)
        payoff = (income - (cost - self._cost)) / self.context.protocol.open_interest
        self.learner.learn(payoff / (BASIS_POINT * self.days))
        self._cost[:], self.begun[0] = cost, step + 1
        drawn = np.array([uniform(self.key, step, i) for i in range(len(cost))])
        option = self.learner.choose(drawn)
        self.set_caps(np.array([self.options[k][0] for k in option]))
        self.handler.kept[:] = [self.options[k][1] for k in option]

    def _income(self, step: int) -> Array:
        """Return the fees kept since the epoch began, (members,) USD; the record has all but this step's volume."""
        before = self.reach.series[self.begun[0] : step, :, VOLUME].sum(axis=0)
        return self.fee * (before + np.bincount(self.listings, self.volume, len(before)))

    def _losses(self) -> Array:
        """Return the losses so far that the pool did not pay, (members,) USD."""
        protocol = self.protocol
        return np.array(protocol.deficit - protocol.paid_pool - protocol.reimbursed)

    def set_caps(self, cap: Array) -> None:
        """Put leverage caps in force: margins, the terms controls start from, traders' appetite."""
        exchange, (accounts, start), ratio = self.context.exchange, self.reach[:2], (cap / self.cap)[self.listings]
        for column, term in (("initial_margin", start.margin), ("maintenance", start.maintenance)):
            exchange[column][:] /= ratio
            term[:] /= ratio
        accounts.leverage[:] *= np.repeat(ratio, len(accounts.leverage) // len(ratio))
        self.cap[:] = cap

    def _join_or_leave(self, step: int) -> None:
        """Let members leave a pool that costs more than it returns, or be expelled, or come back."""
        structure, terms = self.context.structure, self.terms
        seen = self.underwriting.exposure(step)
        price = self.underwriting.asked(step) * self.underwriting.charges
        worth = self.underwriting.worth(seen)
        leave = structure.member & (price > worth * (1.0 + terms.leave_margin))
        expel = structure.member & self._refused()
        back = ~structure.member & (step >= self.away_until) & (price <= worth) & ~self._refused()
        self.away_until[leave | expel] = step + self.wait
        structure.member[leave | expel] = False
        self._enter(back)
        self.reach.own_share[:] = np.where(structure.member, structure.own_share, 1.0)

    def _refused(self) -> Array:
        """Return whom the pool does not want: claims over premiums above the limit, (members,) bool."""
        limit = self.terms.refusal_ratio or np.inf
        return self.handler.claims > limit * np.maximum(self.underwriting.paid, DUST)

    def _enter(self, back: Array) -> None:
        """Take members back, who pay in the part of their fund that the structure pools."""
        structure, balance = self.context.structure, self.context.ledger.own
        amount = np.maximum(balance[FUND], 0.0) * (1.0 - structure.own_share) * back
        self._move(amount)
        structure.member[back] = True

    def pay_out(self) -> None:
        """Pay entitlements of those who left into their own funds, as far as cash beyond open claims goes."""
        structure, balance = self.context.structure, self.context.ledger.own
        if not self.moves or structure.member.all():
            return
        wanted = structure.entitlement * ~structure.member
        if wanted.any():
            asked = structure.by_pool(wanted)
            free = balance[POOL, : structure.pots] - structure.by_pool(self.handler.open)
            part = np.divide(np.maximum(free, 0.0), asked, out=np.zeros_like(asked), where=asked > 0.0)
            self._move(-wanted * np.minimum(part, 1.0)[structure.pool_of])

    def _move(self, amount: Array) -> None:
        """Move money from funds to pools and entitlements, (members,) USD; negative: back."""
        structure, balance = self.context.structure, self.context.ledger.own
        balance[FUND] -= amount
        balance[POOL, : structure.pots] += structure.by_pool(amount)
        structure.contribute(amount)
