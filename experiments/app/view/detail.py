"""Details of what was clicked: a protocol on both sides, or a wave of liquidations."""

from typing import Any

import solara

from experiments.app.chart.histogram import histogram
from experiments.app.chart.stage import drawing, places
from experiments.app.session.session import Session
from experiments.app.view.table import Table
from experiments.app.widget.stage import Stage
from experiments.app.world.account_sheet import DISTANCE_EDGES, LEVERAGE_EDGES, AccountSheet, account_sheet, labels
from experiments.app.world.wave import Wave, wave
from experiments.app.world.world import SIDES

EVERY = 10
REMAINDER = 1e-8
"""$M; smaller amounts are rounding."""


@solara.component
def Detail(session: Session, frame: solara.Reactive[Any], picked: solara.Reactive[Any]) -> None:  # noqa: N802
    """Show the details of what was picked; while the worlds run they are refreshed every few frames."""
    number = frame.value.number if frame.value else 0
    fresh = number if not session.player.playing else number // EVERY
    chosen = dict(picked.value)
    if not chosen or not number:
        solara.v.Html(
            tag="p",
            class_="bs-help",
            children=["Click a protocol for its balance sheet, or a bar of liquidations for its wave."],
        )
        return
    with solara.v.Html(tag="section", class_="bs-note", attributes={"data-detail": next(iter(chosen))}):
        if "protocol" in chosen:
            ProtocolDetail(session, min(chosen["protocol"], len(session.world.sides[0].ecosystem.protocol) - 1), fresh)
        else:
            WaveDetail(session, chosen["step"], fresh)


@solara.component
def ProtocolDetail(session: Session, i: int, fresh: int) -> None:  # noqa: N802
    """Show balance sheet, accounts and treaty of one protocol on both sides."""

    def read() -> list[AccountSheet]:
        with session.player.lock:
            return [account_sheet(side, i) for side in session.world.sides]

    a, b = solara.use_memo(read, [i, fresh, id(session.world)])
    name = called(session)[i]
    solara.v.Html(tag="h3", children=[f"Protocol {name}"])
    with solara.v.Html(tag="div", class_="bs-two"):
        rows = [[name, money(x), money(y)] for (name, x), (_, y) in zip(a.balance, b.balance, strict=True)]
        Table("Balance sheet, $M", ["", *SIDES], rows)
        terms = [[name, x, y] for (name, x), (_, y) in zip(a.treaty, b.treaty, strict=True)]
        Table("Treaty and claims", ["", *SIDES], terms)
    charts = [
        histogram("leverage", "Accounts by leverage", labels(LEVERAGE_EDGES), (a.leverage, b.leverage)),
        histogram(
            "distance",
            "Accounts by distance to liquidation, %",
            labels(DISTANCE_EDGES, 100.0),
            (a.distance, b.distance),
        ),
    ]
    Stage(charts=places(charts), frame=drawing(fresh + 1, charts), label=f"accounts of {name}")
    with solara.v.Html(tag="div", class_="bs-two bs-dense"):
        for side, sheet in zip(SIDES, (a, b), strict=True):
            Table(f"Largest accounts, {side}", LARGEST_HEADING, [largest_row(*holding) for holding in sheet.largest])


LARGEST_HEADING = ["account", "position $M", "leverage", "to liquidation", "equity $M", "haircut $M", "strategy"]


def largest_row(
    name: str, notional: float, leverage: float, distance: float, equity: float, haircut: float, strategy: str
) -> list[str]:
    """Return one account as text.

    Parameters
    ----------
    name : of the account.
    notional : size of the position, $M, short < 0.
    leverage : notional over equity, 1.
    distance : relative move of the mark to liquidation, 1.
    equity : $M.
    haircut : others' losses borne so far, $M >= 0.
    strategy : of the trader.
    """
    return [
        name,
        money(notional),
        f"{leverage:.1f}",
        f"{100 * distance:.1f} %",
        money(equity),
        money(haircut),
        strategy,
    ]


@solara.component
def WaveDetail(session: Session, step: int, fresh: int) -> None:  # noqa: N802
    """Show who was hit by a wave, what each layer paid and who bore the rest."""

    def read() -> list[Wave | None]:
        with session.player.lock:
            return [wave(side, step) for side in session.world.sides]

    waves = solara.use_memo(read, [step, fresh, id(session.world)])
    with solara.v.Html(tag="div", class_="bs-two"):
        for name, item in zip(SIDES, waves, strict=True):
            with solara.v.Html(tag="div"):
                WaveSide(name, item, called(session))


@solara.component
def WaveSide(name: str, item: Wave | None, protocols: tuple[str, ...]) -> None:  # noqa: N802
    """Show a wave on one side; `protocols` are their names."""
    if item is None:
        solara.v.Html(tag="p", children=[f"{name}: nothing has been liquidated so far."])
        return
    heading = f"{name}: steps {item.first} to {item.last}, ${sum(item.liquidated):.2f}M, {100 * item.longs:.0f} % longs"
    columns = zip(item.liquidated, item.positions, item.deficit, item.vault_deficit, strict=True)
    rows = [
        [protocols[i], money(value), f"{number:.0f}", money(deficit - vault), money(vault)]
        for i, (value, number, deficit, vault) in enumerate(columns)
    ]
    head = ["hit", "liquidated $M", "positions", "traders' deficit $M", "vault's deficit $M"]
    Table(heading, head, [row for row in rows if row[2] != "0" or row[4] != "0.00"])
    Table("What each layer paid, $M", ["", "paid"], [[layer, money(paid)] for layer, paid in item.layers])
    borne = [[strategy, money(amount)] for strategy, amount in item.bearers]
    Table(f"Who bore the rest, $M ({item.accounts} accounts so far)", ["", "borne"], borne)


def called(session: Session) -> tuple[str, ...]:
    """Return what the protocols of the running worlds are called."""
    return session.world.shared.protocol.names("P")


def money(value: float) -> str:
    """Return millions in hundredths, and say where there is less than half of one."""
    if abs(value) < REMAINDER:
        return "0.00"
    if abs(value) < 0.005:
        return "< 0.01" if value > 0 else "> −0.01"
    return f"{value:,.2f}"
