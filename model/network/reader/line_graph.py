"""Reading who owes whom from a GML or Pajek file, through NetworkX's readers.

Both readers pass over what they do not know. So the sections of a Pajek file, and the number of edges found, are
checked against the text.
"""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model.network.reader.source import LARGEST, GraphError, called, require_moderate, stated, through_networkx
from model.scenario.plain_text import content, decoded

GML = "allowed: a directed GML graph"
PAJEK = "allowed: a Pajek network of *Vertices and one list of *Arcs"


def gml_rows(path: str | Path, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the edges of a GML file, as :func:`model.network.reader.graphml.graph_rows` does."""
    from networkx import parse_gml  # noqa: PLC0415

    text = decoded(content(path, LARGEST))
    bare = re.sub(r'"[^"]*"', '""', re.sub(r"(?m)^\s*#.*$", "", text))
    nodes, edges = (len(re.findall(rf"\b{name}\s*\[", bare)) for name in ("node", "edge"))
    require_moderate(nodes, edges)
    graph = through_networkx(lambda: parse_gml(text.splitlines(), label="id"), GML)
    if not graph.is_directed():
        raise GraphError("the graph is undirected, so nobody knows who owes; allowed: directed 1")
    if (len(graph), graph.number_of_edges()) != (nodes, edges):
        raise GraphError(f"{graph.number_of_edges()} of {edges} edges can be read; {GML}")
    return _rows(graph, names)


def pajek_rows(path: str | Path, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the arcs of a Pajek file, as :func:`model.network.reader.graphml.graph_rows` does."""
    from networkx import parse_pajek  # noqa: PLC0415

    lines = decoded(content(path, LARGEST)).splitlines()
    require_moderate(0, len(lines))
    told = [(number, line) for number, line in enumerate(lines, start=1) if line.strip() and line.strip()[0] != "%"]
    vertices, arcs = _counted(told)
    require_moderate(vertices, arcs)
    graph = through_networkx(lambda: parse_pajek([line.strip() for _, line in told]), PAJEK)
    if graph.number_of_edges() != arcs or len({data.get("id") for _, data in graph.nodes(data=True)}) < vertices:
        raise GraphError(f"a vertex is given twice, or not at all; {PAJEK}")
    return _rows(graph, names)


def _counted(lines: Sequence[tuple[int, str]]) -> tuple[int, int]:
    """Return how many vertices and arcs there are; GraphError for anything else."""
    counts = {"*vertices": 0, "*arcs": 0}
    section = ""
    for number, line in lines:
        word = line.split()[0].casefold()
        if word.startswith("*"):
            section = _section(number, word, section)
        elif section in counts:
            counts[section] += 1
            if section == "*arcs":
                _require_arc(number, line)
        else:
            raise GraphError(f"line {number}: {line.strip()[:40]!r} stands in no section; {PAJEK}")
    return counts["*vertices"], counts["*arcs"]


def _section(number: int, word: str, before: str) -> str:
    """Return the section a line opens, in its place after the one `before`."""
    if word == "*edges":
        raise GraphError(f"line {number}: *Edges are undirected, so nobody knows who owes; {PAJEK}")
    if (before, word) not in {("", "*network"), ("", "*vertices"), ("*network", "*vertices"), ("*vertices", "*arcs")}:
        raise GraphError(f"line {number}: {word} cannot be read here; {PAJEK}")
    return word


def _require_arc(number: int, line: str) -> None:
    try:
        amount = shlex.split(line)[2:3]
        float(amount[0] if amount else 0.0)
    except ValueError:
        raise GraphError(f"line {number}: {line.strip()[:60]!r}: allowed: debtor creditor [amount in USD]") from None


def _rows(graph: Any, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    known, rows = called(dict(graph.nodes(data=True)), names), []
    for number, (debtor, creditor, data) in enumerate(graph.edges(data=True), start=1):
        try:
            amount = stated(data, {})
        except GraphError as fault:
            raise GraphError(f"edge {number}: {fault}") from None
        rows.append((f"edge {number}", [known[debtor], known[creditor], *amount]))
    return rows
