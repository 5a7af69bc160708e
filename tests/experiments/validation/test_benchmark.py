"""``backstop bench``: what it measures is what it says; how long it took is nobody's claim."""

import math

import numpy as np
import pytest

from experiments.benchmark import ecosystem, start, suite
from experiments.benchmark.channel import ARRANGEMENTS, CHUNK, STEPS, channel_cost, clearing_timing
from experiments.benchmark.compiled import FEW, WORLDS, differences, time_compiled, time_run
from experiments.benchmark.ecosystem import calm_scenario, growth, size_in_bytes, time_ecosystem
from experiments.benchmark.reference_c import compiler
from experiments.benchmark.reference_timing import Start, check_same, lap
from experiments.benchmark.suite import machine, timed_steps
from model.ecosystem import Ecosystem
from tests.support.environment import INTERPRETED

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # hashing, when interpreted
compiled = pytest.mark.skipif(INTERPRETED, reason="times compiled code in a process of its own")


@compiled
@pytest.mark.slow
def test_all_parts_are_there(monkeypatch):
    monkeypatch.setattr(suite, "MESA_BUDGET", 2_000)
    monkeypatch.setattr(suite, "COMPARED", 800)
    monkeypatch.setattr(ecosystem, "MOST_STEPS", 10)
    monkeypatch.setattr(suite, "channel_cost", lambda number, laps: channel_cost(number, laps, steps=10))
    report = suite.run_benchmark(quick=True, accounts=(400, 1_600), rare=True)
    assert set(report) == {
        "reference",
        "ecosystem",
        "ecosystem_vs_mesa",
        "compiled",
        "run",
        "channels",
        "cross",
        "clearing",
        "growth",
        "loss_regime",
        "start",
        "rare",
        "machine",
    }
    assert [{"seed", "probability", "gain"} <= record.keys() for record in report["rare"]] == [True]
    assert [record["accounts"] for record in report["reference"]] == [400, 1_600]
    assert [record["accounts"] for record in report["ecosystem"]] == [400, 1_600, 400, 1_600]
    numbers = [value for record in report["reference"] + report["ecosystem"] for value in record.values()]
    assert all(math.isfinite(value) for value in numbers if not isinstance(value, str | None))
    assert report["growth"] is None
    assert report["channels"]["accounts"] == 800
    assert report["cross"]["positions"] == 3 and report["cross"]["cost_ratio"] > 0.0
    assert report["channels"]["cost_ratio"] == max(report["channels"]["cost_ratios"].values()) > 0.0
    for record in report["reference"]:
        speeds = record["account_steps_per_second"], record["mesa_account_steps_per_second"]
        assert (record["c_ratio"] is None) == (compiler() is None)
        assert record["ratio"] == pytest.approx(speeds[0] / speeds[1], rel=1e-12)


def test_every_channel_is_on_in_what_the_channels_cost():
    """Nothing that is off by default in the sections of the channels stays off, and epochs end while it is timed."""
    off, *on = (calm_scenario(800, None, 10).replace(changes) for changes in ARRANGEMENTS.values())
    assert not off.confidence.panic and not off.choice.active and off.exposure.graph == "none"
    for scenario in on:
        assert scenario.confidence.panic and scenario.choice.leverage and scenario.choice.membership
        assert scenario.exposure.graph != "none" and scenario.provider.vaults > 1 and scenario.provider.cooldown > 0
        terms = scenario.reinsurance
        assert terms.prices and terms.providers and terms.cycle and terms.retrocession_share
        assert scenario.fund.lent_share and terms.review < CHUNK
        assert scenario.choice.epoch < STEPS * scenario.minutes
    assert {scenario.reinsurance.claims for scenario in on} == {"indemnity", "parametric"}
    assert any(scenario.reinsurance.assessment_delay for scenario in on)


def test_the_cleared_network_is_large_thin_and_in_trouble():
    found = clearing_timing(times=2)
    assert found["protocols"] == 1_000 and found["mean_degree"] == pytest.approx(10.0, rel=0.05)
    assert 100 < found["defaults"] < 900 and found["waves"] > 2


def test_another_trajectory_is_refused():
    start, model = Start(50, 5), Start(50, 5).mesa_model()
    start.engine_burst()
    model.run_for(5)
    check_same(start.series, model)
    start.series.price[-1] *= 1 + 1e-8
    with pytest.raises(RuntimeError, match="price at 50 accounts"):
        check_same(start.series, model)


def test_a_lap_runs_all_steps_of_the_model():
    start = Start(50, 20)
    model = start.mesa_model()
    mesa, other = lap(model, lambda: 2.0)
    assert model.clock - model.begin == 20
    assert mesa > 0 and other == 2.0


