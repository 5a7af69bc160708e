"""The way to the event: how probable it is that a run comes as near as each level, a line for every seed."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import GREY, Look, caption, legend_above, looks, new_figure
from experiments.study.rare.probability import interval
from experiments.study.rare.splitting.answer import Searched, SplitAnswer, SplitArrangement
from experiments.study.rare.splitting.fixed_effort import Floats, Split

ROOM = 0.08  # of the distance between the farthest and the nearest level, from there to the event


def draw(answer: SplitAnswer) -> Figure:
    """Return the probabilities to come as far as each level, with the event at the end."""
    figure, (panel,) = new_figure(1, 1, 3.2)
    end = _end(answer)
    panel.set_yscale("log")
    for arrangement, look in zip(answer.arrangements, looks(_names(answer)).values(), strict=True):
        _lines(panel, arrangement, look, end)
    panel.axvline(end, color=GREY, linewidth=0.8, linestyle=":")
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    panel.set_xlabel("distance to the event: move of all marks [standard deviations of a day]; at the end: the event")
    panel.set_ylabel("probability to come as near")
    legend_above(figure, panel)
    each = f"{answer.paths} paths a level, {answer.repetitions} repetitions"
    seeds = f"{len(answer.seeds)} seeds, a line each" if len(answer.seeds) > 1 else "one seed"
    caption(figure, f"{each} of {seeds}, band 95 %; dots: levels; dotted line: the event.")
    return figure


def passages(split: Split, levels: int) -> Floats:
    """Return (3, levels) the probability to come as far as each level and the ends of its 95 % interval.

    NaN where no repetition came as far; so is the interval of what all came to alike.
    """
    found = split.passages(levels)
    value, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))
    rows = [(mean, *interval(mean, spread, len(found) - 1.0)) for mean, spread in zip(value, error, strict=True)]
    return np.where(value > 0.0, np.array(rows).T, np.nan)


def _names(answer: SplitAnswer) -> list[str]:
    return [arrangement.name for arrangement in answer.arrangements]


def _end(answer: SplitAnswer) -> float:
    """Return where the event is drawn: a little nearer than the nearest level."""
    trials = [trial for arrangement in answer.arrangements for trial in arrangement.searched]
    levels = [level for trial in trials for level in trial.levels[:-1]] or [-1.0]
    return max(levels) + max(ROOM * (max(levels) - min(levels)), ROOM)


def _lines(panel: Axes, arrangement: SplitArrangement, look: Look, end: float) -> None:
    """Draw the seeds of an arrangement, its name told once."""
    for i, (trial, split) in enumerate(zip(arrangement.searched, arrangement.splits, strict=True)):
        _line(panel, _places(trial, end), passages(split, len(trial.levels)), look, "" if i else arrangement.name)


def _places(trial: Searched, end: float) -> list[float]:
    return [*trial.levels[:-1], end]


def _line(panel: Axes, x: list[float], found: Floats, look: Look, name: str) -> None:
    """Draw a seed.

    Parameters
    ----------
    panel : where.
    x : (levels,) where the levels are.
    found : (3, levels) probability and ends of its interval.
    look : of the arrangement.
    name : for the legend, empty for none.
    """
    value, low, high = found
    panel.plot(
        x, value, color=look.colour, linestyle=look.dash, linewidth=1.0, marker=look.marker, markersize=3,
        label=name or None,
    )  # fmt: skip
    least = np.nanmin(value) / 10.0 if np.isfinite(value).any() else 1.0
    panel.fill_between(x, np.maximum(low, least), high, color=look.colour, alpha=0.15, linewidth=0.0)
