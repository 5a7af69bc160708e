"""The live view: the two worlds, their controls, and what was clicked."""

from collections.abc import Callable
from typing import Any

import reacton.core
import solara

from experiments.app.chart.stage import LIVE, drawing, headline, places, stage
from experiments.app.palette import HEALTH
from experiments.app.session.configuration import Configuration, from_query
from experiments.app.session.player import Frame
from experiments.app.session.session import Session
from experiments.app.view.detail import Detail
from experiments.app.view.setting import LiveShelf
from experiments.app.widget.choice import Choice
from experiments.app.widget.stage import Stage
from experiments.app.widget.transport import Transport
from experiments.app.world.wave import largest, meant

SPEEDS = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 1000.0]
WINDOWS = {"4 hours": 240, "1 hour": 60, "whole run": 0}


def use_session(make: Callable[[Callable[[Frame], None]], Session]) -> tuple[Session, Any]:
    """Return a session of this visitor's own, playing while the view is shown, and its newest frame."""
    frame: Any = solara.use_reactive(None)
    page = reacton.core.get_render_context()

    def publish(newest: Frame) -> None:
        with page:  # one pass over the page, however many of its parts show the frame
            frame.set(newest)

    session = solara.use_memo(lambda: make(publish), [])

    def life() -> Callable[[], None]:
        session.player.start()
        return session.close

    solara.use_effect(life, [])
    return session, frame


def opened(publish: Callable[[Frame], None], query: str) -> Session:
    """Return the session that the address describes, or one that says why it cannot be opened."""
    if "c=" not in query:
        return Session(publish)
    try:
        return Session(publish, from_query(query))
    except ValueError as error:
        session = Session(publish)
        session.refused = "; ".join(getattr(error, "problems", None) or [str(error)])
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

    instead = solara.use_reactive(False)
    if session.refused and not instead.value:
        Refused(session.refused, lambda: instead.set(True))
        return
    with solara.v.Html(tag="div", class_="bs-body"):
        with solara.v.Html(tag="div", class_="bs-main-area"):
            LiveTransport(session, frame, version, after)
            Note(frame)
            Bar(session, frame, picked, version, after)
            LiveStage(session, frame, picked.set)
            Detail(session, frame, picked)
        with solara.v.Html(tag="aside", class_="bs-aside"):
            LiveShelf(session, version, after)


@solara.component
def Refused(why: str, go_on: Callable[[], None]) -> None:  # noqa: N802
    """Say that a link cannot be opened, and show nothing in its place unless asked to."""
    with solara.v.Html(tag="div", class_="bs-body"), solara.v.Html(tag="div", class_="bs-full bs-main-area"):
        words = f"This link cannot be opened: {why}"
        attributes = {"role": "alert", "data-problem": "link"}
        solara.v.Html(tag="p", class_="bs-problem", attributes=attributes, children=[words])
        solara.v.Html(
            tag="p", class_="bs-help", children=["No run is shown, so that none is taken for that of the link."]
        )
        solara.Button("Open the page as it usually starts", on_click=go_on, text=True)


@solara.component
def LiveTransport(  # noqa: N802
    session: Session, frame: solara.Reactive[Any], version: solara.Reactive[int], after: Callable[..., Any]
) -> None:
    """Show the time controls.

    Parameters
    ----------
    session : of the visitor.
    frame : the newest frame.
    version : counts the visitor's wishes; a new one draws the controls again.
    after : makes a handler of an event that carries out a wish and counts it.
    """
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
        busy=player.goal is not None,
        kept="" if session.configuration == Configuration() else session.configuration.to_query(),
        event_play=after(lambda on: player.play(bool(on))),
        event_seek=after(lambda step: player.seek(int(step))),
        event_reset=after(lambda _: session.reset()),
        event_pace=after(pace),
        event_reseed=after(lambda text: session.reseed(str(text))),
    )


