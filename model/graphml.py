"""Reading who owes whom from a GraphML file.

Every directed edge runs from debtor to creditor; its attribute ``amount`` or ``weight`` is the debt in USD and may be
left out, in which case the rule of :mod:`model.network` sets it. A node is a protocol by its id, or by its attribute
``name`` or ``label`` where the id is the writer's own. NetworkX reads the graph. Before that the text is parsed once
for its form alone, and a document type declaration is refused: without one there are no entities, so that nothing
expands and nothing is fetched.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

NAMES = ("name", "label")
AMOUNTS = ("amount", "weight")
ALLOWED = "allowed: a directed GraphML graph"


class GraphError(ValueError):
    """A file that is no graph of debts; the message says why and what is allowed."""


def graph_rows(path: str | Path, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return for every edge its place and ``[debtor, creditor]`` or ``[debtor, creditor, amount]``.

    Raises
    ------
    GraphError
        If the text is not GraphML, declares a document type, or the graph is undirected.
    OSError
        If the file cannot be read.
    """
    text = Path(path).read_bytes()
    _refuse_declarations(text)
    graph = _parsed(text)
    if not graph.is_directed():
        raise GraphError("the graph is undirected, so nobody knows who owes; allowed: edgedefault 'directed'")
    called = {node: _called(str(node), data, names) for node, data in graph.nodes(data=True)}
    common = graph.graph.get("edge_default", {})
    return [
        (f"edge {number}", [called[debtor], called[creditor], *_amount(common | data)])
        for number, (debtor, creditor, data) in enumerate(graph.edges(data=True), start=1)
    ]


def _refuse_declarations(text: bytes) -> None:
    """Raise GraphError for text that is not well formed or declares a document type."""

    def refuse(*declared: Any) -> None:
        line = parser.CurrentLineNumber
        raise GraphError(f"line {line}: a document type declaration; allowed: GraphML without one")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except GraphError:
        raise
    except (LookupError, ValueError) as error:
        raise GraphError(f"{error}; {ALLOWED}") from error
    except expat.ExpatError as error:
        raise GraphError(f"line {error.lineno}: {expat.ErrorString(error.code)}; {ALLOWED}") from error


def _parsed(text: bytes) -> Any:
    """Return the one graph in the text."""
    from networkx import NetworkXError  # noqa: PLC0415
    from networkx.readwrite.graphml import GraphMLReader  # noqa: PLC0415

    try:
        graphs = list(GraphMLReader()(string=text))
    except (NetworkXError, ParseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GraphError(f"{' '.join(str(error).split()) or type(error).__name__}; {ALLOWED}") from error
    if len(graphs) != 1:
        raise GraphError(f"{len(graphs)} graphs; {ALLOWED}")
    return graphs[0]


def _called(node: str, data: dict[str, Any], names: Sequence[str]) -> str:
    """Return the protocol a node stands for: its id if that is one, else its attribute ``name`` or ``label``."""
    if node in names:
        return node
    return next((str(data[key]).strip() for key in NAMES if data.get(key)), node)


def _amount(data: dict[str, Any]) -> list[str]:
    return next(([str(data[key])] for key in AMOUNTS if key in data), [])
