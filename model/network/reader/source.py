"""What the readers of network files share: how large a file may be, and what an edge says it is worth.

NetworkX is slow to import, and imported by the readers only when there is a graph to read. Limits are checked before
anything is parsed. An edge states its amount in USD as ``amount``, ``weight`` or ``value``,
in any case, or else as a number for a label, as yEd writes it; what it states comes before a default of the file.
An amount that may be there but is not understood is refused, never replaced by that of a rule: two that differ, or
digits under another name where there is no amount.
"""

import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import ParseError

LARGEST = 20_000_000  # bytes of a network file
MOST_NODES, MOST_EDGES = 50_000, 200_000
LIMITS = f"at most {MOST_NODES} nodes and {MOST_EDGES} edges"

NAMES = ("name", "label")
AMOUNTS = ("amount", "weight", "value")
LABELS = ("label", "edge label", "edgelabel", "name", "description", "desc")
DRAWN = r"""id|key|suid|selected|interaction|shared name|shared interaction|type|timeset|start|end|spells|slices|viz|
graphics|labelgraphics|edgegraphics|colou?r|r|g|b|font|fontsize|style|shape|fill|penwidth""".replace("\n", "")
KNOWN = f"allowed: {', '.join(AMOUNTS[:-1])} or {AMOUNTS[-1]} in USD"


class GraphError(ValueError):
    """A file that is no graph of debts; the message says why and what is allowed."""


def require_moderate(nodes: int, edges: int) -> None:
    """Raise GraphError for a graph that is larger than allowed."""
    if nodes > MOST_NODES or edges > MOST_EDGES:
        raise GraphError(f"{nodes} nodes and {edges} edges; allowed: {LIMITS}")


def through_networkx[T](read: Callable[[], T], allowed: str) -> T:
    """Return what NetworkX's reader returns; GraphError where it fails, in its words."""
    from networkx import NetworkXError  # noqa: PLC0415

    faults = (
        NetworkXError, ParseError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, StopIteration,
    )  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except faults as error:
        raise GraphError(f"{' '.join(str(error).split()) or type(error).__name__}; {allowed}") from error


def called(nodes: Mapping[Any, Mapping[str, Any]], names: Sequence[str]) -> dict[Any, str]:
    """Return the protocol each node stands for: its id if that is one, else its attribute ``name`` or ``label``.

    Raises
    ------
    GraphError
        If two nodes are the same protocol.
    """
    found = {node: _name(str(node), data, names) for node, data in nodes.items()}
    seen: set[str] = set()
    for name in found.values():
        if name in seen and name in names:
            raise GraphError(f"{name} is two nodes; allowed: one node a protocol")
        seen.add(name)
    return found


def _name(node: str, data: Mapping[str, Any], names: Sequence[str]) -> str:
    if node in names:
        return node
    folded = {key.strip().casefold(): value for key, value in data.items()}
    return next((str(folded[key]).strip() for key in NAMES if folded.get(key)), node)


def stated(own: Mapping[str, Any], common: Mapping[str, Any], labels: Sequence[str] = ()) -> list[str]:
    """Return the amount of an edge as ``[text]``, or nothing where it is left to the rule.

    Parameters
    ----------
    own : attributes of the edge itself.
    common : defaults of the file.
    labels : texts written at the edge.

    Raises
    ------
    GraphError
        If it states two amounts that differ, or one that is not understood.
    """
    if amounts := _amounts(own):
        return [_only(amounts)]
    texts = [*labels, *(str(value) for name, value in own.items() if _folded(name) in LABELS)]
    numbers = {f"label {text!r}": text for text in map(str.strip, texts) if _is_number(text)}
    if numbers:
        return [_only(numbers)]
    _refuse_unknown(own, texts)
    usual = _amounts(common)
    return [_only(usual)] if usual else []


def _amounts(data: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value).strip() for name, value in data.items() if _folded(name) in AMOUNTS}


def _only(amounts: Mapping[str, str]) -> str:
    """Return the one amount there is."""
    texts = list(amounts.values())
    if len({float(text) if _is_number(text) else text for text in texts}) > 1:
        told = " and ".join(f"{name} {text}" for name, text in amounts.items())
        raise GraphError(f"two amounts, {told}; allowed: one")
    return texts[0]


def _refuse_unknown(own: Mapping[str, Any], texts: Sequence[str]) -> None:
    """Raise GraphError where an edge without an amount carries digits under another name."""
    for name, value in own.items():
        silent = _folded(name) in LABELS or re.fullmatch(DRAWN, _folded(name))
        if not silent and _has_digit(str(value)):
            raise GraphError(f"attribute {name!r} is {str(value)[:40]!r} and there is no amount; {KNOWN}")
    for text in filter(_has_digit, texts):
        raise GraphError(f"label {text.strip()[:40]!r} is no number and there is no amount; {KNOWN}")


def _folded(name: str) -> str:
    return str(name).strip().casefold()


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _is_number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False
