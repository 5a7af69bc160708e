"""The transport: play, pause, step, back, reset, speed, seed and the time line."""

from collections.abc import Callable
from typing import Any

import solara


@solara.component_vue("transport.vue")
def Transport(  # noqa: N802
    clock: int,
    horizon: int,
    minutes: float,
    playing: bool,
    speed: float,
    speeds: list[float],
    seed: int | None = None,
    problem: str = "",
    busy: bool = False,
    kept: str = "",
    event_play: Callable[[bool], None] | None = None,
    event_seek: Callable[[int], None] | None = None,
    event_reset: Callable[[Any], None] | None = None,
    event_pace: Callable[[float], None] | None = None,
    event_reseed: Callable[[str], None] | None = None,
) -> None:
    """Show where the clock stands and take the visitor's input.

    Parameters
    ----------
    clock : steps done so far.
    horizon : steps of the run.
    minutes : length of a step.
    playing : whether the world steps.
    speed : steps a second while playing, > 0.
    speeds : speeds to choose from, steps a second.
    seed : of the run; without one there is no seed box.
    problem : why the last seed was not accepted.
    busy : whether the clock is on its way to a step that was asked for.
    kept : the configuration for the address of the page, which a page that is loaded again starts from.
    event_play : called with whether to play.
    event_seek : called with the step to go to.
    event_reset : called to begin again.
    event_pace : called with the new speed, steps a second.
    event_reseed : called with the new seed, as text.
    """
