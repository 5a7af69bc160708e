"""The phase transition of Acemoglu, Ozdaglar and Tahbaz-Salehi (2015), by the clearing function and by the whole model.

n banks owe y each to one another and v to senior outsiders, and earn a; one earns ε less. Up to ε* = n (a − v) a ring
spreads the shock furthest and a complete network least; beyond it both fail whole, and blocks keep the rest alive.

The model in that limit: no traders, hence no market; treasuries of a, exploits of v at every protocol and of v + ε at
the first in the first step, no backstop, a regime in which nobody pays: a − ε against v and a against v + ε are the
same net position.
"""

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model.ecosystem import Ecosystem
from model.network.clearing import settle
from tests.support.world import small

MILLION = 1e6
NETWORKS = ("ring", "complete", "half_ring_half_complete", "two_isolated_complete_blocks_of_5")
GENERATED = {
    "ring": {"graph": "ring", "degree": 1},
    "complete": {"graph": "complete"},
    "two_isolated_complete_blocks_of_5": {"graph": "blocks", "blocks": 2},
}


def debts(name, n, y):
    """Return L (n, n) of a regular network in which everybody owes y."""
    ring, complete = y * np.roll(np.eye(n), 1, axis=1), y / (n - 1) * (1 - np.eye(n))
    half = n // 2
    blocks = np.kron(np.eye(2), y / (half - 1) * (1 - np.eye(half)))
    return dict(zip(NETWORKS, (ring, complete, (ring + complete) / 2, blocks), strict=True))[name]


def outcome_of_model(a, v, eps, n, exposure):
    """Return the protocols' records after one step of the whole model, amounts in millions of USD."""
    changes = {f"exposure__{name}": value for name, value in exposure.items()}
    scenario = small(
        protocol__number=n,
        protocol__open_interest=(100.0 * MILLION,),
        protocol__treasury_ratio=a / 100.0,
        protocol__skin_in_the_game=0.0,
        trader__number=0,
        provider__number=0,
        keeper__number=0,
        backstop__structure="none",
        backstop__regime="bad_debt",
        steps=1,
        **changes,
    )
    ecosystem = Ecosystem(scenario)
    loss = np.full((1, n), v * MILLION)
    loss[0, 0] += eps * MILLION
    ecosystem.tape = ecosystem.tape._replace(exploit=loss)
    ecosystem.step()
    assert ecosystem.ledger.imbalance() < 1e-9
    return ecosystem.protocol


def written(folder, owed, form):
    """Write debts in millions to an edge list or a GraphML file; return the exposure parameters that read it."""
    path = folder / f"debts.{form}"
    names = [f"protocol_{i}" for i in range(len(owed))]
    graph = nx.relabel_nodes(nx.from_numpy_array(owed * MILLION, create_using=nx.DiGraph), dict(enumerate(names)))
    if form == "graphml":
        nx.write_graphml(graph, path)
    else:
        path.write_text("".join(f"{i},{j},{w!r}\n" for i, j, w in graph.edges(data="weight")))
    return {"graph": "file", "file": str(path)}


@pytest.mark.parametrize("form", ["csv", "graphml"])
@pytest.mark.parametrize("name", NETWORKS)
def test_published_counts_by_the_whole_model_with_debts_from_a_file(published, tmp_path, name, form):
    setting = published["clearing_phase_transition"]
    n, a, v, y = (setting[key] for key in ("n", "a", "v", "y"))
    exposure = written(tmp_path, debts(name, n, y), form)
    for case in setting["cases"]:
        protocol = outcome_of_model(a, v, case["eps"], n, exposure)
        assert protocol.status.sum() == case[name], case["eps"]


@pytest.mark.parametrize("name", GENERATED)
def test_published_counts_by_the_whole_model_with_a_generated_network(published, name):
    setting = published["clearing_phase_transition"]
    n, a, v, y = (setting[key] for key in ("n", "a", "v", "y"))
    for case in setting["cases"]:
        protocol = outcome_of_model(a, v, case["eps"], n, GENERATED[name] | {"weight": y / a})
        assert protocol.status.sum() == case[name], case["eps"]
        assert protocol.wave[0] == 0 and protocol.cause[0] == 1
        assert (protocol.cause[1:][protocol.status[1:] > 0] == 2).all()


@pytest.mark.parametrize("resolution", ["dead", "recapitalised"])
def test_resolution_does_not_change_who_fails(published, resolution):
    """Without positions there is nothing to tear up: the counts are those of clearing."""
    setting = published["clearing_phase_transition"]
    n, a, v, y = (setting[key] for key in ("n", "a", "v", "y"))
    for case in setting["cases"]:
        exposure = GENERATED["ring"] | {"weight": y / a, "resolution": resolution}
        assert outcome_of_model(a, v, case["eps"], n, exposure).status.sum() == case["ring"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", NETWORKS)
def test_the_model_and_the_clearing_function_agree_on_other_inputs(tmp_path, name, seed):
    """Another number of banks, other earnings, debts and shocks: the same banks fail in the same waves."""
    rng = np.random.default_rng(seed)
    n, a, v = 2 * int(rng.integers(2, 8)), float(rng.uniform(1.0, 3.0)), float(rng.uniform(0.3, 0.99))
    v, y = v * a, float(rng.uniform(0.1, 20.0))
    eps = float(rng.uniform(1.05, 2.0 * n)) * (a - v)
    owed = debts(name, n, y)
    assets, outside = np.full(n, a), np.full(n, v)
    outside[0] += eps
    wanted = settle(owed, assets, outside=outside)
    protocol = outcome_of_model(a, v, eps, n, written(tmp_path, owed, "csv"))
    assert protocol.wave.tolist() == wanted.waves.tolist()
    assert protocol.status.sum() == wanted.default.sum() > 0


@given(
    st.integers(2, 12),
    st.floats(0.5, 5.0),
    st.floats(0.05, 0.95),
    st.floats(0.001, 0.999),
)
def test_ring_and_complete_change_places_at_the_critical_shock(half, a, senior, place):
    """With large debts: below ε* the complete network loses one bank and the ring more; above it all fail in both."""
    n, v = 2 * half, senior * a
    y, critical = 1e3 * n * a, 2 * half * (a - v)
    eps = a - v + place * v  # the shocked bank fails, and keeps an asset of its own
    strength = eps / critical
    assume(abs(strength - 1.0) > 0.02)
    returns = np.full(n, a)
    returns[0] -= eps
    ring, complete = (
        settle(debts(name, n, y), returns, outside=np.full(n, v)).default.sum() for name in ("ring", "complete")
    )
    if strength > 1.0:
        assert ring == complete == n
    else:
        assert 1 == complete <= ring < n
