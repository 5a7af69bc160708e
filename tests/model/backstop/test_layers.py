"""Layers by hand, to the dollar: who pays, in which order, out of how much, in every structure."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.core.ledger import DEFICIT, FUND, OUTSIDE, POOL, TREASURY
from model.ecosystem import Ecosystem
from model.scenario.registry import STRUCTURES as REGISTERED
from tests.support.world import STRUCTURES, crash, run, small

MILLION = 1e6
PAPER = Path(__file__).resolve().parents[3] / "experiments" / "paper" / "plan.toml"
LAYERS = ("paid_fund", "paid_skin", "paid_pool", "paid_mutual", "paid_assessment", "uncovered")
FOUR = {
    "protocol__number": 4,
    "protocol__open_interest": (1e8,),
    "trader__number": 0,
    "backstop__regime": "bad_debt",
    "exposure__graph": "none",
}
HOLDERS = tuple(name for name in STRUCTURES if name != "none")


def hit(ecosystem, losses):
    """Send losses, USD million, down the waterfall; return what each layer paid and left of them so far."""
    owed = np.array(losses) * MILLION
    ecosystem.ledger.balance[DEFICIT] -= owed
    ecosystem.ledger.balance[OUTSIDE, 0] += owed.sum()
    ecosystem.absorb_deficits()
    return layers(ecosystem)


def layers(ecosystem, member=0):
    """Return what fund, skin, pool, survivors and assessments paid a member, and what is uncovered, USD million."""
    return [float(ecosystem.protocol[name][member]) / MILLION for name in LAYERS]


def four(structure, loss, **changes):
    """Return the layers of four protocols with funds of 1.5M and treasuries of 0.5M after a loss of the first."""
    ecosystem = Ecosystem(small(**FOUR | {"backstop__structure": structure} | changes))
    return hit(ecosystem, [loss, 0.0, 0.0, 0.0])


QUOTA = {"backstop__limit": (0.0,)}


@pytest.mark.parametrize(
    ("structure", "changes", "large", "small_one"),
    [
        ("none", {}, [0, 0.125, 0, 0, 0, 3.875], [0, 0.125, 0, 0, 0, 0.375]),
        ("isolated", {}, [1.5, 0.125, 0, 0, 0, 2.375], [0.5, 0, 0, 0, 0, 0]),
        ("pooled", {}, [0, 0.125, 3.875, 0, 0, 0], [0, 0, 0.5, 0, 0, 0]),
        ("partial", {}, [0.75, 0.125, 3.0, 0, 0, 0.125], [0.5, 0, 0, 0, 0, 0]),
        ("capped", {}, [0, 0.125, 1.5, 0, 0, 2.375], [0, 0, 0.5, 0, 0, 0]),
        ("clustered", {"backstop__cluster": (0, 0, 1)}, [0, 0.125, 3.0, 0, 0, 0.875], [0, 0, 0.5, 0, 0, 0]),
        ("reinsured", {}, [0.75, 0.125, 3.0, 0, 0, 0.125], [0.5, 0, 0, 0, 0, 0]),
        ("reinsured", QUOTA | {"backstop__quota_share": 0.4}, [0.75, 0.125, 1.6, 0, 0, 1.525], [0.3, 0, 0.2, 0, 0, 0]),
        ("reinsured", QUOTA | {"backstop__quota_share": 1.0}, [0.75, 0.125, 3.0, 0, 0, 0.125], [0, 0, 0.5, 0, 0, 0]),
        ("reinsured", {"backstop__retention": (0.0,)}, [0.75, 0.125, 3.0, 0, 0, 0.125], [0, 0, 0.5, 0, 0, 0]),
        (
            "reinsured",
            QUOTA | {"backstop__stop_loss_retention": 0.2, "backstop__stop_loss_limit": 1.0},
            [0.75, 0.125, 3.0, 0, 0, 0.125],
            [0.15, 0, 0.35, 0, 0, 0],
        ),
        ("mutual", {}, [0.5, 0.125, 0, 1.5, 1.875, 0], [0.5, 0, 0, 0, 0, 0]),
        ("mutual", {"backstop__assessment": 0.0}, [1.5, 0.125, 0, 2.375, 0, 0], [0.5, 0, 0, 0, 0, 0]),
    ],
)
def test_hits_of_four_per_cent_and_of_half_a_per_cent(structure, changes, large, small_one):
    """Own fund, own part of what is shared, skin of 0.125M, others' money; treaties attach where they say."""
    assert four(structure, 4.0, **changes) == pytest.approx(large, abs=1e-9)
    assert four(structure, 0.5, **changes) == pytest.approx(small_one, abs=1e-9)


