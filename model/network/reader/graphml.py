"""Reading who owes whom from a GraphML or GEXF file.

Every directed edge runs from debtor to creditor; what it is worth is :mod:`model.network.reader.source`. A node is a
protocol by its id, or by its attribute ``name`` or ``label`` where the id is the writer's own. NetworkX reads the
graph. What it would ignore is converted first (nested graphs, other versions of the namespace), read here (labels of
yEd), or refused.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

from model.network.reader.source import LARGEST, GraphError, called, stated, through_networkx
from model.network.reader.xml_graph import local, put_into, refuse_lost, xml_root
from model.scenario.plain_text import content

__all__ = ["GraphError", "graph_rows"]

ALLOWED = "allowed: a directed GraphML graph"
GRAPHML, GEXF = "http://graphml.graphdrawing.org/xmlns", "http://www.gexf.net/1.2draft"
TAG = frozenset(("id", "source", "target", "directed", "sourceport", "targetport"))
GEXF_TAG = frozenset(("id", "source", "target", "type", "kind", "weight", "label", "start", "end"))


def graph_rows(path: str | Path, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return for every edge its place and ``[debtor, creditor]`` or ``[debtor, creditor, amount]``.

    Raises
    ------
    GraphError
        If the text is not GraphML or GEXF, declares a document type, is too large, or the graph is undirected, or if
        something in it would be lost.
    OSError
        If the file cannot be read.
    """
    root = xml_root(content(path, LARGEST), ALLOWED)
    read = {"graphml": _graphml, "gexf": _gexf}.get(local(root))
    if read is None:
        raise GraphError(f"the outermost element is {local(root)!r}; {ALLOWED}")
    graph, edges = read(root)
    known, common = called(dict(graph.nodes(data=True)), names), graph.graph.get("edge_default", {})
    data = {(debtor, creditor): found for debtor, creditor, found in graph.edges(data=True)}
    rows = []
    for number, edge in enumerate(edges, start=1):
        ends = str(edge.get("source")), str(edge.get("target"))
        rows.append((f"edge {number}", [known[ends[0]], known[ends[1]], *_amount(number, edge, data[ends], common)]))
    return rows


def _amount(number: int, edge: Element, own: dict[str, Any], common: dict[str, Any]) -> list[str]:
    try:
        return stated(own, common, [_text(part) for part in edge.iter() if _is_label(part)])
    except GraphError as fault:
        raise GraphError(f"edge {number}: {fault}") from None


def _is_label(element: Element) -> bool:
    """Say whether an element is text written at an edge: a label of yEd, in any version, or a description."""
    return local(element) in ("EdgeLabel", "Label.Text", "Label", "desc")


def _text(element: Element) -> str:
    return (element.get("Text") or "".join(element.itertext())).strip()


def _graphml(root: Element) -> tuple[Any, list[Element]]:
    """Return the one graph, and its edges in the order of the file."""
    from networkx.readwrite.graphml import GraphMLReader  # noqa: PLC0415

    put_into(root, GRAPHML, "graphml.graphdrawing.org")
    graphs = root.findall(f"{{{GRAPHML}}}graph")
    if len(graphs) != 1:
        raise GraphError(f"{len(graphs)} graphs; {ALLOWED}")
    edges = _flatten(graphs[0])
    keys = root.findall(f"{{{GRAPHML}}}key")
    for key in keys:  # NetworkX keeps the default of an edge's key, and not that of a key for everything
        key.set("for", {"all": "edge"}.get(key.get("for", "all"), key.get("for", "")))
    named = {str(key.get("id")): str(key.get("attr.name")).strip().casefold() for key in keys if key.get("attr.name")}
    refuse_lost(edges, TAG, named)
    read = through_networkx(lambda: list(GraphMLReader()(string=tostring(root))), ALLOWED)[0]
    _require_directed(read, "edgedefault 'directed'")
    return read, edges


def _flatten(graph: Element) -> list[Element]:
    """Bring nodes and edges of nested graphs to the outermost one, and return its edges."""
    inner = [element for element in graph.iter(f"{{{GRAPHML}}}graph") if element is not graph]
    if any(element.get("edgedefault", "directed") != "directed" for element in inner):
        raise GraphError(f"a nested graph is undirected; {ALLOWED}")
    if graph.find(f".//{{{GRAPHML}}}hyperedge") is not None:
        raise GraphError(f"a hyperedge ties more than two; {ALLOWED}")
    nodes, edges = (list(graph.iter(f"{{{GRAPHML}}}{name}")) for name in ("node", "edge"))
    _refuse_twins([str(node.get("id")) for node in nodes])
    for parent in (*nodes, *edges):
        for element in parent.findall(f"{{{GRAPHML}}}graph"):
            parent.remove(element)
        parent.attrib.pop("yfiles.foldertype", None)
    parts = [part for part in graph if local(part) not in ("node", "edge")]
    graph[:] = [*parts, *nodes, *edges]
    return edges


def _refuse_twins(ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for node in ids:
        if node in seen:
            raise GraphError(f"node {node!r} is given twice; allowed: once")
        seen.add(node)


def _gexf(root: Element) -> tuple[Any, list[Element]]:
    """Return the graph, and its edges in the order of the file."""
    from networkx.readwrite.gexf import GEXFReader  # noqa: PLC0415

    put_into(root, GEXF, "gexf")
    edges = list(root.iter(f"{{{GEXF}}}edge"))
    _refuse_twins([str(node.get("id")) for node in root.iter(f"{{{GEXF}}}node")])
    if len(edges) != len(root.findall(f"{{{GEXF}}}graph/{{{GEXF}}}edges/{{{GEXF}}}edge")):
        raise GraphError("edges stand in a nested graph; allowed: one flat directed GEXF graph")
    if any(edge.get("type") == "mutual" for edge in edges):
        raise GraphError("an edge is mutual; allowed: one directed edge each way")
    attributes = root.iter(f"{{{GEXF}}}attribute")
    refuse_lost(edges, GEXF_TAG, {str(key.get("id")): str(key.get("title")).strip().casefold() for key in attributes})
    read = through_networkx(lambda: GEXFReader()(BytesIO(tostring(root))), "allowed: a directed GEXF graph")
    _require_directed(read, "defaultedgetype 'directed'")
    return read, edges


def _require_directed(graph: Any, allowed: str) -> None:
    if not graph.is_directed():
        raise GraphError(f"the graph is undirected, so nobody knows who owes; allowed: {allowed}")
