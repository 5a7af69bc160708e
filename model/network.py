"""The exposure network: who owes whom, and how much.

A directed graph on protocols 0..P-1 in which an edge i -> j says that i owes j. A builder is a function
of the exposure parameters, the protocols' names and a generator, and returns a NetworkX graph; all but
the random ones ignore the generator. Amounts follow from the treasuries T of the two parties,

    L_ij = w min(T_i, T_j) / d_i,        d_i = number of i's creditors,

so that i owes at most w T_i in all and, at w = 1, no single default costs a creditor more than its treasury.
Scaling by the debtor's treasury alone would let the default of one large protocol wipe out every small one.

Draws are uniforms in shells: those of a pair (i, j) come after those of all pairs among the first max(i, j)
protocols, so one more protocol changes no edge between the others.

References
----------
Acemoglu, D., Ozdaglar, A. and Tahbaz-Salehi, A. (2015) American Economic Review 105:564-608 (ring, complete,
blocks).
Craig, B. and von Peter, G. (2014) Journal of Financial Intermediation 23:322-347 (core and periphery).
Barabasi, A.-L. and Albert, R. (1999) Science 286:509-512 (scale free).
"""

from collections.abc import Iterable, Sequence

import networkx as nx
import numpy as np

from model.edge_list import Edge, EdgeListError, read_edges
from model.scenario.exposure import GRAPHS, ExposureSection

__all__ = ["Edge", "EdgeListError", "exposure_graph", "liabilities", "read_edges"]


def exposure_graph(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Return the graph (edge i -> j: i owes j) on nodes 0..P-1, P = len(names).

    Raises
    ------
    EdgeListError
        If the graph comes from a faulty file.
    """
    return GRAPHS[exposure.graph](exposure, names, generator)


def liabilities(
    exposure: ExposureSection, treasuries: np.ndarray, generator: np.random.Generator, names: Sequence[str]
) -> np.ndarray:
    """Return L (P, P) USD >= 0, row i owes column j, zero diagonal.

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
    owed = np.zeros((len(names), len(names)))
    for debtor, creditor, fixed in graph.edges(data="amount"):
        ruled = amount_owed(exposure.weight, capital[debtor], capital[creditor], graph.out_degree(debtor))
        owed[debtor, creditor] = ruled if fixed is None else fixed
    return owed


def amount_owed(weight: float, debtor: float, creditor: float, creditors: int) -> float:
    """Return w min(T_i, T_j) / d_i in USD, for treasuries T_i of the debtor and T_j of the creditor."""
    return weight * min(debtor, creditor) / creditors


def none(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Nobody owes anybody."""
    return _graph(len(names), [])


def ring(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Everybody owes its `degree` successors, or all others where there are fewer."""
    number = len(names)
    reach = range(1, min(exposure.degree, number - 1) + 1)
    return _graph(number, ((i, (i + step) % number) for i in range(number) for step in reach))


def complete(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Everybody owes everybody else."""
    return nx.complete_graph(len(names), nx.DiGraph)


def blocks(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Split the protocols into `blocks` neighbouring groups of equal size, each complete in itself."""
    sizes = [part.size for part in np.array_split(np.arange(len(names)), exposure.blocks)]
    return nx.disjoint_union_all([nx.complete_graph(size, nx.DiGraph) for size in sizes])


def erdos_renyi(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Draw every edge independently with `probability`."""
    drawn = shell_uniforms(generator, len(names)) < exposure.probability
    return _graph(len(names), ((i, j) for i, j in np.argwhere(drawn).tolist() if i != j))


def core_periphery(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Tie the first `core` protocols to each other and every other one to a member of the core at random."""
    number, core = len(names), min(exposure.core, len(names))
    member = (shell_uniforms(generator, number).diagonal() * core).astype(int).tolist()
    graph = _graph(number, nx.complete_graph(core, nx.DiGraph).edges)
    graph.add_edges_from(_both_ways((i, member[i]) for i in range(core, number)))
    return graph


def star(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Tie everybody to protocol 0, both ways, as members are to a clearing house."""
    return _graph(len(names), _both_ways((0, i) for i in range(1, len(names))))


def scale_free(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Let each newcomer tie itself, both ways, to `degree` earlier ones in proportion to their ties."""
    number = len(names)
    ties = min(exposure.degree, number - 1)
    if ties < 1:
        return _graph(number, [])
    return nx.barabasi_albert_graph(number, ties, seed=generator).to_directed()


def file(exposure: ExposureSection, names: Sequence[str], generator: np.random.Generator) -> nx.DiGraph:
    """Read the edge list or GraphML file `exposure.file`."""
    graph = _graph(len(names), [])
    for debtor, creditor, amount in read_edges(exposure.file, names):
        graph.add_edge(debtor, creditor, amount=amount)
    return graph


def shell_uniforms(generator: np.random.Generator, number: int) -> np.ndarray:
    """Return uniforms (P, P) whose leading blocks do not change when P grows.

    The P^2 draws fill row and column m of the matrix, the diagonal last, for m = 0, 1, ...
    """
    draws = generator.random(number * number)
    row, column = np.indices((number, number))
    shell = np.maximum(row, column)
    place = np.where(row == shell, 2 * column, 2 * row + 1)
    return draws[shell * shell + place]


def _graph(number: int, edges: Iterable[tuple[int, int]]) -> nx.DiGraph:
    graph = nx.empty_graph(number, nx.DiGraph)
    graph.add_edges_from(edges)
    return graph


def _both_ways(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return [edge for i, j in pairs for edge in ((i, j), (j, i))]
