"""Several pools: protocols are divided into clusters, each with a pool of its own.

Bybit pools the funds of up to nine correlated contracts (December 2025); Binance (2019) gave its two largest markets
funds of their own and let the others share one. The partition is given, or drawn by lot into clusters whose sizes
differ by one at most.
"""

import numpy as np

from model.backstop.structure.base import Structure


class Clustered(Structure):
    """All capital is in the pools of the clusters; one cluster is `pooled`, a cluster each is `isolated`."""

    own_share = 0.0

    def partition(self, members: int, draw: np.ndarray | None) -> np.ndarray:
        """Return the given partition, the last pool repeated, or one by lot (without draws: in order)."""
        given = self.terms.cluster
        if not given:
            return by_lot(np.arange(members) if draw is None else draw, self.terms.clusters)
        numbers = (given + given[-1:] * members)[:members]
        return np.unique(numbers, return_inverse=True)[1].astype(np.int64)


def by_lot(draw: np.ndarray, clusters: int) -> np.ndarray:
    """Return the cluster of each member: its rank among the draws, modulo the number of clusters, (members,)."""
    return np.argsort(np.argsort(draw, kind="stable")) % min(clusters, len(draw))
