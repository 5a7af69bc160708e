"""Attribution: labels are never negative, sum to what was lost, and go to the one channel there is."""

import itertools
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from world import crash, small

from agents.ledger import DEFICIT, OUTSIDE
from experiments.attribution import (
    CLOSED,
    LABELS,
    OWN,
    Ledger,
    attribute,
    coalitions,
    counterfactual,
    open_channels,
    replays,
    shapley,
)
from experiments.cell import Cell
from experiments.command_line import main
from experiments.worker import run_cell
from model.ecosystem import Ecosystem

NAMES = ("exposure", "pool", "price")
amounts = st.lists(st.floats(0.0, 100.0), min_size=8, max_size=8)


def game(values):
    return {some: np.array([value]) for some, value in zip(coalitions(NAMES), values, strict=True)}


@given(amounts)
def test_labels_are_not_negative_and_sum_to_what_was_lost(values):
    found = attribute(game(values))
    assert all((label >= 0.0).all() for label in found.label.values())
    assert sum(found.label.values()) == pytest.approx(found.total, abs=1e-9)
    assert set(found.label) == set(LABELS)
    assert (found.averted >= -1e-9).all()


@given(amounts)
def test_shapley_values_are_the_average_over_all_orders(values):
    """Efficiency and symmetry: formula (1) is the mean of marginal contributions over the orders of opening."""
    known, found = game(values), shapley(game(values))
    for channel in NAMES:
        gains = []
        for order in itertools.permutations(NAMES):
            before = frozenset(order[: order.index(channel)])
            gains.append(known[before | {channel}] - known[before])
        assert found[channel] == pytest.approx(np.mean(gains, axis=0), abs=1e-9)


@pytest.mark.parametrize("channel", NAMES)
def test_a_game_with_one_cause_gives_it_all(channel):
    values = {some: np.array([7.0 if channel in some else 0.0]) for some in coalitions(NAMES)}
    found = attribute(values)
    assert {name: label[0] for name, label in found.label.items() if label[0]} == {channel: pytest.approx(7.0)}


def test_a_channel_that_averts_loss_leaves_the_rest_to_its_cause():
    """Own loss 10, of which the pool pays 4: the 6 that happened are own loss, 4 were averted."""
    found = attribute({frozenset(): np.array([10.0]), frozenset({"pool"}): np.array([6.0])})
    assert (found.label[OWN][0], found.label["pool"][0], found.averted[0]) == (6.0, 0.0, 4.0)


def test_only_channels_that_are_open_are_replayed():
    assert open_channels(small()) == ("exposure", "price", "run")
    assert open_channels(small(backstop__structure="pooled")) == ("exposure", "pool", "price", "run")
    closed = counterfactual(small(backstop__structure="pooled", confidence__panic=True), frozenset())
    assert open_channels(closed) == ("run",)  # providers are there, but none will leave
    assert not closed.confidence.panic
    assert open_channels(small(protocol__number=1, provider__number=0, provider__fund_sensitivity=0.0)) == ()


def hurt(scenario, deficits):
    """Return which protocols default after `deficits` at once."""
    ecosystem = Ecosystem(scenario)
    ecosystem.ledger.balance[DEFICIT] -= deficits
    ecosystem.ledger.balance[OUTSIDE, 0] += np.sum(deficits)
    ecosystem.absorb_deficits()
    ecosystem.clear_exposures()
    return (ecosystem.protocol.status > 0).astype(float)


@pytest.mark.parametrize(
    ("graph", "structure", "cause"), [("complete", "isolated", "exposure"), ("none", "pooled", "pool")]
)
def test_a_world_with_one_channel_gives_innocents_to_it_and_the_guilty_to_themselves(graph, structure, cause):
    """One protocol loses far beyond its means; the others lose little or nothing of their own."""
    scenario = small(
        trader__number=0,
        provider__number=0,
        protocol__open_interest=(1e8,),
        backstop__regime="bad_debt",
        backstop__structure=structure,
        exposure__graph=graph,
        exposure__weight=4.0,
        exposure__beta=0.0,
        exposure__alpha=0.0,
    )
    small_loss = 0.012 * 1e8 if cause == "pool" else 0.0
    deficits = np.array([0.2 * 1e8, small_loss, small_loss])
    cell = Cell("cell", structure, "bad_debt", scenario)
    found = attribute({some: hurt(one.scenario, deficits) for some, one in replays(cell).items()})
    assert found.label[OWN].tolist() == [1.0, 0.0, 0.0]
    assert found.total.sum() > 1.0
    assert found.label[cause].sum() == pytest.approx(found.total.sum() - 1.0)


@pytest.mark.parametrize("structure", ["isolated", "pooled"])
def test_runs_of_the_whole_model_are_labelled_in_full(structure):
    thin = {"backstop__capital_ratio": 1e-5, "backstop__regime": "bad_debt", "confidence__panic": True}
    cell = Cell("cell", structure, "bad_debt", crash(backstop__structure=structure, **thin))
    ledger = Ledger(cell)
    ledger.add([run_cell(one, 0) for one in ledger.replays.values()])
    for measure, [row] in ledger.rows.items():
        assert sum(row[name] for name in LABELS) == pytest.approx(row["total"], rel=1e-9), measure
    assert ledger.rows["uncovered"][0]["total"] > 0.0
    assert ledger.mean("uncovered")["total"] == ledger.rows["uncovered"][0]["total"]


def test_closing_a_channel_changes_nothing_else_of_the_scenario():
    scenario = small(backstop__structure="pooled")
    for name, changes in CLOSED.items():
        shut = counterfactual(scenario, frozenset(CLOSED) - {name})
        assert shut == scenario.replace(changes)


def test_the_command_prints_every_label_for_every_cell():
    words = ["attribute", "--process", "gbm", "--structure", "pooled", "--replications", "1", "--workers", "1"]
    settings = ("steps=10", "trader.number=20", "protocol.number=2", "provider.number=1", "shock.hit_share=0.1")
    words += [word for text in (*settings, "shock.hit_minute=2") for word in ("--set", text)]
    done = CliRunner().invoke(main, [*words, "--quiet", "--json"])
    assert done.exit_code == 0, done.output
    cell = json.loads(done.stdout)["cells"]["pooled"]
    assert cell["channels"] == ["exposure", "pool", "price", "run"]
    assert cell["uncovered"]["total"] > 0.0
    assert sum(cell["uncovered"][name] for name in LABELS) == pytest.approx(cell["uncovered"]["total"])
    shown = CliRunner().invoke(main, [*words, "--quiet"])
    assert shown.exit_code == 0 and "own loss" in shown.stdout and "pooled" in shown.stdout
