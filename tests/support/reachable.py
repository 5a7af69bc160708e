"""All numbers an object can reach, by path: for the claim that a run remembers nothing outside its state."""

import functools
import types
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from agents.core.fast_call import FastCall

VALUES = (bool, int, float, complex, str, bytes, np.generic, type(None))
CONTAINERS = (list, tuple, set, frozenset, deque)
OPAQUE = (type, types.ModuleType, types.BuiltinFunctionType, FastCall)
"""What holds code: a kernel remembers which machine code it calls, and nothing of the run."""


def numbers(owner: Any, names: set[str], known: list[np.ndarray]) -> dict[str, Any]:
    """Return every value and array below attributes of `owner` by its path, but for arrays in the memory of `known`."""
    spans = [np.lib.array_utils.byte_bounds(array) for array in known if array.size]
    found: dict[str, Any] = {}
    _walk({name: vars(owner)[name] for name in sorted(names)}, "", spans, found, {id(owner)})
    return found


def _walk(thing: Any, path: str, spans: list[tuple[int, int]], found: dict[str, Any], seen: set[int]) -> None:
    if isinstance(thing, memoryview):
        thing = np.asarray(thing)
    if isinstance(thing, VALUES):
        found[path] = repr(thing)
    elif isinstance(thing, np.ndarray) and thing.dtype != object:
        if not _within(thing, spans):
            found[path] = thing.tobytes()
    elif id(thing) not in seen and not isinstance(thing, OPAQUE):
        seen.add(id(thing))
        for name, part in _parts(thing):
            _walk(part, f"{path}.{name}", spans, found, seen)


def _within(array: np.ndarray, spans: list[tuple[int, int]]) -> bool:
    if not array.size:
        return True
    first, last = np.lib.array_utils.byte_bounds(array)
    return any(low <= first and last <= high for low, high in spans)


def _parts(thing: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(thing, dict):
        yield from list(thing.items())
    elif isinstance(thing, CONTAINERS):
        yield from enumerate(list(thing))
    elif isinstance(thing, functools.partial):
        yield from enumerate((thing.func, *thing.args, *thing.keywords.values()))
    elif isinstance(thing, types.MethodType):
        yield "self", thing.__self__
    elif isinstance(thing, types.FunctionType):
        yield from enumerate(cell.cell_contents for cell in thing.__closure__ or ())
    else:
        yield from list(getattr(thing, "__dict__", {}).items())
        for name in getattr(type(thing), "__slots__", ()):
            yield name, getattr(thing, name, None)
