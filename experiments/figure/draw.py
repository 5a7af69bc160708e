"""Draw every figure of a comparison into its folder; a new figure is one file and one name here.

A figure is a module with ``SHOWN``, the totals of series it needs, and ``draw``, from a result to a matplotlib
figure. The drawing library is imported by whoever draws; this process can do so while workers run.
"""

from importlib import import_module
from pathlib import Path
from threading import Thread

from experiments.comparison import Comparison
from experiments.crew import Crew

FIGURES = ("outcome", "fan", "exhaustion", "market")
WITH_SERIES = {"choice": "mean_cap"}  # drawn only where runs have that series

LIBRARIES = (
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "fontTools.subset",
    "experiments.figure.result",
)


def prepare() -> None:
    """Begin to import what drawing needs, beside what this process does."""
    Thread(target=lambda: [import_module(name) for name in LIBRARIES]).start()


def draw_all(folder: Path, comparison: Comparison, crew: Crew) -> list[Path]:
    """Draw into ``folder/figures``, shared among the crew, and return the paths, without suffix."""
    target = folder / "figures"
    target.mkdir()
    names = (*FIGURES, *further(folder))
    crew.each(draw_one, [(folder, comparison, name) for name in names])
    return [target / name for name in names]


def further(folder: Path) -> list[str]:
    """Return the figures that only some results have the series for."""
    from experiments.part import column_names  # noqa: PLC0415

    held = column_names(folder / "series")
    return [name for name, series in WITH_SERIES.items() if series in held]


def draw_one(folder: Path, comparison: Comparison, name: str) -> None:
    """Draw the figure called `name` from the series it shows."""
    from experiments.figure.result import read_result  # noqa: PLC0415
    from experiments.figure.style import save, styled  # noqa: PLC0415

    figure = import_module(f"experiments.figure.{name}")
    result = read_result(folder, comparison, figure.SHOWN)
    with styled():
        save(figure.draw(result), folder / "figures" / name)
