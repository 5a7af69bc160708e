"""Figures for print, as PDF and SVG, and as PNG for the screen: the same bytes whenever the same figure is drawn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from experiments.figure.style import save, styled

# Names inside an SVG are hashes with this salt, not random.
SALT = {"svg.hashsalt": "backstop"}


def save_vector(draw: Callable[..., Figure], stem: Path, *arguments: Any) -> list[Path]:
    """Save what `draw` makes of `arguments` as PNG, PDF and SVG; return the paths."""
    with styled(SALT):
        figure = draw(*arguments)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        return save(figure, stem, ("png", "pdf", "svg"))
