"""Claims about the exposure network: shapes of the graphs, amounts owed, edge lists and their faults."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.sparse import csr_array

from model.market.confidence import neighbours
from model.network.exposures import EdgeListError, exposure_graph, liabilities, read_edges, shell_uniforms
from model.scenario.registry import GRAPHS
from model.scenario.section.exposure import ExposureSection
from tests.support.world import crash, run

DRAWN = sorted(set(GRAPHS) - {"file", "netted"})  # by the rule of amounts


def names(number):
    return [f"P{i}" for i in range(number)]


def graph_of(number, seed=0, **fields):
    return nx.DiGraph(exposure_graph(ExposureSection(**fields), names(number), np.random.default_rng(seed)))


def owed_by(treasuries, seed=0, **fields):
    section = ExposureSection(**fields)
    return liabilities(section, treasuries, np.random.default_rng(seed), names(len(treasuries)))


@given(
    graph=st.sampled_from(DRAWN),
    treasuries=st.lists(st.just(0.0) | st.floats(1.0, 1e9), min_size=1, max_size=9).map(np.array),
    size=st.integers(1, 5),
    weight=st.just(0.0) | st.floats(0.01, 3.0),
)
def test_nobody_owes_more_than_its_weighted_treasury(graph, treasuries, size, weight):
    owed = owed_by(treasuries, graph=graph, degree=size, core=size, blocks=size, weight=weight)
    assert owed.shape == (treasuries.size, treasuries.size)
    assert (owed >= 0).all() and (owed.diagonal() == 0).all()
    assert (owed.sum(axis=1) <= weight * treasuries * (1 + 1e-12)).all()
    assert (owed <= weight * treasuries[np.newaxis, :] * (1 + 1e-12)).all()


def test_amounts_follow_the_smaller_treasury():
    owed = owed_by(np.array([4.0, 1.0, 2.0]), graph="ring", degree=2, weight=2.0)
    np.testing.assert_allclose(owed, [[0, 1, 2], [1, 0, 1], [2, 1, 0]])


def test_the_default_is_a_ring_of_two_creditors():
    graph = graph_of(8)
    assert set(graph.edges) == {(i, (i + step) % 8) for i in range(8) for step in (1, 2)}


@pytest.mark.parametrize(
    ("fields", "edges"),
    [
        ({"graph": "none"}, 0),
        ({"graph": "ring", "degree": 1}, 8),
        ({"graph": "ring", "degree": 99}, 56),
        ({"graph": "complete"}, 56),
        ({"graph": "blocks", "blocks": 2}, 24),
        ({"graph": "blocks", "blocks": 8}, 0),
        ({"graph": "star"}, 14),
        ({"graph": "erdos_renyi", "probability": 0.0}, 0),
        ({"graph": "erdos_renyi", "probability": 1.0}, 56),
        ({"graph": "core_periphery", "core": 3}, 16),
        ({"graph": "scale_free", "degree": 2}, 24),
    ],
)
def test_number_of_edges(fields, edges):
    graph = graph_of(8, **fields)
    assert sorted(graph.nodes) == list(range(8))
    assert graph.number_of_edges() == edges


def test_blocks_are_apart():
    parts = list(nx.weakly_connected_components(graph_of(10, graph="blocks", blocks=2)))
    assert parts == [set(range(5)), set(range(5, 10))]


def test_the_periphery_deals_with_the_core_only():
    graph = graph_of(12, graph="core_periphery", core=3)
    assert all(min(edge) < 3 for edge in graph.edges)
    assert all(graph.out_degree(i) == graph.in_degree(i) == 1 for i in range(3, 12))


def test_density_of_a_random_graph():
    density = [nx.density(graph_of(20, seed, graph="erdos_renyi", probability=0.3)) for seed in range(60)]
    error = np.sqrt(0.3 * 0.7 / (380 * 60))
    assert np.mean(density) == pytest.approx(0.3, abs=4 * error)


@pytest.mark.parametrize("graph", ["erdos_renyi", "core_periphery", "scale_free", "star", "complete", "netted"])
def test_one_more_protocol_changes_no_other_edge(graph):
    small, large = (graph_of(number, seed=3, graph=graph) for number in (9, 10))
    assert set(small.edges) == set(large.subgraph(range(9)).edges)


@given(st.integers(1, 12), st.integers(0, 2**32))
def test_uniforms_are_nested_and_used_once(number, seed):
    small, large = (shell_uniforms(np.random.default_rng(seed), n) for n in (number, number + 1))
    assert (large[:number, :number] == small).all()
    assert set(small.ravel()) == set(np.random.default_rng(seed).random(number * number))


def test_a_random_graph_depends_on_the_generator_alone():
    one, same, other = (graph_of(10, seed, graph="erdos_renyi") for seed in (1, 1, 2))
    assert set(one.edges) == set(same.edges) != set(other.edges)


def test_negative_treasuries_are_refused():
    with pytest.raises(ValueError, match="treasuries"):
        owed_by(np.array([1.0, -1.0]))


def written(folder, text):
    path = folder / "edges.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_an_edge_list_gives_edges_and_amounts(tmp_path):
    path = written(tmp_path, "# who owes whom\nP0 P1 5e6\n\nP1, P2, 0  # nothing\nP2 P0\nP2 P1\n")
    owed = owed_by(np.array([4.0, 3.0, 2.0]), graph="file", file=path)
    np.testing.assert_allclose(owed, [[0, 5e6, 0], [0, 0, 0], [1, 1, 0]])


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("P0 P9", ["creditor 'P9'", "no such protocol", "allowed: P0, P1, P2"]),
        ("P11 P0", ["debtor 'P11'", "did you mean 'P1'"]),
        ("P0 P1 -4", ["amount '-4'", "0 or more"]),
        ("P0 P1 nan", ["amount 'nan'"]),
        ("P0 P1 inf", ["amount 'inf'"]),
        ("P0 P1 much", ["amount 'much'"]),
        ("P0 P0 1", ["edge P0 P0", "owes itself"]),
        ("P0", ["1 columns", "debtor creditor [amount]"]),
        ("P0 P1 1 2", ["4 columns"]),
        ("P1 P2 9", ["edge P1 P2", "given twice"]),
    ],
)
def test_a_faulty_line_is_told_with_file_line_value_and_what_is_allowed(tmp_path, line, parts):
    path = written(tmp_path, f"P1 P2 3\n{line}\n")
    with pytest.raises(EdgeListError) as refused:
        read_edges(path, names(3))
    [problem] = refused.value.problems
    assert problem.startswith(f"{path}: line 2: ")
    assert all(part in problem for part in [*parts, "allowed"])


def test_all_faults_are_told_at_once(tmp_path):
    path = written(tmp_path, "P0 P7 -1\nP1 P1\nP0\n")
    with pytest.raises(EdgeListError) as refused:
        read_edges(path, names(3))
    assert [line.split(": ")[1] for line in refused.value.problems] == [
        "line 1",
        "line 1",
        "line 2",
        "line 3",
    ]


@pytest.mark.parametrize("name", ["absent.txt", "."])
def test_an_unreadable_edge_list_is_named(tmp_path, name):
    with pytest.raises(EdgeListError, match="allowed: a readable edge list"):
        read_edges(tmp_path / name, names(3))


def test_an_edge_list_in_no_known_encoding_is_named(tmp_path):
    path = tmp_path / "edges.bin"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(EdgeListError, match="UTF-8"):
        read_edges(path, names(3))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"graph": "rnig"}, "did you mean 'ring'"),
        ({"graph": "file"}, "needs the path"),
        ({"file": "edges.txt"}, "allowed: graph 'file'"),
        ({"degree": 0}, "allowed: 1 to 10,000 protocols"),
        ({"probability": 1.5}, r"allowed: 0 to 1 \(a probability\)"),
        ({"alhpa": 0.5}, "Extra inputs"),
    ],
)
def test_impossible_parameters_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        ExposureSection(**fields)


def test_every_registered_graph_has_a_builder():
    assert all(callable(GRAPHS[name]) for name in GRAPHS)


@pytest.mark.parametrize("graph", ["ring", "erdos_renyi", "core_periphery", "complete"])
def test_many_protocols_owe_the_same_in_a_sparse_matrix_where_that_is_smaller(monkeypatch, graph):
    treasuries = np.linspace(1e6, 2e6, 30)
    dense = owed_by(treasuries, graph=graph)
    monkeypatch.setattr("model.network.exposures.MANY", 29)
    held = owed_by(treasuries, graph=graph)
    assert isinstance(held, np.ndarray) == (graph == "complete")
    assert (dense == (held if graph == "complete" else held.toarray())).all() and dense.any()


@pytest.mark.parametrize("number", [1, 2, 5, 12])
def test_edges_drawn_shell_by_shell_are_those_of_the_whole_table(number):
    table = shell_uniforms(np.random.default_rng(3), number) < 0.5
    wanted = [(i, j) for i, j in np.argwhere(table).tolist() if i != j]
    assert list(graph_of(number, 3, graph="erdos_renyi", probability=0.5).edges) == wanted


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_neighbours_owe_or_are_owed(form):
    owed = np.array([[0.0, 2.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0], [0.0] * 4])
    first, tied = neighbours(form(owed))
    assert [tied[a:b].tolist() for a, b in itertools.pairwise(first)] == [[1], [0, 2], [1], []]


def test_defaults_are_settled_alike_in_a_sparse_matrix(monkeypatch):
    """A run in which defaults spread gives the same numbers, bit for bit, whatever form the debts are in."""
    changes = {"backstop__capital_ratio": 1e-4, "protocol__treasury_ratio": 1e-5, "exposure__weight": 1.0}
    scenario = crash(protocol__number=12, confidence__panic=True, seed=2, **changes)
    dense = run(scenario)
    monkeypatch.setattr("model.network.exposures.MANY", 2)
    sparse = run(scenario)
    assert not isinstance(sparse.contagion.liabilities, np.ndarray)
    assert sparse.summary() == dense.summary() and dense.summary()["defaults"] > 0
