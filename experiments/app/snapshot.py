"""A snapshot: the plain numbers from which one frame is drawn, taken between two steps.

It holds lists, numbers and text alone, shares nothing with the running model, and no series in it has more than
``thin.MOST`` points; so it may be drawn, sent or kept while the model steps on. Money is in millions of USD.
"""

from typing import NamedTuple

import numpy as np

from agents.ledger import BAD_DEBT, FUND, POOL, TREASURY
from agents.protocol import CAUSES, DEFAULTED
from experiments.app.thin import flows, points
from experiments.app.trace import LAYERS, UNPAID, layer_title
from experiments.app.world import SIDES, Side, World
from model.record import ASSET_SERIES, ECOSYSTEM_SERIES

MILLION = 1e-6
Points = list[list[float]]


class Member(NamedTuple):
    """One protocol: a node of the network."""

    name: str
    asset: str
    open_interest: float  # $M, one-sided, now
    health: float  # 1, backstop behind it over its start; 1 where there was none
    has_backstop: bool
    defaulted: bool
    wave: int  # of the default cascade, -1 for none
    cause: str
    liquidated: float  # $M in the last step
    uncovered: float  # $M so far


class Edge(NamedTuple):
    """Who owes whom: an edge of the network."""

    debtor: int
    creditor: int
    amount: float  # $M at the start
    open: bool  # False once the network was closed out


class Layer(NamedTuple):
    """A layer of the waterfall, all protocols together, $M."""

    title: str
    left: float
    paid: float


class SideShot(NamedTuple):
    """What is drawn of one side."""

    name: str
    title: str
    members: list[Member]
    edges: list[Edge]
    layers: list[Layer]
    payers: list[tuple[str, float]]  # $M so far, by layer
    price: list[Points]  # USD, per asset
    depth: list[Points]  # $M per unit log price, per asset
    liquidated: Points  # $M
    fund: Points  # $M
    pool: Points  # $M
    uncovered: Points  # $M so far
    totals: dict[str, float]


class Snapshot(NamedTuple):
    """One frame."""

    clock: int
    horizon: int
    minutes: float
    assets: tuple[str, ...]
    fundamental: list[Points]  # USD, per asset, the same on both sides unless impact is permanent
    sides: tuple[SideShot, SideShot]
    difference: dict[str, Points]  # $M, A less B


def snapshot(world: World) -> Snapshot:
    """Return the present state of `world` as plain numbers."""
    a, b = world.sides
    shots = (side_shot(a, SIDES[0]), side_shot(b, SIDES[1]))
    fundamental = [points(column) for column in asset_series(a, "fundamental")]
    return Snapshot(world.clock, world.horizon, world.minutes, a.ecosystem.assets, fundamental, shots, difference(a, b))


def side_shot(side: Side, name: str) -> SideShot:
    """Return what is drawn of one side."""
    record, steps = side.ecosystem.record, side.ecosystem.clock
    depth = zip(asset_series(side, "depth"), asset_series(side, "mid"), strict=True)
    return SideShot(
        name=name,
        title=side.arrangement.title,
        members=members(side),
        edges=edges(side),
        layers=layers(side),
        payers=payers(side),
        price=[points(column) for column in asset_series(side, "mid")],
        depth=[points(contracts * price, MILLION) for contracts, price in depth],
        liquidated=flows(record.total("liquidated", steps), MILLION),
        fund=points(record.total("fund", steps), MILLION),
        pool=points(record.ecosystem[:steps, ECOSYSTEM_SERIES.index("pool")], MILLION),
        uncovered=points(record.total("uncovered", steps), MILLION),
        totals=totals(side),
    )


def asset_series(side: Side, name: str) -> list[np.ndarray]:
    """Return a series of every asset so far, (steps,) each."""
    ecosystem, column = side.ecosystem, ASSET_SERIES.index(name)
    return [ecosystem.record.asset[: ecosystem.clock, k, column] for k in range(len(ecosystem.assets))]


