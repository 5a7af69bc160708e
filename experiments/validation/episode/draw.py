"""Draws on funds and vaults: recorded figures, and the functions that give ours.

Recorded (sources in docs/validation.md): BitMEX's fund fell from 35.5k to 33.9k BTC in March 2020, Deribit's from 391
to 183 BTC; on 10 October 2025 Binance's fell by $184M to $188M (15.7 % of it), Hyperliquid's traders left a deficit of
$15.1M and $2.103bn were deleveraged, of an open interest of some $14bn, which fell by 54 %; its vault earned $40M,
Lighter's lost 5.35 %.

Ours are shares too, all protocols together: of the funds, of open interest at the start, of the vaults' capital. Single
venues stand in :mod:`experiments.validation.episode.fund_draw`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.ecosystem import Ecosystem

MILLION = 1e6
HYPERLIQUID_INTEREST = 14.0e9  # USD; $2.103bn deleveraged were 15 % of it
type Finder = Callable[["Ecosystem"], float]


def trader_deficit(run: "Ecosystem") -> float:
    """Return what traders left unpaid, USD."""
    return run.summary()["trader_deficit"]


def fund_change(run: "Ecosystem") -> float:
    """Return the change of all funds over what they held, income included."""
    summary = run.summary()
    return summary["capital_end"] / summary["capital"] - 1.0


def fund_gain(run: "Ecosystem") -> float:
    """Return the same change in USD million."""
    summary = run.summary()
    return (summary["capital_end"] - summary["capital"]) / MILLION


def liquidated(run: "Ecosystem") -> float:
    """Return what was liquidated, USD million."""
    return run.summary()["liquidated"] / MILLION


def vault_gain(run: "Ecosystem") -> float:
    """Return what the vaults gained, USD million."""
    return run.summary()["vault_profit"] / MILLION


def deficit_share(run: "Ecosystem") -> float:
    """Return traders' deficit over open interest."""
    return trader_deficit(run) / interest(run)


def deleveraged_share(run: "Ecosystem") -> float:
    """Return notional taken from deleveraged accounts over open interest."""
    return float(run.accounts.deleveraged.sum()) / interest(run)


def interest_lost(run: "Ecosystem") -> float:
    """Return the fall of open interest in USD, of longs or shorts, whichever are more, over that at the start."""
    exchange = run.exchange
    left = float((np.maximum(exchange.long_size, exchange.short_size) * exchange.mark).sum())
    return 1.0 - left / interest(run)


def vault_profit(run: "Ecosystem") -> float:
    """Return what the vaults gained over their capital."""
    capital = float(run.exchange.vault_start.sum())
    return run.summary()["vault_profit"] / capital if capital > 0 else np.nan


def vault_profit_share(run: "Ecosystem") -> float:
    """Return what the vaults gained over open interest."""
    return run.summary()["vault_profit"] / interest(run)


def interest(run: "Ecosystem") -> float:
    """Return one-sided open interest at the start, USD."""
    return float(run.protocol.open_interest.sum())


def ratio(recorded: float, ours: float) -> str:
    """Return ours over the record as text, and where they differ in sign, that."""
    if not np.isfinite(ours) or recorded == 0.0:
        return "-"
    quotient = ours / recorded + 0.0  # never −0.0
    return f"{quotient:.2g}" if quotient >= 0.0 else "other sign"
