"""Claims about GraphML files of exposures: what is read, and that every fault is one line."""

import networkx as nx
import numpy as np
import pytest

from model.network.exposures import EdgeListError, liabilities, read_edges
from model.scenario.section.exposure import ExposureSection

NAMES = ("protocol_0", "protocol_1", "protocol_2")
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
OPEN = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
KEY = '<key id="w" for="edge" attr.name="weight" attr.type="{kind}">{default}</key>\n'


def document(edges, kind="double", direction="directed", default="", before=""):
    """A GraphML text with three protocols; `edges` are (debtor, creditor, weight or None)."""
    nodes = "".join(f'<node id="{name}"/>' for name in NAMES)
    lines = "".join(
        f'<edge source="{debtor}" target="{creditor}">'
        + ("" if weight is None else f'<data key="w">{weight}</data>')
        + "</edge>\n"
        for debtor, creditor, weight in edges
    )
    graph = f'<graph edgedefault="{direction}">{nodes}{lines}</graph></graphml>'
    return HEAD + before + OPEN + KEY.format(kind=kind, default=default) + graph


def written(folder, text):
    path = folder / "debts.graphml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_weights_are_debts_in_usd_and_missing_ones_follow_the_rule(tmp_path):
    edges = [("protocol_0", "protocol_1", 5e6), ("protocol_1", "protocol_2", None), ("protocol_1", "protocol_0", 0)]
    path = written(tmp_path, document(edges))
    assert read_edges(path, NAMES) == [(0, 1, 5e6), (1, 2, None), (1, 0, 0.0)]
    section = ExposureSection(graph="file", file=str(path))
    owed = liabilities(section, np.array([4.0, 3.0, 2.0]), np.random.default_rng(0), NAMES)
    np.testing.assert_allclose(owed, [[0, 5e6, 0], [0, 0, 1], [0, 0, 0]])


def test_what_networkx_writes_is_read_back(tmp_path):
    rng = np.random.default_rng(1)
    graph = nx.DiGraph()
    graph.add_nodes_from(NAMES)
    for debtor, creditor in [(0, 1), (1, 2), (2, 0), (0, 2)]:
        graph.add_edge(NAMES[debtor], NAMES[creditor], amount=float(rng.uniform(1.0, 1e9)))
    nx.write_graphml(graph, tmp_path / "debts.graphml")
    found = {
        NAMES[edge.debtor] + NAMES[edge.creditor]: edge.amount for edge in read_edges(tmp_path / "debts.graphml", NAMES)
    }
    assert found == {a + b: amount for a, b, amount in graph.edges(data="amount")}


def test_a_graph_equals_the_edge_list_of_the_same_debts(tmp_path):
    edges = [("protocol_0", "protocol_1", 3.5), ("protocol_2", "protocol_0", 1e-3)]
    (tmp_path / "debts.csv").write_text("".join(f"{a},{b},{w}\n" for a, b, w in edges))
    graph = read_edges(written(tmp_path, document(edges)), NAMES)
    assert graph == read_edges(tmp_path / "debts.csv", NAMES)


def test_nodes_are_known_by_name_where_ids_are_the_writers_own(tmp_path):
    keys = '<key id="n" for="node" attr.name="label" attr.type="string"/>'
    nodes = "".join(f'<node id="n{i}"><data key="n">{name}</data></node>' for i, name in enumerate(NAMES))
    text = f'{HEAD}{OPEN}{keys}<graph edgedefault="directed">{nodes}<edge source="n2" target="n1"/></graph></graphml>'
    assert read_edges(written(tmp_path, text), NAMES) == [(2, 1, None)]


def test_a_default_weight_holds_for_every_edge_without_one(tmp_path):
    edges = [("protocol_0", "protocol_1", None), ("protocol_1", "protocol_0", 7)]
    text = document(edges, default="<default>12.5</default>")
    assert [edge.amount for edge in read_edges(written(tmp_path, text), NAMES)] == [12.5, 7.0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (document([("protocol_0", "protocol_9", 1)]), ["edge 1", "creditor 'protocol_9'", "did you mean"]),
        (document([("protocol_0", "protocol_1", -4)]), ["edge 1", "amount '-4.0'", "0 or more"]),
        (document([("protocol_0", "protocol_1", "nan")]), ["amount 'nan'"]),
        (document([("protocol_0", "protocol_1", "inf")]), ["amount 'inf'"]),
        (document([("protocol_0", "protocol_1", "much")], kind="string"), ["amount 'much'"]),
        (document([("protocol_0", "protocol_1", "much")]), ["much", "directed GraphML"]),
        (document([("protocol_1", "protocol_1", 1)]), ["owes itself"]),
        (document([("protocol_0", "protocol_1", 1)] * 2), ["edge 2", "given twice"]),
        (document([], direction="undirected"), ["undirected", "edgedefault 'directed'"]),
        (HEAD + OPEN + "</graphml>", ["0 graphs"]),
        (document([]).replace("</graph></graphml>", "<hyperedge/></graph></graphml>"), ["directed GraphML"]),
        (document([])[:-5], ["line 4", "directed GraphML"]),
        ("protocol_0 protocol_1 5", ["line 1", "directed GraphML"]),
        ("", ["no element found"]),
        (b"\xff\xfe\x00", ["directed GraphML"]),
        ('<?xml version="1.0" encoding="klingon"?><a/>', ["directed GraphML"]),
    ],
)
def test_every_fault_is_one_line_with_the_file_and_what_is_allowed(tmp_path, text, parts):
    path = written(tmp_path, text)
    with pytest.raises(EdgeListError) as refused:
        read_edges(path, NAMES)
    [problem] = refused.value.problems
    assert "\n" not in problem
    assert problem.startswith(f"{path}: ")
    assert all(part in problem for part in [*parts, "allowed"]), problem


LAUGHS = '<!DOCTYPE graphml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n'
FETCH = '<!DOCTYPE graphml [<!ENTITY file SYSTEM "secret.txt">]>\n'
OUTER = '<!DOCTYPE graphml SYSTEM "http://localhost:9/graphml.dtd">\n'


@pytest.mark.parametrize("declaration", [LAUGHS, FETCH, OUTER, "<!DOCTYPE graphml>\n"])
def test_document_types_are_refused_before_anything_expands(tmp_path, declaration):
    (tmp_path / "secret.txt").write_text("protocol_0")
    with pytest.raises(EdgeListError, match="line 2: a document type declaration"):
        read_edges(written(tmp_path, document([("&file;", "protocol_1", 1)], before=declaration)), NAMES)


def test_an_absent_graph_is_named(tmp_path):
    with pytest.raises(EdgeListError, match=r"absent\.graphml: .*allowed: a readable edge list"):
        read_edges(tmp_path / "absent.graphml", NAMES)
