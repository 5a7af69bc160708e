"""Export: the run so far, both sides, as a table or as an animation.

Matplotlib is imported with the first animation: most visitors ask for none.
"""

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from experiments.app.world.world import SIDES, World
from experiments.figure.attempt import load
from experiments.results.csv_text import guarded

MIME = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "gif": "image/gif", "toml": "application/toml"}
FRAMES = 40
FRAMES_A_SECOND = 20 / 3


def table(world: World) -> pa.Table:
    """Return a row per side and step: side, step, and every series of the run's record."""
    parts = []
    for name, side in zip(SIDES, world.sides, strict=True):
        series = side.ecosystem.series()
        steps = side.ecosystem.clock
        key = {"side": pa.array([name] * steps, pa.string()), "step": pa.array(np.arange(steps), pa.int32())}
        parts.append(pa.table({**key, **{column: pa.array(values) for column, values in series.items()}}))
    return pa.concat_tables(parts)


def csv(world: World) -> bytes:
    """Return :func:`table` as CSV with a heading."""
    sink = io.BytesIO()
    rows = table(world)
    pyarrow.csv.write_csv(rows.rename_columns([guarded(name) for name in rows.column_names]), sink)
    return sink.getvalue()


def parquet(world: World) -> bytes:
    """Return :func:`table` as Parquet."""
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table(world), sink, compression="zstd")
    return sink.getvalue()


def gif(world: World) -> bytes:
    """Return the run so far as an animated GIF: price, capital and uncovered loss of both sides."""
    load("matplotlib.animation")
    from matplotlib.animation import PillowWriter  # noqa: PLC0415

    from experiments.figure.style import new_figure, styled  # noqa: PLC0415

    steps = np.unique(np.linspace(1, max(world.clock, 1), FRAMES).astype(int))
    writer = PillowWriter(fps=FRAMES_A_SECOND)  # type: ignore[arg-type]  # any number will do
    with styled(), TemporaryDirectory() as folder:
        figure, panels = new_figure(1, 3, 2.6)
        lines = _panels(world, panels)
        figure.draw_without_rendering()
        # Laid out once: all frames have the same layout.
        figure.set_layout_engine("none")
        file = Path(folder) / "run.gif"
        with writer.saving(figure, str(file), figure.dpi):
            for step in steps:
                _show(lines, int(step))
                writer.grab_frame()
        return file.read_bytes()


def _panels(world: World, panels: list[Any]) -> list[tuple[Any, np.ndarray]]:
    from experiments.figure.style import PALETTE  # noqa: PLC0415

    lines = []
    for side, name, colour, dash in zip(world.sides, SIDES, (PALETTE[0], PALETTE[2]), ("-", "--"), strict=True):
        for panel, values in zip(panels, _curves(side), strict=True):
            (line,) = panel.plot(
                np.arange(len(values)), values, color=colour, linestyle=dash, label=f"{name} {side.arrangement.title}"
            )
            lines.append((line, values))
    titles = (f"{world.sides[0].ecosystem.assets[0]} price, $", "funds and pool, $M", "uncovered loss, $M")
    for panel, title in zip(panels, titles, strict=True):
        panel.set(title=title, xlabel="step")
    panels[2].legend(fontsize=6)
    return lines


def _curves(side: Any) -> tuple[np.ndarray, ...]:
    record, steps = side.ecosystem.record, side.ecosystem.clock
    held = record.total("fund", steps) + record.ecosystem[:steps, 0]
    return record.asset[:steps, 0, 1], held * 1e-6, record.total("uncovered", steps) * 1e-6


def _show(lines: list[tuple[Any, np.ndarray]], step: int) -> None:
    """Let the curves end at `step`."""
    for line, values in lines:
        line.set_data(np.arange(min(step, len(values))), values[:step])


EXPORTS = {"csv": csv, "parquet": parquet, "gif": gif}