def members(side: Side) -> list[Member]:
    """Return the protocols."""
    ecosystem = side.ecosystem
    exchange, protocol = ecosystem.exchange, ecosystem.protocol
    interest = np.maximum(exchange.long_size, exchange.short_size) * exchange.mark
    health, struck = healths(side), exchange.liquidated_long + exchange.liquidated_short
    return [
        Member(
            name=f"P{i}",
            asset=ecosystem.assets[int(exchange.asset[i])],
            open_interest=float(interest[i]) * MILLION,
            health=float(health[i]),
            has_backstop=bool(protocol.capital[i] > 0),
            defaulted=bool(protocol.status[i] == DEFAULTED),
            wave=int(protocol.wave[i]),
            cause=CAUSES[int(protocol.cause[i])],
            liquidated=float(struck[i]) * MILLION,
            uncovered=float(protocol.uncovered[i]) * MILLION,
        )
        for i in range(len(protocol))
    ]


def healths(side: Side) -> np.ndarray:
    """Return the backstop behind each protocol over its start, (protocols,): own fund and share of the pool.

    The pool is shared out in proportion to the capital each member put in, as everyone's recourse to it is.
    """
    ecosystem = side.ecosystem
    balance, capital = ecosystem.ledger.balance, ecosystem.protocol.capital
    total = capital.sum()
    if not total > 0:
        return np.ones(len(capital))
    behind = balance[FUND] + balance[POOL].sum() * capital / total
    return np.divide(behind, capital, out=np.ones(len(capital)), where=capital > 0)


def edges(side: Side) -> list[Edge]:
    """Return the exposures."""
    now = side.ecosystem.contagion.liabilities
    found = zip(*np.nonzero(side.debts), strict=True)
    return [Edge(int(i), int(j), float(side.debts[i, j]) * MILLION, bool(now[i, j] > 0)) for i, j in found]


def layers(side: Side) -> list[Layer]:
    """Return what is left in, and was paid by, every layer that holds money: funds, skin, pool, treasuries."""
    protocol, balance = side.ecosystem.protocol, side.ecosystem.ledger.balance
    skin = np.minimum(protocol.skin, balance[TREASURY])
    held = {
        "paid_fund": balance[FUND].sum(),
        "paid_skin": skin.sum(),
        "paid_pool": balance[POOL].sum(),
        "paid_treasury": balance[TREASURY].sum() - skin.sum(),
    }
    return [
        Layer(layer_title(name), float(left) * MILLION, float(getattr(protocol, name).sum()) * MILLION)
        for name, left in held.items()
    ]


def payers(side: Side) -> list[tuple[str, float]]:
    """Return who paid how much so far, layer by layer, $M; bad debt is what is outstanding."""
    step = side.ecosystem.clock - 1
    paid = side.trace.paid[step].sum(axis=1) if step >= 0 else np.zeros(len(LAYERS))
    return [(layer_title(name), float(amount) * MILLION) for name, amount in zip(LAYERS, paid, strict=True)]


def totals(side: Side) -> dict[str, float]:
    """Return the numbers of the headline, money in $M."""
    ecosystem = side.ecosystem
    protocol, balance = ecosystem.protocol, ecosystem.ledger.balance
    return {
        "deficit": float(protocol.deficit.sum()) * MILLION,
        "uncovered": float(protocol.uncovered.sum()) * MILLION,
        "bad_debt": float(-balance[BAD_DEBT].sum()) * MILLION,
        "capital": float(balance[FUND].sum() + balance[POOL].sum()) * MILLION,
        "exhausted": float((protocol.exhausted_step >= 0).sum()),
        "defaults": float((protocol.status == DEFAULTED).sum()),
        "haircut_accounts": float(np.count_nonzero(ecosystem.accounts.haircut)),
        "liquidations": float(ecosystem.record.total("liquidations", ecosystem.clock).sum()),
    }


def difference(a: Side, b: Side) -> dict[str, Points]:
    """Return the running differences, A less B, $M."""
    steps = a.ecosystem.clock
    uncovered = a.ecosystem.record.total("uncovered", steps) - b.ecosystem.record.total("uncovered", steps)
    found = {"uncovered loss": points(uncovered, MILLION)}
    for name in ("paid_regime", UNPAID):
        row = LAYERS.index(name)
        apart = (a.trace.paid[:steps, row] - b.trace.paid[:steps, row]).sum(axis=1)
        found[layer_title(name)] = points(apart, MILLION)
    return found