def test_acting_accounts_are_held_fixed():
    for number in (4_000, 40_000):
        scenario = calm_scenario(number, 200, 10)
        assert scenario.trader.number * scenario.protocol.number == number
        arrivals = scenario.trader.attention * scenario.minutes * scenario.trader.turnover
        assert arrivals * number == pytest.approx(200)
        assert scenario.trader.alert_attention == scenario.trader.attention


def test_bytes_are_of_all_columns():
    ecosystem = Ecosystem(calm_scenario(400, None, 1))
    rows = len(ecosystem.accounts.size)
    columns = sum(np.dtype(column.dtype).itemsize for column in ecosystem.accounts)
    assert size_in_bytes(ecosystem) > rows * columns
    assert size_in_bytes(ecosystem) < rows * (columns + 60)


def test_growth_compares_the_fixed_records_only():
    def record(accounts, acting, seconds):
        return {"accounts": accounts, "acting": acting, "seconds_per_step": seconds}

    records = [record(10_000, "fixed", 2.0), record(1_000_000, "fixed", 6.0), record(10_000, "default", 1.0)]
    assert growth(records)["cost_ratio"] == 3.0
    assert growth(records)["accounts_ratio"] == 100
    assert growth(records[:1]) is None


def test_fewer_steps_are_timed_where_there_are_more_accounts():
    assert timed_steps(1_000) == 400
    assert 2 <= timed_steps(1_000_000) < timed_steps(100_000) < 400


@compiled
def test_a_record_of_the_ecosystem_is_consistent(monkeypatch):
    monkeypatch.setattr(ecosystem, "MOST_STEPS", 10)
    record = time_ecosystem(4_000, 200)
    assert record["acting_per_step"] == pytest.approx(200, rel=0.3)
    assert record["account_steps_per_second"] * record["seconds_per_step"] == pytest.approx(4_000)


def test_the_machine_is_named():
    assert {"cpu", "cores", "python", "numpy", "numba", "mesa"} == set(machine())
    assert machine()["cores"] >= 1


def tiny(world, steps=12):
    return world._replace(changes={**world.changes, "trader.number": 20, "steps": steps}, turns=1)


@pytest.mark.parametrize("world", WORLDS[:2], ids=lambda world: world.name)
def test_a_run_stepped_and_compiled_is_timed_and_the_same(world):
    found = time_compiled(tiny(world))
    assert list(found) == ["world", "accounts", "stepped_us", "compiled_us", "ratio"]
    assert (found["world"], found["accounts"]) == (world.name, 160)
    assert found["ratio"] == pytest.approx(found["stepped_us"] / found["compiled_us"]) and found["ratio"] > 0


def test_runs_that_differ_are_not_compared(monkeypatch):
    def changed(ecosystem):
        Ecosystem.run(ecosystem)
        ecosystem.accounts.collateral[3] = np.nextafter(ecosystem.accounts.collateral[3], np.inf)

    one, other = (Ecosystem(tiny(WORLDS[0]).scenario) for _ in range(2))
    one.run()
    changed(other)
    assert list(differences(one, other)) == ["accounts.collateral"]
    monkeypatch.setattr("experiments.benchmark.compiled._step_through", changed)
    with pytest.raises(RuntimeError, match="calm day: compiled and stepped runs differ in accounts"):
        time_compiled(tiny(WORLDS[0]))


def test_a_whole_run_is_timed():
    found = time_run(tiny(WORLDS[0]))
    assert (found["world"], found["steps"]) == ("calm day", 12) and found["cpu_ms"] > 0


def test_worlds_are_those_that_are_told():
    accounts = [world.scenario.trader.number * world.scenario.protocol.number for world in WORLDS]
    assert accounts == [8_000, 8_000, 1_000_000] and "steps" in FEW
    assert [Ecosystem(world.scenario).horizon for world in WORLDS[:2]] == [2_016, 720]


def test_the_start_of_a_command_is_measured_in_turns(monkeypatch):
    spent = iter([9.0, 1.0, 3.0, 2.0, 8.0, 4.0, 20.0])  # what compiles, then imports and comparison in turns
    words = []
    monkeypatch.setattr(start, "cpu", lambda typed: words.append(typed[1]) or next(spent))
    measured = start.start_times(3)
    assert words == ["backstop_command", *("import numba, pandas, matplotlib.pyplot", "backstop_command") * 3]
    assert measured == {"import_cpu_s": 2.0, "warm_compare_cpu_s": 8.0, "warm_compare_ratio": 4.0}


def test_cpu_time_of_a_process_is_its_own():
    idle, busy = (start.cpu(("-c", code)) for code in ("pass", "for _ in range(3_000_000): pass"))
    assert 0.0 < idle < busy
