"""Premiums of phase 8 where the market sets them: what an underwriter sees, asks and collects.

The rule of :mod:`model.reinsurance.premium` says what a year costs each member; the pool's rate multiplier
(:mod:`model.reinsurance.premium.cycle`) and the part of its claims that a member keeps scale it. It is paid at every
review from the member's fund, then from its treasury, as far as they reach, and belongs to all who own the pool, in
proportion. (The flat rate without a market is credited to the member that pays it:
:func:`agents.reinsurer.reinsurer.collect_premium`.) Units: USD, years.
"""

from typing import NamedTuple

import numpy as np

from agents.core.column import bare, columns
from agents.core.kernel import kernel
from agents.core.ledger import FUND, POOL, POOL_LENT, TRADER, TREASURY, Code
from agents.core.memory import Memory
from agents.core.table import Exchanges
from agents.reinsurer.reinsurer import MINUTES_PER_YEAR
from model.backstop.context import Context
from model.reinsurance.claim.base import ClaimsHandler
from model.reinsurance.premium.base import Exposure, credible
from model.reinsurance.premium.cycle import Cycle
from model.scenario.registry import PREMIUMS
from model.scenario.section.backstop import BackstopSection

LEAST = 1e-9
Array = np.ndarray


@kernel
def observe_traders(exchange: Exchanges, cash: Array, assets: int, members: int) -> Array:
    """Return what an underwriter sees of each member's traders, (3, members).

    One-sided open interest, USD; their open notional over their equity; and |longs − shorts| over longs + shorts of
    all who trade the member's asset, of its assets the most crowded.

    Parameters
    ----------
    exchange : records of all listings, read.
    cash : (listings,) USD, traders' cash values.
    assets : how many there are.
    members : number of protocols.
    """
    seen, net, gross = np.zeros((3, members)), np.zeros(assets), np.zeros(assets)
    notional, equity = np.zeros(members), np.zeros(members)
    for i in range(exchange.shape[0]):
        p, mark, longs, shorts = exchange.protocol[i], exchange.mark[i], exchange.long_size[i], exchange.short_size[i]
        net[exchange.asset[i]] += (longs - shorts) * mark
        gross[exchange.asset[i]] += (longs + shorts) * mark
        notional[p] += (longs + shorts) * mark
        equity[p] += cash[i] + (longs - shorts) * (mark - exchange.funding_index[i])
        seen[0, p] += max(longs, shorts) * mark
    for p in range(members):
        seen[1, p] = notional[p] / equity[p] if equity[p] > LEAST * notional[p] else 0.0
    for i in range(exchange.shape[0]):
        k, p = exchange.asset[i], exchange.protocol[i]
        seen[2, p] = max(seen[2, p], abs(net[k]) / gross[k] if gross[k] > 0.0 else 0.0)
    return seen


class Written(NamedTuple):
    """What underwriting remembers."""

    paid: Array  # (members,) USD >= 0, premiums paid so far
    yearly: Array  # (members,) USD/year >= 0, premiums, net of what is kept, at the last review
    expected: Array  # (members,) USD/year >= 0, credible claims, likewise
    claims_paid: Array  # (pots,) USD >= 0, claims paid up to the last review
    cycle: Memory  # of the underwriting cycle
    rule: Memory  # of the premium rule


