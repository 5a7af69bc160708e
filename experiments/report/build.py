"""From a result folder to its report: ``report/index.html``, ``figures``, ``tables`` and ``methods.txt``.

The page holds everything it shows. Files carry no date, so a report built again is the same, byte for byte.
"""

import base64
import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from experiments.figure.attempt import save_vector
from experiments.plan.problem import FAILED, SweepError, named
from experiments.report import comparing, method, sweeping
from experiments.report.strip_paths import bare
from experiments.report.table import Table, comma_separated, latex, markup
from experiments.results.sweep.manifest_file import is_sweep, read_any_manifest

STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;font-size:12px;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}"
    "th,td{padding:.15rem .6rem;text-align:right}th:first-child,td:first-child{text-align:left}"
    "thead tr{border-top:2px solid;border-bottom:1px solid}tbody{border-bottom:2px solid}"
    "img{max-width:100%}h2{font-size:1.1rem;margin-top:2rem}pre{font-size:11px;overflow-x:auto;background:#f6f6f6}"
)


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
        found = comparing.read_comparison(folder, manifest)
        text, tables = method.of_comparison(manifest), comparing.tables(found)
        figures = comparing.figures(folder, found)
    for name in ("figures", "tables"):
        (out / name).mkdir(parents=True, exist_ok=True)
    made, pictures = _figures(out / "figures", figures, method.stamp(manifest))
    tables = [table._replace(note=f"{table.note} {method.stamp(manifest)}") for table in tables]
    made += [_write(out / "tables" / f"{table.name}.tex", latex(table)) for table in tables]
    made += [_write(out / "tables" / f"{table.name}.csv", comma_separated(table)) for table in tables]
    made.append(_write(out / "methods.txt", text + "\n"))
    return [_write(out / "index.html", _page(folder.resolve().name, text, tables, pictures, manifest)), *made]


def _figures(folder: Path, figures: Iterable[tuple[str, str, Any]], stamp: str) -> tuple[list[Path], list[str]]:
    made, pictures = [], []
    for name, title, draw in figures:
        paths = save_vector(draw, folder / name)
        made += paths
        source = _embedded(title, paths[-1]) if paths else "<p>could not be drawn and is missing</p>"
        pictures.append(f"<h2>{html.escape(title)}</h2>\n{source}\n<p>{html.escape(stamp)}</p>")
    return made, pictures


def _embedded(title: str, path: Path) -> str:
    picture = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{html.escape(title)}" src="data:image/svg+xml;base64,{picture}">'


def _page(name: str, text: str, tables: list[Table], pictures: list[str], manifest: dict[str, Any]) -> str:
    parts = [f"<h1>{html.escape(name)}</h1>", *map(markup, tables), *pictures]
    parts += ["<h2>How it was done</h2>", f"<p>{html.escape(text)}</p>"]
    parts += [
        f"<details><summary>Manifest</summary><pre>{html.escape(json.dumps(bare(manifest), indent=1))}</pre></details>"
    ]
    body = "\n".join(parts)
    head = f'<meta charset="utf-8"><title>{html.escape(name)}</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
