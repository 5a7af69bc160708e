"""The stage: a grid of charts drawn by ECharts, which reports when a frame is on the screen."""

from collections.abc import Callable
from typing import Any

import solara

from experiments.app.palette import THEMES


@solara.component_vue("stage.vue")
def Stage(  # noqa: N802
    charts: list[dict[str, Any]],
    frame: str,
    label: str = "charts",
    colours: dict[str, dict[str, str]] = THEMES,
    event_drawn: Callable[[int], None] | None = None,
    event_picked: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Draw `frame` (:func:`experiments.app.chart.stage.drawing`) on the places of `charts`.

    Parameters
    ----------
    charts : keys, titles and widths of the charts, before anything is drawn.
    frame : what the charts show (:func:`experiments.app.chart.stage.drawing`).
    label : of the grid, for a screen reader.
    colours : theme → colour by name.
    event_drawn : called with the number of every frame that has been drawn.
    event_picked : called with the chart, the name and the step of what was clicked.
    """
