"""Which fields move a metric: indices of a sweep's design, by SALib.

The value of a point is its mean over replications on common random numbers, so that shocks do not pass for sensitivity.

- ``morris`` designs: mean absolute elementary effect μ* and its spread σ (Campolongo, Cariboni and Saltelli 2007,
  Environ. Model. Softw. 22:1509), in units of the metric per whole range of a field;
- ``saltelli`` designs: first-order and total Sobol' indices S₁ and S_T (Saltelli et al. 2010), shares of the variance
  between points;
- every sampled design: PAWN, the largest distance between the distribution of the metric and that given a field's slice
  (Pianosi and Wagener 2018, Environ. Model. Softw. 108:197), which sees tails where variance does not; median over
  slices, next to that of a dummy field that does nothing.

Half-widths are of 95 % bootstrap intervals over design points and replications together
(:mod:`experiments.study.sensitivity.resample`), NaN with one replication, whose noise is not known. Each combination
of crossed values is analysed separately.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from SALib.analyze import morris, pawn, sobol

from experiments.plan.design import SAMPLERS, Terms
from experiments.plan.problem import SweepError
from experiments.results.sweep.folder import read_manifest
from experiments.results.sweep.table import run_table
from experiments.study.sensitivity.resample import half_widths, morris_effects, sobol_indices

LEVEL, RESAMPLES, SEED = 0.95, 1_000, 1
SLICES = 8
LEAST = 32  # points PAWN needs: four a slice
DUMMY = "(dummy)"

type Floats = NDArray[np.float64]


class Index(NamedTuple):
    """An index of one field, with the half-width of its interval, NaN where it has none."""

    group: str
    field: str
    name: str
    value: float
    half_width: float


class Design(NamedTuple):
    """The design of a sweep: terms, names of its fields, and (points, fields) coordinates in [0, 1]."""

    terms: Terms
    fields: tuple[str, ...]
    coordinates: Floats

    @property
    def problem(self) -> dict[str, Any]:
        """What SALib calls a problem."""
        return {"num_vars": len(self.fields), "names": list(self.fields), "bounds": [[0.0, 1.0]] * len(self.fields)}


def sensitivity(folder: Path, metric: str) -> list[Index]:
    """Return the indices of `metric` that the design of the sweep in `folder` allows.

    Raises
    ------
    SweepError
        If the design is not sampled, a point has no finished run, or the metric does not vary or is undefined.
    """
    manifest = read_manifest(folder)
    plan = manifest["plan"]
    terms = Terms(**plan["design"])
    if terms.kind not in SAMPLERS:
        raise SweepError(f"{folder}: design {terms.kind}: allowed for indices: {', '.join(SAMPLERS)}")
    fields = tuple(plan["fields"])
    design = Design(terms, fields, SAMPLERS[terms.kind].draw(terms, len(fields)))
    across = list(plan["across"])
    table = run_table(folder, [*across, metric])
    number = manifest["points"] // len(design.coordinates)
    indices = []
    for inner in range(number):
        runs = table[table["point"] % number == inner]
        group = ", ".join(str(runs[name].iloc[0]) for name in across) if len(runs) else str(inner)
        indices += list(_indices(design, _runs(folder, runs, metric, number, len(design.coordinates)), group))
    return indices


def _runs(folder: Path, runs: pd.DataFrame, metric: str, number: int, points: int) -> Floats:
    """Return (points, replications) `metric` at every point in the replications that all points have."""
    wide = runs.pivot_table(index="point", columns="replication", values=metric, aggfunc="first", dropna=False)
    wide = wide.reindex(sorted(set(wide.index) | set(range(runs["point"].min() % number, points * number, number))))
    complete = wide.dropna(axis=1)
    if complete.shape[1] == 0 or len(wide) != points:
        raise SweepError(f"{folder}: {metric}: no replication has it at all of {points} points: run the rest first")
    values = complete.mean(axis=1)
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise SweepError(f"{folder}: {metric}: is the same at every point, so no field moves it")
    return complete.to_numpy(np.float64)


def _indices(design: Design, runs: Floats, group: str) -> Iterator[Index]:
    analyses = {"morris": _morris, "saltelli": _sobol}
    if design.terms.kind in analyses:
        for name, estimate, width in analyses[design.terms.kind](design, runs):
            for field, value, half in zip(design.fields, estimate, width, strict=True):
                yield Index(group, field, name, float(value), float(half))
    if len(runs) >= LEAST:
        yield from _pawn(design, runs.mean(axis=1), group)


def _morris(design: Design, runs: Floats) -> Iterator[tuple[str, Floats, Floats]]:
    answer = morris.analyze(
        design.problem,
        design.coordinates,
        runs.mean(axis=1),
        num_resamples=2,
        num_levels=design.terms.levels,
        seed=SEED,
    )
    effects = morris_effects(design.coordinates)
    [width] = half_widths(runs, len(design.fields) + 1, effects, LEVEL, RESAMPLES, SEED)
    yield "mu_star", np.asarray(answer["mu_star"]), width
    yield "sigma", np.asarray(answer["sigma"]), np.full(len(design.fields), np.nan)


def _sobol(design: Design, runs: Floats) -> Iterator[tuple[str, Floats, Floats]]:
    answer = sobol.analyze(design.problem, runs.mean(axis=1), calc_second_order=False, num_resamples=2, seed=SEED)
    widths = half_widths(runs, len(design.fields) + 2, sobol_indices, LEVEL, RESAMPLES, SEED)
    for name, width in zip(("S1", "ST"), widths, strict=True):
        yield name, np.asarray(answer[name]), width


def _pawn(design: Design, values: Floats, group: str) -> Iterator[Index]:
    idle = np.random.default_rng(SEED).random((len(values), 1))
    fields = (*design.fields, DUMMY)
    larger = Design(design.terms, fields, np.hstack([design.coordinates, idle]))
    answer = pawn.analyze(larger.problem, larger.coordinates, values, S=SLICES, seed=SEED)
    for field, value in zip(fields, answer["median"], strict=True):
        yield Index(group, field, "PAWN", float(value), float("nan"))
