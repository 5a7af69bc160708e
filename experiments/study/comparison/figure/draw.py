"""Draw every figure of a comparison into its folder; a new figure is one file and one name here.

A figure is a module with ``SHOWN``, the totals of series it needs, and ``draw``, from a result to a matplotlib
figure. Each process that draws imports matplotlib; this one does so while workers run. A figure that cannot be drawn,
or whose worker died, is named in a warning (:mod:`experiments.figure.attempt`).
"""

from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread

from experiments.figure.attempt import attempt, load, tell_missing
from experiments.results.parquet import column_names
from experiments.run.process_pool import WorkerPool
from experiments.statistics.headline_metrics import CAPITAL, LIQUIDATED, PRICE, UNCOVERED
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.figure.result import read_result

FIGURES = ("outcome", "fan", "exhaustion", "market")
WITH_SERIES = {"choice": "mean_cap"}  # drawn only where runs have that series
OF_SERIES = {"fan": (CAPITAL, UNCOVERED), "market": (PRICE, LIQUIDATED)}  # left out where these are not kept

LOST = "the process that drew it died"

LIBRARIES = (
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "fontTools.subset",
    "experiments.study.comparison.figure.result",
)


def prepare() -> None:
    """Import what drawing needs in a thread of its own."""
    Thread(target=_load, daemon=True).start()  # a daemon: the process does not wait for it at exit


def _load() -> None:
    with suppress(Exception):  # drawing will raise it again, and report it
        load(*LIBRARIES)


def draw_all(folder: Path, comparison: Comparison, executor: WorkerPool) -> list[Path]:
    """Draw into ``folder/figures``, shared among the workers; return the paths of those drawn, without suffix.

    Of every figure that is missing a :class:`experiments.figure.attempt.FigureWarning` tells why. Ctrl-C leaves out
    those that are not drawn yet.
    """
    target = folder / "figures"
    target.mkdir(exist_ok=True)
    names = (*drawable(folder), *further(folder))
    try:
        reasons = executor.each(draw_one, [(folder, comparison, name) for name in names], LOST)
    except KeyboardInterrupt:
        executor.close(at_once=True)
        reasons = ["interrupted"] * len(names)
    missing = {name: why for name, why in zip(names, reasons, strict=True) if not (target / f"{name}.pdf").is_file()}
    for name, why in missing.items():
        tell_missing(target / name, why)
    return [target / name for name in names if name not in missing]


def drawable(folder: Path) -> tuple[str, ...]:
    """Return the figures of every comparison, but those whose series are not kept."""
    held = column_names(folder / "series")
    return tuple(name for name in FIGURES if all(total.columns(held) for total in OF_SERIES.get(name, ())))


def further(folder: Path) -> list[str]:
    """Return the figures that only some results have the series for."""
    held = column_names(folder / "series")
    return [name for name, series in WITH_SERIES.items() if series in held]


def draw_one(folder: Path, comparison: Comparison, name: str) -> str:
    """Draw the figure called `name` from the series it shows; return why it could not be drawn, empty where it was."""
    return attempt(_draw, folder, comparison, name)[1]


def _draw(folder: Path, comparison: Comparison, name: str) -> list[Path]:
    from experiments.figure.style import save_styled  # noqa: PLC0415  # imports matplotlib

    figure = import_module(f"experiments.study.comparison.figure.{name}")
    result = read_result(folder, comparison, figure.SHOWN)
    return save_styled(figure.draw, folder / "figures" / name, result)
