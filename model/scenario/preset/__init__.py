"""Presets: real arrangements of backstop capital, by name, each a few lines of configuration with its sources.

A preset is a TOML file next to this one. It opens with ``description`` and ``source``; the rest are tables of
parameters, as in a scenario file, and name only what the arrangement is about: who holds the capital, when and on whom
losses fall. Sizes, prices and traders stay those of the scenario, so that arrangements are compared on the same world.

Nothing heavy is imported, so that ``backstop presets`` answers at once.
"""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

SUFFIX = ".toml"
HEADER = ("description", "source")


class PresetError(ValueError):
    """A preset file that is no preset."""


class Preset(NamedTuple):
    """A named arrangement; `changes` maps dotted names of parameters to values."""

    name: str
    description: str
    source: str
    changes: dict[str, Any]


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, in alphabetical order."""
    return tuple(sorted(item.name.removesuffix(SUFFIX) for item in files(__name__).iterdir() if _is_preset(item.name)))


def load_preset(name: str) -> Preset:
    """Return the preset called `name`; KeyError if there is none."""
    if name not in preset_names():
        raise KeyError(name)
    return parse_preset(name, files(__name__).joinpath(name + SUFFIX).read_text(encoding="utf-8"))


def parse_preset(name: str, text: str) -> Preset:
    """Read the preset called `name` from its file's text; PresetError unless it has a header and only tables below."""
    tree = tomllib.loads(text)
    header = {field: tree.pop(field, "") for field in HEADER}
    if bad := [field for field, value in header.items() if not (isinstance(value, str) and value.strip())]:
        raise PresetError(f"preset {name}: {' and '.join(bad)}: missing; allowed: text")
    if loose := [field for field, value in tree.items() if not isinstance(value, Mapping)]:
        raise PresetError(f"preset {name}: {', '.join(loose)}: allowed: tables of parameters, such as [backstop]")
    return Preset(name, header["description"], header["source"], dict(_dotted(tree)))


def _is_preset(file: str) -> bool:
    return file.endswith(SUFFIX)


def _dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
