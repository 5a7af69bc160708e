"""What a run remembers: arrays in named tuples or dicts, copied, put back and compared as one.

Everything that keeps a number from one step to the next says so in an attribute ``memory``: an array, a named tuple or
a dict of arrays, or of named tuples and dicts of them; ``NOTHING`` where there is nothing to keep. Arrays are made
when the run is built and changed **in place** from then on; a flag or a counter is an array of one. So all memories
together are the state of the run, a snapshot is a copy of them, and going back is putting the copy into place.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

type Memory = np.ndarray | tuple[Any, ...] | dict[str, Any]

NOTHING: Memory = ()


def leaves(memory: Memory, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Yield every array of a memory with its dotted name."""
    if isinstance(memory, np.ndarray):
        yield name, memory
        return
    for part, value in _parts(memory):
        yield from leaves(value, f"{name}.{part}" if name else part)


def copied[M: Memory](memory: M) -> M:
    """Return the same memory with arrays of its own."""
    if isinstance(memory, np.ndarray):
        return memory.copy()
    if isinstance(memory, dict):
        return {part: copied(value) for part, value in memory.items()}  # type: ignore[return-value]
    values = map(copied, memory)
    return type(memory)._make(values) if hasattr(memory, "_make") else type(memory)(values)


def put_back(memory: Memory, saved: Memory) -> None:
    """Write what was saved into the arrays of `memory`, whose shapes must be the same (:func:`misfit`)."""
    for (_, array), (_, value) in zip(leaves(memory), leaves(saved), strict=True):
        array[...] = value


def misfit(memory: Memory, saved: Memory) -> str:
    """Return in what two memories do not have the same form, a phrase; empty where they have."""
    here, there = dict(leaves(memory)), dict(leaves(saved))
    for name in sorted(here.keys() ^ there.keys()):
        return f"{name} is in one of them only"
    for name, array in here.items():
        if form(array) != form(there[name]):
            return f"{name} is {_told(there[name])} there and {_told(array)} here"
    return ""


def same(one: Memory, other: Memory) -> bool:
    """Tell whether two memories are equal, bit for bit."""
    if misfit(one, other):
        return False
    return all(_bits(array) == _bits(value) for (_, array), (_, value) in zip(leaves(one), leaves(other), strict=True))


def form(array: np.ndarray) -> tuple[Any, ...]:
    """Return shape and types of an array's columns."""
    kind = array.dtype
    return array.shape, tuple((name, kind[name].str) for name in kind.names) if kind.names else kind.str


def _parts(memory: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(memory, dict):
        return iter(memory.items())
    return zip(getattr(memory, "_fields", map(str, range(len(memory)))), memory, strict=True)


def _told(array: np.ndarray) -> str:
    return f"{'×'.join(map(str, array.shape))} {'records' if array.dtype.names else array.dtype.name}"


def _bits(array: np.ndarray) -> tuple[bytes, ...]:
    """Return the bytes of every column; what lies between the columns of a record is no part of it."""
    return tuple(array[name].tobytes() for name in array.dtype.names or ()) or (array.tobytes(),)
