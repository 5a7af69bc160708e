"""What funds do next to paying: target size, contributions, base assets, lending."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.ledger import BAD_DEBT, DEFICIT, FUND, LENT, OUTSIDE, POOL, POOL_LENT, TREASURY
from agents.exchange.insurance_fund import fund_delta
from agents.protocol.contribution import contribution, gap, target_size, tier
from agents.protocol.fund_asset import revaluation
from agents.protocol.lending import arrive, call, make_recall, to_lend, to_recall
from agents.reinsurer.reinsurer import MINUTES_PER_YEAR
from model.ecosystem import Ecosystem
from model.scenario import ScenarioError
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import STRUCTURES, crash, run, small

EVERYTHING = {
    "exchange__surcharge": 0.5,
    "fund__target_ratio": 1.2,
    "fund__replenishment": 0.05,
    "fund__contribution_rate": (1.0, 10.0),
    "fund__tier_bounds": (1e8,),
    "fund__base_share": 0.5,
    "fund__lent_share": 0.4,
    "fund__yield_rate": 2.0,
    "fund__recall_delay": 5.0,
    "fund__recall_haircut": 0.1,
    "backstop__reinstatements": (1.0, 0.0),
    "backstop__quota_share": 0.3,
    "backstop__retention": (0.0, 1.0),
    "backstop__stop_loss_limit": 0.1,
    "backstop__capital_ratio": 1e-3,
}
HELD = [FUND, LENT, POOL, POOL_LENT]


def backing(ecosystem):
    """Return what stands behind each protocol, (members,) USD."""
    return ecosystem.ledger.balance[[FUND, LENT]].sum(axis=0) + ecosystem.structure.entitlement


def entitled(ecosystem):
    """Return entitlements and what the pools hold, by pool."""
    pots = slice(ecosystem.structure.pots)
    held = ecosystem.ledger.balance[[POOL, POOL_LENT]][:, pots].sum(axis=0)
    return ecosystem.structure.by_pool(ecosystem.structure.entitlement), held


@pytest.mark.parametrize("trigger", ["exhausted", "drawdown", "whole"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_everything_at_once_conserves(structure, trigger):
    """Every option on, in a crash: the books close, and entitlements are what the pools hold."""
    ecosystem = run(crash(backstop__structure=structure, backstop__trigger=trigger, **EVERYTHING))
    assert ecosystem.summary()["deficit"] > 0
    assert_books_close(ecosystem)
    own, held = entitled(ecosystem)
    assert own == pytest.approx(held, rel=1e-9, abs=1e-3)


def test_tiers_by_hand():
    """Below, at and above a bound; rates per year, the last repeated."""
    tiers = tier(np.array([5.0, 10.0, 25.0]), (10.0, 20.0))
    assert tiers.tolist() == [0, 1, 2]
    paid = contribution(np.full(3, 100.0), (0.01, 0.02), tiers, MINUTES_PER_YEAR)
    assert paid == pytest.approx([1.0, 2.0, 2.0])


def test_contributions_come_from_the_treasury_by_tier():
    """In one minute, by open interest and by risk; a treasury gives no more than it has."""
    open_interest, rated = {"protocol__open_interest": (4e8, 1e8, 3e7)}, {"fund__contribution_rate": (1.0, 2.0)}
    interest = Ecosystem(small(**open_interest)).fund._interest()
    for by, bounds, rates in (("open_interest", (2e8,), [2, 1, 1]), ("risk", (0.04,), [1, 1, 2])):
        ecosystem = Ecosystem(small(fund__tier_by=by, fund__tier_bounds=bounds, **open_interest, **rated))
        before = ecosystem.ledger.balance.copy()
        ecosystem.fund.manage(0)
        moved = ecosystem.ledger.balance - before
        assert moved[FUND] == pytest.approx(interest * np.array(rates) / MINUTES_PER_YEAR)
        assert moved[TREASURY] == pytest.approx(-moved[FUND])
    poor = Ecosystem(small(protocol__treasury_ratio=1e-9, fund__tier_bounds=(2e8,), **open_interest, **rated))
    poor.fund.manage(0)
    assert (poor.ledger.balance[TREASURY] == 0.0).all()


def test_income_above_the_target_goes_to_the_treasury():
    """With a target of the initial size, fees leave the fund where it is and go where the rest of the fees go."""
    for structure in ("isolated", "pooled"):
        ecosystem = run(small(backstop__structure=structure, fund__target_ratio=1.0, trader__turnover=0.5))
        free = run(small(backstop__structure=structure, trader__turnover=0.5))
        assert backing(ecosystem) == pytest.approx(ecosystem.protocol.capital)
        assert (backing(free) > free.protocol.capital).all()
        both = [e.ledger.balance[[*HELD, TREASURY]].sum() for e in (ecosystem, free)]
        assert both[0] == pytest.approx(both[1])


def test_target_and_gap_by_hand():
    """No target, no gap; a ratio of 2 on 10 with 15 there leaves a gap of 5, above it none."""
    assert gap(np.array([0.0]), target_size(0.0, np.array([10.0]))).tolist() == [0.0]
    assert gap(np.array([15.0, 25.0]), target_size(2.0, np.array([10.0, 10.0]))).tolist() == [5.0, 0.0]


def test_a_fund_is_replenished_from_the_treasury():
    """A tenth of the gap a minute, own fund and pool alike, and the treasury pays for it."""
    for structure in ("isolated", "pooled"):
        terms = {"fund__target_ratio": 2.0, "fund__replenishment": 0.1, "protocol__treasury_ratio": 1.0}
        ecosystem = Ecosystem(small(backstop__structure=structure, **terms))
        treasury = ecosystem.ledger.balance[TREASURY].copy()
        ecosystem.fund.manage(0)
        assert backing(ecosystem) == pytest.approx(1.1 * ecosystem.protocol.capital)
        assert treasury - ecosystem.ledger.balance[TREASURY] == pytest.approx(0.1 * ecosystem.protocol.capital)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1.0), st.floats(0.01, 1e5), st.floats(0.01, 1e5))
def test_a_fund_in_base_assets_is_worth_what_its_parts_are(amount, share, before, after):
    """(1 − b) F + b F p'/p, never below zero."""
    worth = amount + float(revaluation(amount, share, before, after))
    assert worth == pytest.approx((1 - share) * amount + share * amount * after / before, rel=1e-9, abs=1e-6)
    assert worth >= -1e-9 * amount


