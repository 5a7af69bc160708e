"""A registry of interchangeable classes, a line each, imported only when used.

A structure, a loss regime or a price process is one class in one file; the registry maps its name to
``"module:Class"``, so that names can be listed and checked without importing the classes.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any


def find(place: str) -> Any:
    """Return what ``"module:name"`` names; a user's own module may lie in the current folder, looked through last."""
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


class Registry(Mapping[str, Any]):
    """Mapping from a name to a class that is imported on first use.

    Parameters
    ----------
    kind : of the choices, for messages.
    places : name → ``"module:Class"``.

    Attributes
    ----------
    added : those of `places` that the user added.
    """

    def __init__(self, kind: str, places: dict[str, str]) -> None:
        self.kind = kind
        self.added: dict[str, str] = {}
        self._places = places

    def __getitem__(self, name: str) -> Any:
        """Return the class registered as `name`; KeyError if there is none."""
        return find(self._places[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def add(self, name: str, place: str) -> None:
        """Register a class of your own as `name`, at ``"module:Class"``; ValueError if the name is taken."""
        if name in self._places:
            raise ValueError(f"{self.kind} {name!r} exists already")
        self._places[name] = self.added[name] = place
