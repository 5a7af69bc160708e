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
    """Show where the clock stands and take the visitor's wishes; without a `seed` there is no seed box.

    The address becomes `kept`: a page that is loaded again, by hand or after the server was started again, has the
    configuration it had, and offers to run to where it was. `busy` tells that the clock is on its way to a step that
    was asked for.
    """
