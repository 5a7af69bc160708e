"""What cross-holdings between the protocols of a run are worth, and who fails with whom.

Read from a file as debts are, ``owner owned part`` a line. Protocol i's primitive assets are its
treasury and its own fund; it fails where its market value falls below a part of what it is at the start, and then
loses a part of that value more (:mod:`model.network.analysis.cross_holding`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.core.argument import fraction
from model.network.analysis.cross_holding import Valuation, cross_holdings_dependency, cross_holdings_value
from model.network.reader.edge_list import EdgeListError, read_edges


class HoldingReport(NamedTuple):
    """The cross-holdings of P protocols."""

    dependency: np.ndarray  # (P, P) 1, A: part of the column's assets that is finally the row's
    value: np.ndarray  # (P,) USD, market value at the start
    foreign: np.ndarray  # (P,) 1, part of that value that rests on others' assets
    waves: list[list[list[int]]]  # for each protocol, who fails in which wave when it loses its assets


def read_holdings(path: str | Path, names: Sequence[str]) -> np.ndarray:
    """Return C (P, P), row owns that part of column, from a file of edges ``owner owned part``.

    Raises
    ------
    EdgeListError
        For a fault of the file, a part that is missing or above 1, or columns that leave nothing to outside holders.
    """
    held, problems = np.zeros((len(names), len(names))), []
    for owner, owned, part in read_edges(path, names):
        if part is None or part > 1.0:
            told = "missing" if part is None else f"{part:g}"
            problems.append(f"{path}: {names[owner]} {names[owned]}: part {told}; allowed: a number from 0 to 1")
        held[owner, owned] = part or 0.0
    for i in map(int, np.flatnonzero(held.sum(axis=0) >= 1.0)):
        problems.append(f"{path}: {names[i]}: {held[:, i].sum():g} of it is held; allowed: less than 1 in sum")
    if problems:
        raise EdgeListError(problems)
    return held


def holding_report(holdings: np.ndarray, assets: np.ndarray, threshold: float, failure_cost: float) -> HoldingReport:
    """Return values and, for the loss of each protocol's assets, the waves of failure.

    Parameters
    ----------
    holdings : C, (P, P).
    assets : e, (P,) USD >= 0.
    threshold, failure_cost : parts of each value at the start below which it fails, and that it then loses, in [0, 1].

    Raises
    ------
    ValueError
        If a shape, a sign or a range is wrong (:mod:`agents.core.argument`).
    """
    threshold, failure_cost = fraction("threshold", threshold), fraction("failure_cost", failure_cost)
    value = cross_holdings_value(holdings, assets, np.zeros_like(assets), np.zeros_like(assets)).value
    waves = []
    for lost in np.eye(len(assets), dtype=bool):
        found = cross_holdings_value(holdings, np.where(lost, 0.0, assets), threshold * value, failure_cost * value)
        waves.append(_by_wave(found))
    dependency = cross_holdings_dependency(holdings)
    own = np.divide(dependency.diagonal() * assets, value, out=np.ones_like(value), where=value > 0.0)
    return HoldingReport(dependency, value, 1.0 - own, waves)


def _by_wave(found: Valuation) -> list[list[int]]:
    return [np.flatnonzero(found.waves == wave).tolist() for wave in range(found.waves.max(initial=-1) + 1)]
