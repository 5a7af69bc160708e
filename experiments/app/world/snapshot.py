"""A snapshot: the plain numbers from which one frame is drawn, taken between two steps.

It holds lists, numbers and text alone, shares nothing with the running model, and no series in it has more than
``thin.MOST`` points; so it may be drawn, sent or kept while the model steps on. Money is in millions of USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.ledger import BAD_DEBT, TREASURY
from agents.exchange.exchange import listings_of
from agents.protocol.protocol import CAUSES, DEFAULTED
from experiments.app.world.health import funds, healths, on_call, pots
from experiments.app.world.thin import bucket, flows, points
from experiments.app.world.trace import LAYERS, REGIME, ROWS, UNPAID
from experiments.app.world.world import SIDES, Side, World
from model.ecosystem import Ecosystem
from model.measure.record import ASSET_SERIES, ECOSYSTEM_SERIES, PROTOCOL_SERIES

MILLION = 1e-6
STRIDES = 24
"""Parts of a window by which the axes move on; the labels stand still in between."""
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
    """One kind of money that pays losses, all protocols together, $M."""

    title: str
    left: float
    paid: float  # out of it, so far


class SideShot(NamedTuple):
    """What is drawn of one side."""

    name: str
    title: str
    members: list[Member]
    edges: list[Edge]
    layers: list[Layer]
    payers: list[tuple[str, float]]  # $M so far, by layer
    price: Points  # USD, of the asset looked at
    depth: Points  # $M per unit log price, of that asset
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
    first: int  # first and last step on the axes
    last: int
    asset: str  # the one whose price and depth are drawn
    fundamental: Points  # USD, of that asset on side A; the same on B unless impact is permanent
    sides: tuple[SideShot, SideShot]
    difference: dict[str, Points]  # $M, A less B
    bar: int = 1  # steps of which a bar of flows is the sum


class View(NamedTuple):
    """What of the run is drawn: the asset, and how many steps up to the present; 0 for the whole run."""

    asset: int = 0
    window: int = 240


def snapshot(world: World, view: View = View()) -> Snapshot:  # noqa: B008
    """Return the present state of `world` as plain numbers."""
    a, b = world.sides
    first, last = axis(world.clock, world.horizon, view.window)
    k = min(view.asset, len(a.ecosystem.assets) - 1)
    return Snapshot(
        clock=world.clock,
        horizon=world.horizon,
        minutes=world.minutes,
        first=first,
        last=last,
        asset=a.ecosystem.assets[k],
        fundamental=points(asset_series(a, "fundamental", k, first), first=first),
        sides=(side_shot(a, SIDES[0], k, first), side_shot(b, SIDES[1], k, first)),
        difference=difference(a, b, first),
        bar=bucket(max(world.clock - first, 0)),
    )


def axis(clock: int, horizon: int, window: int) -> tuple[int, int]:
    """Return the first and last step on the axes; they move in strides, once the window is full."""
    if not window:
        return 0, max(horizon, 1)
    stride = max(window // STRIDES, 1)
    last = max(min(-(-clock // stride) * stride, horizon), min(window, horizon), 1)
    return max(last - window, 0), last


def side_shot(side: Side, name: str, k: int, first: int) -> SideShot:
    """Return what is drawn of one side, series from step `first` on, price and depth of asset `k`.

    Parameters
    ----------
    side : one world.
    name : of its arrangement.
    k : index of the asset.
    first : step the series begin at.
    """
    record, steps = side.ecosystem.record, side.ecosystem.clock
    mid = asset_series(side, "mid", k, first)
    pool = record.ecosystem[first:steps, ECOSYSTEM_SERIES.index("pool")]
    return SideShot(
        name=name,
        title=side.arrangement.title,
        members=members(side),
        edges=edges(side),
        layers=layers(side),
        payers=payers(side),
        price=points(mid, first=first),
        depth=points(asset_series(side, "depth", k, first) * mid, MILLION, first),
        liquidated=flows(total(side, "liquidated", first), MILLION, first),
        fund=points(total(side, "fund", first), MILLION, first),
        pool=points(pool, MILLION, first),
        uncovered=points(total(side, "uncovered", first), MILLION, first),
        totals=totals(side),
    )


def asset_series(side: Side, name: str, k: int, first: int) -> np.ndarray:
    """Return a series of asset `k` from step `first` on.

    Parameters
    ----------
    side : one world.
    name : of the series.
    k : index of the asset.
    first : step it begins at.
    """
    ecosystem = side.ecosystem
    return ecosystem.record.asset[first : ecosystem.clock, k, ASSET_SERIES.index(name)]


def total(side: Side, name: str, first: int) -> np.ndarray:
    """Return a protocol series from step `first` on, summed over protocols."""
    ecosystem = side.ecosystem
    return ecosystem.record.protocol[first : ecosystem.clock, :, PROTOCOL_SERIES.index(name)].sum(axis=1)


def members(side: Side) -> list[Member]:
    """Return the protocols."""
    ecosystem = side.ecosystem
    exchange, protocol = ecosystem.exchange, ecosystem.protocol
    listed = np.maximum(exchange.long_size, exchange.short_size) * exchange.mark
    interest, struck = (
        np.bincount(exchange.protocol, amounts, len(protocol))
        for amounts in (listed, exchange.liquidated_long + exchange.liquidated_short)
    )
    health, traded = healths(side), _traded(ecosystem)
    columns = (
        ecosystem.scenario.protocol.names("P"),
        traded,
        (interest * MILLION).tolist(),
        health.tolist(),
        (protocol.capital > 0).tolist(),
        (protocol.status == DEFAULTED).tolist(),
        protocol.wave.tolist(),
        [CAUSES[cause] for cause in protocol.cause.tolist()],
        (struck * MILLION).tolist(),
        (protocol.uncovered * MILLION).tolist(),
    )
    return [Member(*row) for row in zip(*columns, strict=True)]


def _traded(ecosystem: Ecosystem) -> list[str]:
    """Return the assets that each protocol lists."""
    exchange, number = ecosystem.exchange, len(ecosystem.protocol)
    listed = [exchange.asset[listings_of(exchange, i)].tolist() for i in range(number)]
    return [", ".join(ecosystem.assets[k] for k in assets) for assets in listed]


def edges(side: Side) -> list[Edge]:
    """Return the exposures."""
    now = side.ecosystem.contagion.liabilities
    pairs = zip(*np.nonzero(side.debts), strict=True)
    return [Edge(int(i), int(j), float(side.debts[i, j]) * MILLION, bool(now[i, j] > 0)) for i, j in pairs]


def layers(side: Side) -> list[Layer]:
    """Return what is left in, and was paid out of, every layer that pays losses.

    The layers: own funds with survivors' contributions; treasury committed as skin; pools with claims next to the
    waterfall; capital on call where members keep some; and the rest of the treasuries.
    """
    protocol, balance, called = side.ecosystem.protocol, side.ecosystem.ledger.own, on_call(side)
    skin = np.minimum(protocol.skin, np.maximum(balance[TREASURY] - called, 0.0))
    held = {
        "own funds": (funds(side), protocol.paid_fund + protocol.paid_mutual),
        "skin": (skin, protocol.paid_skin),
        "pool": (pots(side), protocol.paid_pool + protocol.reimbursed),
    }
    if side.ecosystem.structure.on_call.any():
        held["on call"] = called, protocol.paid_assessment
    held["treasury"] = balance[TREASURY] - skin - called, protocol.paid_treasury
    return [
        Layer(title, float(left.sum()) * MILLION, float(paid.sum()) * MILLION) for title, (left, paid) in held.items()
    ]


def payers(side: Side) -> list[tuple[str, float]]:
    """Return what each layer paid so far, $M; bad debt is what is outstanding."""
    step = side.ecosystem.clock - 1
    paid = side.trace.paid[step].sum(axis=1) if step >= 0 else np.zeros(len(LAYERS))
    return [(name, float(amount) * MILLION) for name, amount in zip(LAYERS, paid, strict=True)]


def totals(side: Side) -> dict[str, float]:
    """Return the numbers of the summary sentence, money in $M."""
    ecosystem = side.ecosystem
    protocol, balance = ecosystem.protocol, ecosystem.ledger.balance
    return {
        "deficit": float(protocol.deficit.sum()) * MILLION,
        "trader_deficit": float(protocol.trader_deficit.sum()) * MILLION,
        "vault_deficit": float(protocol.vault_deficit.sum()) * MILLION,
        "exploit_loss": float(protocol.exploit_loss.sum()) * MILLION,
        "backstop_loss": float(protocol.backstop_loss.sum()) * MILLION,
        "uncovered": float(protocol.uncovered.sum()) * MILLION,
        "bad_debt": float(-balance[BAD_DEBT].sum()) * MILLION,
        "capital": float(funds(side).sum() + pots(side).sum() + on_call(side).sum()) * MILLION,
        "exhausted": float((protocol.exhausted_step >= 0).sum()),
        "defaults": float((protocol.status == DEFAULTED).sum()),
        "haircut_accounts": float(np.count_nonzero(ecosystem.accounts.haircut)),
        "liquidations": float(ecosystem.record.total("liquidations", ecosystem.clock).sum()),
    }


def difference(a: Side, b: Side, first: int) -> dict[str, Points]:
    """Return the running differences, A less B, $M, from step `first` on."""
    steps = a.ecosystem.clock
    apart = total(a, "uncovered", first) - total(b, "uncovered", first)
    curves = {"uncovered loss": points(apart, MILLION, first)}
    for name in (REGIME, UNPAID):
        row = ROWS[name]
        apart = (a.trace.paid[first:steps, row] - b.trace.paid[first:steps, row]).sum(axis=1)
        curves[name] = points(apart, MILLION, first)
    return curves
