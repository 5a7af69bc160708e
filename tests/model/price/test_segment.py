"""Segmented markets, and what a scenario may place in time: a hit on one protocol, a fall of all prices."""

import numpy as np
import pytest

from model.ecosystem import Ecosystem
from model.price.tape import draw_tape
from model.scenario import Scenario
from model.scenario.world import scenario_path, world_names
from tests.support.world import crash, run, small

SEGMENTED = {"asset__shared_market": False, "protocol__number": 4, "asset__name": ("BTC", "ETH")}
SHARED = SEGMENTED | {"asset__shared_market": True}


def sell(ecosystem, i, contracts):
    account = ecosystem.trader(ecosystem.slots(i)[0])
    account.order = contracts
    ecosystem.fill(np.array([account.row]))


def test_a_market_of_its_own_has_the_depth_the_spread_and_the_fundamental_of_the_shared_one():
    apart, together = Ecosystem(small(**SEGMENTED)), Ecosystem(small(**SHARED))
    assert apart.assets == ("BTC_of_0", "ETH_of_1", "BTC_of_2", "ETH_of_3")
    asset = together.exchange.asset
    for column in ("depth", "half_spread", "fundamental", "normal_volatility"):
        assert getattr(apart.market, column) == pytest.approx(getattr(together.market, column)[asset]), column
    assert (apart.tape.log_return == together.tape.log_return[:, asset]).all()
    assert (apart.accounts.size == together.accounts.size).all()


def test_a_sale_moves_the_price_of_others_only_where_the_market_is_shared():
    for changes, moved in ((SHARED, [True, False, True, False]), (SEGMENTED, [True, False, False, False])):
        ecosystem = Ecosystem(small(**changes))
        before = ecosystem.exchange.mark.copy()
        sell(ecosystem, 0, -0.01 * ecosystem.market.depth[0])
        assert (ecosystem.exchange.mark < before).tolist() == moved
        assert ecosystem.exchange.mark[0] / before[0] == pytest.approx(np.exp(-0.01))


def test_with_exogenous_prices_there_is_nothing_to_segment():
    """Limit: infinite depth and κ → ∞ leave no spill-over, so both markets give the same losses, bit for bit."""
    limit = {"market__depth_multiplier": np.inf, "market__arbitrage": np.inf}
    for deficits in zip(
        *(run(crash(**changes, **limit)).protocol.deficit for changes in (SHARED, SEGMENTED)), strict=True
    ):
        assert deficits[0] == deficits[1]


def test_segmented_markets_conserve_money():
    assert run(crash(**SEGMENTED)).summary()["imbalance"] < 1e-12


def test_a_hit_and_a_fall_come_when_and_where_they_are_placed():
    calm = draw_tape(small(), 0)
    tape = draw_tape(
        small(
            shock__hit_share=0.02, shock__hit_protocol=1, shock__hit_minute=5.0,
            shock__fall=2.0, shock__fall_minute=10.0, shock__fall_length=4.0,
        ), 0,
    )  # fmt: skip
    assert np.argwhere(tape.exploit).tolist() == [[5, 1]]
    assert tape.exploit[5, 1] == pytest.approx(0.02 * 200e6)
    fall = tape.log_return - calm.log_return
    assert fall.sum(axis=0) == pytest.approx(-2.0 * calm.daily_volatility)
    assert np.flatnonzero(np.abs(fall[:, 0]) > 1e-12).tolist() == [10, 11, 12, 13]


def test_a_shipped_scenario_is_found_by_name_and_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert {"choices", "fat_tails", "idiosyncratic", "innocents", "venues"} <= set(world_names())
    assert Scenario.from_toml(scenario_path("innocents")).shock.hit_share > 0.0
    assert scenario_path("other.toml") == "other.toml"
    (tmp_path / "innocents").write_text("steps = 3\n")
    assert Scenario.from_toml(scenario_path("innocents")).steps == 3
