"""How metrics move with each field of a sweep: means at its values or in eight bins of a range, over all else."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import Look, caption, legend_above, looks, new_figure
from experiments.statistics.headline_metrics import Headline

if TYPE_CHECKING:
    from experiments.report.swept import Swept

LEVELS, BINS, COLUMNS = 12, 8, 4
ABREAST = 3  # most words that fit next to each other
STRUCTURE = "backstop.structure"


def draw(swept: "Swept") -> Figure:
    """Draw a row per metric, a column per field, a line per structure."""
    fields = [name for name in swept.fields if name != STRUCTURE and swept.runs[name].nunique() > 1][:COLUMNS]
    fields = fields or list(swept.fields[:1])
    figure, panels = new_figure(len(swept.lines), len(fields), 0.9 + 1.6 * len(swept.lines), sharey="row")
    split = STRUCTURE in swept.fields and fields != [STRUCTURE]
    groups = dict(list(swept.runs.groupby(STRUCTURE, sort=False))) if split else {"all runs": swept.runs}
    for index, panel in enumerate(panels):
        row, column = divmod(index, len(fields))
        _panel(panel, swept, groups, (fields[column], swept.lines[row]))
        if column == 0:
            panel.set_ylabel(f"{swept.lines[row].label}\n[{swept.lines[row].unit}]", fontsize=7.5)
        if row == len(swept.lines) - 1:
            panel.set_xlabel(fields[column])
        _turn_words(panel, swept.runs[fields[column]], row == len(swept.lines) - 1)
    legend_above(figure, panels[0])
    caption(
        figure,
        "Means at a value, or in an eighth of the range, over all else; 95 % interval over replications\n"
        "(exact for shares of runs, bootstrap-t for other means; none where too few runs differ).",
    )
    return figure


def _panel(panel: Axes, swept: "Swept", groups: dict[str, pd.DataFrame], shown: tuple[str, Headline]) -> None:
    for (name, runs), look in zip(groups.items(), looks(list(groups)).values(), strict=True):
        _line(panel, swept, runs, shown, (name, look))


def _turn_words(panel: Axes, values: pd.Series, last: bool) -> None:
    """Write many words upwards, and once below the column."""
    if not pd.api.types.is_numeric_dtype(values) and values.nunique() > ABREAST:
        panel.tick_params(axis="x", labelrotation=90, labelsize=7, labelbottom=last)


def _line(
    panel: Axes, swept: "Swept", runs: pd.DataFrame, shown: tuple[str, Headline], named: tuple[str, Look]
) -> None:
    (field, line), (name, look) = shown, named
    # Runs of one replication share their shocks, so a replication counts once.
    means = runs[line.metric].groupby([_places(runs[field]), runs["replication"]], sort=True).mean()
    estimates = {position: swept.mean(line.metric, values) for position, values in means.groupby(level=0)}
    places = list(estimates)
    mean, low, high = (line.factor * np.array([item[k] for item in estimates.values()]) for k in range(3))
    panel.vlines(places, low, high, color=look.colour, linewidth=1.0)
    panel.plot(places, mean, look.marker, linestyle=look.dash, color=look.colour, markersize=4, label=name)


def _places(values: pd.Series) -> pd.Series:
    """Return the position of each run on the axis: its value, its word, or the middle of its bin."""
    if values.nunique() <= LEVELS or not pd.api.types.is_numeric_dtype(values):
        return values
    bins = pd.cut(values, BINS)
    return bins.map(lambda bin_: bin_.mid).astype(float)
