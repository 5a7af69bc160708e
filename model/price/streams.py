"""Named streams of random numbers: the same world for every run that uses them.

A stream is addressed by *(seed, replication, name, index)* and by nothing else: not by structure, regime,
worker or order of creation. Two regimes that ask for the same stream therefore see the same numbers (common
random numbers), and adding an asset or a protocol, each with its own index, changes nobody else's.

Numbers become variates by the inverse of a distribution function, one uniform to one variate. Rejection
methods use a varying count of uniforms; with inversion the first *n* draws stay what they are when *n*
grows.

References: O'Neill, "PCG" (2014); Law, "Simulation Modeling and Analysis" (2015), section 11.2, on
synchronisation.
"""

from functools import lru_cache
from typing import NamedTuple, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri

Shape = int | tuple[int, ...]
_TINY = 2.0**-54
# Regimes compared on the same shocks ask for the same streams one after the other: those of one replication are kept,
# as far as they are short.
KEPT, SHORT = 256, 1 << 13


class Streams(NamedTuple):
    """All streams of one replication.

    Attributes
    ----------
    seed : non-negative integer chosen by the user.
    replication : non-negative number of the replication.
    """

    seed: int
    replication: int

    def sequence(self, name: str, *index: int) -> np.random.SeedSequence:
        """Return the seed sequence of the stream `name`, one for every `index`."""
        return np.random.SeedSequence(self.seed, spawn_key=(self.replication, crc32(name.encode()), *index))

    def generator(self, name: str, *index: int) -> np.random.Generator:
        """Return a fresh generator at the beginning of the stream."""
        return np.random.Generator(np.random.PCG64(self.sequence(name, *index)))

    def key(self, name: str, *index: int) -> int:
        """Return a 64-bit key from which kernels hash their draws without keeping state."""
        return int(self.sequence(name, *index).generate_state(1, np.uint64)[0])

    def uniform(self, name: str, *index: int, size: Shape) -> NDArray[np.float64]:
        """Return the first uniforms of the stream, strictly inside (0, 1); read-only."""
        return (_kept if np.prod(size) <= SHORT else _uniform)(Streams(*self), name, index, size)

    def normal(self, name: str, *index: int, size: Shape) -> NDArray[np.float64]:
        """Return the first standard normal variates of the stream."""
        return ndtri(self.uniform(name, *index, size=size))

    def chi_square(self, name: str, *index: int, freedom: float, size: Shape) -> NDArray[np.float64]:
        """Return the first chi-square variates of the stream, with `freedom` degrees of freedom."""
        return chdtri(freedom, self.uniform(name, *index, size=size))


def _uniform(streams: Streams, name: str, index: tuple[int, ...], size: Shape) -> NDArray[np.float64]:
    drawn = streams.generator(name, *index).random(size) * (1.0 - 2.0 * _TINY) + _TINY
    drawn.setflags(write=False)
    return drawn


_kept = lru_cache(KEPT)(_uniform)


class Draw(Protocol):
    """A method of :class:`Streams` that draws from one stream."""

    def __call__(self, name: str, *index: int, size: Shape) -> NDArray[np.float64]:
        """Return an array of `size` draws."""
        ...


def columns(draw: Draw, name: str, count: int, steps: int) -> NDArray[np.float64]:
    """Return `count` streams of one name side by side.

    Parameters
    ----------
    draw : :meth:`Streams.uniform` or :meth:`Streams.normal` of some replication.
    name : name of the streams; column *i* is the stream with index *i*.
    count : number of columns.
    steps : number of rows.

    Returns
    -------
    (steps, count) array; neither more rows nor more columns change those already there.
    """
    result = np.empty((steps, count))
    for index in range(count):
        result[:, index] = draw(name, index, size=steps)
    return result
