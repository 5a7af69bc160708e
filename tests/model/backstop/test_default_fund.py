"""The clearing house's waterfall: the published case, limits, and survivors who stand in for each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.core.ledger import DEFICIT, FUND, OUTSIDE, TREASURY
from model.backstop.default_fund import contribute_pro_rata, waterfall
from model.ecosystem import Ecosystem
from tests.support.world import crash, run, small

amounts = st.floats(0.0, 1e6)


def test_nasdaq_clearing_2018(published):
    """EUR 114M: the house pays 7, the members 107 of 166, of which 64.46 % is gone and 59 left."""
    case = published["ccp_waterfall"]
    own, members = waterfall(114.0, [case["own_capital_pays"], 166.0])
    assert own == case["own_capital_pays"]
    assert members == case["members_pay"]
    assert 100.0 * members / 166.0 == pytest.approx(case["members_lose_percent"], abs=0.005)
    assert 166.0 - members == case["fund_left"]


@given(loss=amounts, layers=arrays(float, 4, elements=amounts))
def test_layers_pay_in_order_and_no_more_than_they_have(loss, layers):
    """Σ x = min(L, Σ l), 0 ≤ xₖ ≤ lₖ, and a layer pays nothing while one before it has something left."""
    paid = waterfall(loss, layers)
    assert (paid >= 0).all() and (paid <= layers).all()
    assert paid.sum() == pytest.approx(min(loss, layers.sum()), rel=1e-12, abs=1e-6)
    for k in range(1, len(layers)):
        if paid[k] > 1e-6:
            assert paid[:k] == pytest.approx(layers[:k], abs=1e-6)


def test_the_waterfall_takes_arrays():
    """Losses (n,) against layers (k,) or (k, n) give (k, n), column by column as one at a time."""
    losses, layers = np.array([0.0, 3.0, 30.0]), np.array([2.0, 5.0])
    together = waterfall(losses, layers)
    assert together.tolist() == [[0.0, 2.0, 2.0], [0.0, 1.0, 5.0]]
    assert (together == np.array([waterfall(loss, layers) for loss in losses]).T).all()
    assert (waterfall(losses, np.tile(layers[:, np.newaxis], 3)) == together).all()
    assert waterfall(3.0, np.tile(layers[:, np.newaxis], 2)).tolist() == [[2.0, 2.0], [1.0, 1.0]]


def test_survivors_pay_pro_rata():
    """A call of 6 on 4, 8 and 0; a call beyond all of it takes all of it."""
    assert contribute_pro_rata(np.array([4.0, 8.0, 0.0]), 6.0).tolist() == [2.0, 4.0, 0.0]
    assert contribute_pro_rata(np.array([4.0, 8.0, 0.0]), 60.0).tolist() == [4.0, 8.0, 0.0]


def shocked(deficits, **changes):
    """Return three equal members after `deficits`, in the same money: capital of 90, treasuries of 30 (skin 10).

    Of the capital 30 are paid in and 60 on call.
    """
    terms = {
        "protocol__open_interest": (6e7,),
        "protocol__treasury_ratio": 0.005,
        "protocol__skin_in_the_game": 1.0 / 3.0,
        "backstop__capital_ratio": 0.015,
        "backstop__structure": "mutual",
        "backstop__regime": "bad_debt",
        "exposure__graph": "none",
        "trader__number": 0,
    }
    ecosystem = Ecosystem(small(**(terms | changes)))
    owed = np.array(deficits) * 1e4
    ecosystem.ledger.balance[DEFICIT] -= owed
    ecosystem.ledger.balance[OUTSIDE, 0] += owed.sum()
    ecosystem.absorb_deficits()
    return ecosystem


def paid(ecosystem, member=0):
    """Return what fund, skin, contributions and assessments paid a member, in units of 10,000 USD."""
    names = ("paid_fund", "paid_skin", "paid_mutual", "paid_assessment", "uncovered")
    return pytest.approx([float(getattr(ecosystem.protocol, name)[member]) / 1e4 for name in names])


def test_the_layers_of_a_clearing_house_in_order():
    """Own 30 and 60 on call, skin 10, then survivors' 60, then their 120 on call; what is left is uncovered."""
    assert paid(shocked([80.0, 0, 0])) == [30, 0, 0, 50, 0]
    assert paid(shocked([95.0, 0, 0])) == [30, 5, 0, 60, 0]
    assert paid(shocked([150.0, 0, 0])) == [30, 10, 50, 60, 0]
    assert paid(shocked([250.0, 0, 0])) == [30, 10, 60, 150, 0]
    assert paid(shocked([400.0, 0, 0])) == [30, 10, 60, 180, 120]


def test_survivors_bear_it_alike_and_claimants_nothing():
    """A call of 50 takes 25 of each survivor; a second claimant's own fund is not called upon for the first."""
    ecosystem = shocked([150.0, 0, 0])
    assert ecosystem.ledger.balance[FUND] / 1e4 == pytest.approx([0, 5, 5])
    both = shocked([150.0, 150.0, 0])
    assert both.protocol.paid_mutual.sum() / 1e4 == pytest.approx(30)
    assert both.protocol.paid_mutual[0] == pytest.approx(both.protocol.paid_mutual[1])
    assert both.ledger.balance[FUND, 2] == pytest.approx(0.0)


def test_assessments_stop_at_their_power():
    """At a half of what is paid in, 60 each, 30 of each are on call; no power is used twice, and treasuries stay."""
    ecosystem = shocked([400.0, 0, 0], backstop__assessment=0.5)
    assert paid(ecosystem) == [60, 10, 120, 90, 120]
    assert ecosystem.protocol.assessed / 1e4 == pytest.approx([30, 30, 30])
    assert ecosystem.ledger.balance[TREASURY] / 1e4 == pytest.approx([20, 30, 30])
    ecosystem.ledger.balance[DEFICIT, 0] -= 1e5
    ecosystem.absorb_deficits()
    assert ecosystem.protocol.assessed / 1e4 == pytest.approx([30, 30, 30])


def test_without_other_members_a_default_fund_is_an_isolated_fund():
    """But for the name of the payer: capital on call pays where the fund would (see test_layers)."""
    alone = {"protocol__number": 1, "backstop__capital_ratio": 1e-3, "shock__exploit_intensity": 200.0}
    mutual, isolated = (run(crash(backstop__structure=name, **alone)).summary() for name in ("mutual", "isolated"))
    assert mutual["paid_fund"] + mutual["paid_assessment"] == pytest.approx(isolated["paid_fund"], rel=1e-12)
    assert mutual["uncovered"] == pytest.approx(isolated["uncovered"], rel=1e-12)
    assert mutual["uncovered"] > 0
