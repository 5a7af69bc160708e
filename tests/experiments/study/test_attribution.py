"""Attribution: terms sum to what was lost by identity, an interaction belongs to no channel, conditions are proved."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from agents.core.ledger import DEFICIT, OUTSIDE
from experiments.cli.main import main
from experiments.plan.arrangement import Arrangement
from experiments.run.run import run_arrangement
from experiments.study.attribution.answer import (
    CLOSED,
    MEASURES,
    NOTHING,
    OWN,
    Ledger,
    coalitions,
    conditions,
    counterfactual,
    dividends,
    last_effects,
    open_channels,
    replays,
)
from experiments.study.attribution.table import document, effects, interactions, sentences, table, term
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.world import scenario_path
from tests.support.world import crash, small

NAMES = ("exposure", "pool", "price")
ALL = frozenset(NAMES)
amounts = st.lists(st.floats(0.0, 100.0), min_size=8, max_size=8)


def game(values):
    return {some: np.array([value]) for some, value in zip(coalitions(NAMES), values, strict=True)}


def both_needed(worlds=1):
    """The issue's game: 1.0 with every set of channels that lacks pool or price, 1.875 with both."""
    return {some: np.full(worlds, 1.875 if {"pool", "price"} <= some else 1.0) for some in coalitions(NAMES)}


@given(amounts)
def test_terms_sum_to_what_was_lost_with_any_channels_open(values):
    known, terms = game(values), dividends(game(values))
    for some in known:
        assert sum(terms[part] for part in coalitions(sorted(some))) == pytest.approx(known[some], abs=1e-9)
    assert sum(terms.values()) == pytest.approx(known[ALL], abs=1e-9)


def test_what_needs_two_channels_is_their_interaction_and_the_effect_of_neither():
    terms, last = dividends(both_needed()), last_effects(both_needed())
    assert terms[NOTHING] == [1.0]
    assert [terms[frozenset({name})][0] for name in NAMES] == [0.0, 0.0, 0.0]
    assert {some for some, value in terms.items() if value[0] and some} == {frozenset({"pool", "price"})}
    assert terms[frozenset({"pool", "price"})] == [0.875]
    # Each of the two is necessary for all of it: the last effects, 0.875 each, are no shares and do not add up.
    assert {name: value[0] for name, value in last.items()} == {"exposure": 0.0, "pool": 0.875, "price": 0.875}


def test_the_two_of_an_interaction_are_named_together_in_numbers_and_words():
    found = interactions(both_needed(8))
    assert found["pool+price"]["mean"] == 0.875 and found["pool+price"]["n"] == 8
    assert found["exposure+pool"]["mean"] == found["exposure+price"]["mean"] == found["higher"]["mean"] == 0.0
    assert [row["mean"] for row in effects(both_needed(8)).values()] == [0.0, 0.0, 0.0]
    assert [row["last"]["mean"] for row in effects(both_needed(8)).values()] == [0.0, 0.875, 0.875]
    ledger = made_up(both_needed(), 8)
    assert [line for line in sentences([ledger]) if "defaults" in line] == [
        "pooled, defaults a run: 0.875 in all 8 needs both pool and price: beyond what each adds alone"
    ]
    told = document([ledger])["cells"]["pooled"]["default"]
    assert told["total"] == 1.875 and told[OWN] == 1.0 and "pool" not in told
    shown = [cell for column in table([ledger]).columns for cell in column.cells]
    assert "interaction pool × price" in shown and "interaction exposure × pool" not in shown


def made_up(values, worlds=4):
    """Return a ledger in which every world has the outcomes of a game."""
    ledger = Ledger(Arrangement("pooled", "pooled", "adl", small(backstop__structure="pooled", provider__number=0)))
    rows = {some: float(value[0]) for some, value in values.items()}
    ledger.values = {measure: [rows] * worlds for measure in MEASURES}
    ledger.met = [{"own": 1.0}] * worlds
    return ledger


