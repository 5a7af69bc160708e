"""Draw the README's figure from the result folder of a comparison.

Run ``uv run backstop compare --set backstop.capital_ratio=0.006 --out results/lean`` and ``uv run python docs/figure.py
results/lean``: it writes ``docs/default-run.png``, uncovered loss and exhausted funds of every arrangement, means with
95 % intervals.
"""

import json
import math
import sys
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from experiments.figure.style import looks, new_figure, styled  # noqa: E402
from experiments.report.comparing import read_comparison  # noqa: E402
from experiments.study.comparison.answer import Comparison  # noqa: E402

PICTURE = ROOT / "docs" / "default-run.png"
PANELS = (
    ("uncovered", 1e-6, "uncovered loss, $M"),
    ("any_exhausted", 100.0, "runs of 100 in which a fund is exhausted"),
)


def draw(comparison: Comparison) -> Figure:
    """Return the figure: a panel for each quantity, a dot and a bar for each arrangement."""
    figure, panels = new_figure(1, len(PANELS), 1.7, sharey=True)
    for panel, (metric, factor, label) in zip(panels, PANELS, strict=True):
        draw_panel(panel, comparison, metric, factor)
        panel.set_xlabel(label)
    return figure


def draw_panel(panel: Axes, comparison: Comparison, metric: str, factor: float) -> None:
    """Draw the means of `metric`, times `factor`, and their intervals."""
    for row, (arrangement, look) in enumerate(looks(comparison.arrangements).items()):
        mean, low, high = (value * factor for value in comparison.interval(arrangement, metric)[:3])
        if not math.isnan(low):
            panel.plot([low, high], [row, row], color=look.colour, linewidth=2.0, solid_capstyle="butt")
        panel.plot([mean], [row], look.marker, color=look.colour, markersize=6, clip_on=False)
    panel.set_yticks(range(len(comparison.arrangements)), comparison.arrangements)
    panel.set_ylim(len(comparison.arrangements) - 0.5, -0.5)
    panel.set_xlim(left=0.0)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    with styled():
        draw(read_comparison(folder, manifest)).savefig(PICTURE, dpi=130)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")
