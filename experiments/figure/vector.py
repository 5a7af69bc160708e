"""Figures for print, as PDF and SVG, and as PNG for the screen: the same bytes whenever the same figure is drawn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from experiments.figure.style import SETTINGS

# Names inside an SVG are hashes with this salt, not random.
SALT = {"svg.hashsalt": "backstop"}


def save_vector(draw: Callable[..., Figure], stem: Path, *arguments: Any) -> list[Path]:
    """Save what `draw` makes of `arguments` as PNG, PDF and SVG; return the paths."""
    with mpl.rc_context(SETTINGS | SALT):
        figure = draw(*arguments)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        figure.savefig(stem.with_suffix(".png"), dpi=160)
        figure.savefig(stem.with_suffix(".pdf"), metadata={"CreationDate": None})
        figure.savefig(stem.with_suffix(".svg"), metadata={"Date": None})
    return [stem.with_suffix(kind) for kind in (".png", ".pdf", ".svg")]
