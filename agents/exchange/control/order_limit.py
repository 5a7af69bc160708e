"""What a venue lets through of the orders waiting: nothing while it is halted, no growth beyond its open-interest cap.

The cap bounds each side's open interest, in USD at the mark before the orders are filled. An order is split into the
part that reduces the position and the part x that adds to it; adding parts of a side are cut alike when together they
ask for more than the room left,

    share = min(1, (cap / p − side's contracts)⁺ / Σ x)                                        (1)

so nobody's fill depends on who came first, and what others close in the same step makes room only in the next.
A vault that is the other side of all trades can cap what a move may cost it: at full skew, all open interest on one
side, the worst move m of the price costs C m, so that a share ρ of its capital V is not exceeded by

    C = ρ V / m                                                                                (2)

Reducing is always allowed. Published caps: dYdX v4 liquidity tiers (0.5 to 100 M USD by tier), GMX (2 M and 1 M USD
after September 2022), Mars ((2) with ρ = 0.3, m the worst move in six hours, parameters being reset every three months:
here V is the vault's capital at the start; Mars caps the net of both sides so, here it is each side).
"""

import numpy as np

from agents.core.kernel import inline, rule
from agents.core.table import Accounts, Exchanges


@inline
def added(size: float, order: float) -> float:
    """Return the part of an order that adds to a position or opens one, contracts, sale < 0."""
    if size * order >= 0.0:
        return order
    return size + order if abs(order) > abs(size) else 0.0


@inline
def share_of_room(room: float, asked: float) -> float:
    """Return (1), the share of what is asked that the room left allows, in [0, 1]."""
    return min(max(room, 0.0) / asked, 1.0) if asked > 0.0 else 1.0


@rule
def skew_cap(risk: float, capital: float, move: float) -> float:
    """Return (2), the open interest of which the worst move costs that share of the vault, USD; inf without one.

    Parameters
    ----------
    risk : ρ, in [0, 1]; 0: no cap.
    capital : V, USD >= 0; 0: no vault.
    move : m, > 0, as a fraction of the price.
    """
    return risk * capital / move if risk > 0.0 and capital > 0.0 else np.inf


@inline
def is_limited(exchange: Exchanges) -> bool:
    """Tell whether any venue is halted or has a cap."""
    limited, halts, caps = False, exchange.halt, exchange.interest_cap
    for i in range(exchange.shape[0]):
        limited = limited or halts[i] > 0.0 or caps[i] < np.inf
    return limited


@inline
def room(exchange: Exchanges, i: int, side: int) -> float:
    """Return the contracts by which a side (0 longs, 1 shorts) may grow."""
    size = exchange.short_size[i] if side else exchange.long_size[i]
    return exchange.interest_cap[i] / exchange.mark[i] - size


@rule
def limit_orders(accounts: Accounts, exchange: Exchanges, rows: np.ndarray) -> None:
    """Cut the orders waiting in `rows` to what their venues let through."""
    sizes, orders = accounts.size, accounts.order
    slots = sizes.shape[0] // exchange.shape[0]
    longs, shorts = exchange.asked_long, exchange.asked_short
    for i in range(exchange.shape[0]):
        longs[i] = shorts[i] = 0.0
    for row in rows:
        extra = added(sizes[row], orders[row])
        longs[row // slots] += max(extra, 0.0)
        shorts[row // slots] += max(-extra, 0.0)
    for row in rows:
        i, extra = row // slots, added(sizes[row], orders[row])
        side = int(extra < 0.0)
        asked = shorts[i] if side else longs[i]
        orders[row] -= extra * (1.0 - share_of_room(room(exchange, i, side), asked))
        if exchange.halt[i] > 0.0:
            orders[row] = 0.0