class Underwriting:
    """The pools' underwriting.

    Parameters
    ----------
    context : tables, ledger and structure it works on.
    handler : whose claims are its experience.
    """

    def __init__(self, context: Context, handler: ClaimsHandler) -> None:
        scenario = context.scenario
        self.ledger, self.handler, self.structure = context.ledger, handler, context.structure
        self.terms, self.minutes = scenario.reinsurance, scenario.minutes
        self.protocol, self.pool = columns(context.protocol), columns(context.pool)
        self.exchange, self.assets = bare(context.exchange), 1 + int(context.market["asset"].max())
        self.interval = max(round(self.terms.review / self.minutes), 1) * self.minutes
        self.rule = PREMIUMS[self.terms.premium](self.terms, scenario.backstop.premium_rate)
        self.charges = self.structure.shares and (self.structure.charges_premium or self.terms.charge_all)
        self.start = self._capital()
        self.cycle = Cycle(self.terms, self.start, self.interval)
        self._estimate = self._pilot(scenario.backstop, context.horizon * self.minutes / MINUTES_PER_YEAR)
        self._leverage = np.maximum(self._traders()[1], LEAST)
        paid, yearly, expected = (np.zeros(len(context.protocol)) for _ in range(3))
        claims = np.zeros(self.structure.pots)
        self.memory = Written(paid, yearly, expected, claims, self.cycle.memory, self.rule.memory)
        self.paid, self.yearly, self.expected, self._claims_paid = self.memory[:4]

    def collect(self, step: int) -> None:
        """Move the premiums until the next review; let the cycle follow the claims paid since the last time."""
        claims_paid = self.pool.claims_paid.copy()
        self.cycle.advance(claims_paid - self._claims_paid)
        self._claims_paid[:] = claims_paid
        seen = self.exposure(step)
        self.yearly[:] = self._asked(seen) * self.structure.member
        self.expected[:] = self.cost(seen) * self.structure.member
        if not self.charges:
            return
        sound = self.protocol.halted == 0
        wanted = self.yearly * sound * (self.interval / MINUTES_PER_YEAR)
        premiums = self._take(FUND, wanted)
        self._receive(premiums + self._take(TREASURY, wanted - premiums))

    def cost(self, seen: Exposure) -> Array:
        """Return what cover costs the pool in claims a year as far as is known, (members,) USD/year."""
        return credible(seen.expected, seen.claims, seen.years, self.terms.credibility) * (1.0 - self.handler.kept)

    def worth(self, seen: Exposure) -> Array:
        """Return what cover is worth to each for a year, (members,) USD/year: λ + c (ES − λ)⁺.

        Next to its credible claims λ a member would have to hold its expected shortfall in capital, at the charge c:
        the principle of :class:`model.reinsurance.premium.rule.Shortfall`. Claims alone would make every cover too dear
        that has a price above its expected claims, and no insurance would ever be bought.
        """
        claims = self.cost(seen)
        tail = np.maximum(seen.shortfall * (1.0 - self.handler.kept) - claims, 0.0)
        return claims + self.terms.capital_charge * tail

    def asked(self, step: int) -> Array:
        """Return what each would be asked for a year as a member, (members,) USD/year."""
        return self._asked(self.exposure(step))

    def _asked(self, seen: Exposure) -> Array:
        return self.rule.yearly(seen) * (self.cycle.multiplier[self.structure.pool_of] * (1.0 - self.handler.kept))

    def exposure(self, step: int) -> Exposure:
        """Return what the underwriter sees of the members at `step`."""
        interest, gearing, crowding = self._traders()
        losses, tail = self._estimate
        thin = np.divide(self._capital(), self.start, out=np.ones_like(self.start), where=self.start > 0.0)
        return Exposure(
            interest=interest,
            expected=losses if losses is not None else self.terms.loss_cost * interest,
            shortfall=tail if tail is not None else self.terms.tail_cost * interest,
            claims=self.handler.claims,
            leverage=gearing / self._leverage,
            crowding=crowding,
            health=thin[self.structure.pool_of],
            pool_of=self.structure.pool_of,
            member=self.structure.member,
            years=(step + 1) * self.minutes / MINUTES_PER_YEAR,
        )

    def _take(self, account: Code, wanted: Array) -> Array:
        balance = self.ledger.own[account]
        taken = np.minimum(wanted, np.maximum(balance, 0.0))
        balance -= taken
        return taken

    def _receive(self, premiums: Array) -> None:
        """Give premiums to the pools and those who own them; to the payers where nobody does."""
        sums = self.structure.by_pool(premiums)
        self.paid += premiums
        self.pool.premiums += sums
        self.ledger.balance[POOL, : len(sums)] += sums
        nobody = self.structure.credit(sums) > 0.0
        self.structure.entitlement += premiums * nobody[self.structure.pool_of]

    def _capital(self) -> Array:
        balance, pots = self.ledger.balance, slice(self.structure.pots)
        return balance[POOL, pots] + balance[POOL_LENT, pots]

    def _traders(self) -> Array:
        """Return open interest, gearing and crowding of every member, (3, members)."""
        return observe_traders(self.exchange, self.ledger.balance[TRADER], self.assets, len(self.structure.capital))

    def _pilot(self, backstop: BackstopSection, years: float) -> tuple[Array | None, Array | None]:
        """Return a pilot's expected losses per year and expected shortfalls, where the scenario has them."""
        losses, tail = backstop.expected_loss, backstop.expected_shortfall
        return (np.array(losses) / years if losses else None, np.array(tail) if tail else None)
