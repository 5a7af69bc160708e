"""Reading who owes whom from a file: an edge list, GraphML, GEXF, GML or Pajek.

In an edge list, one edge a line, ``debtor creditor [amount]`` (:mod:`model.network.reader.edge_text`); the amount in
USD may be left out, in which case the rule of :mod:`model.network.exposures` sets it. The format is that of the
file's ending, and its content is checked: ``.graphml``, ``.xml`` and ``.gexf`` by
:mod:`model.network.reader.graphml`, ``.gml``, ``.net`` and ``.paj`` by :mod:`model.network.reader.line_graph`. All
faults of a file are reported together, unless its form is at fault. Nothing heavy is imported until a graph has to be
read, so that a configuration is checked at once.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from model.scenario.problem import suggestion

Reader = Callable[[str | Path, Sequence[str]], list[tuple[str, list[str]]]]
READERS = {
    ".graphml": "model.network.reader.graphml:graph_rows",
    ".xml": "model.network.reader.graphml:graph_rows",
    ".gexf": "model.network.reader.graphml:graph_rows",
    ".gml": "model.network.reader.line_graph:gml_rows",
    ".net": "model.network.reader.line_graph:pajek_rows",
    ".paj": "model.network.reader.line_graph:pajek_rows",
}
MOST_TOLD = 20  # faults of one file


class Edge(NamedTuple):
    """A debt between two protocols, named by index."""

    debtor: int
    creditor: int
    amount: float | None  # USD >= 0; None: left to the rule


class EdgeListError(ValueError):
    """An edge list with faults.

    Attributes
    ----------
    problems : one line per fault, naming file, line, value and what is allowed.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def read_edges(path: str | Path, names: Sequence[str]) -> list[Edge]:
    """Return the edges of the file at `path` among the protocols `names`.

    Raises
    ------
    EdgeListError
        With one line per fault: unreadable file, wrong number of columns, unknown protocol, negative or
        unreadable amount, a protocol owing itself, an edge given twice.
    """
    problems: list[str] = []
    edges: dict[tuple[int, int], Edge] = {}
    for position, columns in _rows(path, names):
        faults, edge = _parsed(columns, names)
        if edge and edge[:2] in edges:
            faults = [f"edge {columns[0]} {columns[1]}: given twice; allowed: once"]
        if edge:
            edges.setdefault(edge[:2], edge)
        problems += [f"{path}: {position}: {fault}" for fault in faults]
    if problems:
        more = [f"{path}: ... and {len(problems) - MOST_TOLD} more"] if len(problems) > MOST_TOLD else []
        raise EdgeListError([*problems[:MOST_TOLD], *more])
    return list(edges.values())


def _rows(path: str | Path, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the place and the columns of every edge."""
    module, _, name = READERS.get(Path(path).suffix.lower(), "model.network.reader.edge_text:line_rows").partition(":")
    read: Reader = getattr(import_module(module), name)
    try:
        return read(path, names)
    except OSError as error:
        raise EdgeListError([f"{path}: {error.strerror or error}; allowed: a readable edge list"]) from error
    except ValueError as fault:
        raise EdgeListError([f"{path}: {fault}"]) from fault


def _parsed(columns: list[str], names: Sequence[str]) -> tuple[list[str], Edge | None]:
    """Return the faults of one line, or the edge if there are none."""
    if len(columns) not in (2, 3):
        return [f"{' '.join(columns)!r}: {len(columns)} columns; allowed: debtor creditor [amount]"], None
    faults = [
        f"{role} {name!r}: no such protocol{suggestion(name, names)}; allowed: {_listed(names)}"
        for role, name in zip(("debtor", "creditor"), columns, strict=False)
        if name not in names
    ]
    if columns[0] == columns[1]:
        faults.append(f"edge {columns[0]} {columns[1]}: a protocol owes itself; allowed: two different protocols")
    amount = _amount(columns[2]) if len(columns) == 3 else None
    if amount is not None and not 0.0 <= amount < math.inf:
        faults.append(f"amount {columns[2]!r}: allowed: a number of USD, 0 or more")
    return faults, None if faults else Edge(names.index(columns[0]), names.index(columns[1]), amount)


def _amount(text: str) -> float:
    """Return `text` as a number, not-a-number where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _listed(names: Sequence[str]) -> str:
    few = ", ".join(names[:8])
    return few if len(names) <= 8 else f"{few}, ... ({len(names)} protocols)"
