"""A haircut on a position: equity is taken from an account without closing it.

Unrealised profit is taken by moving the entry price towards the mark, e' = e − h with p₀' = p₀ + h / q, so that posted
collateral is never touched and never negative. A haircut trader may lower its leverage appetite in proportion to the
fraction of equity it lost.
"""

from typing import Any

from agents.account import touch
from agents.kernel import rule


@rule
def unrealised(accounts: Any, exchange: Any, row: int, i: int) -> float:
    """Return the unrealised profit of a row at protocol `i`, funding deducted, USD."""
    owed = exchange.funding_index[i] - accounts.entry_funding[row]
    return accounts.size[row] * (exchange.mark[i] - accounts.entry_price[row] - owed)


@rule
def cut_profit(venue: Any, row: int, amount: float, equity: float, reaction: float) -> None:
    """Take `amount` USD of unrealised profit from a row whose equity is `equity`; the caller books it."""
    accounts = venue.accounts
    accounts.entry_price[row] += amount / accounts.size[row]
    accounts.haircut[row] += amount
    accounts.realised[row] -= amount
    accounts.leverage[row] *= 1.0 - reaction * min(amount / equity, 1.0)
    touch(accounts, venue.blocks, row)