@solara.component
def Note(frame: solara.Reactive[Any]) -> None:  # noqa: N802
    """Say in one sentence which arrangement has left more uncovered so far."""
    text = headline(frame.value.shot) if frame.value else "Preparing the two worlds …"
    solara.v.Html(tag="div", class_="bs-note", attributes={"aria-live": "polite"}, children=[text])


@solara.component
def Bar(  # noqa: N802
    session: Session,
    frame: solara.Reactive[Any],
    picked: solara.Reactive[Any],
    version: solara.Reactive[int],
    after: Callable[..., Any],
) -> None:
    """Choose asset, window and the protocol or wave to show in detail, by keyboard as well.

    Parameters
    ----------
    session : of the visitor.
    frame : the newest frame.
    picked : the protocol or the step whose details are shown.
    version : counts the visitor's wishes; a new one draws the controls again.
    after : makes a handler of an event that carries out a wish and counts it.
    """
    version.get()
    player, view = session.player, session.player.view
    assets = list(session.world.sides[0].ecosystem.assets)
    names = session.configuration.scenario.protocol.names("P")
    shown = next(name for name, steps in WINDOWS.items() if steps == view.window)
    here = names[picked.value["protocol"]] if picked.value.get("protocol", len(names)) < len(names) else ""
    asset = assets[min(view.asset, len(assets) - 1)]
    by_name = after(lambda name: player.look(player.view._replace(asset=assets.index(name))))
    with solara.v.Html(tag="div", class_="bs-bar"):
        Choice("Asset", assets, asset, by_name)
        Choice("Window", list(WINDOWS), shown, after(lambda name: player.look(view._replace(window=WINDOWS[name]))))
        Choice(
            "Look into", ["", *names], here, lambda name: picked.set({"protocol": names.index(name)} if name else {})
        )
        WaveChoice(session, frame, picked)
        HealthKey()


@solara.component
def WaveChoice(session: Session, frame: solara.Reactive[Any], picked: solara.Reactive[Any]) -> None:  # noqa: N802
    """Choose one of the largest waves of liquidations; the list is renewed every few frames."""
    newest = frame.value
    fresh = newest.number if newest and not session.player.playing else (newest.number // 20 if newest else 0)

    def read() -> list[int]:
        with session.player.lock:
            return largest(session.world.sides[0])

    steps = solara.use_memo(read, [fresh])
    here = str(picked.value.get("step", ""))
    known = [str(step) for step in steps]
    shown = ["", *known, *([here] if here and here not in known else [])]
    Choice("Wave at step", shown, here, lambda step: picked.set({"step": int(step)} if step else {}))


@solara.component
def HealthKey() -> None:  # noqa: N802
    """Explain the colours of the network."""
    swatch = [
        solara.v.Html(
            tag="span",
            class_="bs-swatch",
            style_=f"background: linear-gradient(90deg, {', '.join(HEALTH)}); width: 70px",
        )
    ]
    words = ["empty", *swatch, "full · rim: liquidations · square: default"]
    solara.v.Html(tag="span", class_="bs-key", children=words)


@solara.component
def LiveStage(session: Session, frame: solara.Reactive[Any], pick: Callable[[dict[str, int]], None]) -> None:  # noqa: N802
    """Draw the newest frame."""
    newest = frame.value
    if newest is None:
        return

    def picked(event: dict[str, Any]) -> None:
        if "step" in event:
            with session.player.lock:
                pick({"step": meant(session.world.sides, newest.shot.first, newest.shot.bar, int(event["step"]))})
        elif event.get("kind") == "node":
            called = [member.name for member in newest.shot.sides[0].members]
            pick({"protocol": called.index(str(event["name"]))})

    charts = stage(newest.shot, LIVE)
    Stage(
        charts=places(charts),
        frame=drawing(newest.number, charts),
        label="the two worlds",
        event_drawn=lambda number: session.player.drawn(int(number)),
        event_picked=picked,
    )
