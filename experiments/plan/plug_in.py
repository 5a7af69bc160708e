"""What a user adds: choices in the registries, and reporters; every worker imports them by the same path.

A structure or a loss regime is added by :meth:`agents.core.registry.Registry.add`, a price process by an entry of
:data:`model.scenario.registry.PROCESSES`; a worker without it could make no run that names it.

A reporter is a user's own function of the finished model, named ``NAME=module:function``; its number is a metric of
the run like any other, called ``NAME``. The source of its module is part of what defines a run, so that numbers of two
versions of it are never taken for one.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from agents.core.registry import find
from experiments.plan.options import ConfigurationError

FORM = "allowed is NAME=MODULE:FUNCTION, a function of the finished model in a module of your own"
PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
COLUMNS = frozenset(
    ["run", "id", "point", "replication", "status", "failure", "changes", "cell", "structure", "regime", "step"]
)

type PlugIn = tuple[str, str, Any]


class Reporter(NamedTuple):
    """A user's own metric: its name, the ``module:function`` that reports it, and a digest of that module's source."""

    name: str
    path: str
    source: str


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


def read_reporters(texts: Iterable[str], origin: str = "command line: --reporter") -> tuple[Reporter, ...]:
    """Return the reporters that ``NAME=MODULE:FUNCTION`` says, imported and checked.

    Raises
    ------
    ConfigurationError
        With a line for each that cannot be called or whose name is taken.
    """
    found: dict[str, Reporter] = {}
    problems = []
    for text in texts:
        try:
            reporter = _reporter(text)
            if reporter.name in found and found[reporter.name] != reporter:
                raise ValueError(f"{reporter.name} is given twice; allowed is a name of its own")
            found[reporter.name] = reporter
        except ValueError as error:
            problems.append(f"{origin}: {text!r}: {error}")
    if problems:
        raise ConfigurationError(problems)
    return tuple(found.values())


def report_function(path: str) -> Callable[[Any], object]:
    """Return the function that ``module:function`` names; ValueError where there is none to be called."""
    try:
        function = find(path)
    except (Exception, SystemExit) as error:  # a user's module may raise anything
        raise ValueError(f"{type(error).__name__}: {error}; {FORM}") from error
    if not callable(function) or not _takes_one(function):
        raise ValueError(f"is no function of one argument, the model; {FORM}")
    return function


def _choices() -> ModuleType:
    """Return the registries; imported here, as commands import this module before they import the model."""
    return import_module("model.scenario.registry")


def _reporter(text: str) -> Reporter:
    from experiments.plan.identity import file_digest  # noqa: PLC0415
    from model.measure.kind import is_metric  # noqa: PLC0415

    name, _, path = (part.strip() for part in text.partition("="))
    if not (name.isascii() and name.isidentifier()) or not PATH.fullmatch(path):
        raise ValueError(FORM)
    if name in COLUMNS or is_metric(name):
        raise ValueError(f"{name} is the name of a metric or column that every run has; allowed is another")
    report_function(path)
    return Reporter(name, path, file_digest(getattr(sys.modules[path.partition(":")[0]], "__file__", None) or ""))


def _takes_one(function: Callable[..., object]) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # a built-in one, whose arguments nobody knows
        return True
    return True
