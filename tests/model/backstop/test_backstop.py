"""Funds, pools, treaties and structures: what each pays, and that all hold the same capital."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.exchange.insurance_fund import fund_delta, liquidation_delta
from agents.reinsurer.treaty import excess_of_loss, layer_increment
from model.backstop.pool import charge
from model.ecosystem import Ecosystem
from model.scenario.registry import RESERVING, SETTLEMENTS
from model.scenario.registry import STRUCTURES as REGISTERED
from tests.support.world import REGIMES, STRUCTURES, crash, run, small

NO_PREMIUM = {"backstop__premium_rate": 0.0}
claims_of = arrays(float, 5, elements=st.floats(0.0, 100.0))


def test_published_fund_deltas(published):
    """dYdX v4: 0.1 BTC with a bankruptcy value of 5,100."""
    for case in published["insurance_fund_delta"]["cases"]:
        assert fund_delta(case["fill"], 5100.0, case["max_fee"]) == pytest.approx(case["delta"])
        assert liquidation_delta(np.array([case["fill"]]), 5100.0, 0.005)[0] == pytest.approx(case["delta"])


@pytest.mark.parametrize("rule", list(SETTLEMENTS))
@given(claims=claims_of, entitlement=claims_of, priority=arrays(float, 5, elements=st.floats(0.0, 1.0)))
def test_no_pool_pays_more_than_it_has_or_than_is_claimed(rule, claims, entitlement, priority):
    """0 ≤ xᵢ ≤ cᵢ, Σ x ≤ K; shared, all is paid where the pool suffices; reserved, each gets its own and no more."""
    cash = entitlement.sum()
    paid = SETTLEMENTS[rule](claims, cash, entitlement, priority)
    assert (paid >= 0).all() and (paid <= claims * (1 + 1e-12) + 1e-12).all()
    reserved = rule in RESERVING
    expected = np.minimum(claims, entitlement).sum() if reserved else min(cash, claims.sum())
    assert paid.sum() == pytest.approx(expected, rel=1e-9, abs=1e-9)
    left = charge(entitlement, paid, entitlement * reserved)
    assert (left >= 0).all()
    assert left.sum() == pytest.approx(cash - paid.sum(), abs=1e-9)


@pytest.mark.parametrize("members", [1, 7, 8, 9, 20, 200])
def test_settlement_rules_add_up_as_numpy_does(members):
    """Written as NumPy writes them, the rules pay and charge the same to the last bit, for few members and for many."""
    rng = np.random.default_rng(members)
    claims, reserve, priority = rng.uniform(0, 1e7, (3, members))
    cash, order = 0.6 * claims.sum(), np.argsort(priority, kind="stable")
    before = np.cumsum(claims[order]) - claims[order]
    assert (SETTLEMENTS["pro_rata"](claims, cash, reserve, priority) == claims * (cash / claims.sum())).all()
    paid = SETTLEMENTS["first_come"](claims, cash, reserve, priority)
    assert (paid[order] == np.clip(cash - before, 0.0, claims[order])).all()
    left, excess = reserve - np.minimum(paid, reserve), (paid - np.minimum(paid, reserve)).sum()
    part = max(1.0 - excess / left.sum(), 0.0) if left.any() else 1.0
    assert (charge(reserve, paid) == left * part).all()


@given(claims=claims_of, entitlement=claims_of)
def test_entitlement_first_never_pays_a_member_less_than_its_own(claims, entitlement):
    """A member draws its own contribution in full, whatever others claim."""
    paid = SETTLEMENTS["entitlement_first"](claims, entitlement.sum(), entitlement, np.zeros(5))
    assert (paid >= np.minimum(claims, entitlement) * (1 - 1e-12)).all()


def test_settlement_rules_differ_as_they_should():
    """Two claims of 6 on a pool of 8, of which the first member contributed 2."""
    claims, entitlement, priority = np.array([6.0, 6.0]), np.array([2.0, 6.0]), np.array([0.9, 0.1])
    paid = {rule: SETTLEMENTS[rule](claims, 8.0, entitlement, priority).tolist() for rule in SETTLEMENTS}
    assert paid == {"pro_rata": [4.0, 4.0], "first_come": [2.0, 6.0], "entitlement_first": [2.0, 6.0]}


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=10), st.floats(0.0, 40.0), st.floats(0.0, 40.0))
def test_layer_increments_add_up_to_the_layer(losses, attachment, limit):
    """Paid loss by loss, a layer pays what it owes on the sum, and never more than its limit."""
    total = np.cumsum([0.0, *losses])
    paid = sum(layer_increment(total[i], total[i + 1], attachment, limit) for i in range(len(losses)))
    assert paid == pytest.approx(float(excess_of_loss(total[-1], attachment, limit)), abs=1e-9)
    assert paid <= limit + 1e-9


def test_every_structure_holds_the_same_capital():
    """To the cent, and the ledger agrees; `none` holds nothing."""
    capital = {}
    for structure in STRUCTURES:
        ecosystem = Ecosystem(small(backstop__structure=structure, protocol__open_interest=(4e8, 1e8, 3e7)))
        capital[structure] = ecosystem.summary()["capital"]
        assert ecosystem.summary()["capital_end"] == pytest.approx(capital[structure], abs=0.005)
    assert capital.pop("none") == 0.0
    assert max(capital.values()) - min(capital.values()) < 0.005
    assert capital["pooled"] == pytest.approx(0.015 * 5.3e8)


def test_registered_names_are_those_tested():
    """A new structure or regime is covered by the tests here, or this fails."""
    from model.scenario.registry import REGIMES as REGISTERED_REGIMES  # noqa: PLC0415

    assert tuple(REGISTERED) == STRUCTURES
    assert tuple(REGISTERED_REGIMES) == REGIMES


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_partial_pooling_ends_in_isolated_and_pooled(share):
    """A share of 0 is isolated funds, a share of 1 one pool, to the last bit."""
    other = "pooled" if share else "isolated"
    partial = run(crash(backstop__structure="partial", backstop__pooled_share=share)).summary()
    assert partial == run(crash(backstop__structure=other)).summary()
    assert partial["deficit"] > 0


def test_reinsurance_pays_above_retention_up_to_its_limit():
    """No member draws more than its limit, nor anything while its losses are within its retention."""
    ecosystem = run(
        crash(backstop__structure="reinsured", backstop__limit=0.2, backstop__capital_ratio=1e-3, **NO_PREMIUM)
    )
    protocol, structure = ecosystem.protocol, ecosystem.structure
    assert protocol.paid_pool.sum() > 0
    assert (protocol.paid_pool <= 0.2 * ecosystem.pool.start[0] * (1 + 1e-12)).all()
    within = protocol.deficit <= structure.attachment
    assert (protocol.paid_pool[within] == 0).all()


def test_premiums_leave_the_funds_for_the_pool():
    """A premium moves capital from own funds to the pool and creates none."""
    ecosystem = run(small(backstop__structure="reinsured", backstop__premium_rate=10.0))
    assert ecosystem.pool.premiums[0] > 1000
    summary = ecosystem.summary()
    assert summary["capital_end"] - summary["capital"] == pytest.approx(
        ecosystem.pool.contributions[0] + (ecosystem.record.member("volume", 40) * 5e-4 * 0.1 * 0.5).sum(), rel=1e-6
    )
