"""Which way pooling works, as statistical tests.

Error rate: every claim is a one-sided sign test on paired worlds, of those in which two structures differ; were there
no effect it would pass with a probability of at most 0.001 (`ERROR`). Worlds are fixed by their seeds, so a test that
passes once passes always.
"""

from functools import cache

import numpy as np
import pytest
from scipy.stats import binomtest

from agents.core.ledger import DEFICIT, OUTSIDE
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.parameter import per_item
from model.scenario.registry import STRUCTURES
from model.scenario.world import scenario_path
from tests.support.world import dotted, small

ERROR = 1e-3
MEMBERS = 8
INTEREST = 6e7
FUND = 0.015 * INTEREST
STRONG = {"exposure__graph": "complete", "exposure__weight": 4.0, "exposure__alpha": 0.5, "exposure__beta": 0.5}


def more_often(more, less):
    """Return the probability, were both equally likely, that worlds favour `more` as clearly as these pairs do."""
    more, less = np.asarray(more, bool), np.asarray(less, bool)
    apart = int((more != less).sum())
    return binomtest(int((more & ~less).sum()), apart, alternative="greater").pvalue if apart else 1.0


def test_the_sign_test_keeps_its_error_rate():
    """Of 2,000 pairs without any effect at most one in a hundred passes at one in a hundred, three sigma allowed."""
    rng = np.random.default_rng(1)
    passed = [more_often(*(rng.random((2, 40)) < 0.5)) <= 0.01 for _ in range(2000)]
    assert np.mean(passed) <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / 2000)


def shocked(structure, deficits, treasury=0.005, **changes):
    """Return the protocols' records of equal members after `deficits` went down the waterfall and through clearing."""
    plain = {
        "steps": 1,
        "protocol__number": len(deficits),
        "protocol__open_interest": (INTEREST,),
        "protocol__skin_in_the_game": 0.0,
        "protocol__treasury_ratio": treasury,
        "trader__number": 0,
        "provider__number": 0,
        "backstop__structure": structure,
        "backstop__regime": "bad_debt",
        "exposure__graph": "none",
    }
    ecosystem = Ecosystem(small(**(plain | changes)))
    ecosystem.ledger.balance[DEFICIT] -= deficits
    ecosystem.ledger.balance[OUTSIDE, 0] += np.sum(deficits)
    ecosystem.absorb_deficits()
    ecosystem.clear_exposures()
    return ecosystem.protocol


def draws(number, correlation, size=0.7, spread=1.0):
    """Return (number, members) USD: lognormal deficits of median `size` funds, one-factor correlated."""
    rng = np.random.default_rng(7)
    common, own = rng.normal(size=(number, 1)), rng.normal(size=(number, MEMBERS))
    return size * FUND * np.exp(spread * (np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own))


def failures(deficits, measure, **changes):
    """Return for isolated and pooled, world by world, how many members failed."""
    return tuple(
        np.array([(getattr(shocked(name, row, **changes), measure) >= 0).sum() for row in deficits])
        for name in ("isolated", "pooled")
    )


def test_pooling_makes_any_failure_rarer_and_joint_failure_commoner_at_low_correlation():
    isolated, pooled = failures(draws(60, 0.0), "exhausted_step")
    assert more_often(isolated > 0, pooled > 0) < ERROR
    assert more_often(pooled == MEMBERS, isolated == MEMBERS) < ERROR


def test_at_full_correlation_it_makes_no_difference():
    isolated, pooled = failures(draws(15, 1.0), "exhausted_step")
    assert (isolated == pooled).all()
    assert {0, MEMBERS} == set(isolated.tolist())


@pytest.mark.compiled
def test_strong_exposures_with_bankruptcy_costs_reverse_it():
    """Alone, it is the pool by which most default together; with exposures a few isolated failures do it more often."""
    deficits, most = draws(160, 0.0, spread=1.3), 5
    isolated, pooled = failures(deficits, "default_step")
    assert more_often(pooled >= most, isolated >= most) < ERROR
    isolated, pooled = failures(deficits, "default_step", **STRONG)
    assert more_often(isolated >= most, pooled >= most) < ERROR


@pytest.mark.parametrize("ratio", [0.0, 1 / 3, 1.0, 2.0])
def test_the_crossover_moves_with_treasury_over_fund(ratio):
    """In counts of default pooling is better 0.25 below, and worse 0.25 above, total deficit / capital = 1 + T / F.

    At the crossover itself both are equal member by member: pro rata leaves D (1 − 1/r) > T where isolation leaves
    D − F > T, the same condition at r = 1 + T/F.
    """
    rng = np.random.default_rng(3)
    shape = np.exp(rng.normal(size=(80, MEMBERS)))
    shape *= MEMBERS * FUND / shape.sum(axis=1, keepdims=True)
    for distance, sign in ((-0.25, -1), (0.25, 1)):
        rows = (1.0 + ratio + distance) * shape
        isolated, pooled = failures(rows, "default_step", treasury=0.015 * ratio)
        worse, better = (pooled > isolated, pooled < isolated)[::sign]
        assert more_often(worse, better) < ERROR, distance


