"""Stylised facts: what is recorded is what the files say, runs are told apart, and the verdict is the page's rule."""

import json
import re
from datetime import UTC, datetime

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.run.process_pool import WorkerPool
from experiments.study.calibration.moment import activity, labels, natural, together, tolerances, vector
from experiments.study.calibration.record import covariance, read_record
from experiments.validation import report, stylised
from model.ecosystem import Ecosystem
from model.measure.record import ASSET_SERIES, PROTOCOL_SERIES
from tests.support.environment import SHARED, present

PERIOD = ["1 March 2020", "18 April 2024"]
TINY = {
    "price.process": "stochastic_volatility",
    "trader.number": 10,
    "protocol.number": 2,
    "protocol.listings": [1],
    "provider.number": 1,
    "minutes": 30,
}


@pytest.fixture
def tiny(monkeypatch):
    """Let the market be small, and a run ten days of half-hour steps."""
    monkeypatch.setattr(stylised, "MARKET", TINY)
    monkeypatch.setattr(stylised, "DAYS", 10)


def test_bars_are_hours_of_the_mid_price_and_of_all_volume(tiny):
    scenario = stylised.market()
    found = stylised.bars(scenario, 3)
    world = Ecosystem(scenario, 3)
    world.run()
    for k in (0, 1):
        mid = np.append(world.tape.initial_price[k], world.record.asset[: world.clock, k, ASSET_SERIES.index("mid")])
        assert found.returns[:, k] == pytest.approx(np.diff(np.log(mid[::2])), abs=1e-12)
        traded = world.record.protocol[: world.clock, world.exchange.asset == k, PROTOCOL_SERIES.index("volume")]
        assert found.volume[:, k].sum() == pytest.approx(traded.sum()) and found.volume[:, k].sum() > 0.0


def test_a_row_per_fact_of_both_assets(tiny):
    rows = stylised.fact_rows(2, WorkerPool(1))
    assert [one["asset"] for one in rows] == ["BTC"] * 11 + ["ETH"] * 11 + ["BTC with ETH"]
    assert {one["runs"] for one in rows} == {"2"}
    both = together([stylised.bars(stylised.market(), number) for number in (0, 1)])
    assert both.returns.shape == (2, 240, 2)
    assert rows[0]["ours"] == f"{both.returns[..., 0].std():.3g}"


def test_rows_do_not_depend_on_the_number_of_workers(tiny):
    with WorkerPool(2) as several:
        assert stylised.fact_rows(3, several) == stylised.fact_rows(3, WorkerPool(1))


def test_an_interval_is_over_runs_and_holds_those_that_are_all_alike(tiny):
    one = stylised.bars(stylised.market(), 0)
    low, high = stylised.interval([one, one])
    assert low == pytest.approx(high)
    assert low == pytest.approx(stylised.statistics(together([one, one])))


def test_the_command_tells_facts_alone_without_failing(tiny, monkeypatch):
    monkeypatch.setattr("experiments.validation.suite.claims", list)
    words = ["validate", "--facts", "--replications", "2", "--workers", "1"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "interval of the record" in done.stdout and re.search(r"23 facts: \d+ ", done.stdout)
    assert len(json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout)["facts"]) == 23


def test_what_is_recorded_is_what_a_calibration_matches():
    assert list(stylised.RECORDED) == labels(stylised.ASSETS, volume=True)
    assert len(stylised.RECORDED) == len(tolerances(stylised.ASSETS, volume=True))
    assert all(one.low < one.value < one.high for one in stylised.RECORDED.values())


@pytest.fixture(scope="module")
def record():
    names = ("BTCUSDT_perp_1h_2020-2024.csv", "ETHUSDT_perp_1h_2020-2026.csv")
    return read_record(tuple(str(present(SHARED / "data" / "prices" / name)) for name in names))


def test_the_recorded_facts_are_those_of_the_files(record):
    assert stylised.statistics(record.series) == pytest.approx(
        [one.value for one in stylised.RECORDED.values()], rel=1e-3
    )
    ended = record.start + len(record.series.returns) * 3_600_000
    assert [f"{datetime.fromtimestamp(t / 1e3, UTC):%-d %B %Y}" for t in (record.start, ended)] == PERIOD
    assert all(re.search(day.replace(" ", r"\s"), report.INTRODUCTION["facts"]) for day in PERIOD)


def test_recorded_intervals_are_as_wide_as_the_files_say(record):
    """Fewer resamples than the recorded 400 find each end within two fifths of its distance from the value."""
    deviation = np.sqrt(np.diag(covariance(record, 60)))
    value = stylised.statistics(record.series)
    for sign, end in ((-1.0, "low"), (1.0, "high")):
        rough = natural(vector(record.series) + sign * 1.96 * deviation, 2, volume=True)
        told = np.array([getattr(one, end) for one in stylised.RECORDED.values()])
        assert (np.abs(told - rough) < 0.4 * np.abs(rough - value)).all()


def test_the_page_says_how_volume_was_measured(record):
    """In USD over all years, and within thirty days in coins."""
    returns, coins = record.series
    price, month = np.exp(np.cumsum(returns, axis=0)), range(0, len(returns) - 720, 720)
    dollars = [activity(returns[:, k], coins[:, k] * price[:, k]) for k in (0, 1)]
    within = [np.median([activity(returns[i : i + 720, k], coins[i : i + 720, k]) for i in month]) for k in (0, 1)]
    told = re.findall(r"0\.\d+", report.INTRODUCTION["facts"].partition("the record has")[2])
    assert told == [f"{value:.2f}" for value in (*dollars, *within)]
