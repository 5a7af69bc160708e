"""Claims about calibration: moments are what they say, known parameters are found again, bad input is refused."""

import json
import tomllib

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.plan.options import ConfigurationError
from experiments.run.process_pool import WorkerPool
from experiments.statistics.verdict import HIT, MISS, VAGUE
from experiments.study.calibration.field import Field, applied, chosen_fields
from experiments.study.calibration.fit import Search, Target, exceedance
from experiments.study.calibration.judgement import Judged, runs_for, widened
from experiments.study.calibration.moment import (
    MOMENTS,
    Series,
    activity,
    autocorrelation,
    hill,
    kurtosis,
    labels,
    natural,
    summed,
    vector,
)
from experiments.study.calibration.record import asset_labels, read_record
from experiments.study.calibration.simulation import Simulation
from model.price.process.path import process_named
from model.price.streams import Streams
from model.scenario import Scenario

TRUE = {
    "price.volatility_excess": 1.4,
    "price.slow_sd": 0.5,
    "price.slow_half_life": 120.0,
    "price.fast_sd": 0.6,
    "price.fast_half_life": 1.5,
}


def simulated(bars, seed=99, inside=6, **changes):
    """Return (bars, 1) hourly returns of the true process."""
    scenario = Scenario().replace(
        {
            "price.process": "stochastic_volatility",
            "asset.name": ("BTC",),
            "asset.correlation": 0.6,
            "minutes": 60 / inside,
        }
        | {"steps": bars * inside, "seed": seed, **TRUE, **changes}
    )
    drawn = process_named("stochastic_volatility").draw(scenario, Streams(seed, 7)).log_return
    return drawn.reshape(bars, inside, 1).sum(axis=1)


def write(path, returns, volume=None):
    """Write closes whose log returns are given as an hourly file; return its path."""
    close = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
    before = np.concatenate([[100.0], close[:-1]])
    lines = ["timestamp,open,high,low,close" + ",volume" * (volume is not None)]
    for i, (a, b) in enumerate(zip(before, close, strict=True)):
        tail = "" if volume is None else f",{volume[i]:.17g}"
        row = ",".join(f"{price:.17g}" for price in (a, max(a, b), min(a, b), b))
        lines.append(f"{1_600_000_000_000 + 3_600_000 * i},{row}{tail}")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def calibrate(*words):
    return CliRunner().invoke(main, ["calibrate", *map(str, words)])


def test_moments_of_a_normal_sample_are_those_of_the_normal_law():
    returns = 0.01 * np.random.default_rng(1).standard_normal((60_000, 1))
    found = dict(zip(labels(["A"], False), natural(vector(Series(returns)), 1, False), strict=True))
    assert found["A: standard deviation"] == pytest.approx(0.01, rel=0.01)
    assert found["A: kurtosis"] == pytest.approx(3.0, abs=0.1)
    assert found["A: kurtosis of 24 bars"] == pytest.approx(3.0, abs=0.4)
    assert abs(found["A: the same of absolute returns, lag 24"]) < 0.02


def test_the_hill_index_of_either_tail_is_the_exponent_of_that_tail():
    uniform = np.random.default_rng(2).random((2, 200_000))
    returns = np.where(uniform[0] < 0.5, -(uniform[1] ** (-1 / 2.0)), uniform[1] ** (-1 / 4.0))[:, None]
    names = [moment.name for moment in MOMENTS]
    found = vector(Series(returns))
    assert found[names.index("Hill index of falls, 2.5 %")] == pytest.approx(2.0, rel=0.05)
    assert found[names.index("Hill index of rises, 2.5 %")] == pytest.approx(4.0, rel=0.05)
    assert hill(returns[:, 0], 0.01) == pytest.approx(2.0, rel=0.1)


def test_adding_returns_up_keeps_whole_groups_only():
    assert summed(np.ones(50)).tolist() == [24.0, 24.0]
    assert kurtosis(np.array([-1.0, 1.0] * 10)) == pytest.approx(1.0)


def test_runs_count_together_and_stay_apart():
    """Every moment of several runs, by loops over what lies within a run."""
    returns = np.random.default_rng(4).standard_t(4, (3, 30)) + np.array([[0.0], [1.0], [-2.0]])
    every = [run[i] - returns.mean() for run in returns for i in range(30)]
    pairs = [(run[i] - returns.mean()) * (run[i + 6] - returns.mean()) for run in returns for i in range(30 - 6)]
    assert autocorrelation(returns, 6) == pytest.approx(np.mean(pairs) / np.mean(np.square(every)))
    assert summed(returns) == pytest.approx([run[:24].sum() for run in returns])
    assert hill(returns) == hill(returns.ravel()) and kurtosis(returns) == kurtosis(returns.ravel())


