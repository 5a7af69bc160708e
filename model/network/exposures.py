"""The exposure network: who owes whom, and how much.

A directed graph on protocols 0..P-1 in which an edge i -> j says that i owes j. A builder is a function
of the exposure parameters, the protocols' names and a generator, and returns who owes whom; all but
the random ones ignore the generator. Amounts follow from the treasuries T of the two parties,

    L_ij = w min(T_i, T_j) / d_i,        d_i = number of i's creditors,

so that i owes at most w T_i in all and, at w = 1, no single default costs a creditor more than its treasury.
Scaling by the debtor's treasury alone would let the default of one large protocol wipe out every small one.

The graph ``netted`` is one of claims: X_ij of every pair in each of `classes` classes, normal and independent, in units
of w min(T) / (P - 1), netted as in :mod:`model.network.netting`; what is left is owed.

Draws are uniforms in shells: those of a pair (i, j) come after those of all pairs among the first max(i, j)
protocols, so one more protocol changes no edge between the others.

Above a thousand protocols (:data:`model.scenario.check.demand.MANY`) the matrix is held sparse, in CSR, where that is
smaller; graphs of few ties then need no table of all pairs.

References
----------
Acemoglu, D., Ozdaglar, A. and Tahbaz-Salehi, A. (2015) American Economic Review 105:564-608 (ring, complete,
blocks).
Craig, B. and von Peter, G. (2014) Journal of Financial Intermediation 23:322-347 (core and periphery).
Barabasi, A.-L. and Albert, R. (1999) Science 286:509-512 (scale free).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np
from scipy.special import ndtri

from agents.core.table import Matrix
from model.network.netting import net_debts
from model.network.reader.edge_list import Edge, EdgeListError, read_edges
from model.scenario.check.demand import MANY
from model.scenario.registry import GRAPHS
from model.scenario.section.exposure import ExposureSection

__all__ = ["Edge", "EdgeListError", "exposure_graph", "liabilities", "read_edges"]

SPARSE_BYTES, DENSE_BYTES = 12, 8  # of an entry
type Graph = Mapping[int, Mapping[int, Mapping[str, float | None]]]  # debtor → creditor → what the edge states


def exposure_graph(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Return the graph (edge i -> j: i owes j) on nodes 0..P-1, P = len(names), as ``networkx.DiGraph`` takes it.

    A graph of NetworkX's reads the same; of its own accord the model loads that library for random graphs alone.

    Raises
    ------
    EdgeListError
        If the graph comes from a faulty file.
    """
    return GRAPHS[exposure.graph](exposure, names, generator)


def liabilities(
    exposure: ExposureSection, treasuries: np.ndarray, generator: np.random.Generator, names: Sequence[str]
) -> Matrix:
    """Return L (P, P) USD >= 0, row i owes column j, zero diagonal; a CSR array where that is smaller.

    Parameters
    ----------
    exposure : graph and weight.
    treasuries : (P,) USD >= 0.
    generator : source of the random graphs.
    names : P protocol names, to which an edge list refers.

    Raises
    ------
    ValueError
        If a treasury is negative or their number differs from that of the names.
    """
    capital = np.asarray(treasuries, dtype=float)
    if capital.shape != (len(names),) or not (capital >= 0).all():
        raise ValueError(f"treasuries must be {len(names)} amounts >= 0 USD, got {treasuries}")
    graph = exposure_graph(exposure, names, generator)
    unit = amount_owed(exposure.weight, capital.min(), capital.min(), max(len(names) - 1, 1))
    edges = [(debtor, creditor) for debtor in graph for creditor in graph[debtor]]
    ends, amounts = np.array(edges, np.intp).reshape(-1, 2).T, np.empty(len(edges))
    for edge, (debtor, creditor) in enumerate(edges):
        owed = graph[debtor]
        ruled = amount_owed(exposure.weight, capital[debtor], capital[creditor], len(owed))
        amounts[edge] = _fixed(owed[creditor], unit, ruled)
    return matrix_of(ends, amounts, len(names))


def matrix_of(ends: np.ndarray, amounts: np.ndarray, number: int) -> Matrix:
    """Return the matrix with `amounts` (E,) at the pairs `ends` (2, E), of `number` rows, dense or as a CSR array."""
    if number > MANY and SPARSE_BYTES * len(amounts) < DENSE_BYTES * number**2:
        from scipy.sparse import csr_array  # noqa: PLC0415  # slow to import, and needed for sparse matrices alone

        return csr_array((amounts, ends), shape=(number, number))
    owed = np.zeros((number, number))
    owed[ends[0], ends[1]] = amounts
    return owed


def _fixed(edge: Mapping[str, float | None], unit: float, ruled: float) -> float:
    """Return the amount an edge states, in USD or as a claim in `unit` USD, or else the `ruled` one."""
    amount, claim = edge.get("amount"), edge.get("claim")
    if claim is not None:
        return claim * unit
    return ruled if amount is None else amount


