"""Designs: which points of the space of fields are run.

A design knows its size before it is drawn, and a point is made only when it is needed. ``grid``, ``list`` and
``one_at_a_time`` are enumerated; the others are matrices of coordinates in [0, 1], one column a field:

- ``latin_hypercube``: `points` points, each field's interval hit once in every `points`-th part (McKay, Beckman and
  Conover 1979, Technometrics 21:239).
- ``sobol``: `points` points of a scrambled Sobol' sequence, a power of two (Owen 1998, J. Complexity 14:466).
- ``saltelli``: `points` x (fields + 2) points for Sobol' indices (Saltelli et al. 2010, Comput. Phys. Commun. 181:259).
- ``morris``: `points` trajectories of (fields + 1) points on `levels` levels (Morris 1991, Technometrics 33:161).

SALib and scipy's samplers are slow to import; each is imported by the design that needs it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from experiments.plan.field import Field

type Point = dict[str, Any]


class Design(Protocol):
    """A numbered set of points."""

    def __len__(self) -> int:
        """Return the number of points."""

    def __getitem__(self, index: int) -> Point:
        """Return point `index`, fields by dotted name."""


class Terms(NamedTuple):
    """A plan's settings of its design, besides the fields: see the module for `points` and `levels`."""

    kind: str = "grid"
    points: int = 0
    levels: int = 4
    seed: int = 0


class Grid:
    """Every combination of the fields' levels, the last field changing fastest."""

    def __init__(self, fields: "Sequence[Field]") -> None:
        self.levels = {field.name: field.levels() for field in fields}

    def __len__(self) -> int:
        return math.prod(len(values) for values in self.levels.values())

    def __getitem__(self, index: int) -> Point:
        point = {}
        for name, values in reversed(self.levels.items()):
            index, level = divmod(index, len(values))
            point[name] = values[level]
        return {name: point[name] for name in self.levels}


class Listed(list[Point]):
    """Points given one by one."""


class Sampled:
    """Points at (points, fields) coordinates in [0, 1]."""

    def __init__(self, fields: "Sequence[Field]", coordinates: "NDArray[np.float64]") -> None:
        self.fields, self.coordinates = fields, coordinates

    def __len__(self) -> int:
        return len(self.coordinates)

    def __getitem__(self, index: int) -> Point:
        pairs = zip(self.fields, self.coordinates[index], strict=True)
        return {field.name: field.at(float(u)) for field, u in pairs}


class Crossed:
    """Every point of `design` with every point of `across`, which change fastest."""

    def __init__(self, design: Design, across: Design) -> None:
        self.design, self.across = design, across

    def __len__(self) -> int:
        return len(self.design) * len(self.across)

    def __getitem__(self, index: int) -> Point:
        outer, inner = divmod(index, len(self.across))
        return self.design[outer] | self.across[inner]


def one_at_a_time(fields: "Sequence[Field]") -> Listed:
    """Return the base, then each field's levels with all else as in the base."""
    return Listed([{}, *({field.name: value} for field in fields for value in field.levels())])


def latin_hypercube(terms: Terms, fields: int) -> "NDArray[np.float64]":
    """Return (points, fields) coordinates."""
    from scipy.stats.qmc import LatinHypercube  # noqa: PLC0415

    return LatinHypercube(fields, rng=terms.seed).random(terms.points)


def sobol(terms: Terms, fields: int) -> "NDArray[np.float64]":
    """Return (points, fields) coordinates."""
    from scipy.stats.qmc import Sobol  # noqa: PLC0415

    return Sobol(fields, rng=terms.seed).random(terms.points)


def saltelli(terms: Terms, fields: int) -> "NDArray[np.float64]":
    """Return (points (fields + 2), fields) coordinates in the order :func:`SALib.analyze.sobol.analyze` reads."""
    from SALib.sample import sobol as sampler  # noqa: PLC0415

    return sampler.sample(_unit(fields), terms.points, calc_second_order=False, seed=terms.seed)


def morris(terms: Terms, fields: int) -> "NDArray[np.float64]":
    """Return (points (fields + 1), fields) coordinates in the order :func:`SALib.analyze.morris.analyze` reads."""
    from SALib.sample import morris as sampler  # noqa: PLC0415

    return sampler.sample(_unit(fields), terms.points, num_levels=terms.levels, seed=terms.seed)


class Sampler(NamedTuple):
    """How to draw coordinates, and how many points come of it."""

    draw: "Callable[[Terms, int], NDArray[np.float64]]"
    size: Callable[[int, int], int]
    power_of_two: bool = False


SAMPLERS = {
    "latin_hypercube": Sampler(latin_hypercube, lambda points, fields: points),
    "sobol": Sampler(sobol, lambda points, fields: points, power_of_two=True),
    "saltelli": Sampler(saltelli, lambda points, fields: points * (fields + 2), power_of_two=True),
    "morris": Sampler(morris, lambda points, fields: points * (fields + 1)),
}
KINDS = ("grid", "list", "one_at_a_time", *SAMPLERS)


def size(terms: Terms, fields: "Sequence[Field]", listed: Sequence[Mapping[str, Any]]) -> int:
    """Return the number of points without drawing them."""
    if terms.kind in SAMPLERS:
        return SAMPLERS[terms.kind].size(terms.points, len(fields))
    counts = [len(field.levels()) for field in fields]
    return {"grid": math.prod(counts), "list": len(listed), "one_at_a_time": 1 + sum(counts)}[terms.kind]


def draw(terms: Terms, fields: "Sequence[Field]", listed: Sequence[Point]) -> Design:
    """Return the design."""
    if terms.kind in SAMPLERS:
        return Sampled(fields, SAMPLERS[terms.kind].draw(terms, len(fields)))
    makers: dict[str, Callable[[], Design]] = {
        "grid": lambda: Grid(fields),
        "list": lambda: Listed(listed),
        "one_at_a_time": lambda: one_at_a_time(fields),
    }
    return makers[terms.kind]()


def _unit(fields: int) -> dict[str, Any]:
    return {"num_vars": fields, "names": [f"x{index}" for index in range(fields)], "bounds": [[0.0, 1.0]] * fields}
