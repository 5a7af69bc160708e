"""Choices that a user added to the registries: they are sent to every worker, which imports them by the same path.

A structure or a loss regime is added by :meth:`agents.core.registry.Registry.add`, a price process by an entry of
:data:`model.scenario.registry.PROCESSES`; a worker without it could make no run that names it.
"""

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

type PlugIn = tuple[str, str, Any]


def plug_ins() -> tuple[PlugIn, ...]:
    """Return the added choices: kind of registry, name and path."""
    choices = _choices()
    classes = (("structure", choices.STRUCTURES.added), ("regime", choices.REGIMES.added))
    own = {name: tuple(one) for name, one in choices.PROCESSES.items() if not one.module.startswith("model.")}
    added: list[PlugIn] = [(kind, name, path) for kind, paths in classes for name, path in paths.items()]
    return (*added, *(("process", name, path) for name, path in own.items()))


def register(added: Iterable[PlugIn]) -> None:
    """Add to this process's registries the choices that they lack."""
    choices = _choices()
    for kind, name, path in added:
        if kind == "process":
            choices.PROCESSES[name] = choices.Registration(*path)
        else:
            registry = choices.STRUCTURES if kind == "structure" else choices.REGIMES
            if name not in registry:
                registry.add(name, path)


def _choices() -> ModuleType:
    """Return the registries; imported here, as commands import this module before they import the model."""
    return import_module("model.scenario.registry")
