"""Claims about files of debts as other programs write them: amounts are read, or refused in one line, never dropped."""

import os

import networkx as nx
import pytest

from model.network.reader.edge_list import EdgeListError, read_edges
from model.network.reader.source import LARGEST
from tests.support.environment import SHARED, present

NAMES = ("protocol_0", "protocol_1", "protocol_2")
DEBTS = {(0, 1): 4.2e6, (1, 2): 1.3e6}
SPACE = 'xmlns="http://graphml.graphdrawing.org/xmlns"'
YED = 'xmlns:y="http://www.yworks.com/xml/graphml"'
WEIGHT = '<key id="k" for="edge" attr.name="weight" attr.type="double"/>'


def data(text, key="k"):
    return f'<data key="{key}">{text}</data>'


def edge(debtor, creditor, inside="", more=""):
    return f'<edge {more} source="protocol_{debtor}" target="protocol_{creditor}">{inside}</edge>'


def graphml(body, keys=WEIGHT, space=SPACE, kind="directed", nodes=NAMES):
    listed = "".join(f'<node id="{name}"/>' for name in nodes)
    return f'<graphml {space} {YED}>{keys}<graph edgedefault="{kind}">{listed}{body}</graph></graphml>'


def named(name, kind="double"):
    key = f'<key id="k" for="edge" attr.name="{name}" attr.type="{kind}"/>'
    return graphml(edge(0, 1, data(4200000)) + edge(1, 2, data(1300000)), key)


def labelled(first, second="1300000", keys="", default=""):
    key = '<key id="d" for="edge" yfiles.type="edgegraphics"/>'
    label = "<y:PolyLineEdge><y:Path sx='0.0'/><y:EdgeLabel x='3.5'>{}</y:EdgeLabel></y:PolyLineEdge>"
    edges = [edge(i, i + 1, data(label.format(text), "d") + default) for i, text in enumerate((first, second))]
    return graphml("".join(edges), key + keys)


def gexf(edges, kind="directed", space="http://gexf.net/1.3", attributes=""):
    nodes = "".join(f'<node id="{i}" label="{name}"/>' for i, name in enumerate(NAMES))
    return (
        f'<gexf xmlns="{space}" version="1.3"><graph defaultedgetype="{kind}">{attributes}<nodes>{nodes}</nodes>'
        f"<edges>{edges}</edges></graph></gexf>"
    )


def gml(edges, head="directed 1"):
    nodes = "".join(f'node [ id {i} label "{name}" ]\n' for i, name in enumerate(NAMES))
    return f"graph [\n{head}\n{nodes}{edges}]\n"


def pajek(arcs, head="*Arcs"):
    nodes = "".join(f'{i} "{name}"\n' for i, name in enumerate(NAMES, start=1))
    return f"*Vertices 3\n{nodes}{head}\n{arcs}"


PAIR = edge(0, 1, data(4200000)) + edge(1, 2, data(1300000))
ARCS = '<edge source="0" target="1" weight="4200000"/><edge source="1" target="2" weight="1300000"/>'
BODY = "protocol_0,protocol_1,4200000\nprotocol_1,protocol_2,1300000\n"
NESTED = f'<node id="group"><graph edgedefault="directed">{PAIR}</graph></node>'
FLAT = "edge [ source 0 target 1 {0} 4200000 ]\nedge [ source 1 target 2 {0} 1300000 ]\n"
TITLED = (
    '<attributes class="edge"><attribute id="0" title="{}" type="{}"/></attributes>',
    '<edge source="0" target="1"><attvalues><attvalue for="0" value="4200000"/></attvalues></edge>'
    '<edge source="1" target="2"><attvalues><attvalue for="0" value="1300000"/></attvalues></edge>',
)