@pytest.mark.parametrize("structure", ["isolated", "pooled", "clustered"])
def test_base_assets_lose_with_the_market(structure):
    """A halved price of the first asset halves what member 0 stands behind, and nobody else's."""
    ecosystem = Ecosystem(small(backstop__structure=structure, fund__base_share=1.0))
    before, outside = backing(ecosystem), ecosystem.ledger.balance[OUTSIDE, 0]
    ecosystem.market.mid[0] *= 0.5
    ecosystem.market.index[0] *= 0.5
    ecosystem.fund.revalue()
    assert backing(ecosystem) / before == pytest.approx([0.5, 1.0, 1.0])
    assert ecosystem.ledger.balance[OUTSIDE, 0] - outside == pytest.approx(0.5 * before[0])
    own, held = entitled(ecosystem)
    assert own == pytest.approx(held)


def test_lending_by_hand():
    """Half of 100 with 20 lent: 30 more; nothing more where too much is lent; recalls make up for the haircut."""
    assert (to_lend(80.0, 20.0, 0.5), to_lend(10.0, 90.0, 0.5)) == (30.0, 0.0)
    assert (to_recall(9.0, 50.0, 0.1), to_recall(9.0, 4.0, 0.1)) == pytest.approx((10.0, 4.0))
    recall = make_recall(2, 1)
    call(recall.coming, recall.waiting, 0, 7.0, 5)
    assert recall.waiting.tolist() == [7.0]
    assert [arrive(recall.coming, recall.waiting, 0, step) for step in (5, 6, 7, 8)] == [0.0, 0.0, 7.0, 0.0]
    assert recall.waiting.tolist() == [0.0]


