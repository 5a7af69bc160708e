"""``backstop episodes``, ``presets`` and ``parameters``: what there is to choose from."""

import json
from collections.abc import Sequence
from textwrap import fill
from typing import Any

import click

from model.scenario import Scenario
from model.scenario.episode import EPISODES
from model.scenario.parameter import Declaration, declarations
from model.scenario.preset import Preset, load_preset, preset_names

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")


@click.command()
@AS_JSON
def episodes(as_json: bool) -> None:
    """List the named price episodes."""
    rows = [{"name": name, "title": episode.title, "summary": episode.summary} for name, episode in EPISODES.items()]
    _show(rows, as_json)


@click.command()
@AS_JSON
def presets(as_json: bool) -> None:
    """List the named real arrangements, with their sources."""
    known = [load_preset(name) for name in preset_names()]
    if as_json:
        _show([preset._asdict() for preset in known], as_json)
    else:
        click.echo("\n\n".join(_described(preset) for preset in known))


def _described(preset: Preset) -> str:
    """Return a preset as a heading with its structure and regime, and two paragraphs."""
    axes = (preset.changes.get(f"backstop.{axis}") for axis in ("structure", "regime"))
    return "\n".join(
        [
            f"{preset.name}  ({', '.join(value for value in axes if value)})",
            fill(preset.description, 100, initial_indent="  ", subsequent_indent="  "),
            fill(f"Source: {preset.source}", 100, initial_indent="  ", subsequent_indent="  "),
        ]
    )


@click.command()
@AS_JSON
def parameters(as_json: bool) -> None:
    """List every parameter: name, default, unit, bounds, meaning, source, reason of the bounds."""
    _show([parameter_row(declared) for declared in declarations(Scenario)], as_json)


def parameter_row(declared: Declaration) -> dict[str, Any]:
    """Return a declaration as the command lists it."""
    name, default, unit, meaning, source = declared[:5]
    row = {"name": name, "default": default, "unit": unit, "allowed": declared.allowed, "meaning": meaning}
    return row | {"source": source, "reason": declared.reason}


def _show(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    click.echo(json.dumps(rows, indent=2, ensure_ascii=False) if as_json else aligned(rows))


def aligned(rows: Sequence[dict[str, Any]]) -> str:
    """Return `rows` as text in columns, headed by their keys; nothing is truncated."""
    lines = [list(rows[0]), *([as_text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def as_text(value: object) -> str:
    """Return a default as a user would type it after ``--set name=``; ``-`` where there is none."""
    if value is None or value in ("", ()):
        return "-"
    if isinstance(value, tuple):
        return f"[{', '.join(json.dumps(item) if isinstance(item, str) else as_text(item) for item in value)}]"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)