def amount_owed(weight: float, debtor: float, creditor: float, creditors: int) -> float:
    """Return w min(T_i, T_j) / d_i in USD, for treasuries T_i of the debtor and T_j of the creditor.

    Parameters
    ----------
    weight : w, 1, >= 0.
    debtor, creditor : USD >= 0, their treasuries.
    creditors : d_i, whom the debtor owes, >= 1.
    """
    return weight * min(debtor, creditor) / creditors


def none(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Nobody owes anybody."""
    return _graph(len(names), [])


def ring(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Everybody owes its `degree` successors, or all others where there are fewer."""
    number = len(names)
    reach = range(1, min(exposure.degree, number - 1) + 1)
    return _graph(number, ((i, (i + step) % number) for i in range(number) for step in reach))


def complete(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Everybody owes everybody else."""
    return _graph(len(names), permutations(range(len(names)), 2))


def blocks(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Split the protocols into `blocks` neighbouring groups of equal size, each complete in itself."""
    parts = np.array_split(np.arange(len(names)), exposure.blocks)
    return _graph(len(names), (edge for part in parts for edge in permutations(part.tolist(), 2)))


def erdos_renyi(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Draw every edge independently with `probability`."""
    found = [_drawn_pairs(shell, exposure.probability) for shell in shells(generator, len(names))]
    pairs = np.concatenate([np.empty((0, 2), np.intp), *found])
    return _graph(len(names), pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].tolist())


def core_periphery(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Tie the first `core` protocols to each other and every other one to a member of the core at random."""
    number, core = len(names), min(exposure.core, len(names))
    member = (np.array([shell[-1] for shell in shells(generator, number)]) * core).astype(int).tolist()
    outside = _both_ways((i, member[i]) for i in range(core, number))
    return _graph(number, [*permutations(range(core), 2), *outside])


def star(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Tie everybody to protocol 0, both ways, as members are to a clearing house."""
    return _graph(len(names), _both_ways((0, i) for i in range(1, len(names))))


def scale_free(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Let each newcomer tie itself, both ways, to `degree` earlier ones in proportion to their ties."""
    number = len(names)
    ties = min(exposure.degree, number - 1)
    if ties < 1:
        return _graph(number, [])
    from networkx import barabasi_albert_graph  # noqa: PLC0415  # slow to import, and needed for these graphs alone

    drawn: Graph = barabasi_albert_graph(number, ties, seed=generator).to_directed()
    return drawn


def netted(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Draw claims of `classes` classes between all pairs, clear the first `cleared` centrally and net the rest."""
    number = len(names)
    drawn = ndtri(shell_uniforms(generator, number, exposure.classes))
    upper = np.triu(np.moveaxis(drawn, -1, 0), 1)
    left = net_debts(upper - np.swapaxes(upper, 1, 2), exposure.cleared)
    graph = _graph(number, [])
    for i, j in np.argwhere(left).tolist():
        graph[i][j] = {"claim": left[i, j]}
    return graph


def file(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> Graph:
    """Read the file `exposure.file` (:mod:`model.network.reader.edge_list`)."""
    graph = _graph(len(names), [])
    for debtor, creditor, amount in read_edges(exposure.file, names):
        graph[debtor][creditor] = {"amount": amount}
    return graph


def shell_uniforms(generator: np.random.Generator, number: int, classes: int = 0) -> np.ndarray:
    """Return uniforms (P, P), or (P, P, classes), whose leading blocks do not change when P grows.

    The P^2 draws fill row and column m of the matrix, the diagonal last, for m = 0, 1, ...
    """
    draws = generator.random((number * number, classes) if classes else number * number)
    row, column = np.indices((number, number))
    shell = np.maximum(row, column)
    position = np.where(row == shell, 2 * column, 2 * row + 1)
    return draws[shell * shell + position]


def shells(generator: np.random.Generator, number: int) -> Iterator[np.ndarray]:
    """Yield the uniforms of :func:`shell_uniforms` shell by shell, (2 m + 1,) each, without the whole table.

    Those of row m and column m alternate, row first; the last is the diagonal's.
    """
    return (generator.random(2 * m + 1) for m in range(number))


def _drawn_pairs(shell: np.ndarray, probability: float) -> np.ndarray:
    """Return the pairs (edges, 2) of a shell whose draws are below `probability`, but the diagonal."""
    at = np.flatnonzero(shell[:-1] < probability)
    last, other = np.full(len(at), len(shell) // 2), at // 2
    in_row = at % 2 == 0
    return np.column_stack([np.where(in_row, last, other), np.where(in_row, other, last)])


def _graph(number: int, edges: Iterable[tuple[int, int]]) -> dict[int, dict[int, dict[str, float | None]]]:
    graph: dict[int, dict[int, dict[str, float | None]]] = {i: {} for i in range(number)}
    for debtor, creditor in edges:
        graph[debtor][creditor] = {}
    return graph


def _both_ways(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return [edge for i, j in pairs for edge in ((i, j), (j, i))]
