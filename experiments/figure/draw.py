"""Draw every figure of a comparison into its folder; a new figure is one file and one line here."""

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from experiments.comparison import Comparison
from experiments.figure import exhaustion, fan, market, outcome
from experiments.figure.result import Result, read_result
from experiments.figure.style import save, styled
from experiments.headline import TOTALS

FIGURES: dict[str, Callable[[Result], Figure]] = {
    "outcome": outcome.draw,
    "fan": fan.draw,
    "market": market.draw,
    "exhaustion": exhaustion.draw,
}


def draw_all(folder: Path, comparison: Comparison) -> list[Path]:
    """Draw into ``folder/figures`` and return the paths, without suffix."""
    result = read_result(folder, comparison, TOTALS)
    target = folder / "figures"
    target.mkdir()
    with styled():
        for name, draw in FIGURES.items():
            save(draw(result), target / name)
    return [target / name for name in FIGURES]
