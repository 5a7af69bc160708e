"""Every structure on hand-made numbers, in its limits, and at equal total capital."""

import numpy as np
import pytest

from agents.core.ledger import FUND, LENT, POOL, POOL_LENT, TREASURY
from agents.reinsurer.reinsurer import Reinsurer
from model.backstop.structure.clustered import by_lot
from model.ecosystem import Ecosystem
from model.scenario.registry import STRUCTURES as REGISTERED
from model.state.initial import treasuries
from tests.support.world import STRUCTURES, crash, run, small

SAME_BUT_FOR_THE_NAME = {"imbalance", "paid_fund", "paid_pool", "borne_fund", "borne_pool", "reinsurer_profit"}
ESTIMATES = {"backstop__expected_loss": (3.0, 2.0, 0.0), "backstop__expected_shortfall": (1.0, 1.0, 4.0)}


def structure_of(name, capital, **terms):
    """Return a structure on hand-made capital."""
    scenario = small(**{f"backstop__{term}": value for term, value in terms.items()})
    return REGISTERED[name](scenario.backstop, np.array(capital, dtype=float))


def settled(structure, claims, step=0):
    """Return what `claims` are paid by full pools, and take it out of them."""
    claims = np.array(claims, dtype=float)
    cash = structure.by_pool(structure.entitlement)
    return structure.pay(claims, claims, cash, np.arange(len(claims)) / 10.0, step)[1].tolist()


def outcome(**changes):
    """Return the summary of a crash with little capital, without what depends on the payer's name."""
    ecosystem = run(crash(backstop__capital_ratio=1e-3, **changes))
    summary = ecosystem.summary()
    assert summary["deficit"] > 0
    return {name: value for name, value in summary.items() if name not in SAME_BUT_FOR_THE_NAME}


@pytest.mark.parametrize("lent", [0.0, 0.37])
@pytest.mark.parametrize("allotment", ["open_interest", "expected_loss", "expected_shortfall"])
def test_every_structure_starts_with_the_same_capital(allotment, lent):
    """Own funds, pools and what is lent out, to the cent, in the ledger and in the report; `none` has it outside."""
    terms = {"protocol__open_interest": (4e8, 1e8, 3e7), "backstop__allotment": allotment, "fund__lent_share": lent}
    for name in STRUCTURES:
        ecosystem = Ecosystem(small(backstop__structure=name, **terms, **ESTIMATES))
        held = ecosystem.ledger.balance[[FUND, LENT, POOL, POOL_LENT, TREASURY]].sum()
        held -= treasuries(ecosystem.scenario).sum()
        expected = 0.0 if name == "none" else 0.015 * 5.3e8
        assert held == pytest.approx(expected, abs=0.005), name
        assert ecosystem.summary()["capital"] == pytest.approx(expected, abs=0.005), name
        assert ecosystem.summary()["capital_end"] == pytest.approx(expected, abs=0.005), name
        assert ecosystem.pool.start.sum() == pytest.approx(ecosystem.structure.entitlement.sum())


@pytest.mark.parametrize("allotment", ["expected_loss", "expected_shortfall"])
def test_capital_is_allotted_in_proportion_to_the_estimate(allotment):
    """And an estimate of nothing is refused with the name of the parameter."""
    ecosystem = Ecosystem(small(backstop__allotment=allotment, **ESTIMATES))
    weights = np.array(ESTIMATES[f"backstop__{allotment}"])
    assert ecosystem.protocol.capital / ecosystem.protocol.capital.sum() == pytest.approx(weights / weights.sum())
    with pytest.raises(ValueError, match=f"backstop.{allotment}"):
        Ecosystem(small(backstop__allotment=allotment))


def test_a_sub_limit_caps_what_one_member_draws():
    """Pool 100, limits 10 and 50 %: claims of 40 are paid 10 and 40, then 0 and 10."""
    structure = structure_of("capped", [50.0, 50.0], sublimit=(0.1, 0.5))
    assert settled(structure, [40.0, 40.0]) == [10.0, 40.0]
    assert settled(structure, [40.0, 40.0]) == [0.0, 10.0]
    assert structure.drawn.tolist() == [10.0, 50.0]


def test_a_sub_limit_within_a_window_comes_back():
    """A limit of 10 within 3 minutes is free again at the third step after it was drawn, not before."""
    structure = structure_of("capped", [50.0, 50.0], sublimit=0.1, sublimit_window=3.0)
    drawn = [settled(structure, [40.0, 0.0], step)[0] for step in range(7)]
    assert drawn == [10.0, 0.0, 0.0, 10.0, 0.0, 0.0, 10.0]


