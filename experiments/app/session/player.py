"""The player: it steps a world at a set speed and publishes a frame only when the last one was drawn.

Stepping and drawing are decoupled. The player's thread steps the world; a frame is taken from the newest state when
the browser has reported that the one before is on the screen. A slow browser so skips states but is never more than
one frame behind, and a browser that has gone away, or hides the page, soon stops the stepping as well.
"""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from experiments.app.world.snapshot import Snapshot, View, snapshot
from experiments.app.world.world import World

BUDGET = 0.02
"""Seconds of stepping before the browser is checked again."""
PATIENCE = 2.0
"""Seconds after which a frame that was not reported as drawn counts as lost, and the next is published."""
ABANDONED = 6.0
"""Seconds without a report after which the world is no longer stepped."""
IDLE = 0.25
SHORTEST = 1.0 / 60.0
"""Seconds between two frames, whatever the browser says of the first."""


class Frame(NamedTuple):
    """A published snapshot with its number, 1 for the first."""

    number: int
    shot: Snapshot


class Player:
    """Plays one world in a thread of its own.

    Parameters
    ----------
    world : the world to step.
    publish : called with every frame, from the player's thread.

    Attributes
    ----------
    lock : held while the world is touched.
    speed : steps a second while playing.
    view : what of the run is drawn.
    last : step at which playing stops; none for the end of the run.
    """

    def __init__(self, world: World, publish: Callable[[Frame], None]) -> None:
        self.world, self.publish = world, publish
        self.lock = threading.RLock()
        self.speed, self.view = 10.0, View()
        self.playing = False
        self.goal: int | None = None
        self.last: int | None = None
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._published = self._drawn = 0
        self._published_at = self._drawn_at = self._stepped_at = time.monotonic()
        self._dirty = True

    def start(self) -> threading.Thread:
        """Begin; the first frame is published at once."""
        thread = threading.Thread(target=self.run, name="player", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End the thread, for good."""
        self._stopped.set()
        self._wake.set()

    def play(self, on: bool) -> None:
        """Play or pause."""
        self.playing, self.goal = on, None
        self._stepped_at = time.monotonic()
        self.poke()

    def seek(self, step: int) -> None:
        """Go to any step: at once where it has been passed, forward as fast as it goes, with frames on the way."""
        with self.lock:
            goal = min(max(step, 0), self.world.horizon)
            self.world.near(goal)
            self.goal = goal
        self.poke()

    def replace(self, world: World, step: int) -> None:
        """Play another world from now on, brought to `step`."""
        with self.lock:
            self.world = world
            self.goal = min(step, world.horizon)
        self.poke()

    def look(self, view: View) -> None:
        """Draw another part of the run."""
        self.view = view
        self.poke()

    def poke(self) -> None:
        """Ask for a new frame: something has changed."""
        self._dirty = True
        self._wake.set()

    def drawn(self, number: int) -> None:
        """Note that the browser has drawn a frame; ignore a number that was never sent."""
        if not self._drawn < number <= self._published:
            return
        self._drawn, self._drawn_at = number, time.monotonic()
        self._wake.set()

    def run(self) -> None:
        """Step and publish until stopped."""
        while not self._stopped.is_set():
            self._wake.wait(self._nap())
            self._wake.clear()
            self._advance()
            self._show()

    def _nap(self) -> float:
        if self.goal is not None and not (self._abandoned() or self._opening()):
            return 0.0
        soon = self._published_at + SHORTEST - time.monotonic()
        if self._dirty and soon > 0:
            return soon
        due = self._stepped_at + 1.0 / self.speed - time.monotonic()
        return min(max(due, 0.0), IDLE) if self.playing and not self._abandoned() else IDLE

    def _abandoned(self) -> bool:
        late = self._published > self._drawn
        return late and time.monotonic() - max(self._published_at, self._drawn_at) > ABANDONED - PATIENCE

    def _opening(self) -> bool:
        """Tell whether the first frame is still being drawn; a seek waits for it, so that the page shows early."""
        return self.goal is not None and self._drawn == 0 and time.monotonic() - self._published_at < PATIENCE

    def _advance(self) -> None:
        if self._abandoned() or self._opening():
            self._stepped_at = time.monotonic()
            return
        with self.lock:
            before = self.world.clock
            self._step_while(time.monotonic() + BUDGET)
            self._dirty |= self.world.clock != before
            if self.goal is not None and self.world.clock >= self.goal:
                self.goal, self._dirty = None, True
                self._stepped_at = time.monotonic()
            if self._ended() and self.playing:
                self.playing, self._dirty = False, True

    def _step_while(self, deadline: float) -> None:
        while time.monotonic() < deadline and not self.world.over and self._due():
            self.world.step()

    def _due(self) -> bool:
        """Tell whether a step is due, and count it as done."""
        if self.goal is not None:
            return self.world.clock < self.goal
        now, pause = time.monotonic(), 1.0 / self.speed
        if not self.playing or self._ended() or now - self._stepped_at < pause:
            return False
        self._stepped_at = max(self._stepped_at + pause, now - BUDGET)
        return True

    def _ended(self) -> bool:
        return self.world.over or (self.last is not None and self.world.clock >= self.last)

    def _show(self) -> None:
        age = time.monotonic() - self._published_at
        waiting = age < (PATIENCE if self._published > self._drawn else SHORTEST * (self._published > 0))
        if waiting or not self._dirty or self._abandoned():
            return
        with self.lock:
            self._dirty = False
            shot = snapshot(self.world, self.view)
        self._published += 1
        self._published_at = time.monotonic()
        self.publish(Frame(self._published, shot))
