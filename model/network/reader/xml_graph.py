"""XML that may be a graph: parsed by defusedxml, and a document type declaration refused.

Without one there are no entities, so that nothing expands and nothing is fetched. Nodes, edges and depth are counted
while the tree is built, and too many end it.
"""

from collections import Counter
from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from defusedxml import DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from model.network.reader.source import GraphError, require_moderate

DEEPEST = 60  # elements inside each other


def xml_root(raw: bytes, allowed: str) -> Element:
    """Return the root of well-formed XML; raises GraphError."""
    parser = DefusedXMLParser(target=_Counted(), forbid_dtd=True)
    try:
        parser.feed(raw)
        root: Element = parser.close()
    except DTDForbidden:
        line = parser.parser.CurrentLineNumber
        raise GraphError(f"line {line}: a document type declaration; allowed: GraphML without one") from None
    except ParseError as error:
        raise GraphError(f"line {error.position[0]}: {expat.ErrorString(error.code)}; {allowed}") from error
    except GraphError:
        raise
    except (LookupError, ValueError) as error:
        raise GraphError(f"{error}; {allowed}") from error
    return root


class _Counted(TreeBuilder):
    """Builds the tree and counts what is in it; GraphError where there is too much, or too deep in each other."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()
        self.depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Begin an element."""
        self.seen[tag.rpartition("}")[2]] += 1
        require_moderate(self.seen["node"], self.seen["edge"])
        self.depth += 1
        if self.depth > DEEPEST:
            raise GraphError(f"elements {self.depth} deep in each other; allowed: at most {DEEPEST}")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """End an element."""
        self.depth -= 1
        return super().end(tag)


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def put_into(root: Element, namespace: str, family: str) -> None:
    """Give `namespace` to every element that has none, or another version of its `family`; GraphError for others."""
    for element in root.iter():
        given, _, name = str(element.tag).rpartition("}")
        if not given or (family in given and not given.endswith("viz")):
            element.tag = f"{{{namespace}}}{name}"
    if not str(root.tag).startswith(f"{{{namespace}}}"):
        raise GraphError(f"namespace {str(root.tag)[1:].partition('}')[0]!r}; allowed: {namespace}")


def refuse_lost(edges: Iterable[Element], attributes: frozenset[str], named: dict[str, str]) -> None:
    """Raise GraphError for what a reader would lose: an edge without an end, given twice, or with a value twice.

    Parameters
    ----------
    edges : in the order of the file.
    attributes : of an edge's own tag, that are known.
    named : id of a key → name of the attribute it stands for.
    """
    seen = set()
    for number, edge in enumerate(edges, start=1):
        ends = edge.get("source"), edge.get("target")
        if None in ends:
            raise GraphError(f"edge {number}: no source or no target; allowed: both")
        if ends in seen:
            raise GraphError(f"edge {number}: edge {ends[0]} {ends[1]}: given twice; allowed: once")
        seen.add(ends)
        _refuse_values(number, edge, attributes, named)


def _refuse_values(number: int, edge: Element, attributes: frozenset[str], named: dict[str, str]) -> None:
    unknown = [name for name in edge.attrib if "}" not in name and name not in attributes]
    if unknown:
        raise GraphError(f"edge {number}: attribute {unknown[0]!r} of its tag is not known; allowed: a data element")
    keys = [str(value.get("key") or value.get("for")) for value in edge.iter() if local(value) in ("data", "attvalue")]
    names = [named.get(key, key) for key in keys]
    if "weight" in edge.attrib:
        names.append("weight")
    for name, times in Counter(names).items():
        if times > 1:
            raise GraphError(f"edge {number}: {name!r} is given {times} times; allowed: once")
