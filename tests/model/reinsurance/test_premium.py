"""Premium rules on numbers, and premiums in a run: who pays, what for, where it goes."""

import numpy as np
import pytest

from agents.core.ledger import POOL, POOL_LENT
from agents.reinsurer.reinsurer import MINUTES_PER_YEAR
from model.reinsurance.premium.base import Exposure, credible
from model.reinsurance.premium.cycle import Cycle
from model.scenario.registry import PREMIUMS
from model.scenario.section.reinsurance import ReinsuranceSection
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import crash, run, small

POOLED = {"backstop__structure": "pooled", "reinsurance__charge_all": True}


def seen(**changes):
    """Return what an underwriter sees of three members of one pool after half a year."""
    given = {
        "interest": [100.0, 200.0, 400.0],
        "expected": [1.0, 2.0, 4.0],
        "shortfall": [11.0, 2.0, 24.0],
        "claims": [3.0, 0.0, 4.0],
        "leverage": [1.0, 2.0, 3.0],
        "crowding": [0.0, 1.0, 0.5],
        "health": [1.0, 1.0, 0.5],
        "pool": [0, 0, 0],
        "member": [True, True, True],
    } | changes
    return Exposure(*(np.array(values) for values in given.values()), 0.5)


def yearly(name, rate=0.01, terms=None, **changes):
    """Return what a rule asks of the three members for a year."""
    return PREMIUMS[name](ReinsuranceSection(**(terms or {})), rate).yearly(seen(**changes)).tolist()


def test_flat_rate_by_hand():
    assert yearly("flat") == pytest.approx([1.0, 2.0, 4.0])


def test_expected_loss_and_loading_by_hand():
    assert yearly("expected_loss", terms={"loading": 0.5}) == pytest.approx([1.5, 3.0, 6.0])


def test_shortfall_charge_by_hand():
    """E + 10 % of (ES − E): 1 + 1, 2 + 0, 4 + 2."""
    assert yearly("shortfall", terms={"capital_charge": 0.1}) == pytest.approx([2.0, 2.0, 6.0])


def test_experience_rating_by_hand():
    """After half a year with k = 0.5 own claims, 6, 0 and 8 a year, count half."""
    asked = yearly("experience", terms={"credibility": 0.5, "loading": 0.0})
    assert asked == pytest.approx([0.5 * 1 + 0.5 * 6, 0.5 * 2, 0.5 * 4 + 0.5 * 8])


def test_risk_based_premium_by_hand():
    """Leverage squared, doubled by a one-sided market, half as much again in a half-empty pool."""
    asked = yearly("risk_based", terms={"leverage_power": 2.0})
    assert asked == pytest.approx([1.0, 2.0 * 4 * 2, 4.0 * 9 * 1.5 * 1.5])


def test_a_vote_is_won_by_the_median():
    """Fair rates are 3.5/100, 1/200 and 6/400; the median is 1.5 %, also when the highest shouts louder."""
    terms = {"credibility": 0.5, "loading": 0.0}
    assert yearly("vote", terms=terms) == pytest.approx([1.5, 3.0, 6.0])
    assert yearly("vote", terms=terms, claims=[300.0, 0.0, 4.0]) == pytest.approx([1.5, 3.0, 6.0])
    left = yearly("vote", terms=terms, member=[False, True, True])
    assert left == pytest.approx([1.0, 2.0, 4.0])


def test_experience_counts_for_nothing_at_first_and_for_all_in_the_end():
    prior, claims = np.array([2.0]), np.array([6.0])
    assert credible(prior, np.zeros(1), 0.0, 1.0) == pytest.approx(2.0)
    assert credible(prior, claims * 1e9, 1e9, 1.0) == pytest.approx(6.0)


def test_the_cycle_hardens_with_losses_and_softens_with_time():
    terms = ReinsuranceSection(cycle=2.0, cycle_half_life=10.0, cycle_floor=0.8, cycle_bound=1.5)
    cycle = Cycle(terms, np.array([100.0]), 10.0)
    cycle.advance(np.array([20.0]))
    assert cycle.multiplier == pytest.approx(0.8 + 0.1 + 0.4)
    for _ in range(60):
        cycle.advance(np.zeros(1))
    assert cycle.multiplier == pytest.approx(0.8)
    cycle.advance(np.array([100.0]))
    assert cycle.multiplier == pytest.approx(1.5)


@pytest.mark.parametrize("rule", PREMIUMS)
def test_every_rule_runs_and_conserves(rule):
    ecosystem = run(crash(reinsurance__premium=rule, reinsurance__cycle=3.0, **POOLED))
    assert ecosystem.summary()["premiums"] > 0
    assert ecosystem.pool.premiums.sum() == pytest.approx(ecosystem.summary()["premiums"])
    assert_books_close(ecosystem)


def test_premiums_in_a_run_are_the_rule_s():
    """A flat rate through the market is what the rule says on each step's open interest."""
    ecosystem = run(small(backstop__premium_rate=0.5, reinsurance__review=1.0, **POOLED))
    interest = sum(ecosystem.series()[f"open_interest_{i}"].sum() for i in range(3))
    assert ecosystem.summary()["premiums"] == pytest.approx(0.5 * interest / MINUTES_PER_YEAR, rel=1e-9)


def test_a_premium_belongs_to_all_who_own_the_pool():
    """Entitlements and capital providers' part add up to what the pool has, and no member gets its own back whole."""
    ecosystem = run(small(backstop__premium_rate=10.0, reinsurance__premium="risk_based", **POOLED))
    structure, balance = ecosystem.structure, ecosystem.ledger.balance
    held = balance[[POOL, POOL_LENT]][:, : structure.pots].sum(axis=0)
    assert structure.by_pool(structure.entitlement) + structure.outside == pytest.approx(held)
    start = structure.capital
    growth = (structure.entitlement - ecosystem.pool.contributions.sum() * start / start.sum()) / start
    assert np.ptp(growth) < 0.1 * np.abs(growth).max()


def test_the_market_is_off_by_default():
    """A reinsured structure's flat premium is the one credited to its payer, and nothing more is reported."""
    ecosystem = run(small(backstop__structure="reinsured"))
    assert not ecosystem.reinsurance.active
    assert "premiums" not in ecosystem.summary() and "mean_cap" not in ecosystem.series()
    assert len(ecosystem.reinsurance.providers) == 0