NAMES = tuple("ABCDEFGH")
JUMPS = {
    "steps": 60,
    "trader__number": 100,
    "protocol__open_interest": (INTEREST,),
    "asset__name": NAMES,
    "asset__initial_price": (100.0,),
    "asset__daily_volatility": (0.05,),
    "asset__depth_per_oi": (2.4,),
    "asset__half_spread_bp": (9.0,),
    "asset__maximal_leverage": (20.0,),
    "asset__correlation": 0.0,
    "price__process": "jump_diffusion",
    "price__jump_mean": 0.0,
    "exposure__graph": "none",
    "backstop__regime": "bad_debt",
}


def exhausted(structure, worlds=40, **changes):
    """Return funds exhausted, world by world, in the whole model: eight assets that jump independently."""
    scenario = Scenario().replace(dotted(JUMPS | changes | {"backstop__structure": structure}))
    found = []
    for replication in range(worlds):
        ecosystem = Ecosystem(scenario, replication)
        ecosystem.run_for(ecosystem.horizon)
        found.append((ecosystem.protocol.exhausted_step >= 0).sum())
    return np.array(found)


@pytest.mark.compiled
@pytest.mark.slow
def test_the_whole_model_goes_the_same_way():
    """Some fund fails less often where losses are moderate, six or more together more often where they are large."""
    moderate = {"price__jump_intensity": 200.0, "price__jump_sd": 2.0, "backstop__capital_ratio": 0.04}
    isolated, pooled = (exhausted(name, **moderate) for name in ("isolated", "pooled"))
    assert more_often(isolated > 0, pooled > 0) < ERROR
    large = {"price__jump_intensity": 400.0, "price__jump_sd": 2.5, "backstop__capital_ratio": 0.08}
    isolated, pooled = (exhausted(name, **large) for name in ("isolated", "pooled"))
    assert more_often(pooled >= 6, isolated >= 6) < ERROR


@cache
def innocents_world(structure, worlds=24):
    """Return (worlds, protocols) uncovered loss in the shipped scenario."""
    scenario = Scenario.from_toml(scenario_path("innocents"))
    scenario = scenario.replace({"backstop.structure": structure})
    found = []
    for replication in range(worlds):
        ecosystem = Ecosystem(scenario, replication)
        ecosystem.run_for(ecosystem.horizon)
        found.append(ecosystem.protocol.uncovered.copy())
    return np.array(found)


def test_the_hit_on_one_can_be_borne_by_all_capital_and_not_by_its_own_fund():
    scenario = Scenario.from_toml(scenario_path("innocents"))
    interest = np.array(per_item(scenario.protocol.open_interest, scenario.protocol.number))
    hit = scenario.shock.hit_share * interest[scenario.shock.hit_protocol]
    funds = scenario.backstop.capital_ratio * interest
    assert funds[scenario.shock.hit_protocol] < hit < funds.sum()


@pytest.mark.compiled
def test_a_hit_on_one_then_a_small_common_shock_harms_innocents_in_a_pool_and_none_behind_a_limit():
    alone, pooled, limited = (innocents_world(name) for name in ("isolated", "pooled", "reinsured"))
    assert (alone[:, 0] > 0.0).all() and (alone[:, 1:] > 0.0).any(axis=1).mean() < 0.1
    assert (pooled[:, 0] == 0.0).all() and (limited[:, 0] > 0.0).all()  # the pool saves whom the limit does not
    innocents = ((alone == 0.0) & (pooled > 0.0)).sum(axis=1)
    assert more_often(innocents > 0, np.zeros(len(innocents))) < ERROR
    assert not ((alone == 0.0) & (limited > 0.0)).any()


OPEN = {"backstop__sublimit": (1.0,), "backstop__premium_rate": 0.0}


@pytest.mark.parametrize("size", [0.3, 0.9, 1.2, 3.0])
def test_with_one_protocol_and_no_exposures_all_structures_are_one(size):
    """Limit: nobody to share with. Every structure that holds capital pays the same of any deficit."""
    members = {name: shocked(name, np.array([size * FUND]), **OPEN) for name in STRUCTURES if name != "none"}
    left = max(size * FUND - FUND, 0.0)
    for name, protocol in members.items():
        assert protocol.uncovered == pytest.approx([left], abs=1e-6), name
        assert protocol.status[0] == (left > 0.005 * INTEREST), name
