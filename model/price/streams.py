"""Named streams of random numbers: the same world for every run that uses them.

A stream is addressed by *(seed, replication, name, index)* and by nothing else: not by structure, regime,
worker or order of creation. Two regimes that ask for the same stream therefore see the same numbers (common
random numbers), and adding an asset or a protocol, each with its own index, changes nobody else's.

The n-th uniform of a stream is a hash of its key and n (:mod:`agents.core.random`), the key of a stream one of the key
of its name and its index, and that of a name one of seed, replication and name by NumPy's seed sequence: a stream costs
a microsecond, and two nanoseconds a number.

Numbers become variates by the inverse of a distribution function, one uniform to one variate. Rejection
methods use a varying count of uniforms; with inversion the first *n* draws stay what they are when *n*
grows.

References: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014); Law, "Simulation Modeling and
Analysis" (2015), section 11.2, on synchronisation.
"""

from functools import lru_cache
from typing import NamedTuple, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri

from agents.core.fast_call import FastCall
from agents.core.random import fill

Shape = int | tuple[int, ...]
KEPT = 256  # keys: regimes compared on the same shocks ask for the same streams one after the other
_fill = FastCall(fill)


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
        """Return the first uniforms of the stream, strictly inside (0, 1)."""
        drawn = np.empty(size)
        _fill(_root(self.seed, self.replication, name), np.array(index, np.int64), drawn.reshape(-1))
        return drawn

    def normal(self, name: str, *index: int, size: Shape) -> NDArray[np.float64]:
        """Return the first standard normal variates of the stream."""
        return ndtri(self.uniform(name, *index, size=size))

    def chi_square(self, name: str, *index: int, freedom: float, size: Shape) -> NDArray[np.float64]:
        """Return the first chi-square variates of the stream, with `freedom` degrees of freedom."""
        return chdtri(freedom, self.uniform(name, *index, size=size))


@lru_cache(KEPT)
def _root(seed: int, replication: int, name: str) -> np.uint64:
    """Return the key of all streams of a name."""
    return np.uint64(Streams(seed, replication).key(name))


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
