r"""Market makers: the depth of every book, and who holds what the book takes.

Maker m has a weight wₘ and capital Wₘ = wₘ W, and is present by wₘ sₘ while it quotes, sₘ being its size of the day. A
fill of Q contracts in a book whose displacement goes from d to d′ leaves it the part

    Q wₘ sₘ / Σ w s · 1 / (1 + c |d + d′| / 2)                                                  (1)

the rest of which are latent orders' (:mod:`model.market.impact`): they stay with the listing's vault, which has taken
the other side of every fill and passes (1) on at the price of the fill. As the book is filled again, capital from
outside takes contracts off the makers. A maker whose equity falls below its peak by its loss limit times Wₘ leaves
**all** venues at once, sells what it holds within a time, and returns later and smaller.

Units: USD, contracts. What a maker is worth at listing i is x + v (p − Φ), x its cash value and v its contracts there.
"""

from typing import NamedTuple

import numpy as np

from agents.core.column import Column, RowAgent
from agents.core.kernel import inline, rule
from agents.core.ledger import MAKER, OUTSIDE, VAULT, WHOLE, Book, pay, transfer
from agents.core.random import uniform
from agents.core.table import Exchanges, Makers


class MarketMaker(RowAgent):
    """One market maker, at all venues."""

    weight = Column("f8", "1, >= 0", "its part of all that makers quote, when all are there")
    capital = Column("f8", "USD, >= 0", "capital at the start")
    loss_limit = Column("f8", "1, >= 0", "fall of equity below its peak, over capital, at which it leaves")
    equity = Column("f8", "USD", "what it is worth, at the marks of the last step")
    peak = Column("f8", "USD", "most that it was worth since it came")
    quoting = Column("f8", "flag", "1 while it quotes, 0 while it is away")
    scale = Column("f8", "1, >= 0", "its size, over that at the start")
    wait = Column("f8", "steps", "steps until it returns")
    unwinding = Column("f8", "steps, >= 0", "steps in which it still sells what it holds")
    withdrawals = Column("f8", "times", "times that it left so far")


class Inventory(NamedTuple):
    """What makers hold at every listing."""

    size: np.ndarray  # (makers, listings) contracts, short < 0
    cash: np.ndarray  # (makers, listings) USD, cash value, either sign; capital in the first column


class Conduct(NamedTuple):
    """How makers leave and return."""

    key: np.uint64  # of their random numbers
    unwind: float  # steps, >= 1, in which a maker sells all it holds
    away: float  # steps, least time away
    longer: float  # steps, mean of what comes on top
    back: float  # 1, size on return over that before


@rule
def makers_part(latent: bool, curvature: float, start: float, end: float) -> float:
    """Return the part (1) of a fill that makers take together.

    Parameters
    ----------
    latent : whether there are latent orders.
    curvature : c, 1 per log, >= 0.
    start, end : log, displacement before and after the fill.
    """
    return 1.0 / (1.0 + 0.5 * curvature * abs(start + end)) if latent else 1.0


@inline
def presence(makers: Makers) -> float:
    """Return Σ w s of those who quote."""
    there = 0.0
    for m in range(makers.shape[0]):
        there += makers.weight[m] * makers.scale[m] * makers.quoting[m]
    return there


@inline
def share_out(
    exchange: Exchanges, makers: Makers, inventory: Inventory, i: int, contracts: float, value: float
) -> None:
    """Enter what makers bought at a listing into their rows, by presence.

    Parameters
    ----------
    exchange, makers : tables of the run; makers' contracts of the listing are written.
    inventory : written.
    i : listing.
    contracts : sold < 0.
    value : USD, cash value paid for them.
    """
    there = presence(makers)
    exchange.maker_size[i] += contracts
    for m in range(makers.shape[0]):
        part = makers.weight[m] * makers.scale[m] * makers.quoting[m] / there
        inventory.size[m, i] += contracts * part
        inventory.cash[m, i] -= value * part


