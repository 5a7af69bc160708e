r"""Phase 5 by a closing sequence: sell down to the bankruptcy price, then the backstop, then winners; at once.

A failing position of q contracts, sign s, with level ℓ (:mod:`agents.account.position`) is bankrupt at b = ℓ + Φ. The
accounts of a round are closed one after the other, those nearest to their bankruptcy price first, each into the book as
the ones before have left it:

1. **Sale.** At most the contracts that take the fill price to b, with h the half spread, Δ the way there in the book's
   own state d (:mod:`model.market.impact`) and D its depth,

       Δ = ln (b / (p (1 − s h))),      x = D |H(d + Δ) − H(d)|      if s Δ < 0, else 0            (1)

   so that no sale takes the book beyond b, and none leaves a deficit. Where the venue has keepers they sell, within
   capacity and gas; what they do not serve waits while its equity is above zero.
2. **Backstop** (``fund_first``). What the book does not take passes with all its margin, at b, to what stands behind
   the protocol, as far as its capital goes, and is sold later, gain and loss the backstop's
   (:mod:`model.market.liquidation.inventory`).
3. **Loss regime.** What is beyond that: under ``adl``, winners are closed against it at b, in place of a sale, without
   a price moving (:mod:`model.backstop.loss_regime.unsold`); under any other regime it is sold, and the deficit goes
   the way of all deficits. ``adl_first``: winners before the backstop, which has what they do not take.

The sequence ``sale`` sells everything at once, whatever it fetches: the order of keepers' rounds
(:mod:`model.market.liquidation.keeper_round`) without the throttle of their capacity. Sources: dYdX v4, BitMEX and
Binance: liquidation orders limited by the bankruptcy price, the insurance fund takes over, deleveraging after it;
Hyperliquid: book, vault, deleveraging. Units: USD, contracts, USD per contract.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import equity_of, total
from agents.core.kernel import inline, rule
from agents.core.ledger import Book
from agents.core.rank import descending
from agents.core.table import Accounts, Blocks, Exchanges, Keepers, Markets, Protocols, Tiers
from agents.exchange.control.takeover import sweep
from agents.exchange.keeper import Jobs, assign_row, set_capacity
from agents.protocol.standby import Backing
from model.market.impact import absorbed_flow
from model.market.liquidation.failing import Tariff, end_liquidations, find_failing, liquidate_part, to_sell
from model.market.liquidation.inventory import FUND_FIRST, SALE, Closing, pass_to_backstop, set_room, use_room
from model.market.market import MarketRule, mark_all, move

VENUE = -1
"""In place of a keeper's number: the venue closes by itself."""