@given(st.floats(0.0, 10.0), st.lists(st.floats(-5.0, 5.0), min_size=3, max_size=3))
def test_an_additive_game_has_effects_and_no_interaction(own, gains):
    gain = dict(zip(NAMES, gains, strict=True))
    values = {some: np.array([own + sum(gain[name] for name in some)]) for some in coalitions(NAMES)}
    terms, last = dividends(values), last_effects(values)
    for some, value in terms.items():
        assert len(some) < 2 or value == pytest.approx(0.0, abs=1e-12)
    for name in NAMES:
        assert terms[frozenset({name})] == pytest.approx([gain[name]], abs=1e-12)
        assert last[name] == pytest.approx([gain[name]], abs=1e-12)


def test_a_channel_that_averts_loss_has_a_negative_effect():
    """Own loss 10, of which the pool pays 4: nothing is rescaled to the 6 that happened."""
    terms = dividends({NOTHING: np.array([10.0]), frozenset({"pool"}): np.array([6.0])})
    assert (terms[NOTHING][0], terms[frozenset({"pool"})][0]) == (10.0, -4.0)


def test_a_term_has_an_interval_where_it_varies_and_else_says_in_how_many_worlds_it_did_not():
    constant, varied = term(np.full(8, 0.875)), term(np.array([0.0, 0.0, 1.0, 1.0, 2.0, 0.0, 1.0, 3.0, 1.0]))
    assert np.isnan([constant.low, constant.high]).all() and (constant.mean, constant.nonzero) == (0.875, 8)
    assert varied.low < varied.mean < varied.high and varied.nonzero == 6 and varied.number == 9
    assert term(np.zeros(5)).nonzero == 0


def test_conditions_of_a_default_are_proved_by_replay_and_do_not_exclude_each_other():
    """Protocol 0 fails anyway, 1 only with pool and price, 2 with exposure or pool, 3 never, 4 only if pool is shut."""

    def fails(some):
        return np.array([
            1.0, {"pool", "price"} <= some, bool({"exposure", "pool"} & some), 0.0, "pool" not in some,
        ], dtype=float)  # fmt: skip

    found = conditions({some: fails(some) for some in coalitions(NAMES)})
    true = {name: np.flatnonzero(flags).tolist() for name, flags in found.items()}
    assert true == {
        "own": [0], "needs exposure": [], "needs pool": [1], "needs price": [1],
        "suffices exposure": [2], "suffices pool": [2], "suffices price": [], "none": [2],
    }  # fmt: skip
    alone = conditions({NOTHING: np.array([1.0, 0.0])})
    assert {name: flags.tolist() for name, flags in alone.items()} == {"own": [True, False], "none": [False, False]}


def test_only_channels_that_are_open_are_replayed():
    assert open_channels(small()) == ("exposure", "price", "run")
    assert open_channels(small(backstop__structure="pooled")) == ("exposure", "pool", "price", "run")
    assert open_channels(small(trader__venues_share=0.3)) == ("exposure", "price", "run", "owner")
    assert "owner" not in open_channels(small(trader__venues_share=0.3, trader__top_up_share=0.0))
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
def test_a_world_with_one_channel_gives_innocents_to_it_and_the_guilty_to_own_loss(graph, structure, cause):
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
    arrangement = Arrangement("cell", structure, "bad_debt", scenario)
    known = {some: hurt(one.scenario, deficits) for some, one in replays(arrangement).items()}
    found, total = dividends(known), known[frozenset(open_channels(scenario))]
    assert found[NOTHING].tolist() == [1.0, 0.0, 0.0]
    assert total.sum() > 1.0
    assert found[frozenset({cause})].sum() == pytest.approx(total.sum() - 1.0)
    proved = conditions(known)
    assert proved["own"].tolist() == [True, False, False]
    assert proved[f"needs {cause}"].sum() == proved[f"suffices {cause}"].sum() == total.sum() - 1.0