def test_a_pool_barred_from_losses_never_pays():
    """Half the capital in a pool with sub-limits of zero: the other half is all there is (Vega's global pool)."""
    ecosystem = run(crash(backstop__structure="capped", backstop__capped_share=0.5, backstop__sublimit=0.0))
    assert ecosystem.summary()["paid_fund"] > 0 == ecosystem.summary()["paid_pool"]
    assert ecosystem.ledger.balance[POOL, 0] >= ecosystem.pool.start[0] > 0


def test_sub_limits_of_all_are_no_limits():
    """Capped with limits of 1 or more is pooled, to the last bit."""
    pooled = outcome(backstop__structure="pooled")
    for limit in (1.0, 7.0):
        assert outcome(backstop__structure="capped", backstop__sublimit=limit) == pooled


def test_clusters_do_not_help_each_other():
    """Pools of 20 and 30: claims of 5 and 25 on the first are cut, 10 on the second is not."""
    structure = structure_of("clustered", [10.0, 10.0, 30.0], cluster=(4, 4, 9))
    assert structure.pool_of.tolist() == [0, 0, 1]
    assert structure.pool_capital.tolist() == [20.0, 30.0]
    assert settled(structure, [5.0, 35.0, 10.0]) == [2.5, 17.5, 10.0]
    assert structure.entitlement.tolist() == [0.0, 0.0, 20.0]


def test_one_cluster_is_the_pool():
    """To the last bit."""
    assert outcome(backstop__structure="clustered", backstop__clusters=1) == outcome(backstop__structure="pooled")


def test_a_cluster_each_is_isolated():
    """Only the name of the payer differs."""
    clustered = outcome(backstop__structure="clustered", backstop__clusters=3)
    isolated = outcome(backstop__structure="isolated")
    for name, value in isolated.items():
        assert clustered[name] == pytest.approx(value, rel=1e-9, abs=1e-6), name


def test_a_partition_by_lot_is_even_and_reproducible():
    """Sizes differ by one at most; the same replication draws the same clusters, another one others."""
    assert np.bincount(by_lot(np.random.default_rng(1).random(11), 4)).tolist() == [3, 3, 3, 2]
    assert by_lot(np.array([0.3, 0.1]), 5).tolist() == [1, 0]
    scenario = small(backstop__structure="clustered", backstop__clusters=3, protocol__number=12)
    drawn = [Ecosystem(scenario, replication).structure.pool_of.tolist() for replication in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_every_pool_has_its_reinsurer():
    """A row per pool; premiums, contributions and claims are those of its members."""
    ecosystem = run(crash(backstop__structure="clustered", backstop__cluster=(0, 1, 1), backstop__capital_ratio=1e-3))
    assert len(ecosystem.pool) == 2
    paid = ecosystem.protocol.paid_pool
    assert paid.sum() > 0
    assert ecosystem.pool.claims_paid == pytest.approx([paid[0], paid[1] + paid[2]])
    cash = ecosystem.pool.start + ecosystem.pool.contributions - ecosystem.pool.claims_paid
    assert ecosystem.ledger.balance[POOL, :2] == pytest.approx(cash)
    assert ecosystem.structure.by_pool(ecosystem.structure.entitlement) == pytest.approx(cash, abs=1e-3)
    assert [view.capital for view in ecosystem.agents_by_type[Reinsurer]] == pytest.approx(cash.tolist())


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("settlement", ["pro_rata", "first_come", "entitlement_first"])
def test_no_layer_pays_more_than_it_has_and_layers_pay_in_order(name, settlement):
    """Layers add up to the deficit; others pay, and something is left, only where own fund and skin are used up."""
    changes = {"backstop__structure": name, "backstop__settlement": settlement, "backstop__capital_ratio": 1e-3}
    ecosystem = Ecosystem(crash(exchange__fee_to_fund=0.0, exchange__liquidation_fee=0.005, **changes))
    ecosystem.run_for(ecosystem.horizon)
    member = ecosystem.protocol
    layers = ("paid_fund", "paid_skin", "paid_pool", "paid_mutual", "paid_assessment", "uncovered")
    assert sum(getattr(member, layer) for layer in layers) == pytest.approx(member.deficit, rel=1e-9, abs=1e-6)
    assert (ecosystem.pool.claims_paid <= ecosystem.pool.claims_due * (1 + 1e-12) + 1e-6).all()
    others = member.paid_mutual + np.maximum(member.paid_assessment - ecosystem.structure.on_call, 0.0)
    later = (others + member.uncovered) > 1e-6
    assert later.any()
    assert ecosystem.ledger.balance[FUND][later] == pytest.approx(0.0, abs=1e-3)
    assert member.skin[later] == pytest.approx(0.0, abs=1e-3)
