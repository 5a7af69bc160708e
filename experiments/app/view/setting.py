"""The shelf of the live view: what it shows of a session, and how a visitor's input is applied."""

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import solara

from experiments.app.control import controls, groups, parse
from experiments.app.export import EXPORTS, MIME
from experiments.app.session.configuration import as_tuple, flat
from experiments.app.session.session import Session
from experiments.app.session.upload import LARGEST_PRICES
from experiments.app.widget.shelf import Shelf
from experiments.app.world.arrangement import Arrangement, presets, readable, regimes, structures
from experiments.app.world.intervention import EVERY, KINDS, Intervention
from model.scenario.episode import EPISODES
from model.scenario.parameter import Value


@solara.component
def LiveShelf(session: Session, version: solara.Reactive[int], after: Callable[..., Any]) -> None:  # noqa: N802
    """Show everything that can be set."""
    version.get()
    link = solara.use_reactive("")
    file: Any = solara.use_reactive({})
    chosen = session.configuration
    Shelf(
        **shelf_state(session),
        turn=version.value,
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
        "sides": [in_force(session, number) for number in range(2)],
        "overruled": overruled(session),
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


def in_force(session: Session, number: int) -> dict[str, str]:
    """Return the arrangement of a side with the structure and regime that run there, a preset's where it has one."""
    backstop = session.world.sides[number].ecosystem.scenario.backstop
    chosen = (session.configuration.a, session.configuration.b)[number]
    running = chosen._replace(structure=backstop.structure, regime=backstop.regime)
    return {"side": "ab"[number], **running._asdict()}


def overruled(session: Session) -> dict[str, str]:
    """Return, for every parameter that a preset overrides, what runs on its side."""
    overruling: dict[str, list[str]] = {}
    for number, side in enumerate((session.configuration.a, session.configuration.b)):
        shared = dict(flat(session.world.shared.model_dump()))
        for name, value in side.changes().items() if side.preset else ():
            if name in controls() and shared.get(name) != as_tuple(value):
                overruling.setdefault(name, []).append(f"{'AB'[number]} runs {as_text(value)}, as its preset says")
    return {name: "; ".join(lines) for name, lines in overruling.items()}


def as_text(value: Value) -> str:
    """Return a value as a person would write it."""
    listed = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else readable(str(value))
    return listed or "nothing"


@cache
def shelves() -> str:
    """Return all groups of controls as one text, since Solara compares every list it is given at every frame."""
    shown = [{**group._asdict(), "controls": [item._asdict() for item in group.controls]} for group in groups()]
    return json.dumps(shown, separators=(",", ":"), ensure_ascii=False)


def targets(session: Session) -> dict[str, list[str]]:
    """Return the names of what interventions can strike."""
    ecosystem = session.world.sides[0].ecosystem
    return {"asset": list(ecosystem.assets), "protocol": list(ecosystem.scenario.protocol.names("P"))}


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