def test_every_structure_of_the_paper_is_tried_by_hand():
    marks = test_hits_of_four_per_cent_and_of_half_a_per_cent.pytestmark
    paper = tomllib.loads(PAPER.read_text(encoding="utf-8"))["across"]["backstop"]["structure"]
    assert set(paper) <= {case[0] for case in marks[0].args[1]}


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_a_quota_share_shares_every_loss(share):
    """Ten losses of 0.05M: each is shared from its first dollar, and the own fund pays the rest."""
    ecosystem = Ecosystem(small(**FOUR, backstop__structure="reinsured", backstop__quota_share=share, **QUOTA))
    for number in range(1, 11):
        fund, skin, pool, *_, uncovered = hit(ecosystem, [0.05, 0.0, 0.0, 0.0])
        assert (fund, pool) == pytest.approx((0.05 * number * (1.0 - share), 0.05 * number * share), abs=1e-9)
        assert skin == uncovered == 0.0


def test_what_the_pool_cannot_pay_of_its_treaty_falls_on_the_own_fund_and_then_on_the_skin():
    """Pool of 3M, quota share 1: four losses of 1M are paid 0.75M each by the pool, the rest by each fund of 0.75M."""
    ecosystem = Ecosystem(small(**FOUR, backstop__structure="reinsured", backstop__quota_share=1.0, **QUOTA))
    assert hit(ecosystem, [1.0] * 4) == pytest.approx([0.25, 0, 0.75, 0, 0, 0], abs=1e-9)
    assert hit(ecosystem, [0.6] * 4) == pytest.approx([0.75, 0.1, 0.75, 0, 0, 0], abs=1e-9)
    assert hit(ecosystem, [0.1] * 4) == pytest.approx([0.75, 0.125, 0.75, 0, 0, 0.075], abs=1e-9)


def test_a_quota_share_that_is_assessed_late_is_claimed_all_the_same():
    """The fund pays at once, the pool its 40 % two minutes later, into the fund."""
    terms = {"backstop__quota_share": 0.4, "reinsurance__assessment_delay": 2.0, "backstop__premium_rate": 0.0}
    ecosystem = Ecosystem(small(**FOUR, backstop__structure="reinsured", **QUOTA, **terms))
    hit(ecosystem, [0.5, 0.0, 0.0, 0.0])
    assert ecosystem.ledger.balance[FUND, 0] / MILLION == pytest.approx(0.25)
    for step in range(4):
        ecosystem.reinsurance.handler.late(step)
    assert ecosystem.ledger.balance[FUND, 0] / MILLION == pytest.approx(0.45)
    assert ecosystem.protocol.reimbursed[0] / MILLION == pytest.approx(0.2)


def test_the_skin_pays_beyond_the_entitlement_and_again_what_a_short_pool_leaves():
    """Losses of 2M each on 6M; 5.9M, then 0.1M with an entitlement of 0.075M; and a pool of which 90 % is lent."""
    ecosystem = Ecosystem(small(**FOUR, backstop__structure="pooled"))
    assert hit(ecosystem, [2.0] * 4) == pytest.approx([0, 0.125, 1.5, 0, 0, 0.375], abs=1e-9)
    drained = Ecosystem(small(**FOUR, backstop__structure="pooled"))
    hit(drained, [0.0, 5.9, 0.0, 0.0])
    assert hit(drained, [0.1, 0.0, 0.0, 0.0]) == pytest.approx([0, 0.025, 0.075, 0, 0, 0], abs=1e-9)
    assert four("pooled", 0.8, fund__lent_share=0.9) == pytest.approx([0, 0.125, 0.6, 0, 0, 0.075], abs=1e-9)


@pytest.mark.parametrize("skin", [0.25, 1.0])
@pytest.mark.parametrize("settlement", ["pro_rata", "first_come", "entitlement_first"])
@pytest.mark.parametrize("structure", ["pooled", "partial", "clustered", "mutual"])
def test_alone_every_structure_is_an_isolated_fund(structure, settlement, skin):
    """With skin in the game too: a member's own part of what is shared stands where its own fund would."""
    alone = {
        "protocol__number": 1, "backstop__capital_ratio": 1e-3, "protocol__skin_in_the_game": skin,
        "shock__exploit_intensity": 200.0, "backstop__settlement": settlement, "backstop__trigger": "exhausted",
    }  # fmt: skip
    isolated = run(crash(backstop__structure="isolated", **alone)).summary()
    shared = run(crash(backstop__structure=structure, **alone)).summary()
    assert isolated["uncovered"] > 0 < isolated["paid_skin"]
    names = {"paid_fund", "paid_pool", "paid_assessment", "borne_fund", "borne_pool", "borne_assessment"}
    for name in isolated.keys() - names - {"imbalance", "reinsurer_profit"}:
        assert shared[name] == pytest.approx(isolated[name], rel=1e-9, abs=1e-6), name


