"""A registry of interchangeable parts, named in one line each and imported only when asked for.

A structure, a loss regime or a price process is one class in one file; the registry maps its name to
``"module:Class"``, so that names can be listed and checked without importing what stands behind them.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any


class Registry(Mapping[str, Any]):
    """Mapping from a name to a class that is imported on first use.

    Parameters
    ----------
    kind : what the parts are, for messages.
    places : name → ``"module:Class"``.
    """

    def __init__(self, kind: str, places: dict[str, str]) -> None:
        self.kind = kind
        self._places = places

    def __getitem__(self, name: str) -> Any:
        """Return the class registered as `name`; KeyError if there is none."""
        module, _, attribute = self._places[name].partition(":")
        return getattr(import_module(module), attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def add(self, name: str, place: str) -> None:
        """Register a part of your own as `name`, at ``"module:Class"``; ValueError if the name is taken."""
        if name in self._places:
            raise ValueError(f"{self.kind} {name!r} exists already")
        self._places[name] = place
