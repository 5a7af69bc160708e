"""The live view: the two worlds, their controls, and what was clicked."""

import base64
from collections.abc import Callable
from functools import cache
from typing import Any

import solara

from experiments.app.arrangement import Arrangement, presets, regimes, structures
from experiments.app.chart.network import HEALTH
from experiments.app.chart.stage import LIVE, drawing, headline, places, stage
from experiments.app.configuration import from_query
from experiments.app.control import controls, groups, parse
from experiments.app.export import EXPORTS, MIME
from experiments.app.intervention import EVERY, KINDS, Intervention
from experiments.app.player import Frame
from experiments.app.session import Session
from experiments.app.upload import LARGEST_PRICES
from experiments.app.view.detail import Detail
from experiments.app.widget.choice import Choice
from experiments.app.widget.shelf import Shelf
from experiments.app.widget.stage import Stage
from experiments.app.widget.transport import Transport
from model.episode import EPISODES

SPEEDS = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 1000.0]
WINDOWS = {"4 hours": 240, "1 hour": 60, "whole run": 0}


def use_session(make: Callable[[Callable[[Frame], None]], Session]) -> tuple[Session, Any]:
    """Return a session of this visitor's own, playing while the view is shown, and its newest frame."""
    frame: Any = solara.use_reactive(None)
    session = solara.use_memo(lambda: make(frame.set), [])

    def life() -> Callable[[], None]:
        session.player.start()
        return session.close

    solara.use_effect(life, [])
    return session, frame


def opened(publish: Callable[[Frame], None], query: str) -> Session:
    """Return a session as the address asks for, or the usual one."""
    if "c=" not in query:
        return Session(publish)
    try:
        return Session(publish, from_query(query))
    except ValueError as error:
        session = Session(publish)
        session.problems["load"] = str(error)
        return session


@solara.component
def Live(query: str = "") -> None:  # noqa: N802
    """Show the two worlds, everything that can be set, and the details of what was clicked."""
    session, frame = use_session(lambda publish: opened(publish, query))
    version = solara.use_reactive(0)
    picked: Any = solara.use_reactive({})

    def after(wish: Callable[..., Any]) -> Callable[..., None]:
        def done(*given: Any) -> None:
            wish(*given)
            version.set(version.value + 1)

        return done

    with solara.v.Html(tag="div", class_="bs-body"):
        with solara.v.Html(tag="div", class_="bs-main-area"):
            LiveTransport(session, frame, version, after)
            Note(frame)
            Bar(session, picked, version, after)
            LiveStage(session, frame, picked.set)
            Detail(session, frame, picked)
        with solara.v.Html(tag="aside", class_="bs-aside"):
            LiveShelf(session, version, after)


@solara.component
def LiveTransport(session: Session, frame: Any, version: Any, after: Callable[..., Any]) -> None:  # noqa: N802
    """Show the time controls."""
    player, shot = session.player, frame.value.shot if frame.value else None
    version.get()

    def pace(speed: float) -> None:
        player.speed = min(max(float(speed), 0.1), 1000.0)

    Transport(
        clock=shot.clock if shot else 0,
        horizon=session.world.horizon,
        minutes=session.world.minutes,
        playing=player.playing,
        speed=player.speed,
        speeds=SPEEDS,
        seed=session.configuration.changes.get("seed", 1),
        problem=session.problems.get("seed", ""),
        event_play=after(lambda on: player.play(bool(on))),
        event_seek=after(lambda step: player.seek(int(step))),
        event_reset=after(lambda _: session.reset()),
        event_pace=after(pace),
        event_reseed=after(lambda text: session.reseed(str(text))),
    )


@solara.component
def Note(frame: Any) -> None:  # noqa: N802
    """Say in one sentence what the two arrangements have come to."""
    text = headline(frame.value.shot) if frame.value else "Preparing the two worlds …"
    solara.v.Html(tag="div", class_="bs-note", attributes={"aria-live": "polite"}, children=[text])


@solara.component
def Bar(session: Session, picked: Any, version: Any, after: Callable[..., Any]) -> None:  # noqa: N802
    """Choose asset, window and what is looked at closely; without a mouse as well."""
    version.get()
    player, view = session.player, session.player.view
    assets = list(session.world.sides[0].ecosystem.assets)
    names = [f"P{i}" for i in range(session.configuration.scenario.protocol.number)]
    shown = next(name for name, steps in WINDOWS.items() if steps == view.window)
    here = f"P{picked.value['protocol']}" if "protocol" in picked.value else ""
    asset = assets[min(view.asset, len(assets) - 1)]
    by_name = after(lambda name: player.look(player.view._replace(asset=assets.index(name))))
    with solara.v.Html(tag="div", class_="bs-bar"):
        Choice("Asset", assets, asset, by_name)
        Choice("Window", list(WINDOWS), shown, after(lambda name: player.look(view._replace(window=WINDOWS[name]))))
        Choice("Look into", ["", *names], here, lambda name: picked.set({"protocol": int(name[1:])} if name else {}))
        HealthKey()