def test_callable_capital_is_equal_in_every_structure():
    """Capital of 6M and skin of 0.5M; without a backstop the skin alone."""
    found = {name: Ecosystem(small(**FOUR, backstop__structure=name)).summary() for name in STRUCTURES}
    assert found.pop("none")["callable_capital"] == pytest.approx(0.5e6)
    for name, summary in found.items():
        assert summary["callable_capital"] == pytest.approx(6.5e6, abs=1e-3), name
        assert summary["capital"] == pytest.approx(6.0e6, abs=1e-3), name
        assert summary["capital_end"] == pytest.approx(6.0e6, abs=1e-3), name


@pytest.mark.parametrize("structure", HOLDERS)
def test_callable_capital_counts_providers_and_the_second_pool(structure):
    """Anyone who holds it, it is the same capital."""
    terms = {"reinsurance__retrocession_share": 0.3, "reinsurance__providers": 3, "reinsurance__provider_share": 0.4}
    summary = Ecosystem(small(**FOUR, backstop__structure=structure, **terms)).summary()
    assert summary["callable_capital"] == pytest.approx(6.5e6, abs=1e-3)
    assert summary["capital"] == pytest.approx(6.0e6, abs=1e-3)


@pytest.mark.parametrize("power", [0.0, 0.5, 2.0])
def test_a_mutual_member_pays_in_a_part_and_keeps_the_rest_on_call(power):
    """k = 1.5 / (1 + α) in the fund, α k in the treasury next to its 0.5; never more than 6.5M is called."""
    ecosystem = Ecosystem(small(**FOUR, backstop__structure="mutual", backstop__assessment=power))
    balance = ecosystem.ledger.balance
    assert balance[FUND] / MILLION == pytest.approx(np.full(4, 1.5 / (1.0 + power)))
    assert (balance[FUND] + balance[TREASURY]) / MILLION == pytest.approx(np.full(4, 2.0))
    *paid, uncovered = hit(ecosystem, [50.0, 0.0, 0.0, 0.0])
    assert sum(paid) == pytest.approx(6.125) and uncovered == pytest.approx(50.0 - 6.125)
    assert balance[TREASURY] / MILLION == pytest.approx([0.375, 0.5, 0.5, 0.5])
    summary = ecosystem.summary()
    assert summary["covered_per_capital"] == pytest.approx(6.125 / 6.5)
    assert summary["loss_per_capital"] == pytest.approx(50.0 / 6.5)
    assert summary["capital_end"] == pytest.approx(0.0, abs=1e-6)


def test_covered_per_capital_counts_every_payer():
    """All 6.5M of it are used up by a loss of 10M each, in every structure; the pool that pays no other's in part."""
    for name in ("isolated", "pooled", "partial", "clustered", "mutual"):
        ecosystem = Ecosystem(small(**FOUR, backstop__structure=name))
        hit(ecosystem, [10.0] * 4)
        assert ecosystem.summary()["covered_per_capital"] == pytest.approx(1.0), name


# A pool that keeps what each contributed.


def pool(capital, settlement="entitlement_first", **terms):
    """Return a pooled structure on hand-made capital."""
    terms = small(backstop__settlement=settlement, **terms).backstop
    return REGISTERED["pooled"](terms, np.array(capital, dtype=float))


def claimed(structure, claims, cash):
    """Return what claims are paid out of `cash`, (pots,), which is reduced by it."""
    claims = np.array(claims, dtype=float)
    _, paid = structure.pay(claims, claims, cash, np.linspace(0.1, 0.9, len(claims)), 0)
    cash -= structure.by_pool(paid)
    return paid


def test_a_contribution_waits_for_its_owner():
    """Two of 10: a claim of 20 is paid 10; a step later the other's 5 is paid 5."""
    structure, cash = pool([10.0, 10.0]), np.array([20.0])
    assert claimed(structure, [20.0, 0.0], cash).tolist() == [10.0, 0.0]
    assert claimed(structure, [0.0, 5.0], cash).tolist() == [0.0, 5.0]
    assert (structure.entitlement.tolist(), structure.reserve.tolist(), cash.tolist()) == ([0, 5], [0, 5], [5])


