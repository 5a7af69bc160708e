"""From a result folder to its report: ``report/index.html``, ``figures``, ``tables`` and ``methods.txt``.

The page is made from the template ``page.html``, which escapes its input, and is self-contained. Files carry no
date, so a report built again is the same, byte for byte.
"""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from experiments.figure.attempt import save_vector
from experiments.plan.problem import FAILED, SweepError, named
from experiments.report import comparing, method, sweeping
from experiments.report.strip_paths import bare
from experiments.report.table import Table, comma_separated, latex, markup
from experiments.results.sweep.manifest_file import is_sweep, read_any_manifest

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


class Picture(NamedTuple):
    """A figure of the page: its title, and the picture in base 64, empty where it could not be drawn."""

    title: str
    source: str


def build(folder: Path, out: Path) -> list[Path]:
    """Write the report of the comparison or sweep in `folder` into `out` and return its files.

    Raises
    ------
    SweepError
        If `folder` is neither, has no finished run, or `out` cannot be written.
    """
    manifest = read_any_manifest(folder)
    try:
        return _build(folder, out, manifest)
    except OSError as error:
        raise SweepError(f"{out}: cannot be written: {named(error)}", FAILED) from error


def _build(folder: Path, out: Path, manifest: dict[str, Any]) -> list[Path]:
    if is_sweep(manifest):
        swept = sweeping.Swept(folder, manifest)
        text, tables, figures = method.of_sweep(manifest), sweeping.tables(swept), sweeping.figures(swept)
    else:
        content = comparing.read_comparison(folder, manifest)
        text, tables = method.of_comparison(manifest), comparing.tables(content)
        figures = comparing.figures(folder, content)
    for name in ("figures", "tables"):
        (out / name).mkdir(parents=True, exist_ok=True)
    files, pictures = _figures(out / "figures", figures)
    tables = [table._replace(note=f"{table.note} {method.stamp(manifest)}") for table in tables]
    files += [_write(out / "tables" / f"{table.name}.tex", latex(table)) for table in tables]
    files += [_write(out / "tables" / f"{table.name}.csv", comma_separated(table)) for table in tables]
    files.append(_write(out / "methods.txt", text + "\n"))
    return [_write(out / "index.html", _page(folder.resolve().name, text, tables, pictures, manifest)), *files]


def _figures(folder: Path, figures: Iterable[tuple[str, str, Any]]) -> tuple[list[Path], list[Picture]]:
    files, pictures = [], []
    for name, title, draw in figures:
        paths = save_vector(draw, folder / name)
        files += paths
        pictures.append(Picture(title, base64.b64encode(paths[-1].read_bytes()).decode("ascii") if paths else ""))
    return files, pictures


def _page(name: str, text: str, tables: list[Table], pictures: list[Picture], manifest: dict[str, Any]) -> str:
    return TEMPLATES.get_template("page.html").render(
        name=name,
        text=text,
        tables=[(table.title, markup(table), table.note) for table in tables],
        pictures=pictures,
        stamp=method.stamp(manifest),
        manifest=json.dumps(bare(manifest), indent=1),
    )


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
