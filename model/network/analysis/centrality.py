"""Central nodes: whose failure, or whose debts, matter most to the others.

- **impact**: the DebtRank of a protocol, the part of all other protocols' buffers that its default takes,
  sum over j != i of E_j h_j / sum over j != i of E_j (:mod:`model.network.analysis.debtrank`); with `variant` 2012 or
  linear.
- **katz**: debtors whose creditors are debtors in turn (Katz 1953), x_i = 1 + a sum_j L_ij x_j / max_k pbar_k with
  a = 1/2 and pbar_k what k owes in all, scaled to length 1; rows sum to at most 1, so the series converges.
- **rank**: PageRank of the reversed debts, a random creditor asking its debtors where the loss came from
  (the principle of SinkRank, Soramaki and Cook 2013).
- **owed**, **held**: what a protocol owes and is owed, USD.

References
----------
Katz, L. (1953) Psychometrika 18:39-43. Soramaki, K. and Cook, S. (2013) SinkRank: an algorithm for identifying
systemically important banks in payment systems. Economics E-Journal 7:2013-28.
"""

from typing import NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike

from agents.core.argument import network_matrix, positive_column
from agents.core.table import MatrixLike
from model.network.analysis.debtrank import debtrank

KATZ = 0.5


class Centrality(NamedTuple):
    """Measures of every protocol, (n,) each."""

    impact: np.ndarray  # 1, in [0, 1], part of the others' buffers lost if it defaults
    katz: np.ndarray  # 1, > 0, of Euclidean length 1
    rank: np.ndarray  # 1, > 0, summing to 1
    owed: np.ndarray  # USD, >= 0
    held: np.ndarray  # USD, >= 0

    def most_central(self) -> int:
        """Return the protocol whose default hits the others hardest."""
        return int(self.impact.argmax())


def centrality(liabilities: MatrixLike, buffers: ArrayLike, variant: str = "linear") -> Centrality:
    """Return the measures of a network of debts.

    Parameters
    ----------
    liabilities : (n, n) USD >= 0, zero diagonal, row owes column.
    buffers : (n,) USD > 0, capital that absorbs losses.
    variant : of DebtRank, ``linear`` or ``2012``.

    Raises
    ------
    ValueError
        If a shape, a sign, the diagonal or the variant's name is wrong (:mod:`agents.core.argument`).
    """
    owed = network_matrix("liabilities", liabilities)
    graph = nx.from_numpy_array(owed.toarray() if hasattr(owed, "tocsr") else owed, create_using=nx.DiGraph)
    return Centrality(
        impact(owed, buffers, variant),
        _katz(graph),
        _listed(nx.pagerank(graph.reverse(), weight="weight")),
        np.asarray(owed.sum(axis=1), dtype=float),
        np.asarray(owed.sum(axis=0), dtype=float),
    )


def impact(liabilities: MatrixLike, buffers: ArrayLike, variant: str = "linear") -> np.ndarray:
    """Return for every protocol the part of the others' buffers (n,) that its default takes.

    Arguments and errors are those of :func:`centrality`; who is alone takes nothing.
    """
    owed = network_matrix("liabilities", liabilities)
    buffer = positive_column("buffers", buffers, owed.shape[0])
    lost = np.array([debtrank(owed.T, buffer, alone, variant) @ buffer for alone in np.eye(buffer.size)])
    others = buffer.sum() - buffer
    return np.divide(lost - buffer, others, out=np.zeros_like(buffer), where=others > 0)


def _katz(graph: nx.DiGraph) -> np.ndarray:
    """Return Katz centrality of debtors, all equal where nobody owes anything."""
    largest = max((total for _, total in graph.out_degree(weight="weight")), default=0.0)
    attenuation = KATZ / largest if largest > 0.0 else KATZ
    return _listed(nx.katz_centrality_numpy(graph.reverse(), alpha=attenuation, weight="weight"))


def _listed(found: dict[int, float]) -> np.ndarray:
    return np.array([found[node] for node in range(len(found))])
