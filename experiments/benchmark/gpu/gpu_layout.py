"""A run as two rows of bytes, as it lies in a GPU's memory next to others of its kind.

A run is its tables, its constants and its tape (:class:`World`). Every array and every number of them, a **leaf**, has
its bytes in one of two rows: the *state*, which Python reads and writes between kernels, and the *rest*, which it does
not: the tape, numbers that never change, room for lists, and the series, which are read when the run is over. Packing
copies leaves to their rows, unpacking the other way, bit for bit. Arrays that share their memory share their bytes.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from model.price.tape import Tape
from model.state.table import Tables
from model.state.terms import Terms

Array = np.ndarray

STATE, REST = 0, 1
ALIGNMENT = 16  # bytes, to which every leaf is aligned
DIMENSIONS = 3  # at most, of an array
SERIES = ("ecosystem", "asset", "member")
ROOM = ("rows", "jobs", "capacity", "layer_room", "owner_room")


class World(NamedTuple):
    """All that the kernels of a run read and write."""

    tables: Tables
    terms: Terms
    tape: Tape


class Leaf(NamedTuple):
    """An array or a number, and where its bytes are."""

    path: tuple[str, ...]  # names of fields
    row: int  # STATE or REST
    first: int  # byte
    kind: np.dtype
    shape: tuple[int, ...]  # () for a number

    @property
    def size(self) -> int:
        """Bytes."""
        return self.kind.itemsize * int(np.prod(self.shape, dtype=np.int64))

    @property
    def span(self) -> slice:
        """Bytes of its row."""
        return slice(self.first, self.first + self.size)

    @property
    def is_series(self) -> bool:
        """Whether it is read when the run is over."""
        return self.path[0] == "tables" and self.path[1] in SERIES


def leaves_of(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Array]]:
    """Yield path and array of every leaf, a number as an array without dimensions; nothing for None."""
    if isinstance(value, tuple):
        names = getattr(value, "_fields", map(str, range(len(value))))
        for name, part in zip(names, value, strict=True):
            yield from leaves_of(part, (*path, name))
    elif value is not None:
        yield path, np.asarray(value)


class Layout:
    """Where the leaves of a run are; the same for all runs of its kind.

    Parameters
    ----------
    world : of such a run.

    Attributes
    ----------
    leaves : in the order of the fields.
    sizes : bytes of state and rest.

    Raises
    ------
    ValueError : where two arrays share a part of their memory.
    """

    def __init__(self, world: World) -> None:
        self.leaves: list[Leaf] = []
        self.sizes, known = [0, 0], dict[tuple[int, int], Leaf]()
        for path, array in leaves_of(world):
            row = _row_of(path, array)
            leaf = Leaf(path, row, self.sizes[row], array.dtype, array.shape)
            shared = known.setdefault(_memory(array), leaf) if array.ndim and leaf.size else leaf
            if shared is leaf:
                self.sizes[row] += -(-leaf.size // ALIGNMENT) * ALIGNMENT
            self.leaves.append(leaf._replace(row=shared.row, first=shared.first))
        _refuse_overlap(list(known))

    def table(self) -> Array:
        """Return first byte, end and shape of every leaf, (leaves, 2 + DIMENSIONS) int64, for kernels."""
        rows = np.ones((len(self.leaves), 2 + DIMENSIONS), np.int64)
        for at, leaf in enumerate(self.leaves):
            rows[at, :2] = leaf.span.start, leaf.span.stop
            rows[at, 2 : 2 + len(leaf.shape)] = leaf.shape
        return rows


class Packer:
    """Copies one run to its rows and back.

    Parameters
    ----------
    layout : of its kind.
    world : its tables, constants and tape, read, and written by `unpack`.
    """

    def __init__(self, layout: Layout, world: World) -> None:
        leaves = [(leaf, _bytes(array)) for leaf, (_, array) in zip(layout.leaves, leaves_of(world), strict=True)]
        self.there = [[(leaf.span, data) for leaf, data in leaves if leaf.row == row] for row in (STATE, REST)]
        self.back = [self.there[STATE], [(leaf.span, data) for leaf, data in leaves if leaf.is_series]]

    def pack(self, row: int, room: Array) -> None:
        """Copy the leaves of a row into `room`, (bytes,)."""
        for span, data in self.there[row]:
            room[span] = data

    def unpack(self, row: int, room: Array) -> None:
        """Copy the state, or of the rest the series, from `room`, (bytes,), into the run's arrays."""
        for span, data in self.back[row]:
            data[...] = room[span]


def twin(world: World) -> World:
    """Return a run with arrays of its own, of the same types; those that share their memory share it there too."""
    known: dict[tuple[int, int], Array] = {}
    return _twin(world, known)


def _twin(value: Any, known: dict[tuple[int, int], Array]) -> Any:
    if isinstance(value, tuple):
        parts = [_twin(part, known) for part in value]
        return type(value)._make(parts) if hasattr(value, "_make") else tuple(parts)
    if not isinstance(value, np.ndarray):
        return value
    copy = known.setdefault(_memory(value), value.copy()) if value.size else value.copy()
    copy.setflags(write=value.flags.writeable)
    return copy


def _row_of(path: tuple[str, ...], array: Array) -> int:
    """Return the row a leaf belongs to."""
    whose, name = path[0], path[1]
    apart = name in SERIES + ROOM if whose == "tables" else whose == "tape"
    return REST if apart or not array.ndim else STATE


def _memory(array: Array) -> tuple[int, int]:
    """Return where an array's memory begins and how many bytes it has."""
    return array.__array_interface__["data"][0], array.nbytes


def _refuse_overlap(known: list[tuple[int, int]]) -> None:
    if any(first + size > then for (first, size), (then, _) in pairwise(sorted(known))):
        raise ValueError("two arrays of the run share a part of their memory")


def _bytes(array: Array) -> Array:
    """Return the bytes of an array, (bytes,): the same memory, but for a number."""
    return array.reshape(-1).view(np.uint8)