@pytest.mark.parametrize("structure", ["isolated", "pooled"])
def test_terms_of_runs_of_the_whole_model_sum_to_what_happened(structure):
    thin = {"backstop__capital_ratio": 1e-5, "backstop__regime": "bad_debt", "confidence__panic": True}
    ledger = played(Arrangement("cell", structure, "bad_debt", crash(backstop__structure=structure, **thin)), 1)
    assert ledger.total("uncovered")[0] > 0.0


def test_owners_at_several_venues_are_a_cause_of_their_own():
    """No debts, no pool, no shared price, no runs: what one venue's fall does to others goes through owners alone."""
    alone = {"exposure__graph": "none", "asset__shared_market": False, "provider__number": 0}
    own = {"backstop__capital_ratio": 1e-5, "trader__wallet_ratio": 0.05, "trader__top_up_share": 0.5}
    arrangement = Arrangement("cell", "isolated", "bad_debt", crash(trader__venues_share=0.9, **alone, **own))
    ledger = played(arrangement, 2)
    assert ledger.channels == ("owner",) and len(ledger.replays) == 2
    assert (dividends(ledger.outcomes("uncovered"))[frozenset({"owner"})] != 0.0).all()


def test_terms_of_the_world_of_innocents_sum_to_what_happened():
    scenario = Scenario.from_toml(scenario_path("innocents"))
    changes = {"trader.number": 40, "backstop.structure": "pooled", "shock.hit_share": 0.05}
    ledger = played(Arrangement("pooled", "pooled", "bad_debt", scenario.replace(changes)), 2)
    assert ledger.total("default").min() >= 1.0  # the one that is hit
    told = document([ledger])["cells"]["pooled"]["default"]
    whole = told[OWN] + sum(row["mean"] for group in ("effects", "interactions") for row in told[group].values())
    assert whole == pytest.approx(told["total"])


def played(arrangement, replications):
    """Return the ledger of an arrangement whose terms were found to sum to the total in every replication."""
    ledger = Ledger(arrangement)
    for replication in range(replications):
        ledger.add([run_arrangement(one, replication) for one in ledger.replays.values()])
    for measure in MEASURES:
        terms = dividends(ledger.outcomes(measure))
        assert sum(terms.values()) == pytest.approx(ledger.total(measure), rel=1e-9, abs=1e-6), measure
    return ledger


def test_closing_a_channel_changes_nothing_else_of_the_scenario():
    scenario = small(backstop__structure="pooled")
    for name, changes in CLOSED.items():
        shut = counterfactual(scenario, frozenset(CLOSED) - {name})
        assert shut == scenario.replace(changes)


def test_the_command_tells_effects_interactions_and_conditions_of_every_arrangement(tmp_path):
    words = [
        "attribute",
        "--out",
        str(tmp_path / "out"),
        "--process",
        "gbm",
        "--structure",
        "pooled",
        "--replications",
        "2",
        "--workers",
        "1",
    ]
    settings = (
        "steps=10",
        "trader.number=20",
        "trader.venues_share=0.5",
        "protocol.number=2",
        "provider.number=1",
        "shock.hit_share=0.1",
    )
    words += [word for text in (*settings, "shock.hit_minute=2") for word in ("--set", text)]
    done = CliRunner().invoke(main, [*words, "--quiet", "--json"])
    assert done.exit_code == 0, done.output
    arrangement = json.loads(done.stdout)["cells"]["pooled"]
    assert arrangement["channels"] == ["exposure", "pool", "price", "run", "owner"]
    found = arrangement["uncovered"]
    assert found["total"] > 0.0 and set(found["effects"]) == set(CLOSED)
    assert all(len(row["ci95"]) == 2 and row["n"] == 2 for row in found["interactions"].values())
    terms = [*found["effects"].values(), *found["interactions"].values()]
    assert found[OWN] + sum(row["mean"] for row in terms) == pytest.approx(found["total"])
    assert arrangement["conditions"]["own"]["n"] == 2
    shown = CliRunner().invoke(main, [*words, "--quiet"])
    assert shown.exit_code == 0 and "own loss" in shown.stdout and "pooled" in shown.stdout
    assert "Conditions do not exclude each other" in shown.stdout
