r"""A leveraged position in a linear perpetual, isolated margin.

Position of q contracts (short < 0) at entry price p₀, collateral c ≥ 0, mark price p, cumulative funding per contract
Φ (Φ₀ when the position was last settled). Its equity is

    e = c + q (p − p₀) − q (Φ − Φ₀)                                                            (1)

It is liquidated when e < m |q| p, with m the maintenance margin, and bankrupt at the price where e = 0. With the
**level** of the position

    ℓ = p₀ − Φ₀ − c / q                                                                        (2)

its bankruptcy price net of funding, a constant between trades, the liquidation test of a long is ℓ > p (1 − m) − Φ and
of a short ℓ < p (1 + m) − Φ: one constant of the position against one number of the market.

The **cash value** x = c − q (p₀ − Φ₀) is what the account would owe or own if its contracts were worthless; equity is
x + q (p − Φ), so that summed over both sides of every trade the prices cancel: this is what the ledger counts.

Units: contracts, USD per contract, USD.
"""

from agents.core.kernel import rule

DUST = 1e-9


@rule
def equity(collateral: float, size: float, entry: float, mark: float, funding: float) -> float:
    """Return equity (1), USD; `funding` is Φ − Φ₀, USD per contract owed by a long.

    Parameters
    ----------
    collateral : USD, >= 0.
    size : contracts, short < 0.
    entry, mark : USD per contract.
    funding : USD per contract, either sign.
    """
    return collateral + size * (mark - entry) - size * funding


@rule
def bankruptcy_price(entry: float, size: float, collateral: float) -> float:
    """Return the price at which equity is zero, p₀ − c/q, funding aside.

    A 50× long at 10 000 is bankrupt at 9 800 (BitMEX, published example).
    """
    return entry - collateral / size


@rule
def liquidation_price(entry: float, size: float, collateral: float, maintenance: float) -> float:
    """Return the price at which equity is just the maintenance margin, (p₀ − c/q) / (1 − s m), s the sign of q.

    The same as Hyperliquid's published ``price − side · margin_available / size / (1 − l · side)``.

    Parameters
    ----------
    entry : USD per contract.
    size : contracts, short < 0, not 0.
    collateral : USD, >= 0.
    maintenance : m, fraction of notional, in (0, 1).

    Returns
    -------
    USD per contract; <= 0 for a long whose collateral is no less than its entry value.
    """
    side = 1.0 if size > 0 else -1.0
    return bankruptcy_price(entry, size, collateral) / (1.0 - side * maintenance)


@rule
def level(collateral: float, size: float, entry: float, entry_funding: float) -> float:
    """Return the level (2), USD per contract; zero for a flat account.

    Parameters
    ----------
    collateral : USD, >= 0.
    size : contracts, short < 0.
    entry : USD per contract.
    entry_funding : Φ₀, USD per contract, either sign.
    """
    return 0.0 if size == 0.0 else entry - entry_funding - collateral / size


@rule
def long_threshold(mark: float, maintenance: float, funding_index: float) -> float:
    """Return the level above which a long is liquidated, p (1 − m) − Φ."""
    return mark * (1.0 - maintenance) - funding_index


@rule
def short_threshold(mark: float, maintenance: float, funding_index: float) -> float:
    """Return the level below which a short is liquidated, p (1 + m) − Φ."""
    return mark * (1.0 + maintenance) - funding_index


@rule
def after_fill(size: float, entry: float, traded: float, price: float) -> tuple[float, float, float]:
    """Return size, entry price and realised profit after `traded` contracts were bought at `price`.

    Adding averages the entry price; reducing realises profit on what is closed; crossing zero closes all and opens
    the rest at `price`. Average-cost accounting, as on every perpetual venue.

    Parameters
    ----------
    size : contracts before the trade, short < 0.
    entry : their average entry price, USD per contract.
    traded : contracts, sale < 0.
    price : USD per contract.

    Returns
    -------
    size : contracts, short < 0.
    entry : USD per contract.
    profit : USD, loss < 0, before fees.
    """
    kept = size + traded
    if size * traded >= 0.0:
        return kept, (price if kept == 0.0 else (size * entry + traded * price) / kept), 0.0
    if size * kept > 0.0:
        return kept, entry, -traded * (price - entry)
    return kept, price, size * (price - entry)


@rule
def closed_of(size: float, contracts: float) -> float:
    """Return how many contracts of a position are closed of `contracts` >= 0 ordered: all where only dust is left.

    A position sold in parts leaves the rounding of their sum; dust is a 1e-9th of the position.
    """
    whole = abs(size)
    return whole if contracts >= whole * (1.0 - DUST) else contracts


@rule
def filled(size: float, order: float) -> float:
    """Return the contracts bought by an `order` (sale < 0): just the position where that closes it but for dust."""
    return -size if size != 0.0 and abs(size + order) <= DUST * abs(size) else order
