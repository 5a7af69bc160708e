"""The explore view: a result folder's distributions, paired differences and phase diagram."""

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
import solara

from experiments.app.chart.base import Chart
from experiments.app.chart.histogram import histogram
from experiments.app.chart.phase import phase_diagram
from experiments.app.chart.stage import drawing, places
from experiments.app.explore.result import Result, base, binned, edges, names, phase, read
from experiments.app.palette import LAYERS
from experiments.app.view.table import Table
from experiments.app.widget.choice import Choice
from experiments.app.widget.stage import Stage
from experiments.statistics.estimate import Contrast, Estimate
from experiments.statistics.headline_metrics import HEADLINES

FIRST = "uncovered"
MOST_PAIRS = 6


@solara.component
def Explore(query: str = "") -> None:  # noqa: N802
    """Choose a result folder and a metric."""
    folders = solara.use_memo(names, [])
    chosen = solara.use_reactive(folders[0] if folders else "")
    with solara.v.Html(tag="div", class_="bs-body"), solara.v.Html(tag="div", class_="bs-full bs-main-area"):
        if not folders:
            words = f"No result folder in {base()} yet. Make one with: backstop compare"
            solara.v.Html(tag="p", class_="bs-note", children=[words])
            return
        Folder(chosen.value, folders, chosen.set)


@solara.component
def Folder(name: str, folders: list[str], choose: Callable[[str], None]) -> None:  # noqa: N802
    """Show one folder, or why it cannot be read."""
    result = solara.use_memo(lambda: opened(name), [name])
    metric = solara.use_reactive(FIRST)
    with solara.v.Html(tag="div", class_="bs-bar"):
        Choice("Results", folders, name, choose)
        if isinstance(result, Result):
            known = metric.value if metric.value in result.metrics else result.metrics[0]
            Choice("Metric", result.metrics, known, metric.set)
    if isinstance(result, str):
        solara.v.Html(tag="p", class_="bs-problem", attributes={"role": "alert"}, children=[result])
        return
    Distribution(result, known)
    Differences(result, known)
    Phase(result, known)


def opened(name: str) -> Result | str:
    """Return the result folder, or why it cannot be read."""
    try:
        return read(name)
    except ValueError as error:
        return str(error)


@solara.component
def Distribution(result: Result, metric: str) -> None:  # noqa: N802
    """Show the distribution of a metric in every arrangement, and its mean with interval."""
    factor, unit = scaling(metric)
    values = [
        factor * np.array(list(result.values(arrangement, metric).values())) for arrangement in result.arrangements
    ]
    bins = edges(np.concatenate(values))
    counts = [binned(item, bins) for item in values]
    chart = histogram("distribution", f"Runs by {metric}", middles(bins), counts, result.arrangements, LAYERS, unit)
    show([chart._replace(wide=6)], metric)
    intervals = [result.interval(arrangement, metric) for arrangement in result.arrangements]
    rows = [
        [arrangement, *_plain(factor, interval), str(interval.number), interval.method]
        for arrangement, interval in zip(result.arrangements, intervals, strict=True)
    ]
    Table(f"Mean of {metric}, {unit}, 95 % interval", ["arrangement", "mean", "from", "to", "runs", "method"], rows)


def _plain(factor: float, summary: Estimate | Contrast) -> Iterator[str]:
    """Yield mean and ends of the interval, a dash where there is none."""
    numbers = (factor * number for number in summary[:3])
    return (f"{number:.4g}" if np.isfinite(number) else "–" for number in numbers)


@solara.component
def Differences(result: Result, metric: str) -> None:  # noqa: N802
    """Show the paired differences of a metric between arrangements."""
    factor, unit = scaling(metric)
    pairs = result.pairs(metric)
    if not pairs:
        return
    charts = []
    for number, pair in enumerate(pairs[:MOST_PAIRS]):
        bins = edges(factor * pair.values)
        counts = [binned(factor * pair.values, bins)]
        chart = histogram(
            f"pair-{number}", f"{pair.a} less {pair.b}", middles(bins), counts, ("runs",), ("$muted",), unit
        )
        charts.append(chart._replace(wide={1: 6, 2: 3}.get(len(pairs), 2)))
    show(charts, f"differences {metric}")
    rows = [
        [
            f"{pair.a} less {pair.b}",
            *_plain(factor, pair.summary),
            pair.summary.verdict or pair.summary.method,
            *(f"{number:.3g}" if np.isfinite(number) else "–" for number in pair.summary[-2:]),
        ]
        for pair in pairs
    ]
    heading = ["paired difference", "mean", "from", "to", "method", "correlation", "variance reduction"]
    Table(f"Paired differences of {metric}, {unit}, 95 % interval", heading, rows)


@solara.component
def Phase(result: Result, metric: str) -> None:  # noqa: N802
    """Show a metric of a sweep over two swept fields, of one arrangement or as the difference of two."""
    fields, contrasts = result.axes, dict(contrasts_of(result.arrangements))
    chosen, across, up = solara.use_reactive(""), solara.use_reactive(""), solara.use_reactive("")
    if len(fields) < 2:
        words = "A phase diagram appears here where the runs sweep two parameters."
        solara.v.Html(tag="p", class_="bs-help", children=[words])
        return
    title = chosen.value if chosen.value in contrasts else next(reversed(contrasts))
    x = across.value if across.value in fields else fields[0]
    others = [name for name in fields if name != x]
    y = up.value if up.value in others else others[0]
    with solara.v.Html(tag="div", class_="bs-bar", attributes={"data-part": "phase"}):
        Choice("Map of", list(contrasts), title, chosen.set)
        Choice("Across", fields, x, across.set)
        Choice("Up", others, y, up.set)
    factor, unit = scaling(metric)
    grid = phase(result, (x, y), metric, contrasts[title], factor)
    heading = f"{metric}, {title}, {unit}".removesuffix(", ")
    show([phase_diagram(heading, x, y, grid, bool(contrasts[title][1]))], f"phase {metric} {title}")


def contrasts_of(arrangements: list[str]) -> list[tuple[str, tuple[str, str]]]:
    """Return what can be mapped by its title: every arrangement, and every pair of arrangements."""
    pairs = [(f"{a} less {b}", (a, b)) for a, b in list(combinations(arrangements, 2))[:MOST_PAIRS]]
    return [*((arrangement, (arrangement, "")) for arrangement in arrangements), *reversed(pairs)]


def show(charts: list[Chart], label: str) -> None:
    """Draw charts that stand still."""
    if charts:
        Stage(charts=places(charts), frame=drawing(1, charts), label=label)


def scaling(metric: str) -> tuple[float, str]:
    """Return factor and unit in which a metric is shown."""
    known = next((headline for headline in HEADLINES if headline.metric == metric), None)
    return (known.factor, known.unit) if known else (1.0, "")


def middles(bins: np.ndarray) -> list[str]:
    """Return the middles of bins as text, with as many digits as tell them apart."""
    values = bins[1:] / 2.0 + bins[:-1] / 2.0
    written = ([f"{value:.{digits}g}" for value in values] for digits in range(3, 17))
    return next((texts for texts in written if len(set(texts)) == len(texts)), [str(value) for value in values])