def test_only_the_surplus_is_shared():
    """Fees of 6 in the second member's name are surplus: the first draws them, and never the second's 10."""
    structure, cash = pool([10.0, 10.0]), np.array([26.0])
    structure.entitlement += [0.0, 6.0]
    assert claimed(structure, [20.0, 0.0], cash).tolist() == [16.0, 0.0]
    assert (structure.entitlement.tolist(), structure.reserve.tolist()) == ([0.0, 10.0], [0.0, 10.0])
    structure.contribute(np.array([4.0, 0.0]))  # replenished in its own name, and so reserved
    assert claimed(structure, [0.0, 20.0], cash + 4.0).tolist() == [0.0, 10.0]
    assert structure.reserve.tolist() == [4.0, 0.0]


def test_capital_providers_money_is_surplus_and_reserves_come_first_where_part_is_lent():
    structure, cash = pool([10.0, 10.0]), np.array([30.0])
    structure.outside[:] = 10.0
    assert claimed(structure, [30.0, 0.0], cash).tolist() == [20.0, 0.0]
    assert (structure.entitlement.tolist(), structure.outside.tolist()) == ([0.0, 10.0], [0.0])
    lent = pool([10.0, 10.0])
    assert claimed(lent, [10.0, 10.0], np.array([8.0])).tolist() == [4.0, 4.0]
    assert lent.reserve.tolist() == [6.0, 6.0]


steps = st.lists(arrays(float, 3, elements=st.floats(0.0, 30.0)), min_size=1, max_size=8)
contributions = arrays(float, 3, elements=st.floats(0.0, 40.0))


@given(capital=contributions, claims=steps, income=contributions)
def test_over_time_nobody_is_paid_less_than_it_contributed(capital, claims, income):
    """Total paid ≥ min(total claims, contribution), whatever others claim before; owners and cash agree throughout."""
    structure, cash, total = pool(capital), np.array([capital.sum()]), np.zeros(3)
    for step, wanted in enumerate(claims):
        if step == 1:
            structure.entitlement += income
            cash += income.sum()
        total += claimed(structure, wanted, cash)
        assert (structure.reserve >= 0.0).all() and (structure.reserve <= structure.entitlement + 1e-9).all()
        assert structure.entitlement.sum() == pytest.approx(cash[0], abs=1e-9)
        assert (total + structure.reserve >= capital * (1.0 - 1e-12) - 1e-9).all()
    assert (total >= np.minimum(np.sum(claims, axis=0), capital) - 1e-9).all()


def test_pro_rata_keeps_no_such_promise():
    """The same claims in the same order: the other's 10 are gone."""
    structure, cash = pool([10.0, 10.0], "pro_rata"), np.array([20.0])
    assert claimed(structure, [20.0, 0.0], cash).tolist() == [20.0, 0.0]
    assert claimed(structure, [0.0, 5.0], cash).tolist() == [0.0, 0.0]


def test_the_rules_differ_in_runs_too():
    """Where losses differ between members, a pool that reserves contributions covers less than one that shares them."""
    terms = {"backstop__structure": "pooled", "backstop__capital_ratio": 2e-2}
    reserved, shared = (
        run(crash(backstop__settlement=rule, **terms)).summary() for rule in ("entitlement_first", "pro_rata")
    )
    assert 0.0 < reserved["paid_pool"] < 0.8 * shared["paid_pool"]


def test_whole_counts_on_reserves_and_on_skin_in_their_order():
    """A loss of 1.6M: 1.5M reserved and 0.1M of skin take it whole; 1.7M is more than both and is not touched."""
    terms = {"backstop__structure": "pooled", "backstop__trigger": "whole", "backstop__settlement": "entitlement_first"}
    assert four("pooled", 1.6, **terms) == pytest.approx([0, 0.1, 1.5, 0, 0, 0], abs=1e-9)
    assert four("pooled", 1.7, **terms) == pytest.approx([0, 0, 0, 0, 0, 1.7], abs=1e-9)
    assert four("pooled", 6.1, **terms | {"backstop__settlement": "pro_rata"}) == pytest.approx(
        [0, 0.125, 5.975, 0, 0, 0], abs=1e-9
    )


@pytest.mark.parametrize("structure", HOLDERS)
@pytest.mark.parametrize("settlement", ["pro_rata", "entitlement_first"])
def test_pools_hold_what_their_owners_own(structure, settlement):
    """In a crash, after fees, claims and premiums."""
    ecosystem = run(crash(backstop__structure=structure, backstop__settlement=settlement, backstop__capital_ratio=2e-3))
    held, owners = ecosystem.ledger.balance[POOL, : ecosystem.structure.pots], ecosystem.structure
    assert owners.by_pool(owners.entitlement) + owners.outside == pytest.approx(held, rel=1e-9, abs=1e-3)
    assert (owners.reserve >= 0.0).all() and (owners.reserve <= owners.entitlement + 1e-9).all()
