"""The learn view: a guided scene with its text, its formula and the worlds it plays in."""

from collections.abc import Callable
from functools import partial
from typing import Any

import solara

from experiments.app.chart.stage import SCENE, drawing, places, stage
from experiments.app.session.player import Frame
from experiments.app.session.scene import SCENES, Scene
from experiments.app.session.session import Session
from experiments.app.view.live import use_session
from experiments.app.widget.stage import Stage
from experiments.app.widget.transport import Transport
from experiments.app.world.snapshot import View

PACE = 4.0
WINDOW = 0


@solara.component
def Learn(query: str = "") -> None:  # noqa: N802
    """Choose one of the scenes and play it."""
    number = solara.use_reactive(0)
    with solara.v.Html(tag="div", class_="bs-body"), solara.v.Html(tag="div", class_="bs-full bs-scene"):
        with solara.v.Html(tag="nav", class_="bs-bar", attributes={"aria-label": "scenes"}):
            for index, scene in enumerate(SCENES):
                SceneButton(scene.title, index == number.value, partial(number.set, index))
        Guided(SCENES[number.value]).key(SCENES[number.value].name)


@solara.component
def SceneButton(title: str, chosen: bool, choose: Callable[[], None]) -> None:  # noqa: N802
    """Show the button of one scene."""
    look = ["bs-chosen"] if chosen else []
    solara.Button(title, on_click=choose, text=True, classes=look, attributes={"aria-pressed": str(chosen).lower()})


@solara.component
def Guided(scene: Scene) -> None:  # noqa: N802
    """Play one scene to its end and say how it ended."""
    session, frame = use_session(lambda publish: opened(publish, scene))
    shot = frame.value.shot if frame.value else None
    over = shot is not None and shot.clock >= scene.end
    with solara.v.Html(tag="section", class_="bs-note", attributes={"data-scene": scene.name}):
        solara.v.Html(tag="p", children=[scene.text])
        solara.v.Html(tag="div", class_="bs-formula", children=[scene.formula])
        if over:
            Ending(session, scene)
        else:
            solara.v.Html(tag="p", class_="bs-help bs-ending", children=["Play to the end to see what comes of it."])
    if shot is None:
        return
    SceneTransport(session, scene, frame)
    charts = stage(shot, SCENE)
    Stage(
        charts=places(charts),
        frame=drawing(frame.value.number, charts),
        label=scene.title,
        event_drawn=lambda number: session.player.drawn(int(number)),
    )


@solara.component
def Ending(session: Session, scene: Scene) -> None:  # noqa: N802
    """Say how the scene ended, and that it did so as promised."""

    def read() -> bool:
        with session.player.lock:
            return session.world.clock >= scene.end and scene.claim(session.world)

    kept = solara.use_memo(read, [scene.name])
    attributes = {"data-ending": str(kept).lower(), "role": "status"}
    words = f"✓ {scene.ending}" if kept else "The scene has not come to its end."
    solara.v.Html(
        tag="p", class_="bs-ending", attributes=attributes, children=[solara.v.Html(tag="strong", children=[words])]
    )


@solara.component
def SceneTransport(session: Session, scene: Scene, frame: solara.Reactive[Any]) -> None:  # noqa: N802
    """Show the time controls of a scene."""
    player, version = session.player, solara.use_reactive(0)

    def after(wish: Callable[[Any], Any]) -> Callable[[Any], None]:
        def done(given: object) -> None:
            wish(given)
            version.set(version.value + 1)

        return done

    Transport(
        clock=frame.value.shot.clock,
        horizon=scene.end,
        minutes=session.world.minutes,
        playing=player.playing,
        speed=player.speed,
        speeds=[1.0, 2.0, PACE, 10.0],
        event_play=after(lambda on: player.play(bool(on))),
        event_seek=after(lambda step: player.seek(min(int(step), scene.end))),
        event_reset=after(lambda _: restart(session)),
        event_pace=after(lambda speed: setattr(player, "speed", min(max(float(speed), 0.1), 100.0))),
    )


def opened(publish: Callable[[Frame], None], scene: Scene) -> Session:
    """Return a session that plays a scene and stops at its end."""
    session = Session(publish, scene.configuration, step=0)
    session.player.last = scene.end
    session.player.speed, session.player.view = PACE, View(0, WINDOW)
    return session


def restart(session: Session) -> None:
    """Begin the scene again; its interventions happen again."""
    session.player.play(False)
    session.player.seek(0)
