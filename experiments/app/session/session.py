"""A session: one visitor's configuration, worlds and player. Nothing in it is shared with another visitor.

Every request of the page is a method here. One that cannot be carried out changes nothing and records its reason in
`problems`, under the name of the control it came from; the page shows it there.
"""

from collections.abc import Callable
from typing import Any

from experiments.app.control import controls
from experiments.app.session.configuration import START, Configuration
from experiments.app.session.limit import require_moderate, require_short
from experiments.app.session.player import Frame, Player
from experiments.app.session.upload import Uploads, configuration
from experiments.app.world.arrangement import Arrangement
from experiments.app.world.intervention import Intervention
from experiments.app.world.world import World
from model.scenario.parameter import Value

OPENING = 395
"""Step at which the page opens: a quarter of an hour before the default episode's crash."""


class Session:
    """One visitor.

    Parameters
    ----------
    publish : called with every frame, from the player's thread.
    chosen : the configuration to begin with.
    step : the step to begin at; none for shortly before the default episode's crash, and 0 of anything else.

    Attributes
    ----------
    problems : control → what is wrong there, in plain words.
    refused : why the link cannot be opened; empty where it can, or there is none.
    """

    def __init__(
        self, publish: Callable[[Frame], None], chosen: Configuration | None = None, step: int | None = None
    ) -> None:
        self.configuration = chosen or Configuration()
        self.problems: dict[str, str] = {}
        self.refused = ""
        self.uploads = Uploads()
        self.player = Player(build(self.configuration), publish)
        usual = START.items() <= self.configuration.changes.items()
        self.player.seek(step if step is not None else OPENING * usual)

    @property
    def world(self) -> World:
        """The two worlds as they are now."""
        return self.player.world

    def close(self) -> None:
        """Stop stepping and forget all uploads."""
        self.player.stop()
        self.uploads.close()

    def change(self, name: str, value: Value) -> bool:
        """Set a parameter and bring the new worlds to the present step; return whether it was accepted."""
        return self.change_text(name, lambda: value)

    def change_text(self, name: str, read: Callable[[], Any]) -> bool:
        """Set a parameter to what `read` makes of a text; it may raise ValueError."""
        return self._adopt(name, lambda: self._changed(name, read))

    def restore(self) -> None:
        """Give every parameter its default again; the arrangements stay."""
        self.problems.clear()
        self._adopt("load", lambda: self.configuration._replace(changes=START, interventions=()))

    def arrange(self, side: str, arrangement: Arrangement) -> bool:
        """Set the arrangement of side ``a`` or ``b``."""
        chosen: dict[str, Any] = {"b" if side == "b" else "a": arrangement}
        return self._adopt(side, lambda: self.configuration._replace(**chosen))

    def reseed(self, text: str) -> bool:
        """Set the seed, given as text, and begin again."""
        return self._adopt("seed", lambda: self.configuration.changed("seed", whole_number(text)), step=0)

    def load(self, name: str, content: bytes) -> bool:
        """Set everything as saved in a file."""
        return self._adopt("load", lambda: configuration(name, content))

    def upload(self, name: str, content: bytes) -> bool:
        """Replay an uploaded price file from its beginning."""
        granted = self._adopt("upload", lambda: self._with_prices(name, content), step=0)
        self.uploads.keep(self.configuration.changes.get("price.files", ()))
        return granted

    def choose_episode(self, name: str) -> bool:
        """Replay a named episode."""
        kept = {key: value for key, value in self.configuration.changes.items() if not key.startswith("price.")}
        prices = {"price.process": "episode", "price.episode": name}
        return self._adopt("episode", lambda: self.configuration._replace(changes={**kept, **prices}), step=0)

    def intervene(self, done: Intervention) -> bool:
        """Apply an intervention to both worlds, in the coming step."""
        return self._attempt("intervention", lambda: self._do(done))

    def reset(self) -> None:
        """Begin again, without interventions."""
        with self.player.lock:
            self.player.play(False)
            self.world.reset()
            self.configuration = self.configuration._replace(interventions=())
        self.player.seek(0)

    def _changed(self, name: str, read: Callable[[], Any]) -> Configuration:
        """Return the configuration with a parameter set that the page has a control for, and so no file's name."""
        if name != "seed" and name not in controls():
            raise ValueError(f"{name}: is not set here")
        return self.configuration.changed(name, read())

    def _do(self, done: Intervention) -> None:
        with self.player.lock:
            require_short(self.configuration._replace(interventions=(*self.world.interventions, done)))
            self.world.intervene(done._replace(step=self.world.clock))
            self.configuration = self.configuration._replace(interventions=tuple(self.world.interventions))
        self.player.poke()

    def _with_prices(self, name: str, content: bytes) -> Configuration:
        path = self.uploads.prices(name, content)
        files = {"price.process": "replay", "price.files": (str(path),), "price.names": ()}
        return self.configuration._replace(changes={**self.configuration.changes, **files}, interventions=())

    def _adopt(self, control: str, choose: Callable[[], Configuration], step: int | None = None) -> bool:
        return self._attempt(control, lambda: self._switch(choose(), step))

    def _switch(self, chosen: Configuration, step: int | None) -> None:
        world = build(chosen)
        self.configuration = chosen
        now = self.world.clock if self.player.goal is None else self.player.goal
        self.player.replace(world, now if step is None else step)

    def _attempt(self, control: str, action: Callable[[], None]) -> bool:
        self.problems.pop(control, None)
        try:
            action()
        except ValueError as error:
            self.problems[control] = "; ".join(getattr(error, "problems", None) or [str(error)])
            return False
        return True


def build(chosen: Configuration) -> World:
    """Return the worlds of a configuration, at their beginning; raises ScenarioError or another ValueError."""
    steps = require_moderate(chosen)
    world = World(chosen.scenario, (chosen.a, chosen.b), chosen.replication)
    for done in chosen.interventions:
        if done.step < steps:
            world.intervene(done)
    return world


def whole_number(text: str) -> int:
    """Return the seed that `text` says; ValueError in plain words where it is not one."""
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"{text!r} is no whole number") from None
    if not 0 <= number < 2**63:
        raise ValueError(f"{number}: a whole number from 0 on is needed")
    return number