@solara.component
def HealthKey() -> None:  # noqa: N802
    """Explain the colours of the network."""
    swatch = [
        solara.v.Html(
            tag="span",
            class_="bs-swatch",
            style_=f"background: linear-gradient(90deg, {', '.join(HEALTH)}); width: 90px",
        )
    ]
    words = ["backstop empty", *swatch, "full · size: open interest · orange rim: liquidations · square: default"]
    solara.v.Html(tag="span", class_="bs-key", children=words)


@solara.component
def LiveStage(session: Session, frame: Any, pick: Callable[[dict[str, int]], None]) -> None:  # noqa: N802
    """Draw the newest frame."""
    newest = frame.value
    if newest is None:
        return

    def picked(event: dict[str, Any]) -> None:
        if "step" in event:
            pick({"step": int(event["step"])})
        elif event.get("kind") == "node":
            pick({"protocol": int(str(event["name"])[1:])})

    charts = stage(newest.shot, LIVE)
    Stage(
        charts=places(charts),
        frame=drawing(newest.number, charts),
        label="the two worlds",
        event_drawn=lambda number: session.player.drawn(int(number)),
        event_picked=picked,
    )


@solara.component
def LiveShelf(session: Session, version: Any, after: Callable[..., Any]) -> None:  # noqa: N802
    """Show everything that can be set."""
    version.get()
    link = solara.use_reactive("")
    file: Any = solara.use_reactive({})
    chosen = session.configuration
    Shelf(
        **shelf_state(session),
        link=link.value,
        download=file.value,
        event_arrange=after(lambda given: session.arrange(given.pop("side"), Arrangement(**given))),
        event_change=after(lambda given: change(session, given)),
        event_restore=after(lambda _: session.restore()),
        event_choose_episode=after(session.choose_episode),
        event_upload=after(lambda given: session.upload(given["name"], base64.b64decode(given["data"]))),
        event_load=after(lambda given: session.load(given["name"], base64.b64decode(given["data"]))),
        event_intervene=after(lambda given: session.intervene(intervention(given))),
        event_share=lambda _: link.set(chosen.to_query()),
        event_fetch=after(lambda kind: file.set(fetched(session, kind, len(file.value) and file.value["number"]))),
    )


def shelf_state(session: Session) -> dict[str, Any]:
    """Return what the shelf shows of a session."""
    chosen, changes = session.configuration, session.configuration.changes
    replayed = changes.get("price.process") == "episode"
    return {
        "sides": [{"side": side, **getattr(chosen, side)._asdict()} for side in ("a", "b")],
        "choices": {"structure": list(structures()), "regime": list(regimes()), "preset": list(presets())},
        "groups": shelves(),
        "values": {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()},
        "problems": dict(session.problems),
        "kinds": [{"name": name, **kind._asdict(), "alter": None} for name, kind in KINDS.items()],
        "done": [described(done, session) for done in chosen.interventions],
        "targets": targets(session),
        "episode": changes.get("price.episode", "") if replayed else "",
        "episodes": [{"name": name, "title": episode.title} for name, episode in EPISODES.items()],
        "limit": LARGEST_PRICES,
    }


@cache
def shelves() -> list[dict[str, Any]]:
    """Return all groups of controls as the browser reads them."""
    return [{**group._asdict(), "controls": [item._asdict() for item in group.controls]} for group in groups()]


def targets(session: Session) -> dict[str, list[str]]:
    """Return the names of what interventions can strike."""
    ecosystem = session.world.sides[0].ecosystem
    return {"asset": list(ecosystem.assets), "protocol": [f"P{i}" for i in range(len(ecosystem.protocol))]}


def described(done: Intervention, session: Session) -> str:
    """Return an intervention in words."""
    kind = KINDS[done.kind]
    names = targets(session)[kind.aim]
    where = "all" if done.target == EVERY or done.target >= len(names) else names[done.target]
    return f"step {done.step}: {kind.title} {done.size:g}, {where}"


def intervention(given: dict[str, Any]) -> Intervention:
    """Return the intervention a visitor asked for; its step is set when it is done."""
    size = given.get("size")
    size = float(size) if isinstance(size, (int, float)) else float("nan")
    return Intervention(str(given["kind"]), 0, size, int(given["target"]), int(given.get("length") or 1))


def change(session: Session, given: dict[str, Any]) -> bool:
    """Set one parameter to a value, or to what was typed."""
    name = str(given["name"])
    if "text" not in given:
        return session.change(name, given["value"])
    return session.change_text(name, lambda: parse(controls()[name], str(given["text"])))


def fetched(session: Session, kind: str, number: int) -> dict[str, Any]:
    """Return a file to be saved by the browser; `number` is that of the last one."""
    with session.player.lock:
        content = session.configuration.to_toml().encode() if kind == "toml" else EXPORTS[kind](session.world)
    data = base64.b64encode(content).decode()
    return {"name": f"backstop.{kind}", "mime": MIME[kind], "data": data, "number": number + 1}
