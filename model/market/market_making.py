"""Market makers of a run: what they take of fills, when they leave, and what that leaves of depth.

At the end of liquidations, once a step: makers take their part of the fills of the step off the vaults, and trade with
outside capital what filled the books again (both noted book by book, :mod:`model.market.market`,
:mod:`model.market.resilience`); they are valued at the marks; those at their limit leave all venues, and what they sell
moves the prices; the depth of the next step is that of those who are left. A run without makers pays nothing.
"""

import numpy as np

from agents.core.audit import reconcile
from agents.core.kernel import inline
from agents.core.ledger import CONTRACTS, LIQUIDATION, MAKER, Book, check
from agents.core.table import Exchanges, Makers, Markets
from agents.market_maker.market_maker import (
    Conduct,
    Inventory,
    MarketMaker,
    buy_of_vault,
    buy_outside,
    close_torn,
    come_and_go,
    presence,
    sell_off,
    unwound,
    value_all,
)
from model.market.market import MarketRule, mark_all, move_all
from model.market.order_clearing import fill_price
from model.scenario import Scenario
from model.scenario.extent import listing_counts, listing_interest
from model.scenario.parameter import per_item


def make_makers(scenario: Scenario) -> tuple[Makers, Inventory]:
    """Return makers' rows and what they hold at the start: their capital, no contracts."""
    terms, listings = scenario.market_maker, sum(listing_counts(scenario))
    makers = MarketMaker.make_table(terms.number)
    weight = np.array(per_item(terms.share, terms.number), float)
    makers.weight[:] = weight / weight.sum() if terms.number else weight
    makers.capital[:] = makers.weight * terms.capital * sum(listing_interest(scenario))
    makers.loss_limit[:] = per_item(terms.loss_limit, terms.number)
    makers.equity[:] = makers.peak[:] = makers.capital
    makers.quoting[:] = makers.scale[:] = 1.0
    inventory = Inventory(np.zeros((terms.number, listings)), np.zeros((terms.number, listings)))
    inventory.cash[:, 0] = makers.capital
    return makers, inventory


def conduct_of(scenario: Scenario, key: int) -> Conduct | None:
    """Return how makers leave and return; None where there are none. `key` names their random numbers."""
    terms, minutes = scenario.market_maker, scenario.minutes
    if not terms.number:
        return None
    return Conduct(
        key=np.uint64(key),
        unwind=float(max(round(terms.unwind / minutes), 1)),
        away=terms.away / minutes,
        longer=terms.longer / minutes,
        back=terms.back,
    )


@inline
def settle(market: Markets, exchange: Exchanges, book: Book, makers: Makers, inventory: Inventory) -> None:
    """Hand makers what is noted as theirs in every book.

    Parameters
    ----------
    market, exchange, book, makers, inventory : of the run, written.
    """
    for i in range(exchange.shape[0]):
        k = exchange.book[i]
        buy_of_vault(exchange, book, makers, inventory, i, market.made[k], market.made_cost[k])
        buy_outside(exchange, book, makers, inventory, i, market.recovered[k], market.recovered_cost[k])
        market.made[k] = market.made_cost[k] = market.recovered[k] = market.recovered_cost[k] = 0.0


@inline
def is_open(market: Markets, exchange: Exchanges, i: int) -> bool:
    """Tell whether a listing trades now."""
    return market.depth[exchange.book[i]] > 0.0 and exchange.halt[i] <= 0.0


@inline
def unwind_all(
    market: Markets, exchange: Exchanges, book: Book, makers: Makers, inventory: Inventory, rules: MarketRule
) -> None:
    """Let makers that have left sell their part for this step, all at the average price of their joint impact.

    Parameters
    ----------
    market, exchange, book, makers, inventory : of the run, written.
    rules : constants of the market.
    """
    for k in range(market.shape[0]):
        market.flow[k] = 0.0
    for m in range(makers.shape[0]):
        for i in range(exchange.shape[0]):
            if is_open(market, exchange, i):
                market.flow[exchange.book[i]] += unwound(makers, inventory, m, i)
    move_all(market, rules)
    for m in range(makers.shape[0]):
        for i in range(exchange.shape[0]):
            contracts = unwound(makers, inventory, m, i) if is_open(market, exchange, i) else 0.0
            if contracts != 0.0:
                paid = fill_price(market.average[exchange.book[i]], exchange.spread[i], contracts)
                sell_off(exchange, book, inventory, m, i, contracts, paid)
        makers.unwinding[m] = max(makers.unwinding[m] - 1.0, 0.0)


@inline
def reconcile_makers(exchange: Exchanges, book: Book, inventory: Inventory) -> None:
    """Compare makers' rows with their control account, and their contracts with the listing's."""
    money = reconcile(book, exchange, LIQUIDATION)
    for i in range(exchange.shape[0]):
        cash = size = 0.0
        gross = exchange.peak_size[i]
        for m in range(inventory.size.shape[0]):
            cash += inventory.cash[m, i]
            size += inventory.size[m, i]
            gross += abs(inventory.size[m, i])
        check(book, LIQUIDATION, MAKER, i, cash - book.balance[MAKER, i], money)
        off = (size - exchange.maker_size[i]) * exchange.mark[i]
        check(book, LIQUIDATION, CONTRACTS, i, off, money + gross * exchange.mark[i])


@inline
def make_markets(
    market: Markets, exchange: Exchanges, book: Book, makers: Makers, inventory: Inventory, rules: MarketRule,
    conduct: Conduct, oracle_error: np.ndarray, step: int,
) -> None:  # fmt: skip
    """Let makers take their part of the step's fills, be valued, leave or return, and sell off.

    Parameters
    ----------
    market, exchange, book, makers, inventory : of the run, written.
    rules : constants of the market.
    conduct : how makers leave and return.
    oracle_error : (listings,) 1, relative error of the mark, > -1.
    step : present step.
    """
    for i in range(exchange.shape[0]):
        close_torn(exchange, book, inventory, i)
    settle(market, exchange, book, makers, inventory)
    value_all(exchange, makers, inventory)
    come_and_go(makers, conduct, step)
    there = presence(makers)
    for k in range(market.shape[0]):
        market.makers[k] = there
    unwind_all(market, exchange, book, makers, inventory, rules)
    settle(market, exchange, book, makers, inventory)
    mark_all(market, exchange, oracle_error)
    value_all(exchange, makers, inventory)
    reconcile_makers(exchange, book, inventory)
