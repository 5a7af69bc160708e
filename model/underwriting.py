"""Premiums of phase 8 where the market sets them: what an underwriter sees, asks and collects.

The rule of :mod:`agents.premium` says what a year costs each member; the pot's rate multiplier
(:mod:`agents.premium.cycle`) and the part of its claims that a member keeps scale it. It is paid at every review from
the member's fund, then from its treasury, as far as they reach, and belongs to all who own the pot, in proportion. (The
flat rate without a market is credited to the member that pays it: :func:`agents.reinsurer.collect_premium`.)
Units: USD, years.
"""

from typing import Any

import numpy as np

from agents.ledger import FUND, POOL, POOL_LENT, TRADER, TREASURY
from agents.premium import PREMIUMS
from agents.premium.base import Exposure, credible
from agents.premium.cycle import Cycle
from agents.reinsurer import MINUTES_PER_YEAR
from model.waterfall import columns

LEAST = 1e-9
Array = np.ndarray


class Underwriting:
    """The pots' underwriting.

    Parameters
    ----------
    ecosystem : whose tables, ledger and structure it works on.
    desk : whose claims are its experience.

    Attributes
    ----------
    paid : (members,) USD, premiums paid so far.
    yearly, expected : (members,) USD/year, premiums and credible claims, net of what is kept, at the last review.
    """

    def __init__(self, ecosystem: Any, desk: Any) -> None:
        scenario = ecosystem.scenario
        self.ecosystem, self.desk, self.structure = ecosystem, desk, ecosystem.structure
        self.terms, self.minutes = scenario.reinsurance, scenario.minutes
        self.exchange, self.assets = columns(ecosystem.exchange), len(ecosystem.market)
        self.protocol, self.pool = columns(ecosystem.protocol), columns(ecosystem.pool)
        self.interval = max(round(self.terms.review / self.minutes), 1) * self.minutes
        self.rule = PREMIUMS[self.terms.premium](self.terms, scenario.backstop.premium_rate)
        self.charges = self.structure.shares and (self.structure.charges_premium or self.terms.charge_all)
        self.start = self._capital()
        self.cycle = Cycle(self.terms, self.start, self.interval)
        self.paid, self.yearly, self.expected = np.zeros((3, len(ecosystem.exchange)))
        self._estimate = self._pilot(scenario.backstop, ecosystem.horizon * self.minutes / MINUTES_PER_YEAR)
        self._leverage = np.maximum(self._gearing(), LEAST)
        self._claims_paid = np.zeros(self.structure.pots)

    def collect(self, step: int) -> None:
        """Move the premiums until the next review; let the cycle follow the claims paid since the last time."""
        claims_paid = self.pool.claims_paid.copy()
        self.cycle.advance(claims_paid - self._claims_paid)
        self._claims_paid = claims_paid
        seen = self.exposure(step)
        self.yearly, self.expected = self._asked(seen) * self.structure.member, self.worth(seen) * self.structure.member
        if not self.charges:
            return
        sound = self.protocol.halted == 0
        wanted = self.yearly * sound * (self.interval / MINUTES_PER_YEAR)
        premiums = self._take(FUND, wanted)
        self._receive(premiums + self._take(TREASURY, wanted - premiums))

    def worth(self, seen: Exposure) -> Array:
        """Return what cover is worth to each for a year: its credible claims, (members,) USD/year."""
        cost = credible(seen.expected, seen.claims, seen.years, self.terms.credibility)
        return cost * (1.0 - self.desk.kept)

    def asked(self, step: int) -> Array:
        """Return what each would be asked for a year as a member, (members,) USD/year."""
        return self._asked(self.exposure(step))

    def _asked(self, seen: Exposure) -> Array:
        return self.rule.yearly(seen) * (self.cycle.multiplier[self.structure.pot] * (1.0 - self.desk.kept))

    def exposure(self, step: int) -> Exposure:
        """Return what the underwriter sees of the members at `step`."""
        interest = self._interest()
        losses, tail = self._estimate
        thin = np.divide(self._capital(), self.start, out=np.ones_like(self.start), where=self.start > 0.0)
        return Exposure(
            interest,
            losses if losses is not None else self.terms.loss_cost * interest,
            tail if tail is not None else self.terms.tail_cost * interest,
            self.desk.claims,
            self._gearing() / self._leverage,
            self._one_sidedness(),
            thin[self.structure.pot],
            self.structure.pot,
            self.structure.member,
            (step + 1) * self.minutes / MINUTES_PER_YEAR,
        )

    def _take(self, account: Any, wanted: Array) -> Array:
        balance = self.ecosystem.ledger.balance[account]
        taken = np.minimum(wanted, np.maximum(balance, 0.0))
        balance -= taken
        return taken

    def _receive(self, premiums: Array) -> None:
        """Give premiums to the pots and those who own them; to the payers where nobody does."""
        sums = self.structure.by_pot(premiums)
        self.paid += premiums
        self.pool.premiums += sums
        self.ecosystem.ledger.balance[POOL, : len(sums)] += sums
        nobody = self.structure.credit(sums) > 0.0
        self.structure.entitlement += premiums * nobody[self.structure.pot]

    def _capital(self) -> Array:
        pots = slice(self.structure.pots)
        return self.ecosystem.ledger.balance[[POOL, POOL_LENT]][:, pots].sum(axis=0)

    def _interest(self) -> Array:
        exchange = self.exchange
        return np.maximum(exchange.long_size, exchange.short_size) * exchange.mark

    def _gearing(self) -> Array:
        """Return traders' open notional over their equity, (members,)."""
        exchange, cash = self.exchange, self.ecosystem.ledger.balance[TRADER]
        notional = (exchange.long_size + exchange.short_size) * exchange.mark
        net = exchange.long_size - exchange.short_size
        equity = cash + net * (exchange.mark - exchange.funding_index)
        return np.divide(notional, equity, out=np.zeros_like(notional), where=equity > LEAST * notional)

    def _one_sidedness(self) -> Array:
        """Return |longs − shorts| over longs + shorts of all who trade the member's asset, (members,)."""
        exchange = self.exchange
        count, mark = self.assets, exchange.mark
        net = np.bincount(exchange.asset, (exchange.long_size - exchange.short_size) * mark, count)
        gross = np.bincount(exchange.asset, (exchange.long_size + exchange.short_size) * mark, count)
        return np.divide(np.abs(net), gross, out=np.zeros(count), where=gross > 0.0)[exchange.asset]

    def _pilot(self, backstop: Any, years: float) -> tuple[Array | None, Array | None]:
        """Return a pilot's expected losses per year and expected shortfalls, where the scenario has them."""
        losses, tail = backstop.expected_loss, backstop.expected_shortfall
        return (np.array(losses) / years if losses else None, np.array(tail) if tail else None)