def test_the_moments_of_one_run_are_those_of_a_record():
    returns = np.random.default_rng(5).standard_t(4, (1, 1_000, 2))
    volume = np.abs(returns) + 1.0
    assert vector(Series(returns, volume)) == pytest.approx(vector(Series(returns[0], volume[0])))


def test_what_has_no_order_in_time_is_that_of_all_runs_end_to_end():
    returns = np.random.default_rng(6).standard_t(4, (4, 240, 2))
    volume = np.exp(returns)
    apart, joined = (
        dict(zip(labels(["A", "B"], True), vector(one), strict=True))
        for one in (Series(returns, volume), Series(returns.reshape(-1, 2), volume.reshape(-1, 2)))
    )
    in_time = {name for name in apart if "lag" in name}
    assert len(in_time) == 10
    for name in apart.keys() - in_time:
        assert apart[name] == pytest.approx(joined[name]), name
    assert all(apart[name] != joined[name] for name in in_time)


def test_activity_leaves_out_bars_without_volume():
    returns, volume = np.array([0.1, -0.2, 0.3, 5.0]), np.exp(np.array([1.0, 2.0, 3.0, -np.inf]))
    assert activity(returns, volume) == pytest.approx(1.0)


@pytest.mark.parametrize("inside", [1, 3])
def test_volatility_has_the_declared_mean_square_at_any_step(inside):
    """E v^2 = (g s)^2, whatever wanders."""
    returns = simulated(150_000 // inside, inside=inside)[:, 0]
    assert returns.std() * np.sqrt(24) == pytest.approx(1.4 * 0.025, rel=0.05)


def test_clusters_and_tails_do_not_depend_on_the_length_of_a_step():
    """Moments of an hour from steps of 2 and of 10 minutes agree within their own scatter over seeds."""
    fine, coarse = (
        np.array([vector(Series(simulated(4_000, seed, inside))) for seed in range(6)]) for inside in (30, 6)
    )
    error = np.sqrt(fine.var(axis=0, ddof=1) + coarse.var(axis=0, ddof=1)) / np.sqrt(6)
    assert (np.abs(fine.mean(axis=0) - coarse.mean(axis=0)) < 3.5 * error).all()


def test_the_season_is_known_before_the_run():
    """With no slow part all paths start from the root mean square; with one, calm and lively seasons differ."""
    draw = process_named("stochastic_volatility").draw
    still = Scenario().replace({"steps": 5, **TRUE, "price.slow_sd": 0.0})
    assert draw(still, Streams(1, 0)).daily_volatility == pytest.approx([1.4 * s for s in still.asset.daily_volatility])
    wandering = Scenario().replace({"steps": 5, **TRUE})
    known = np.array([draw(wandering, Streams(1, r)).daily_volatility[0] for r in range(400)])
    assert np.log(known).std() == pytest.approx(0.5, rel=0.12)
    assert np.sqrt((known**2).mean()) == pytest.approx(1.4 * 0.025, rel=0.15)


def test_without_wandering_the_process_is_a_random_walk():
    returns = simulated(20_000, inside=1, **{"price.slow_sd": 0.0, "price.fast_sd": 0.0})[:, 0]
    assert kurtosis(returns) == pytest.approx(3.0, abs=0.15)


def test_known_parameters_are_found_again(tmp_path):
    """Calibrating on data simulated from known parameters returns them within the intervals."""
    file = write(tmp_path / "true.csv", simulated(5_000, seed=1)[:, 0])
    done = calibrate(
        *("--prices", file, "--replications", 2, "--starts", 16, "--iterations", 5, "--set", "asset.correlation=0.5"),
        *("--set", "asset.daily_volatility=[0.025]", "--json", "--quiet", "--out", tmp_path / "out"),
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    for row in told["fields"]:
        assert row["low"] <= TRUE[row["field"]] <= row["high"], row
        vague = row["field"] == "price.slow_half_life"  # seven months say little of a half-life of weeks
        assert row["high"] / row["low"] < (60.0 if vague else 12.0), row
    assert len(told["missed"]) <= 1 and told["probability"] > 0.01
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"manifest.json", "runs", "fields.csv", "moments.csv", "calibrated.toml", "figures"}
    again = Scenario.from_toml(tmp_path / "out" / "calibrated.toml")
    assert again.price.fast_sd == pytest.approx(told["fields"][3]["estimate"], rel=1e-5)
    assert tomllib.loads((tmp_path / "out" / "calibrated.toml").read_text())["price"]["process"] == again.price.process


def test_what_a_model_cannot_do_is_missed(tmp_path):
    """Brownian motion, fitted to clustered fat-tailed returns, says what it misses."""
    file = write(tmp_path / "true.csv", simulated(2_000)[:, 0])
    done = calibrate(
        *("--prices", file, "--process", "gbm", "--replications", 2, "--starts", 4, "--iterations", 5),
        *("--json", "--quiet", "--out", tmp_path / "out"),
    )
    told = json.loads(done.stdout)
    assert told["probability"] < 0.01
    assert "true: kurtosis" in told["missed"] and "true: the same of absolute returns, lag 1" in told["missed"]


def test_the_whole_model_is_simulated_with_its_volume(tmp_path):
    """One free habit of traders, mid prices and volume of two short runs: a moment more, that of volume."""
    returns = simulated(1_200)[:, 0]
    file = write(tmp_path / "true.csv", returns, volume=1.0 + np.abs(np.append(returns, 0.0)))
    settings = ("trader.number=10", "protocol.number=1", "provider.number=1", "minutes=30")
    done = calibrate(
        *("--prices", file, "--whole", "--days", 8, "--replications", 2, "--starts", 2, "--iterations", 1),
        *("--workers", 1),
        *(word for setting in settings for word in ("--set", setting)),
        *("--field", "trader.turnover=0.01:0.9", "--json", "--quiet", "--out", tmp_path / "out"),
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["whole_model"] and told["moments"][-1]["moment"] == "true: volume with absolute returns"
    assert (told["record_days"], told["simulated_days"], told["again_days"]) == (50.0, 16.0, 56.0)
    assert {row[key] for row in told["moments"] for key in ("verdict", "verdict_again")} <= {HIT, MISS, VAGUE}
    listed = {row["moment"] for row in told["moments"] if row["verdict"] == VAGUE}
    assert listed == set(told["too_vague"]) and not listed & set(told["missed"])
    assert "# Calibrated to true; J = " in (tmp_path / "out" / "calibrated.toml").read_text()
    assert [row["field"] for row in told["fields"]] == ["trader.turnover"]


def test_replications_of_the_whole_model_are_the_same_on_several_processes():
    scenario = Scenario().replace(
        {"asset.name": ("BTC",), "trader.number": 4, "protocol.number": 1, "provider.number": 1, "steps": 48}
    )
    simulated = Simulation(scenario, inside=6, replications=3, whole=True, volume=True)
    with WorkerPool(2) as executor:
        alone, shared = simulated.joined(scenario), simulated.joined(scenario, executor.map)
    assert alone.returns.shape == (3, 8, 1)
    assert np.array_equal(alone.returns, shared.returns) and np.array_equal(alone.volume, shared.volume)


def test_a_linear_problem_has_the_textbook_answer():
    """Moments that are the parameters themselves: the estimate is the data, its deviation theirs."""
    fields = (Field("a", 0.0, 10.0), Field("b", 1.0, 100.0))
    target = Target(np.array([3.0, 20.0]), np.diag([0.04, 1.0]))
    fit = Search(fields, target, lambda values: np.array([values["a"], values["b"]])).run(16, 20)
    assert fit.values == pytest.approx({"a": 3.0, "b": 20.0}, rel=0.02)
    low, high = fit.interval(0)
    assert (high - low) / 2 == pytest.approx(1.96 * 0.2, rel=0.02)
    assert not fit.missed.any()


def test_a_field_that_moves_nothing_has_no_interval_inside_its_bounds():
    fields = (Field("a", 0.0, 1.0), Field("idle", 0.0, 1.0))
    fit = Search(fields, Target(np.array([0.4]), np.eye(1)), lambda values: np.array([values["a"]])).run(8, 10)
    assert fit.interval(1) == (0.0, 1.0)


def test_what_eighty_days_cannot_miss_is_too_vague_to_tell():
    """The same moments a tenth apart: by errors of 80 days, 4.5 times the record's, vague; by those of 1,509, hit."""
    moments = np.zeros(len(MOMENTS))
    own = np.diag(np.full(len(MOMENTS), 0.1**2))
    short, long = (Judged(days, Target(moments, widened(own, days / 1509.0)), moments + 0.1) for days in (80.0, 1509.0))
    assert short.target.errors[0] / 0.1 == pytest.approx(4.46, abs=0.01)
    assert {row["verdict"] for row in short.rows(1, False)} == {VAGUE}
    assert long.rows(1, False)[0]["verdict"] == HIT and long.rows(1, False)[0]["error"] == "0.28 of 0.35 in logs"
    far = long._replace(simulated=moments + 0.5)
    assert {row["verdict"] for row in far.rows(1, False)} == {MISS}


def test_there_are_as_many_runs_as_the_record_needs():
    assert [runs_for(1509.0, 20.0), runs_for(50.0, 8.0), runs_for(40.0, 8.0), runs_for(1.0, 8.0)] == [76, 7, 5, 1]


def test_a_covariance_known_from_few_records_widens_intervals_and_verdicts():
    """Student's quantile at 4 degrees of freedom is 2.776 where the normal one is 1.960."""
    target = Target(np.array([3.0]), np.array([[0.04]]), 4.0)
    assert target.critical == pytest.approx(2.776, abs=1e-3)
    assert target._replace(degrees=np.inf).critical == pytest.approx(1.960, abs=1e-3)
    field = (Field("a", 0.0, 10.0),)

    def scatter(_):
        return target.covariance

    fit = Search(field, target._replace(degrees=np.inf), lambda values: np.array([values["a"]]), scatter, degrees=4.0)
    low, high = fit.run(8, 10).interval(0)
    assert (high - low) / 2 == pytest.approx(2.776 * 0.2, rel=0.02)
    assert exceedance(3.84, np.eye(1), np.ones(1), 4.0) == pytest.approx(0.1215, abs=0.008)  # F(1, 4)


def test_the_law_of_the_distance_is_chi_square_where_that_is_known():
    assert exceedance(3.84, np.eye(1), np.ones(1)) == pytest.approx(0.05, abs=0.006)
    assert exceedance(2 * 5.99, 2 * np.eye(2), np.ones(2)) == pytest.approx(0.05, abs=0.006)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--prices"),
        (("--prices", "absent.csv"), "absent.csv"),
        (("--field", "trader.turnover"), "NAME=LOW:HIGH"),
        (("--field", "trader.turnover=0.5:0.1"), "NAME=LOW:HIGH"),
        (("--field", "trader.turnovr=0:1"), "turnover"),
        (("--field", "trader.turnover=0:2"), "trader.turnover"),
        (("--field", "price.process=0:1"), "price.process"),
        (("--process", "gmb"), "gbm"),
        (("--process", "episode"), "--field"),
        (("--set", "asset.nonsense=1"), "nonsense"),
    ],
)
def test_bad_input_is_refused_in_one_line_each(tmp_path, words, told):
    file = write(tmp_path / "true.csv", 0.01 * np.random.default_rng(3).standard_normal(1_100))
    prices = () if not words or "--prices" in words else ("--prices", file)
    done = calibrate(*prices, *words, "--out", tmp_path / "out")
    assert done.exit_code == 2, done.output
    lines = done.stderr.splitlines()
    assert lines and all(line.startswith("error: ") for line in lines)
    assert any(told in line for line in lines), lines
    assert not (tmp_path / "out").exists()


def test_a_record_too_short_for_moments_is_refused(tmp_path):
    file = write(tmp_path / "short.csv", 0.01 * np.random.default_rng(3).standard_normal(50))
    with pytest.raises(ConfigurationError, match="1000 are needed"):
        read_record((file,))


def test_files_are_called_by_what_tells_them_apart():
    assert asset_labels(("a/BTCUSDT_perp.csv", "ETH-1h.csv")) == ("BTCUSDT", "ETH")
    assert asset_labels(("BTC_1h.csv", "BTC_1d.csv")) == ("BTC_1h", "BTC_1d")


def test_garch_is_searched_only_where_its_variance_has_a_mean():
    scenario = Scenario().replace({"price.process": "garch"})
    assert [field.name for field in chosen_fields("garch", (), scenario)][1:3] == [
        "price.garch_alpha",
        "price.garch_beta",
    ]
    with pytest.raises(ValueError, match="less than 1"):
        applied(scenario, {"price.garch_alpha": 0.4, "price.garch_beta": 0.9})