@pytest.mark.parametrize("structure", ["isolated", "pooled"])
def test_what_is_lent_out_is_not_at_hand_and_comes_back_later(structure):
    """Of 100, 60 are lent. A loss of 50 finds 40; 12.5 are recalled, lose a fifth, and pay the debt two minutes on."""
    ecosystem = Ecosystem(
        small(
            backstop__structure=structure, protocol__number=1, protocol__open_interest=(6e7,), trader__number=0,
            protocol__skin_in_the_game=0.0, backstop__regime="bad_debt", fund__lent_share=0.6, fund__yield_rate=0.0,
            fund__recall_delay=2.0, fund__recall_haircut=0.2,
        )
    )  # fmt: skip
    percent = 0.015 * 6e7 / 100.0
    cash, lent = (FUND, LENT) if structure == "isolated" else (POOL, POOL_LENT)
    ecosystem.ledger.balance[DEFICIT, 0] -= 50.0 * percent
    ecosystem.ledger.balance[OUTSIDE, 0] += 50.0 * percent
    ecosystem.absorb_deficits()
    assert ecosystem.protocol.uncovered[0] == pytest.approx(10.0 * percent)
    seen = []
    for step in range(3):
        ecosystem.fund.manage(step)
        ecosystem.absorb_deficits()
        seen.append(ecosystem.ledger.balance[[cash, lent], 0] / percent)
    assert seen[1] == pytest.approx([0.0, 60.0])
    assert seen[2] == pytest.approx([0.0, 47.5], abs=1e-9)
    assert ecosystem.ledger.balance[BAD_DEBT, 0] == pytest.approx(0.0, abs=1e-6)
    assert ecosystem.protocol.paid_late[0] == pytest.approx(10.0 * percent)
    own, held = entitled(ecosystem)
    assert own == pytest.approx(held)


def test_what_is_lent_out_earns():
    """In one minute, the yearly rate on what is lent; from outside."""
    ecosystem = Ecosystem(small(fund__lent_share=0.5, fund__yield_rate=3.0))
    before = ecosystem.ledger.balance[[FUND, LENT]].sum(axis=0)
    ecosystem.fund.manage(0)
    earned = ecosystem.ledger.balance[[FUND, LENT]].sum(axis=0) - before
    assert earned == pytest.approx(0.5 * before * 3.0 / MINUTES_PER_YEAR)


@given(st.floats(0.0, 1e4), st.floats(0.0, 1e4), st.floats(0.0, 0.1), st.floats(0.0, 1.0))
def test_a_surcharge_takes_its_share_of_what_the_fee_leaves(fill, bankruptcy, fee, share):
    """None of a deficit; at 1 the whole surplus."""
    plain, charged = fund_delta(fill, bankruptcy, fee), fund_delta(fill, bankruptcy, fee, share)
    rest = max(fill - bankruptcy, 0.0) - max(plain, 0.0)
    assert charged == pytest.approx(plain + share * rest, abs=1e-6)
    if fill > bankruptcy:
        assert fund_delta(fill, bankruptcy, fee, 1.0) == pytest.approx(fill - bankruptcy)


def test_a_surcharge_fills_the_fund():
    """Confiscated margin is income of the fund."""
    terms = {"exchange__liquidation_fee": 0.005, "backstop__capital_ratio": 1.0}
    terms |= {"trader__long_leverage": 30.0, "trader__seasoning": 0.0}
    free, charged = (run(small(exchange__surcharge=share, **terms)) for share in (0.0, 1.0))
    income = [(e.ledger.balance[FUND] - e.protocol.capital + e.protocol.paid_fund).sum() for e in (free, charged)]
    assert income[1] > income[0] + 1000.0


@settings(max_examples=8)
@given(st.sampled_from(STRUCTURES), st.integers(0, 1000))
def test_options_that_are_off_change_nothing(structure, seed):
    """Parameters of switched-off features are without effect, to the last bit."""
    terms = {"backstop__structure": structure, "seed": seed, "backstop__capital_ratio": 1e-3}
    idle = {"fund__yield_rate": 9.0, "fund__recall_delay": 3.0, "fund__tier_bounds": (1e8,), "fund__replenishment": 0.5}
    assert run(crash(**terms)).summary() == run(crash(**terms, **idle)).summary()


def test_bad_fund_parameters_are_told():
    """Descending bounds, unknown measures and negative rates, each with the name of the field."""
    for name, value in {"tier_bounds": (2.0, 1.0), "tier_by": "size", "contribution_rate": (-1.0,)}.items():
        with pytest.raises(ScenarioError, match=name):
            small(**{f"fund__{name}": value})