READ = [
    *[
        (f"{name}.graphml", named(name))
        for name in ("weight", "Weight", "WEIGHT", "amount", "Amount", "value", "Value")
    ],
    ("text.graphml", named("weight", "string")),
    ("whole.graphml", named("weight", "long")),
    ("no_space.graphml", graphml(PAIR, space="")),
    ("old_space.graphml", graphml(PAIR, space='xmlns="http://graphml.graphdrawing.org/xmlns/1.0rc"')),
    ("label.graphml", labelled("4200000")),
    ("label_blank.graphml", labelled(" 4200000.0\n")),
    ("desc.graphml", graphml(edge(0, 1, "<desc>4.2e6</desc>") + edge(1, 2, data(1300000)))),
    ("nested.graphml", graphml(NESTED)),
    ("group.graphml", graphml(NESTED.replace("<node ", '<node yfiles.foldertype="group" '))),
    ("port.graphml", graphml(PAIR.replace("<edge ", '<edge sourceport="p" ')).replace("<edge ", "<edge ", 1)),
    ("named.xml", graphml(PAIR)),
    ("ids.graphml", graphml(PAIR.replace("<edge ", '<edge id="e" '))),
    (
        "default.graphml",
        graphml(
            PAIR, WEIGHT + '<key id="o" for="edge" attr.name="amount" attr.type="double"><default>7</default></key>'
        ),
    ),
    (
        "for_all.graphml",
        graphml(
            edge(0, 1) + edge(1, 2, data(1300000)),
            '<key id="k" for="all" attr.name="weight" attr.type="double"><default>4200000</default></key>',
        ),
    ),
    ("gephi.gexf", gexf(ARCS)),
    *[(f"{space[-3:]}.gexf", gexf(ARCS, space=f"http://www.gexf.net/{space}")) for space in ("1.1draft", "1.2draft")],
    ("space.gexf", gexf(ARCS).replace('xmlns="http://gexf.net/1.3" ', "")),
    *[(f"{name}.gexf", gexf(TITLED[1], attributes=TITLED[0].format(name, "double"))) for name in ("Amount", "Weight")],
    ("as_xml.xml", gexf(ARCS)),
    *[(f"{name}.gml", gml(FLAT.format(name))) for name in ("weight", "value", "Weight", "amount")],
    ("label.gml", gml(FLAT.replace("{0} 4200000", '{0} "4200000"').format("label"))),
    ("comment.gml", 'Creator "someone\'s"\n' + gml("# edge [ no ]\n" + FLAT.format("value"))),
    ("bom.gml", "\ufeff" + gml(FLAT.format("value"))),
    ("arcs.net", pajek("1 2 4200000\n2 3 1300000\n")),
    ("comment.net", "% told\n*Network debts\n" + pajek("1 2 4.2e6\n\n% and\n 2 3 1300000 c Blue\n")),
    ("crlf.net", pajek("1 2 4200000\n2 3 1300000\n").replace("\n", "\r\n")),
    ("plain.csv", BODY),
    ("bom.csv", "\ufeff" + BODY),
    ("crlf.csv", BODY.replace("\n", "\r\n")),
    ("cr.csv", BODY.replace("\n", "\r")),
    ("quotes.csv", BODY.replace("protocol_1", '"protocol_1"')),
    ("heading.csv", '"debtor","creditor","amount"\n' + BODY),
    ("gephi.csv", "Source,Target,Weight\n" + BODY),
    ("turned.csv", "Target,Source,Weight\nprotocol_1,protocol_0,4200000\nprotocol_2,protocol_1,1300000\n"),
    (
        "types.csv",
        "Source,Target,Type,Id,Label,timeset,Weight\nprotocol_0,protocol_1,Directed,0,,,4200000\n"
        "protocol_1,protocol_2,Directed,1,,,1300000.0\n",
    ),
    ("semicolon.csv", BODY.replace(",", ";")),
    ("tabs.tsv", "debtor\tcreditor\tamount\n" + BODY.replace(",", "\t")),
    ("blanks.txt", BODY.replace(",", "  ").replace("\n", "   \n")),
    ("trailing.csv", BODY.replace("\n", ",\n")),
    ("comments.txt", "# debts\n\n" + BODY.replace("\n", " # told\n")),
]


