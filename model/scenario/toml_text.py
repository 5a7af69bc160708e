"""Settings as TOML, from a user's text or file, or one line that says why it cannot be read.

Nesting has a bound, since no parameter lies deeper than two tables, and what is read later goes down it step by step.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.scenario.plain_text import content, decoded
from model.scenario.problem import ScenarioError

LARGEST = 1_000_000  # bytes
DEEPEST = 8  # tables and lists inside each other


def read_toml(path: str | Path) -> dict[str, Any]:
    """Return the parsed TOML file; raises ScenarioError with one line if it cannot be read."""
    try:
        return parse_toml(decoded(content(path, LARGEST)))
    except OSError as error:
        raise ScenarioError([f"{path}: cannot be read: {error.strerror}"]) from None
    except ValueError as error:
        raise ScenarioError([f"{path}: {error}"]) from None


def parse_toml(text: str) -> dict[str, Any]:
    """Return the parsed text; ValueError in one line, with its place, if it is not TOML or nested too deep."""
    try:
        tree = tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"not valid TOML: nested too deep; allowed: at most {DEEPEST} deep") from None
    except ValueError as error:
        kind = "JSON, " if text.lstrip().startswith("{") else ""
        raise ValueError(f"not valid TOML: {kind}{error}") from None
    if name := _too_deep(tree):
        line = next((at for at, row in enumerate(text.splitlines(), start=1) if name in row), 1)
        raise ValueError(f"line {line}: {name}: nested more than {DEEPEST} deep; allowed: tables of parameters")
    return tree


def _too_deep(tree: Mapping[str, Any]) -> str:
    """Return the outermost name under which something is nested too deep, or nothing."""
    for name, value in tree.items():
        level = [value]
        for _ in range(DEEPEST):
            level = [inner for outer in level for inner in _inside(outer)]
        if level:
            return name
    return ""


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