@inline
def buy_of_vault(
    exchange: Exchanges, book: Book, makers: Makers, inventory: Inventory, i: int, contracts: float, cost: float
) -> None:
    """Let makers take over contracts from a listing's vault.

    Parameters
    ----------
    exchange, book, makers, inventory : of the run, written.
    i : listing.
    contracts : sold < 0.
    cost : USD, what they pay.
    """
    if contracts != 0.0:
        value = cost - contracts * exchange.funding_index[i]
        exchange.vault_size[i] -= contracts
        pay(book, MAKER, VAULT, i, value)
        share_out(exchange, makers, inventory, i, contracts, value)


@inline
def buy_outside(
    exchange: Exchanges, book: Book, makers: Makers, inventory: Inventory, i: int, contracts: float, cost: float
) -> None:
    """Let makers trade with capital from outside.

    Parameters
    ----------
    exchange, book, makers, inventory, i, contracts, cost : as :func:`buy_of_vault`.
    """
    if contracts != 0.0:
        value = cost - contracts * exchange.funding_index[i]
        exchange.outside_size[i] -= contracts
        transfer(book, MAKER, i, OUTSIDE, WHOLE, value)
        share_out(exchange, makers, inventory, i, contracts, value)


@inline
def close_torn(exchange: Exchanges, book: Book, inventory: Inventory, i: int) -> None:
    """Pay makers at the mark for contracts of a listing that was torn up, of which the vault has paid outside.

    Parameters
    ----------
    exchange : read.
    book, inventory : of the run, written.
    i : listing.
    """
    if exchange.maker_size[i] == 0.0:
        price = exchange.mark[i] - exchange.funding_index[i]
        for m in range(inventory.size.shape[0]):
            gain = inventory.size[m, i] * price
            inventory.size[m, i] = 0.0
            inventory.cash[m, i] += gain
            transfer(book, OUTSIDE, WHOLE, MAKER, i, gain)


@inline
def unwound(makers: Makers, inventory: Inventory, m: int, i: int) -> float:
    """Return the contracts that an unwinding maker buys at a listing in this step, sale < 0.

    Parameters
    ----------
    makers, inventory : of the run, read.
    m : maker.
    i : listing.
    """
    return -inventory.size[m, i] / makers.unwinding[m] if makers.unwinding[m] > 0.0 else 0.0


@inline
def sell_off(
    exchange: Exchanges, book: Book, inventory: Inventory, m: int, i: int, contracts: float, paid: float
) -> None:
    """Fill the order of an unwinding maker against the vault.

    Parameters
    ----------
    exchange, book, inventory : of the run, written.
    m : maker.
    i : listing.
    contracts : bought, sale < 0.
    paid : USD per contract.
    """
    value = contracts * (paid - exchange.funding_index[i])
    exchange.vault_size[i] -= contracts
    exchange.maker_size[i] += contracts
    exchange.volume[i] += abs(contracts) * paid
    inventory.size[m, i] += contracts
    inventory.cash[m, i] -= value
    pay(book, MAKER, VAULT, i, value)


@inline
def value_all(exchange: Exchanges, makers: Makers, inventory: Inventory) -> None:
    """Set what every maker is worth at the marks."""
    for m in range(makers.shape[0]):
        own = 0.0
        for i in range(exchange.shape[0]):
            own += inventory.cash[m, i] + inventory.size[m, i] * (exchange.mark[i] - exchange.funding_index[i])
        makers.equity[m] = own


@inline
def come_and_go(makers: Makers, conduct: Conduct, step: int) -> None:
    """Let makers leave whose loss has reached its limit, and return whose time has come.

    A maker that lost all it had does not return.
    """
    for m in range(makers.shape[0]):
        if makers.quoting[m] > 0.0:
            makers.peak[m] = max(makers.peak[m], makers.equity[m])
            if makers.peak[m] - makers.equity[m] > makers.loss_limit[m] * makers.capital[m]:
                makers.quoting[m], makers.unwinding[m] = 0.0, conduct.unwind
                makers.wait[m] = conduct.away - conduct.longer * np.log(uniform(conduct.key, step, m))
                makers.withdrawals[m] += 1.0
        else:
            makers.wait[m] -= 1.0
            if makers.wait[m] <= 0.0 and makers.equity[m] > 0.0:
                makers.quoting[m], makers.unwinding[m] = 1.0, 0.0
                makers.scale[m] *= conduct.back
                makers.peak[m] = makers.equity[m]