@pytest.mark.parametrize(("name", "text"), READ, ids=[name for name, _ in READ])
def test_the_amounts_of_the_file_are_those_that_are_read(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    found = {(debtor, creditor): amount for debtor, creditor, amount in read_edges(tmp_path / name, NAMES)}
    assert found == DEBTS


def defaulted(name, default):
    return f'<key id="o" for="edge" attr.name="{name}" attr.type="double"><default>{default}</default></key>'


BOMB = '<!DOCTYPE g [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
REFUSED = [
    ("other.graphml", named("exposure"), ["edge 1", "'exposure'", "amount, weight or value"]),
    ("money.graphml", named("notional", "string"), ["'notional'"]),
    ("comma.graphml", named("weight", "string").replace("4200000", "4,2"), ["amount '4,2'"]),
    ("sign.graphml", named("weight").replace("4200000", "-1"), ["amount '-1.0'", "0 or more"]),
    ("inf.graphml", named("weight").replace("4200000", "inf"), ["amount 'inf'"]),
    ("nan.graphml", named("weight").replace("4200000", "NaN"), ["amount 'nan'"]),
    ("huge.graphml", named("weight").replace("4200000", "1e999"), ["amount 'inf'"]),
    ("empty.graphml", named("weight").replace("4200000", ""), ["amount ''"]),
    (
        "flag.graphml",
        named("weight", "boolean")
        .replace("4200000", "flag")
        .replace(edge(1, 2, data(1300000)), "")
        .replace("flag", "true"),
        ["allowed"],
    ),
    ("label.graphml", labelled("$4.2M"), ["label '$4.2M'"]),
    ("hidden.graphml", labelled("lent 5", keys=defaulted("weight", 7)), ["label 'lent 5'"]),
    (
        "labels.graphml",
        labelled("4200000</y:EdgeLabel><y:EdgeLabel>5"),
        ["edge 1", "two amounts"],
    ),
    (
        "two.graphml",
        graphml(
            edge(0, 1, data(5) + data(7, "a")),
            WEIGHT + '<key id="a" for="edge" attr.name="Amount" attr.type="double"/>',
        ),
        ["edge 1", "two amounts", "weight 5.0 and Amount 7.0"],
    ),
    ("twice.graphml", graphml(edge(0, 1, data(5) + data(7))), ["edge 1", "'weight' is given 2 times"]),
    (
        "same_id.graphml",
        graphml((edge(0, 1, data(5)) + edge(0, 1, data(7))).replace("<edge", '<edge id="0"')),
        ["twice"],
    ),
    ("loop.graphml", graphml(edge(1, 1, data(5))), ["owes itself"]),
    ("unknown.graphml", graphml(edge(0, 9, data(5))), ["creditor 'protocol_9'", "did you mean"]),
    ("endless.graphml", graphml('<edge source="protocol_0"/>'), ["no source or no target"]),
    ("nodes.graphml", graphml(PAIR, nodes=(*NAMES, NAMES[0])), ["node 'protocol_0' is given twice"]),
    ("tag.graphml", graphml(edge(0, 1, more='weight="4200000"')), ["'weight' of its tag"]),
    ("key.graphml", graphml(edge(0, 1, data(5, "z"))), ["no key z"]),
    ("mixed.graphml", graphml(edge(0, 1, data(5), 'directed="false"')), ["directed=false"]),
    ("none.graphml", graphml(PAIR, kind="undirected"), ["undirected", "edgedefault 'directed'"]),
    ("nested.graphml", graphml(NESTED.replace('"directed"', '"undirected"')), ["nested graph is undirected"]),
    ("several.graphml", graphml(PAIR).replace("</graph>", "</graph><graph edgedefault='directed'/>"), ["2 graphs"]),
    ("hyper.graphml", graphml(f'<node id="n"><graph><hyperedge/></graph></node>{PAIR}'), ["hyperedge"]),
    ("space.graphml", graphml(PAIR, space='xmlns="urn:other"'), ["namespace 'urn:other'"]),
    ("deep.graphml", graphml("<a>" * 3000 + "</a>" * 3000), ["deep"]),
    ("bomb.graphml", BOMB + graphml(PAIR), ["document type declaration"]),
    ("bomb.gexf", BOMB + gexf(ARCS), ["document type declaration"]),
    ("html.xml", "<html><body/></html>", ["'html'"]),
    ("list.graphml", BODY, ["line 1", "allowed"]),
    ("none.gexf", gexf(ARCS, kind="undirected"), ["undirected", "defaultedgetype"]),
    ("comma.gexf", gexf(ARCS.replace("4200000", "4,2")), ["4,2"]),
    ("mutual.gexf", gexf(ARCS.replace('weight="4', 'type="mutual" weight="4')), ["mutual"]),
    ("mixed.gexf", gexf(ARCS.replace('weight="4', 'type="undirected" weight="4')), ["ndirected edge"]),
    ("twice.gexf", gexf(ARCS + ARCS), ["given twice"]),
    ("other.gexf", gexf(TITLED[1], attributes=TITLED[0].format("debt size", "double")), ["'debt size'"]),
    ("tag.gexf", gexf(ARCS.replace("weight", "Weight")), ["'Weight' of its tag"]),
    ("none.gml", gml(FLAT.format("value"), head=""), ["undirected", "directed 1"]),
    ("other.gml", gml(FLAT.format("debt")), ["'debt'", "edge 1"]),
    ("twice.gml", gml(FLAT.format("value") * 2), ["duplicated"]),
    ("two.gml", gml("edge [ source 0 target 1 weight 5 weight 7 ]\n"), ["amount '[5, 7]'"]),
    ("power.gml", gml("edge [ source 0 target 1 weight 4e6 ]\n"), ["allowed"]),
    ("comma.gml", gml("edge [ source 0 target 1 weight 4,2 ]\n"), ["allowed"]),
    ("deep.gml", "graph [ a " * 3000, ["allowed"]),
    ("latin.gml", gml(FLAT.format("value")).replace("protocol_2", "é").encode("latin-1"), ["not UTF-8"]),
    ("edges.net", pajek("1 2 4200000\n", head="*Edges"), ["line 5", "undirected"]),
    ("both.net", pajek("1 2 4200000\n*Edges\n2 3 5\n"), ["line 7", "undirected"]),
    ("matrix.net", pajek("0 1 0\n0 0 1\n0 0 0\n", head="*Matrix"), ["*matrix"]),
    ("list.net", pajek("1 2 3\n", head="*Arcslist"), ["*arcslist"]),
    ("comma.net", pajek("1 2 4,2\n"), ["line 6", "debtor creditor"]),
    ("twice.net", pajek("1 2 5\n1 2 7\n"), ["given twice"]),
    ("stranger.net", pajek("1 7 5\n"), ["creditor '7'"]),
    ("twins.net", pajek("1 2 5\n").replace("protocol_2", "protocol_1"), ["vertex"]),
    ("short.net", "*Vertices 1000000000\n1 protocol_0\n", ["allowed"]),
    ("wrong.net", BODY, ["line 1", "section"]),
    ("heading.csv", "lender,borrower,euros\n" + BODY, ["line 1", "heading"]),
    ("amounts.csv", "source,target,amount,weight\nprotocol_0,protocol_1,5,7\n", ["heading"]),
    ("type.csv", "Source,Target,Type,Weight\nprotocol_0,protocol_1,Undirected,5\n", ["line 2", "Undirected"]),
    ("label.csv", "Source,Target,Label\nprotocol_0,protocol_1,4.2M\n", ["line 2", "label '4.2M'"]),
    ("decimal.csv", BODY.replace(",", ";").replace("4200000", "4,2"), ["line 1", "amount '4,2'"]),
    ("decimal.txt", BODY.replace(",", " ").replace("4200000", "4,200,000"), ["line 1", "amount '4,200,000'"]),
    ("decimal_quoted.csv", BODY.replace("4200000", '"4,200,000"'), ["line 1", "amount '4,200,000'"]),
    ("decimal_bare.csv", BODY.replace("4200000", "4,2"), ["line 1", "4 columns"]),
    ("gap.csv", "protocol_0,,protocol_1\n", ["line 1"]),
    ("quote.csv", '"protocol_0,protocol_1,5\n', ["line 1", "allowed"]),
    ("graph.csv", graphml(PAIR), ["XML", ".graphml"]),
    ("graph.txt", gml(FLAT.format("value")), ["GML", ".gml"]),
    ("pajek.txt", pajek("1 2 5\n"), ["Pajek", ".net"]),
    ("rows.json", '{"edges": []}', ["JSON"]),
    ("sixteen.csv", BODY.encode("utf-16"), ["UTF-16"]),
    ("sixteen_bare.csv", BODY.encode("utf-16-le"), ["line 1", "UTF-16"]),
    ("thirtytwo.csv", BODY.encode("utf-32"), ["UTF-32"]),
    ("latin.csv", b"protocol_0,protocol_1,5\nprotocol_\xe9,protocol_1\n", ["line 2", "0xe9", "not UTF-8"]),
    ("book.xlsx", b"PK\x03\x04\x14\x00", ["workbook"]),
    ("edges.graphml.gz", b"\x1f\x8b\x08\x00", ["gzip"]),
]


@pytest.mark.parametrize(("name", "text", "parts"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_what_cannot_be_read_is_refused_in_one_line_with_the_file(tmp_path, name, text, parts):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(EdgeListError) as refused:
        read_edges(path, NAMES)
    problem = refused.value.problems[0]
    assert len(refused.value.problems) == 1 or name == "gap.csv", refused.value.problems
    assert "\n" not in problem and problem.startswith(f"{path}: ")
    assert all(part in problem for part in [*parts, "allowed"]), problem


@pytest.mark.parametrize(
    ("suffix", "write"), [("graphml", nx.write_graphml), ("gexf", nx.write_gexf), ("gml", nx.write_gml)]
)
@pytest.mark.parametrize("attribute", ["weight", "amount", "Weight", "value"])
def test_what_networkx_writes_is_read_back(tmp_path, suffix, write, attribute):
    graph = nx.DiGraph()
    graph.add_nodes_from(NAMES)
    for (debtor, creditor), amount in DEBTS.items():
        graph.add_edge(NAMES[debtor], NAMES[creditor], **{attribute: amount})
    write(graph, tmp_path / f"debts.{suffix}")
    assert {found[:2]: found.amount for found in read_edges(tmp_path / f"debts.{suffix}", NAMES)} == DEBTS


def test_an_edge_without_an_amount_is_left_to_the_rule_in_every_format(tmp_path):
    files = {
        "a.graphml": graphml(edge(0, 1)),
        "a.gexf": gexf('<edge id="7" source="0" target="1"/>'),
        "a.gml": gml("edge [ source 0 target 1 ]\n"),
        "a.net": pajek("1 2\n"),
        "a.csv": "debtor,creditor,amount\nprotocol_0,protocol_1,\n",
        "b.csv": "protocol_0,protocol_1\n",
        "b.graphml": labelled("owes", "owes"),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert read_edges(tmp_path / name, NAMES)[0] == (0, 1, None), name


def test_a_file_that_is_too_large_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr("model.network.reader.source.MOST_EDGES", most := 1000)
    os.truncate(_empty(tmp_path / "large.csv"), LARGEST + 1)
    (tmp_path / "many.csv").write_text("a b\n" * (most + 1), encoding="utf-8")
    (tmp_path / "many.graphml").write_text(graphml("<edge/>" * (most + 1)), encoding="utf-8")
    (tmp_path / "many.gml").write_text(gml("edge [ source 0 target 1 ]\n" * (most + 1)), encoding="utf-8")
    (tmp_path / "many.net").write_text(pajek("1 2\n" * (most + 1)), encoding="utf-8")
    many = [(f"many.{suffix}", "edges") for suffix in ("csv", "graphml", "gml", "net")]
    for name, part in [("large.csv", "bytes"), *many]:
        with pytest.raises(EdgeListError, match=rf"{name}: .*{part}; allowed: at most"):
            read_edges(tmp_path / name, NAMES)


def _empty(path):
    path.write_bytes(b"")
    return path


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(EdgeListError, match="device or a pipe"):
        read_edges(tmp_path / "pipe.csv", NAMES)


def test_a_long_list_of_faults_is_cut(tmp_path):
    (tmp_path / "many.csv").write_text("protocol_8 protocol_9\n" * 100, encoding="utf-8")
    with pytest.raises(EdgeListError) as refused:
        read_edges(tmp_path / "many.csv", NAMES)
    assert len(refused.value.problems) == 21 and refused.value.problems[-1].endswith("and 180 more")


@pytest.mark.parametrize("name", ["edges_bom.csv", "edges_heading_quoted.csv", "network_Weight.graphml"])
def test_the_reported_files_give_the_debts_they_state(name):
    assert {found[:2]: found.amount for found in read_edges(present(SHARED / "cases" / name), NAMES)} == DEBTS


def test_the_reported_file_without_a_namespace_is_read():
    place = present(SHARED / "cases" / "network_no_namespace.graphml")
    assert read_edges(place, NAMES) == [(0, 1, 4.2e6)]


def test_the_reported_file_with_one_id_for_all_edges_is_refused():
    place = present(SHARED / "cases" / "network_same_edge_id.graphml")
    with pytest.raises(EdgeListError, match="edge 2: edge protocol_0 protocol_1: given twice"):
        read_edges(place, NAMES)
