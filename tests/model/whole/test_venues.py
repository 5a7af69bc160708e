"""The market of venues on recorded days: what the prototype expects of it, and what was recorded.

Compiled and few: runs of three protocols whose accounts are those of the default world.
"""

from functools import cache

import numpy as np
import pytest

from model.engine.engine import Engine
from model.scenario import Scenario
from model.scenario.world import scenario_path

pytestmark = pytest.mark.compiled
RUNS = 6


@cache
def summaries(*changes):
    """Return the summaries of a few runs of the world of venues, with changes as (name, value) pairs."""
    scenario = Scenario.from_toml(scenario_path("venues")).replace(dict(changes))
    runs = []
    for replication in range(RUNS):
        engine = Engine(scenario, replication)
        engine.run()
        found = engine.summary()
        share = 1.0 / engine.protocol.open_interest.sum()
        bitcoin = engine.record.asset[: engine.horizon, 0, 1]
        found["fall"] = bitcoin.min() / engine.tape.initial_price[0] - 1.0
        for name in ("trader_deficit", "needed", "replaced", "taken_over", "vault_profit"):
            found[f"{name}_share"] = found[name] * share
        runs.append(found)
    return {name: np.array([run[name] for run in runs]) for name in runs[0]}


def test_10_october_is_met_in_depth_of_the_fall_liquidations_and_what_was_needed():
    """Recorded: BTC −16.8 %, 0.25 of its open interest lost, 0.1 % needed at one venue; the means are near."""
    day = summaries()
    assert -0.21 < day["fall"].mean() < -0.13
    assert 0.17 < day["liquidated_share_BTC"].mean() < 0.33
    assert day["needed_share"].mean() < 0.002 and day["trader_deficit_share"].mean() < 0.006


def test_makers_of_a_vault_gain_on_10_october():
    """Hyperliquid's vault earned $40M: expectation 4, in 95 % of runs."""
    assert (summaries()["vault_profit"] > 0.0).all()


def test_a_calm_day_has_no_deficit_and_hardly_a_liquidation():
    """Expectation 5: less than 1 % of open interest in the mean, and hardly anything owed."""
    calm = summaries(("price.process", "gbm"), ("steps", 8640))
    assert calm["liquidated_share"].mean() < 0.01 and calm["trader_deficit_share"].mean() < 1e-4


def test_a_fund_of_23_percent_of_open_interest_leaves_nothing_to_winners_in_march_2020():
    """Expectation 6: BitMEX deleveraged nobody."""
    march = summaries(("price.episode", "2020-03-12"), ("backstop.capital_ratio", 0.23))
    assert march["replaced_share"].mean() < 1e-3


def test_sold_whole_at_once_ten_times_as_much_is_owed_as_is_needed_in_sequence():
    """Expectation 7: the order of the sale is the largest lever."""
    whole = summaries(("exchange.closing", "sale"))
    assert whole["trader_deficit_share"].mean() > 10.0 * summaries()["needed_share"].mean()
    assert whole["trader_deficit_share"].mean() > 2.0 * summaries()["trader_deficit_share"].mean()


def test_a_linear_book_falls_further():
    """Expectation 8: concave impact is essential; here a linear book falls further, if less far than there."""
    assert summaries(("market.impact", "linear"))["fall"].mean() < summaries()["fall"].mean() - 0.02


def test_half_as_long_a_step_moves_liquidations_by_less_than_a_tenth():
    """Expectation 9: ten seconds suffice; a minute does not for what is deleveraged."""
    ten, five = summaries(), summaries(("minutes", 1.0 / 12.0))
    assert five["liquidated_share"].mean() == pytest.approx(ten["liquidated_share"].mean(), rel=0.1)
