"""A claim: a published value, the function of this package that reproduces it, and the tolerance.

A claim is one small function under :func:`claim`, in a file of its family; it calls what the model itself calls and
returns numbers, or an :class:`experiments.statistics.statistic.Interval` where the value is simulated. A number
passes if it is within the tolerance of the published one, an interval if the published one lies in it. Tolerances are
those of the source: its rounding, or what it states. Intervals are at 99 %, with a fixed seed; of a probability they
are Clopper and Pearson's. An interval that holds the published value but is wider than that of a hit may be
(:mod:`experiments.statistics.verdict`) is too vague to tell and does not pass.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from experiments.statistics.interval import clopper_pearson
from experiments.statistics.statistic import Interval, mean_interval
from experiments.statistics.verdict import RATIO, Value, error

LEVEL = 0.99
SEED = 1


type Published = Any  # a number, an array of numbers, nested lists of them, or an interval


class Claim(NamedTuple):
    """A published result.

    Attributes
    ----------
    family : heading under which it stands.
    name : what is claimed, in a line.
    source : where it is published.
    published : number or list of numbers, as printed there.
    find : returns our value; takes the folder of data where `needs` is set.
    key : path of the published value in a file of oracles, levels divided by ``/``; empty for none.
    absolute, relative : tolerances; zero both for equality.
    needs : file that the folder of data must hold; empty for none.
    """

    family: str
    name: str
    source: str
    published: Any
    find: Callable[..., Any]
    key: str = ""
    absolute: float = 0.0
    relative: float = 0.0
    needs: str = ""


class Finding(NamedTuple):
    """A claim put to the test; `passed` is None where it could not be, or is too vague to tell."""

    claim: Claim
    published: Any
    ours: Any
    passed: bool | None


CLAIMS: list[Claim] = []


def claim(family: str, name: str, published: Published, source: str, **rest: Any) -> Callable[[Any], Any]:
    """Register the decorated function as the one that finds `published` (see :class:`Claim`).

    Parameters
    ----------
    family : heading under which the claim stands.
    name : what is claimed, in a line.
    published : number or list of numbers, as printed in the source.
    source : where it is published.
    rest : the other fields of a claim: key, tolerances, needs.
    """

    def register(find: Callable[..., Any]) -> Callable[..., Any]:
        CLAIMS.append(Claim(family, name, source, published, find, **rest))
        return find

    return register


def simulated(values: ArrayLike) -> Interval:
    """Return the mean of independent simulated `values` with its 99 % interval."""
    known = np.asarray(values)
    if known.dtype == bool:
        return Interval(float(known.mean()), *clopper_pearson(int(known.sum()), known.size, LEVEL), known.size)
    return mean_interval(known, LEVEL)


def judge(one: Claim, oracles: Published = None, data: Path | None = None) -> Finding:
    """Put a claim to the test.

    Parameters
    ----------
    one : the claim.
    oracles : contents of a file of published numbers, which replace those in the code.
    data : folder of data, for claims that need one.
    """
    published = one.published if oracles is None or not one.key else looked_up(oracles, one.key)
    if one.needs and (data is None or not (data / one.needs).exists()):
        return Finding(one, published, None, None)
    ours = one.find(data) if one.needs else one.find()
    agreed = agrees(one, published, ours)
    return Finding(one, published, ours, None if agreed and vague(ours) else agreed)


def vague(ours: Published) -> bool:
    """Return whether ours is an interval too wide for the published value in it to mean much."""
    return isinstance(ours, Interval) and error(RATIO, Value(ours.mean, ours.low, ours.high)) > RATIO.width


def agrees(one: Claim, published: Published, ours: Published) -> bool:
    """Return whether ours is within the tolerance of the published value."""
    if isinstance(ours, Interval):
        return bool(ours.low <= published <= ours.high)
    wanted, value = np.asarray(published, float), np.asarray(ours, float)
    if wanted.shape != value.shape:
        return False
    # An even half of the last digit may round either way, hence the last factor.
    return bool((np.abs(value - wanted) <= (one.absolute + one.relative * np.abs(wanted)) * (1 + 1e-9)).all())


def looked_up(oracles: Published, key: str) -> Published:
    """Return the value at ``a/b/0/c`` of nested mappings and lists; KeyError or IndexError where there is none."""
    value = oracles
    for word in key.split("/"):
        value = value[int(word)] if isinstance(value, list) else value[word]
    return list(value.values()) if isinstance(value, dict) else value