class Failing(NamedTuple):
    """The tables that a round of closings works on."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    market: Markets
    keepers: Keepers
    protocol: Protocols
    book: Book
    tiers: Tiers


@rule
def way_down(side: float, mid: float, spread: float, price: float) -> float:
    """Return Δ of (1), log: how far the mid may move until fills are at `price`; >= 0 for a long where it is there.

    Parameters
    ----------
    side : s, 1 for a long, which is sold, -1 for a short, which is bought.
    mid : USD per contract, > 0.
    spread : h, half spread as a fraction of the price, < 1.
    price : USD per contract; a long whose price is not above zero is never bankrupt.
    """
    return np.log(price / (mid * (1.0 - side * spread))) if price > 0.0 else -np.inf


@inline
def sellable(market: Markets, rules: MarketRule, k: int, side: float, spread: float, price: float) -> float:
    """Return x of (1), contracts >= 0; inf where the price band is nearer, beyond which outside capital takes all.

    Parameters
    ----------
    market : table of the run, read.
    rules : constants of the market.
    k : book.
    side : 1 for a long, -1 for a short.
    spread : half spread there, as a fraction of the price.
    price : bankruptcy price, USD per contract.
    """
    shift, start = way_down(side, market.mid[k], spread, price), market.pressure[k]
    if side * shift >= 0.0:
        return 0.0
    if abs(start + shift) >= max(rules.band, abs(start)):
        return np.inf
    return market.depth[k] * abs(absorbed_flow(rules.shape, shift, market.curvature[k], start))


@inline
def sell_part(
    t: Failing, rules: MarketRule, tariff: Tariff, gas: float, row: int, i: int, keeper: int, contracts: float
) -> None:
    """Sell `contracts` of a failing position into the book, and share out what that leaves.

    Parameters
    ----------
    t : tables of the run, written.
    rules : constants of the market.
    tariff : bounty and surcharge.
    gas : USD per liquidation, >= 0.
    row : account's row.
    i : its listing.
    keeper : keeper's row, or ``VENUE``.
    contracts : > 0, at most the position.
    """
    side = 1.0 if t.accounts.size[row] > 0.0 else -1.0
    move(t.market, rules, t.exchange.book[i], -side * contracts)
    liquidate_part(
        accounts=t.accounts, blocks=t.blocks, exchange=t.exchange, market=t.market, keepers=t.keepers, book=t.book,
        tariff=tariff, gas=gas, row=row, keeper=keeper, contracts=contracts,
    )  # fmt: skip


@inline
def sell_by_keepers(
    t: Failing, rules: MarketRule, tariff: Tariff, gas: float, remaining: np.ndarray, jobs: Jobs, row: int, i: int,
    contracts: float,
) -> float:  # fmt: skip
    """Let keepers sell what they will of `contracts`; return how many they sold.

    Parameters
    ----------
    t : tables of the run, written.
    rules : constants of the market.
    tariff : bounty and surcharge.
    gas : USD per liquidation, >= 0.
    remaining : (keepers, listings) USD left to each keeper, written.
    jobs : room.
    row : account's row.
    i : its listing.
    contracts : > 0, at most the position.
    """
    sold = 0.0
    _, count = assign_row(
        keepers=t.keepers, remaining=remaining, protocol=i, size=contracts, mark=t.exchange.mark[i],
        bounty=tariff.bounty[i], gas=gas, row=row, first=0, jobs=jobs, count=0,
    )  # fmt: skip
    for job in range(count):
        sell_part(t, rules, tariff, gas, row, i, keeper=jobs.keeper[job], contracts=jobs.contracts[job])
        sold += jobs.contracts[job]
    return contracts if sold >= contracts * (1.0 - 1e-12) else sold


@inline
def pass_on_rest(
    t: Failing, rules: MarketRule, tariff: Tariff, closing: Closing, backing: Backing, row: int, i: int
) -> None:
    """Pass what the book did not take to the backstop within its room, to winners, or sell it whatever it fetches.

    Parameters
    ----------
    t : tables of the run, written.
    rules : constants of the market.
    tariff : bounty and surcharge.
    closing : the sequence.
    backing : what stands behind protocols.
    row : account's row, not flat.
    i : its listing.
    """
    p, rest, mark = t.exchange.protocol[i], abs(t.accounts.size[row]), t.exchange.mark[i]
    room = t.protocol.takeover_room[p] / mark if closing.sequence == FUND_FIRST else 0.0
    taken = min(rest, room)
    if taken < rest and not closing.replaces:
        sell_part(t, rules, tariff, 0.0, row, i, keeper=VENUE, contracts=rest - taken)
    if t.accounts.size[row] != 0.0:
        use_room(t.protocol, backing, p, taken * mark)
        unsold = rest - taken if closing.replaces else 0.0
        pass_to_backstop(t.accounts, t.blocks, t.exchange, t.book, row, i, unsold)


@inline
def close_row(
    t: Failing, rules: MarketRule, tariff: Tariff, closing: Closing, backing: Backing, gas: float, step: int,
    remaining: np.ndarray, jobs: Jobs, row: int,
) -> bool:  # fmt: skip
    """Close one failing position by the sequence; return whether anything of it was closed.

    Parameters
    ----------
    t : tables of the run, written.
    rules : constants of the market.
    tariff : what liquidation costs and how far it goes.
    closing : the sequence.
    backing : what stands behind protocols.
    gas : USD per liquidation, >= 0.
    step : present step.
    remaining : (keepers, listings) USD left to each keeper, written.
    jobs : room.
    row : account's row.
    """
    accounts, exchange = t.accounts, t.exchange
    i = row // (accounts.size.shape[0] // exchange.shape[0])
    if exchange.suspension[i] > 0.0 or accounts.size[row] == 0.0:
        return False
    side = 1.0 if accounts.size[row] > 0.0 else -1.0
    part = to_sell(accounts, exchange, t.tiers, tariff, row, i, step)
    wanted, sold = part, 0.0
    if closing.sequence != SALE:
        price = accounts.level[row] + exchange.funding_index[i]
        wanted = min(part, sellable(t.market, rules, exchange.book[i], side, exchange.spread[i], price))
    if wanted > 0.0 and closing.keepers:
        sold = sell_by_keepers(
            t, rules, tariff, gas=gas, remaining=remaining, jobs=jobs, row=row, i=i, contracts=wanted
        )
    elif wanted > 0.0:
        sold = wanted
        sell_part(t, rules, tariff, gas, row, i, keeper=VENUE, contracts=wanted)
    if sold > 0.0 and accounts.size[row] != 0.0:
        accounts.partial_step[row] = step + 1
    if closing.sequence == SALE or accounts.size[row] == 0.0 or sold == part:
        return sold > 0.0
    if sold < wanted and equity_of(accounts, row, exchange.mark[i], exchange.funding_index[i]) > 0.0:
        return sold > 0.0
    pass_on_rest(t, rules, tariff, closing, backing, row, i)
    return True


@inline
def nearness(accounts: Accounts, exchange: Exchanges, market: Markets, row: int) -> float:
    """Return the bankruptcy price of a long over the mid price, of a short its inverse: the greater, the nearer.

    Parameters
    ----------
    accounts, exchange, market : tables of the run, read.
    row : account's row, not flat.
    """
    i = row // (accounts.size.shape[0] // exchange.shape[0])
    mid, price = market.mid[exchange.book[i]], accounts.level[row] + exchange.funding_index[i]
    return price / mid if accounts.size[row] > 0.0 else mid / price


@inline
def close_failing(
    t: Failing, backing: Backing, rules: MarketRule, tariff: Tariff, closing: Closing, gas: float, step: int,
    factor: np.ndarray, oracle_error: np.ndarray, remaining: np.ndarray, flagged: np.ndarray, jobs: Jobs,
) -> int:  # fmt: skip
    """Close failing accounts by the sequence until nothing more is closed; return the number of rounds.

    Parameters
    ----------
    t : tables of the run, written.
    backing : what stands behind protocols.
    rules : constants of the market.
    tariff : what liquidation costs and how far it goes.
    closing : the sequence.
    gas : USD per liquidation, >= 0, before a keeper's own multiple.
    step : present step.
    factor : (protocols,) share of keepers' capacity left, in [0, 1].
    oracle_error : (listings,) 1, relative error of the mark, > -1.
    remaining : (keepers, listings) USD, room for what is left to each keeper.
    flagged : (rows,) room for accounts below maintenance margin.
    jobs : room for one account's liquidations.
    """
    done, found = 0, find_all(t, tariff, flagged)
    if found > 0:
        set_capacity(t.keepers, t.exchange, factor, remaining)
        set_room(t.exchange, t.protocol, t.book, backing, closing)
    while found > 0 and done < tariff.rounds:
        near, closed = np.empty(found), False
        for at in range(found):
            near[at] = nearness(t.accounts, t.exchange, t.market, flagged[at])
        for at in descending(near):
            closed |= close_row(
                t, rules, tariff, closing, backing, gas=gas, step=step, remaining=remaining, jobs=jobs, row=flagged[at]
            )
        if not closed:
            break
        mark_all(t.market, t.exchange, oracle_error)
        total(t.accounts, t.blocks, t.exchange)
        found = find_all(t, tariff, flagged)
        done += 1
    end_liquidations(t.accounts, t.exchange, t.market, t.keepers, t.book, flagged, found)
    return done


@inline
def find_all(t: Failing, tariff: Tariff, flagged: np.ndarray) -> int:
    """Write the failing rows that no vault takes over into `flagged`; return how many there are."""
    found = find_failing(t.accounts, t.blocks, t.exchange, t.book, t.tiers, tariff, flagged)
    return sweep(
        accounts=t.accounts, blocks=t.blocks, exchange=t.exchange, market=t.market, book=t.book, tiers=t.tiers,
        terms=tariff.takeover, flagged=flagged, found=found,
    )  # fmt: skip
