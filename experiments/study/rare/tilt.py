"""The tape as a function of standard normal scores, and the tape with some of those scores shifted.

Every uniform u of a stream is the score z = Φ⁻¹(u), so a tape is a function of independent standard normals whatever
process draws it. A run depends on thousands of them, but extremes are mostly due to a few sums. An **axis** is such a
sum over the n entries of one stretch of one stream, of unit length,

    s = Σ z / √n  ~  N(0, 1),                                                                  (1)

and all axes of a scenario are independent. Adding μ / √n to every entry moves s to N(μ, 1) and changes nothing that is
orthogonal to it; with s the (shifted) scores of all axes and μ their shifts the likelihood ratio is exact,

    p(z) / q(z) = exp(−μ·s + |μ|² / 2).                                                        (2)

A stream has axes where the tape depends on it: one for each number of a short stream, such as an episode's severity,
and `blocks` stretches of equal length of a long one.

References: Glasserman, *Monte Carlo Methods in Financial Engineering* (2003), 4.6; Glasserman, Heidelberger and
Shahabuddin (1999), Mathematical Finance 9:117.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from model.price.streams import Shape, Streams
from model.price.tape import Tape, draw_tape

if TYPE_CHECKING:
    from model.scenario import Scenario

Floats = NDArray[np.float64]
Address = tuple[str, tuple[int, ...]]

SHORT = 8  # numbers of a stream that are axes of their own
LEAST, MOST = 2.0**-54, 1.0 - 2.0**-53
FAR = 30.0  # a shift large enough to change anything that depends on a score
PROBE = 3_000_000  # replication whose tape is probed
UNFELT = ("priority",)  # columns that only order first-come claims


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of one stream: rows `first` to `last` (exclusive) of an array of `shape`."""

    name: str
    index: tuple[int, ...]
    shape: tuple[int, ...]
    first: int
    last: int

    @property
    def entries(self) -> int:
        """Number of scores in the stretch."""
        return (self.last - self.first) * int(np.prod(self.shape[1:]))

    @property
    def label(self) -> str:
        """What the axis is called in a table."""
        number = "".join(f".{i}" for i in self.index)
        stretch = "" if self.shape[0] == self.last - self.first else f"[{self.first}:{self.last}]"
        return f"{self.name}{number}{stretch}"


class TiltedStreams(Streams):
    """Streams with scores shifted by `shift`, by name and index; all others are unchanged."""

    shift: Mapping[Address, Floats]

    @classmethod
    def of(cls, streams: Streams, shift: Mapping[Address, Floats]) -> Self:
        """Return `streams` shifted."""
        shifted_streams = cls(*streams)
        shifted_streams.shift = shift
        return shifted_streams

    def uniform(self, name: str, *index: int, size: Shape) -> Floats:
        """Return the uniforms of the shifted scores."""
        if (name, index) not in self.shift:
            return super().uniform(name, *index, size=size)
        return np.clip(ndtr(self.normal(name, *index, size=size)), LEAST, MOST)

    def normal(self, name: str, *index: int, size: Shape) -> Floats:
        """Return the shifted scores."""
        plain = ndtri(super().uniform(name, *index, size=size))
        return plain + self.shift[name, index] if (name, index) in self.shift else plain


class ProbedStreams(Streams):
    """Streams that record what is drawn from them, with all scores of one stream, `pushed`, shifted far away."""

    drawn: dict[Address, tuple[int, ...]]
    pushed: str
    far: float

    def uniform(self, name: str, *index: int, size: Shape) -> Floats:
        """Return the uniforms, having noted the request."""
        self.drawn[name, index] = (size,) if isinstance(size, int) else tuple(size)
        plain = super().uniform(name, *index, size=size)
        return np.clip(ndtr(ndtri(plain) + self.far), LEAST, MOST) if name == self.pushed else plain


def axes_of(scenario: "Scenario", blocks: int) -> tuple[Axis, ...]:
    """Return the axes of the streams on which the scenario's tape depends."""
    plain, drawn = _probe(scenario)
    names = dict.fromkeys(name for name, _ in drawn)
    felt = {name for name in names if any(_differs(plain, _probe(scenario, name, far)[0]) for far in (FAR, -FAR))}
    return tuple(
        axis
        for (name, index), shape in drawn.items()
        if name in felt
        for axis in _stretches(name, index, shape, blocks)
    )


def scores(streams: Streams, axes: Sequence[Axis]) -> Floats:
    """Return (axes,) the scores of the axes before any shift, equation (1)."""
    sums, known = np.empty(len(axes)), dict[Address, Floats]()
    for i, axis in enumerate(axes):
        if (axis.name, axis.index) not in known:
            known[axis.name, axis.index] = streams.normal(axis.name, *axis.index, size=axis.shape)
        sums[i] = known[axis.name, axis.index][axis.first : axis.last].sum() / np.sqrt(axis.entries)
    return sums


def shifted(streams: Streams, axes: Sequence[Axis], mean: Floats) -> Streams:
    """Return `streams` with the score of every axis moved by its (axes,) `mean`."""
    shift: dict[Address, Floats] = {}
    for axis, move in zip(axes, mean, strict=True):
        if move:
            entry = shift.setdefault((axis.name, axis.index), np.zeros(axis.shape))
            entry[axis.first : axis.last] = move / np.sqrt(axis.entries)
    return TiltedStreams.of(streams, shift) if shift else streams


class TiltedTape(NamedTuple):
    """Draws the tape of a replication with shifted scores, for :class:`experiments.plan.arrangement.Arrangement`."""

    scenario: "Scenario"
    axes: tuple[Axis, ...]
    mean: tuple[float, ...]

    def __call__(self, replication: int) -> Tape:
        """Return the shifted tape of `replication`."""
        streams = shifted(Streams(self.scenario.seed, replication), self.axes, np.array(self.mean))
        return draw_tape(self.scenario, replication, streams)


def _probe(scenario: "Scenario", pushed: str = "", far: float = 0.0) -> tuple[Tape, dict[Address, tuple[int, ...]]]:
    streams = ProbedStreams(scenario.seed, PROBE)
    streams.drawn, streams.pushed, streams.far = {}, pushed, far
    with np.errstate(all="ignore"):
        return draw_tape(scenario, PROBE, streams), streams.drawn


def _differs(a: Tape, b: Tape) -> bool:
    both: Any = zip(Tape._fields, a, b, strict=True)
    return any(not np.array_equal(x, y) for name, x, y in both if name not in UNFELT)


def _stretches(name: str, index: tuple[int, ...], shape: tuple[int, ...], blocks: int) -> list[Axis]:
    number = shape[0] if shape[0] <= SHORT else min(blocks, shape[0])
    ends = [round(i * shape[0] / number) for i in range(number + 1)]
    return [Axis(name, index, shape, a, b) for a, b in pairwise(ends)]
