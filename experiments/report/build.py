"""From a result folder to its report: ``report/index.html``, ``figures``, ``tables`` and ``methods.txt``.

The page is made from the template ``page.html``, which escapes its input, and is self-contained. Files carry no
date, so a report built again is the same, byte for byte.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from experiments.figure.attempt import save_vector
from experiments.plan.problem import FAILED, SweepError, named
from experiments.report import comparing, method, studied, sweeping
from experiments.report.strip_paths import bare
from experiments.report.table import Table, comma_separated, latex, markup
from experiments.results.sweep.manifest_file import is_study, is_sweep, read_finished

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


class Picture(NamedTuple):
    """A figure of the page: its title, the picture in base 64, empty where it could not be drawn, and its kind."""

    title: str
    source: str
    kind: str = "svg+xml"


def build(folder: Path, out: Path) -> list[Path]:
    """Write the report of the study in `folder` into `out` and return its files.

    Raises
    ------
    SweepError
        If `folder` is of none, the study has not ended or has no finished run, or `out` cannot be written.
    """
    manifest = read_finished(folder)
    try:
        return _build(folder, out, manifest)
    except OSError as error:
        raise SweepError(f"{out}: cannot be written: {named(error)}", FAILED) from error


class Content(NamedTuple):
    """What a report shows: methods, sentences, tables, and figures, to be drawn or there already."""

    text: str
    summary: list[str]
    tables: list[Table]
    figures: Iterable[tuple[str, str, Any]]
    drawn: Iterable[Path] = ()


def _content(folder: Path, manifest: dict[str, Any]) -> Content:
    if is_sweep(manifest):
        swept = sweeping.Swept(folder, manifest)
        return Content(method.of_sweep(manifest), [], sweeping.tables(swept), sweeping.figures(swept))
    if is_study(manifest):
        said, shown = studied.summary(manifest), studied.tables(folder, manifest)
        return Content(method.of_study(folder, manifest), said, shown, (), studied.pictures(folder))
    compared = comparing.read_comparison(folder, manifest)
    return Content(method.of_comparison(manifest), [], comparing.tables(compared), comparing.figures(folder, compared))


def _build(folder: Path, out: Path, manifest: dict[str, Any]) -> list[Path]:
    content = _content(folder, manifest)
    for name in ("figures", "tables"):
        (out / name).mkdir(parents=True, exist_ok=True)
    files, pictures = _figures(out / "figures", content.figures)
    there = [_write(out / "figures" / path.name, path.read_bytes()) for path in content.drawn]
    files, pictures = [*files, *there], [*pictures, *_shown(there)]
    tables = [table._replace(note=f"{table.note} {method.stamp(manifest)}") for table in content.tables]
    files += [_write(out / "tables" / f"{table.name}.tex", latex(table)) for table in tables]
    files += [_write(out / "tables" / f"{table.name}.csv", comma_separated(table)) for table in tables]
    files.append(_write(out / "methods.txt", content.text + "\n"))
    page = _page(folder.resolve().name, content._replace(tables=tables), pictures, manifest)
    return [_write(out / "index.html", page), *files]


def _figures(folder: Path, figures: Iterable[tuple[str, str, Any]]) -> tuple[list[Path], list[Picture]]:
    files, pictures = [], []
    for name, title, draw in figures:
        paths = save_vector(draw, folder / name)
        files += paths
        pictures.append(Picture(title, base64.b64encode(paths[-1].read_bytes()).decode("ascii") if paths else ""))
    return files, pictures


def _shown(paths: Iterable[Path]) -> Iterator[Picture]:
    """Yield the figures among `paths` that a page can show, each once."""
    for path in paths:
        if path.suffix == ".png":
            yield Picture(path.stem, base64.b64encode(path.read_bytes()).decode("ascii"), "png")


def _page(name: str, content: Content, pictures: list[Picture], manifest: dict[str, Any]) -> str:
    return TEMPLATES.get_template("page.html").render(
        name=name,
        text=content.text,
        summary=content.summary,
        tables=[(table.title, markup(table), table.note) for table in content.tables],
        pictures=pictures,
        stamp=method.stamp(manifest),
        manifest=json.dumps(bare(manifest), indent=1),
    )


def _write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
