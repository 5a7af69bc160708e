"""Deleveraging closes at most what failed: whatever the ranking, the price, the fallback, and in whole runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.ledger import VAULT
from model.backstop.loss_regime import adl_close
from model.backstop.loss_regime.base import Terms
from model.backstop.loss_regime.deleveraging import AutoDeleveraging
from model.backstop.loss_regime.failure import failure
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.preset import load_preset
from model.scenario.registry import CLOSE_PRICES, RANKINGS
from tests.support.loss_case import LossCase
from tests.support.world import crash

ROUNDING = 1e-9
every_ranking = pytest.mark.parametrize("ranking", RANKINGS)


def failed(longs=0.0, price=95.0, shorts=0.0, short_price=85.0):
    """Return the record of what failed on either side."""
    return {
        "bankrupt_long": longs, "bankrupt_long_value": longs * price,
        "bankrupt_short": shorts, "bankrupt_short_value": shorts * short_price,
    }  # fmt: skip


def loss_case(terms, record, mark=90.0, **changes):
    """Return a loss_case marked at `mark`, a step after it was marked at 100."""
    table = LossCase(changes.pop("regime", "adl"), terms=terms, failed=record, **changes)
    table.exchange.mark[0] = mark
    for name, value in record.items():
        table.exchange[name][0] = value
    return table


def closed(table, before):
    """Return the contracts closed of longs and of shorts."""
    lost = np.abs(before) - np.abs(table.accounts.size[: table.count])
    return float(lost[before > 0].sum()), float(lost[before < 0].sum())


@every_ranking
def test_ten_contracts_that_failed_are_ten_contracts_closed(ranking):
    """Residual 50, 10 failed at 100, mark 99.5: 10 contracts save 5, not 100 contracts 50; 45 are not collected."""
    crowd = ((-200.0, 110.0, 2000.0, 0.0, 0.0), (-100.0, 105.0, 900.0, 0.0, 0.0), (150.0, 99.0, 3000.0, 0.0, 0.0))
    table = loss_case(Terms(ranking=ranking), failed(10.0, 100.0), 99.5, crowd=crowd)
    before = table.accounts.size[: table.count].copy()
    collected = table.collect_loss(50.0)
    assert closed(table, before)[1] == pytest.approx(10.0)
    assert collected == pytest.approx((5.0, 0.0, 0.0))


crowds = st.lists(
    st.tuples(
        st.floats(-50.0, 50.0).filter(lambda q: abs(q) > 0.01),
        st.floats(70.0, 130.0),
        st.floats(0.0, 500.0),
        st.just(0.0),
        st.just(0.0),
    ),
    min_size=1,
    max_size=12,
)


@given(
    st.sampled_from(sorted(RANKINGS)), st.sampled_from(CLOSE_PRICES), crowds, st.floats(60.0, 140.0),
    st.floats(0.0, 300.0), st.floats(60.0, 140.0), st.floats(0.0, 300.0), st.floats(60.0, 140.0),
    st.floats(0.01, 1e4), st.sampled_from(["adl", "tear_up"]), st.sampled_from(["bad_debt", "tear_up", "adl"]),
)  # fmt: skip
def test_no_more_is_closed_than_failed_and_no_more_saved_than_that(
    ranking, price, crowd, mark, longs, long_price, shorts, short_price, residual, regime, fallback
):
    """Contracts on either side are at most those failed opposite, by regime and fallback together; so are savings."""
    solvent = tuple(
        (size, entry, max(own, -size * (mark - entry)), wallet, realised)
        for size, entry, own, wallet, realised in crowd
    )
    table = loss_case(
        Terms(ranking=ranking, close_price=price),
        failed(longs, long_price, shorts, short_price),
        mark,
        crowd=solvent,
        regime=regime,
        fallback=fallback,
    )
    before, wealth = table.accounts.size[: table.count].copy(), table.wealth
    collected = table.collect_loss(residual)
    closed_longs, closed_shorts = closed(table, before)
    assert closed_shorts <= longs * (1 + ROUNDING) + ROUNDING
    assert closed_longs <= shorts * (1 + ROUNDING) + ROUNDING
    gaps = {
        1.0: max(long_price - mark, (100.0 - mark) * (price == "previous_mark"), 0.0),
        -1.0: max(mark - short_price, (mark - 100.0) * (price == "previous_mark"), 0.0),
    }
    saved = collected.regime + collected.fallback + collected.overshoot
    assert saved <= (closed_shorts * gaps[1.0] + closed_longs * gaps[-1.0]) * (1 + ROUNDING) + 1e-6
    assert collected.regime + collected.fallback <= residual * (1 + ROUNDING)
    assert collected.overshoot == 0.0 or price == "previous_mark"
    assert (wealth - table.wealth).sum() == pytest.approx(saved, rel=1e-6, abs=1e-6)
    left = failure(table.venue, 0, 1.0).contracts, failure(table.venue, 0, -1.0).contracts
    assert left == pytest.approx((longs - closed_shorts, shorts - closed_longs), abs=1e-6)


@every_ranking
@pytest.mark.parametrize("price", CLOSE_PRICES)
def test_both_bounds_are_reached_where_winners_can(ranking, price):
    """Either the whole residual is saved or all that failed is closed."""
    for residual in (20.0, 40.0, 1e4):
        table = loss_case(Terms(ranking=ranking, close_price=price), failed(4.0, 95.0))
        before = table.accounts.size[: table.count].copy()
        collected = table.collect_loss(residual)
        needed = min(4.0, residual / 5.0) if price == "bankruptcy" else 4.0
        got = closed(table, before)[1]
        if "pro_rata" in ranking:  # in one pass: what a bound leaves is passed on
            assert 0.0 < got <= needed * (1 + ROUNDING)
        elif price == "bankruptcy":
            assert got == pytest.approx(needed)
            assert collected.regime == pytest.approx(5.0 * got)
        else:
            assert got == pytest.approx(4.0)


def test_what_a_short_of_equity_cannot_give_the_next_gives():
    """At 95 the first, with 2 a contract left, saves 2 of 5; 16 contracts in all, 10 of them its own."""
    crowd = ((-10.0, 91.0, 10.0, 0.0, 0.0), (-20.0, 91.0, 900.0, 0.0, 0.0), (5.0, 90.0, 500.0, 0.0, 0.0))
    table = loss_case(Terms(ranking="bitmex"), failed(16.0, 95.0), crowd=crowd)
    collected = table.collect_loss(1e4)
    assert collected.regime == pytest.approx(10.0 * 2.0 + 6.0 * 5.0)
    assert table.accounts.size[:2].tolist() == [0.0, -14.0]
    table = loss_case(Terms(ranking="bitmex"), failed(16.0, 95.0), crowd=crowd)
    assert table.collect_loss(40.0).regime == 40.0
    assert table.accounts.size[:2] == pytest.approx([0.0, -16.0])


def test_at_the_previous_mark_all_that_failed_is_closed_and_the_surplus_is_overshoot():
    """16 shorts bought back at 100 rather than 90, 10 a contract; 100 were needed; the vault keeps 60."""
    table = loss_case(Terms(ranking="profit", close_price="previous_mark"), failed(16.0, 95.0))
    vault = table.ledger.balance[VAULT, 0] + table.exchange.vault_size[0] * 90.0
    collected = table.collect_loss(100.0)
    assert collected == pytest.approx((100.0, 0.0, 60.0))
    assert table.accounts.size[:3].tolist() == [0.0, 0.0, -19.0]
    assert table.ledger.balance[VAULT, 0] + table.exchange.vault_size[0] * 90.0 - vault == pytest.approx(60.0)


def test_the_previous_mark_is_that_of_the_step_before_and_never_worse_than_the_mark():
    """After a step at 90 longs that failed are handed on at the mark of 92, which costs nobody anything."""
    table = loss_case(Terms(close_price="previous_mark"), failed(16.0, 95.0))
    table.advance()
    table.exchange.mark[0] = 92.0
    wealth, size = table.wealth, table.accounts.size[: table.count].copy()
    assert table.collect_loss(100.0).regime == 0.0
    assert table.wealth == pytest.approx(wealth)
    assert closed(table, size)[1] == pytest.approx(16.0)


def test_a_lot_falls_on_winners_and_losers_alike_and_a_queue_on_winners_only():
    """dYdX v4 walks the opposite side from a random place on, whatever the profit."""
    shorts = [(-1.0, entry, 200.0, 0.0, 0.0) for entry in np.linspace(80.0, 99.0, 20)]
    crowd = (*shorts, (20.0, 90.0, 900.0, 0.0, 0.0))
    losers = {}
    for ranking in ("random", "bitmex"):
        table = loss_case(Terms(ranking=ranking), failed(20.0, 95.0), crowd=crowd)
        table.collect_loss(1e4)
        losers[ranking] = int((table.accounts.size[:10] == 0.0).sum())
    assert losers == {"random": 10, "bitmex": 0}


def test_partial_tear_up_terminates_no_more_than_failed():
    """4 contracts failed at 95: of 38 shorts 4 are torn up, the same fraction of each, and 20 saved."""
    table = loss_case(Terms(tear_up=0.5), failed(4.0, 95.0), regime="tear_up")
    size = table.accounts.size[: table.count].copy()
    assert table.collect_loss(95.0).regime == pytest.approx(20.0)
    short = size < 0
    assert table.accounts.size[: table.count][short] / size[short] == pytest.approx(1.0 - 4.0 / 38.0)


def test_the_public_queue_closes_no_more_than_the_quantity():
    assert adl_close([3.0, 2.0, 1.0], [-5.0, 8.0, 9.0], 10.0).tolist() == [5.0, 5.0, 0.0]
    assert adl_close([3.0, 2.0], [5.0, 8.0], 0.0).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("price", CLOSE_PRICES)
@pytest.mark.parametrize("ranking", ["bitmex", "pro_rata_profit", "min_fraction", "random"])
def test_in_whole_runs_no_event_closes_more_than_failed(monkeypatch, price, ranking):
    """Every event of a crash: contracts closed are at most the failed; savings at most those at the best price."""
    events, collect = [], AutoDeleveraging.collect

    def watched(self, venue, protocol, residual, step):
        first, last = ecosystem.slots(protocol)
        before = venue.accounts.size[first:last].copy()
        record = {side: failure(venue, protocol, side).contracts for side in (1.0, -1.0)}
        saved = collect(self, venue, protocol, residual, step)
        lost = np.abs(before) - np.abs(venue.accounts.size[first:last])
        events.append((record[1.0], lost[before < 0].sum(), record[-1.0], lost[before > 0].sum(), saved, residual))
        return saved

    monkeypatch.setattr(AutoDeleveraging, "collect", watched)
    changes = {"backstop__regime": "adl", "loss__close_price": price, "loss__ranking": ranking}
    ecosystem = Ecosystem(crash(backstop__capital_ratio=0.0, **changes))
    ecosystem.run_for(ecosystem.horizon)
    longs, shorts_closed, shorts, longs_closed, saved, residual = np.array(events).T
    assert len(events) > 3 and (longs + shorts).max() > 0
    assert (shorts_closed <= longs * (1 + ROUNDING)).all() and (longs_closed <= shorts * (1 + ROUNDING)).all()
    assert (shorts_closed + longs_closed).max() > 0
    assert (saved <= residual * (1 + ROUNDING)).all() or price == "previous_mark"


def test_the_vault_hands_on_what_it_took_over_and_bets_on_no_rebound():
    """However large the residual, it is as exposed afterwards as before the failure: 16 contracts less, no more.

    Handing on all 36 of the winners would have made it short of 13, and a rebound from 90 to 100 cost it 130, a deficit
    out of nothing, as in the world of Drift, where that was more than half of all deficits.
    """
    table = loss_case(Terms(), failed(16.0, 95.0))
    vault = float(table.exchange.vault_size[0])
    table.collect_loss(1e4)
    assert table.exchange.vault_size[0] == pytest.approx(vault - 16.0)
    assert vault - 36.0 < 0.0 < vault - 16.0
    cash = table.ledger.balance[VAULT, 0]
    worth = [cash + table.exchange.vault_size[0] * mark for mark in (90.0, 100.0)]
    assert worth[1] - worth[0] == pytest.approx(70.0)


@pytest.mark.compiled
def test_in_drifts_world_deleveraging_makes_no_deficit_of_its_own():
    """Replication 0 of 10 October under ``adl``: how much is left to deleverage does not move the deficit.

    Deficits of 37.8 and 24.1 million, isolated and pooled, became 23.6 and 24.4 once no more was closed than failed.
    """
    scenario = Scenario().replace(
        load_preset("drift").changes
        | {"price.process": "episode", "price.episode": "2025-10-10", "backstop.regime": "adl"}
    )
    found = {}
    for structure in ("isolated", "pooled"):
        ecosystem = Ecosystem(scenario.replace({"backstop.structure": structure}), 0)
        ecosystem.run_for(ecosystem.horizon)
        found[structure] = ecosystem.summary()["deficit"]
    assert found["isolated"] == pytest.approx(found["pooled"], rel=0.1)
