"""Squeezes and other isolated shocks: Poisson, each at its own market or protocol, by streams of their own."""

import numpy as np
import pytest

from model.ecosystem import Ecosystem
from model.price.squeeze import FARTHEST, profile, thinnest_market
from model.price.tape import draw_tape
from model.scenario import Scenario
from model.scenario.world import scenario_path
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import crash

KINDS = ("squeeze", "oracle", "outage", "exploit")
SURE = {"shock.squeeze_spread": 0.0, "shock.squeeze_up": 1.0}


def gbm(**changes):
    given = {"price.process": "gbm", "steps": 400, **{name.replace("__", "."): v for name, v in changes.items()}}
    return Scenario().replace(given)


def away(scenario, replication=0):
    """Return by how much squeezes move the log prices of markets, (steps, markets)."""
    calm = scenario.replace({"shock.squeeze_intensity": 0.0})
    drawn = (draw_tape(one, replication).log_return for one in (scenario, calm))
    return np.subtract(*drawn).cumsum(axis=0)


def test_arrivals_are_poisson_at_the_stated_rate_times_the_factor():
    """Protocol by protocol, by 300 days of a quarter, each with a market of its own."""
    scenario = gbm(
        protocol__number=4, protocol__listings=(1,), asset__shared_market=False, steps=360, shock__squeeze_minutes=1.0,
        shock__squeeze_back=1.0, shock__squeeze_intensity=2.0, shock__intensity=2.0, shock__exploit_intensity=1.0,
    )  # fmt: skip
    drawn = [draw_tape(scenario, r) for r in range(300)]
    exploits = np.array([(tape.exploit > 0).sum(axis=0) for tape in drawn])
    squeezes = np.array([(np.abs(away(scenario, r)) > 1e-9).sum(axis=0) for r in range(300)])
    for counts, rate in ((exploits, 0.5), (squeezes, 1.0)):
        error = np.sqrt(rate / counts.size)
        assert counts.mean() == pytest.approx(rate, abs=4 * error)
        assert counts.var() == pytest.approx(rate, rel=0.25)


def test_a_squeeze_moves_its_protocols_thinnest_market_alone_and_goes_back():
    scenario = gbm(
        protocol__number=2, asset__shared_market=False, shock__squeeze_intensity=3.0, shock__squeeze_minutes=10.0,
        shock__squeeze_back=20.0, shock__squeeze_median=0.5,
    ).replace(SURE)  # fmt: skip
    moved = away(scenario)
    assert thinnest_market(scenario).tolist() == [2, 5]
    assert not moved[:, [0, 1, 3, 4]].any() and moved[:, [2, 5]].any()
    shape = profile(scenario, 400)
    assert shape[[4, 9, 19, 29]] == pytest.approx([0.5, 1.0, 0.5, 0.0]) and not shape[29:].any()


def test_overlapping_squeezes_stay_within_the_largest_on_record():
    moved = away(gbm(shock__squeeze_intensity=1e4, shock__squeeze_median=3.0).replace(SURE))
    assert moved.max() == pytest.approx(FARTHEST) and np.isfinite(moved).all()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_streams_of_its_own(kind):
    """Another kind changes none of what was drawn, and more protocols none of what others meet."""
    scenario = gbm(**{f"shock__{one}_intensity": 20.0 for one in KINDS}, protocol__listings=(1,), protocol__number=3)
    column = {"squeeze": "log_return", "oracle": "oracle_error", "outage": "keeper", "exploit": "exploit"}
    drawn = draw_tape(scenario, 0)
    without = draw_tape(scenario.replace({f"shock.{kind}_intensity": 0.0}), 0)
    for one, name in column.items():
        assert np.array_equal(getattr(drawn, name), getattr(without, name)) == (one != kind)
    wider = draw_tape(scenario.replace({"protocol.number": 5, "asset.shared_market": False}), 0)
    own = draw_tape(scenario.replace({"asset.shared_market": False}), 0)
    assert np.array_equal(getattr(wider, column[kind])[:, :3], getattr(own, column[kind]))


def test_the_tape_is_the_same_for_every_arrangement_and_as_it_was_where_all_is_off():
    rare = Scenario.from_toml(scenario_path("idiosyncratic")).replace({"shock.intensity": 2_000.0, "steps": 200})
    plain = draw_tape(rare, 1)
    for structure, regime in (("pooled", "adl"), ("none", "bad_debt")):
        other = draw_tape(rare.replace({"backstop.structure": structure, "backstop.regime": regime}), 1)
        assert all(map(np.array_equal, plain, other))
    off, never = rare.replace({"shock.intensity": 0.0}), Scenario().replace({"steps": 200})
    for name in ("log_return", "keeper", "exploit", "priority"):
        assert np.array_equal(getattr(draw_tape(off, 1), name), getattr(draw_tape(never, 1), name))


def test_an_outage_of_the_whole_venue_stops_keepers_at_all_its_listings():
    scenario = gbm(
        shock__outage_intensity=20.0, shock__outage_whole=True, protocol__number=2, protocol__listings=(3, 2)
    )
    down = draw_tape(scenario, 0).keeper == 0.0
    assert (down[:, :3] == down[:, :1]).all() and (down[:, 3:] == down[:, 3:4]).all()
    assert down.any() and (down[:, 0] != down[:, 3]).any()


def test_books_close_with_all_on_compiled_and_stepped():
    world = Scenario.from_toml(scenario_path("idiosyncratic"))
    shocks = {f"shock.{name}": value for name, value in world.shock.model_dump().items()}
    scenario = crash(**{"trader__number": 20, "steps": 20}).replace({**shocks, "shock.intensity": 5e4})
    whole, stepped = Ecosystem(scenario, 0), Ecosystem(scenario, 0)
    whole.run()
    assert_books_close(whole)
    for _ in range(20):
        stepped.step()
    assert np.array_equal(whole.ledger.balance, stepped.ledger.balance)


def test_the_shipped_world_runs_as_it_stands():
    world = Scenario.from_toml(scenario_path("idiosyncratic"))
    run = Ecosystem(world.replace({"steps": 4, "trader.number": 20, "shock.intensity": 1e6}), 0)
    run.run()
    assert_books_close(run)
    assert run.summary()["deficit"] > 0.0
