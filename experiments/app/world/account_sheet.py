"""What is shown of one protocol: balance sheet, accounts by leverage and distance, the largest, and its treaty.

With funding index Φ and level ℓ a position is bankrupt at ℓ + Φ (:mod:`agents.account.position`) and liquidated at the
price that leaves it just its maintenance margin (:func:`agents.account.margin_tier.edge_price`); the distance is the
relative move of the mark that gets there. Money is in millions of USD.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from agents.account.margin_tier import edge_price
from agents.core.ledger import BAD_DEBT, FUND, POOL, TREASURY
from agents.core.table import Tiers
from agents.exchange.exchange import listings_of
from agents.trader.strategy import STRATEGIES
from experiments.app.world.snapshot import MILLION
from experiments.app.world.world import Side

LARGEST = 8
LEVERAGE_EDGES = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 50.0)
DISTANCE_EDGES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
Array = np.ndarray


class Holding(NamedTuple):
    """One account."""

    name: str
    notional: float  # $M, short < 0
    leverage: float  # 1
    distance: float  # 1, relative move of the mark to liquidation
    equity: float  # $M
    haircut: float  # $M of others' losses borne so far
    strategy: str


class AccountSheet(NamedTuple):
    """One protocol on one side."""

    balance: list[tuple[str, float]]  # $M
    leverage: list[int]  # accounts between LEVERAGE_EDGES, the last open
    distance: list[int]  # accounts between DISTANCE_EDGES, the last open
    largest: list[Holding]
    treaty: list[tuple[str, str]]


def account_sheet(side: Side, i: int) -> AccountSheet:
    """Return what is shown of protocol `i`."""
    held = holdings(side, i)
    leverage, distance = held["leverage"], held["distance"]
    return AccountSheet(
        balance(side, i),
        counts(leverage, LEVERAGE_EDGES),
        counts(distance, DISTANCE_EDGES),
        largest(held),
        treaty(side, i),
    )


def balance(side: Side, i: int) -> list[tuple[str, float]]:
    """Return assets and, below zero, debts of protocol `i`."""
    ecosystem = side.ecosystem
    sheet, owed = ecosystem.ledger.balance, ecosystem.contagion.liabilities
    listings = listings_of(ecosystem.exchange, i)
    rows = [
        ("treasury", sheet[TREASURY, i]),
        ("own insurance fund", sheet[FUND, i]),
        ("entitlement in the pool", np.asarray(ecosystem.structure.entitlement)[i]),
        ("owed by other protocols", owed[:, i].sum()),
        ("owed to other protocols", -owed[i].sum()),
        ("bad debt", sheet[BAD_DEBT, i]),
        ("vault of its providers", ecosystem.vault_equity()[listings].sum()),
        ("collateral of its traders", ecosystem.exchange.collateral[listings].sum()),
    ]
    return [(name, float(amount) * MILLION) for name, amount in rows]


def holdings(side: Side, i: int) -> dict[str, Array]:
    """Return the open accounts of protocol `i`, column by column, USD."""
    ecosystem = side.ecosystem
    listings, exchange = listings_of(ecosystem.exchange, i), ecosystem.exchange
    first, last = ecosystem.slots(listings.start)[0], ecosystem.slots(listings.stop - 1)[1]
    column = {name: getattr(ecosystem.accounts, name)[first:last] for name in ACCOUNT_COLUMNS}
    rows = np.flatnonzero(column["size"])
    kept = {name: values[rows] for name, values in column.items()}
    at, size = listings.start + rows // ecosystem.slots_per_listing, kept["size"]
    mark, funding = exchange.mark[at], exchange.funding_index[at]
    equity = kept["collateral"] + size * (mark - kept["entry_price"] - funding + kept["entry_funding"])
    notional = size * mark
    leverage = np.divide(np.abs(notional), equity, out=np.full(len(size), np.inf), where=equity > 0)
    distance = distances(kept["level"] + funding, size, mark, exchange.maintenance[at], ecosystem.tiers)
    return {**kept, "slot": rows, "equity": equity, "notional": notional, "leverage": leverage, "distance": distance}


ACCOUNT_COLUMNS = ("size", "collateral", "entry_price", "entry_funding", "level", "haircut", "strategy")


def distances(bankruptcy: Array, size: Array, mark: Array, maintenance: Array, tiers: Tiers) -> Array:
    """Return the relative move of the mark that liquidates each position, zero where it is due.

    Parameters
    ----------
    bankruptcy : (n,) USD per contract, price at which equity is zero.
    size : (n,) contracts, short < 0.
    mark : (n,) USD per contract, > 0.
    maintenance : (n,) 1, maintenance margin over notional, of the first tier.
    tiers : the schedule of margins.
    """
    positions = zip(bankruptcy.tolist(), size.tolist(), maintenance.tolist(), strict=True)
    price = np.array([edge_price(*position, tiers) for position in positions])
    return np.maximum(np.sign(size) * (mark - price) / mark, 0.0)


def counts(values: Array, edges: tuple[float, ...]) -> list[int]:
    """Return how many values lie between the edges, the last interval open above."""
    return [int(number) for number in np.histogram(values, (*edges, np.inf))[0]]


def labels(edges: tuple[float, ...], scale: float = 1.0) -> list[str]:
    """Return the names of the intervals between `edges`."""
    inner = [f"{scale * low:g}–{scale * high:g}" for low, high in pairwise(edges)]
    return [*inner, f"> {scale * edges[-1]:g}"]


def largest(held: dict[str, Array]) -> list[Holding]:
    """Return the accounts with the largest positions."""
    names, order = tuple(STRATEGIES), np.argsort(-np.abs(held["notional"]), kind="stable")[:LARGEST]
    return [
        Holding(
            str(int(held["slot"][row])),
            float(held["notional"][row]) * MILLION,
            float(held["leverage"][row]),
            float(held["distance"][row]),
            float(held["equity"][row]) * MILLION,
            float(held["haircut"][row]) * MILLION,
            names[int(held["strategy"][row])],
        )
        for row in order.tolist()
    ]


def treaty(side: Side, i: int) -> list[tuple[str, str]]:
    """Return what protocol `i` has a right to, and what it has drawn."""
    ecosystem = side.ecosystem
    protocol, terms = ecosystem.protocol, ecosystem.scenario.backstop
    closed = ecosystem.exchange.vault_closed[listings_of(ecosystem.exchange, i)]
    rows: list[tuple[str, Any]] = [
        ("arrangement", side.arrangement.title),
        ("claims are settled", terms.settlement.replace("_", " ")),
        ("capital allotted at the start", f"${protocol.capital[i] * MILLION:.2f}M"),
        ("pool's capital", f"${ecosystem.ledger.balance[POOL].sum() * MILLION:.2f}M"),
        ("claims paid by the pool", f"${protocol.paid_pool[i] * MILLION:.2f}M"),
        ("losses below bankruptcy", f"${protocol.deficit[i] * MILLION:.2f}M"),
        ("of them, left by traders", f"${protocol.trader_deficit[i] * MILLION:.2f}M"),
        ("of them, the vault's beyond its equity", f"${protocol.vault_deficit[i] * MILLION:.2f}M"),
        ("of them, exploits", f"${protocol.exploit_loss[i] * MILLION:.2f}M"),
        ("its vault", "closed: a successor trades" if closed.any() else "open"),
        ("left uncovered", f"${protocol.uncovered[i] * MILLION:.2f}M"),
    ]
    return [(name, str(value)) for name, value in rows]
