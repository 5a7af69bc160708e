"""Price processes: laws, limits, and the record itself where a process replays it."""

import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.price.process.bar import read_bars
from model.price.process.bootstrap import blocks
from model.price.process.bridge import bridged, extremes
from model.price.process.jump_diffusion import compensator, poisson
from model.price.process.path import process_named
from model.price.reader.file import PriceFileError, read_prices
from model.price.streams import Streams
from model.scenario.episode import EPISODES
from model.scenario.extent import asset_names, horizon, natural_steps
from model.scenario.registry import PROCESSES
from model.scenario.section.asset import AssetSection
from model.scenario.section.price import PriceSection

BTC, ETH, MINUTE = "BTCUSDT_perp_1h_2020-2024", "ETHUSDT_perp_1h_2020-2026", "BTCUSD_PERP-1m-2025-10-10"
ONE = {"name": ("BTC",), "initial_price": (100.0,)}
HOUR = 3_600_000
START = 1_583_020_800_000  # 2020-03-01 00:00 UTC


def scenario(steps=None, minutes=1.0, asset=None, **price):
    return types.SimpleNamespace(
        steps=steps, minutes=minutes, asset=AssetSection(**(asset or {})), price=PriceSection(**price)
    )


def draw(setting, seed=1, replication=0):
    return process_named(setting.price.process).draw(setting, Streams(seed, replication))


def prices(path):
    return path.initial_price * np.exp(np.cumsum(path.log_return, axis=0))


def record(folder, *names):
    return tuple(str(folder / f"{name}.csv") for name in names)


def write_bars(path, bars, minutes=60.0, first=0):
    lines = (
        f"{START + int((first + index * minutes) * 60_000)},{','.join(map(str, values))}"
        for index, values in enumerate(bars)
    )
    path.write_text("\n".join(["timestamp,open,high,low,close", *lines]) + "\n")
    return str(path)


def random_bars(count, seed=0):
    """Bars of a random walk, each opening a little off the close before it."""
    draws = np.random.default_rng(seed).standard_normal((count, 4)) * 0.01
    close = 100.0 * np.exp(np.cumsum(draws[:, 0]))
    start = np.r_[100.0, close[:-1]] * np.exp(0.1 * draws[:, 1])
    high = np.maximum(start, close) * np.exp(np.abs(draws[:, 2]))
    low = np.minimum(start, close) * np.exp(-np.abs(draws[:, 3]))
    return np.stack([start, high, low, close], axis=1)


@pytest.mark.parametrize("name", ["gbm", "garch", "jump_diffusion", "episode"])
def test_more_steps_and_more_assets_change_no_draw(name):
    long = draw(scenario(50, process=name)).log_return
    assert np.array_equal(draw(scenario(20, process=name)).log_return, long[:20])
    assert long.shape == (50, 3)
    if name != "episode":
        fewer = {"name": ("BTC", "ETH")}
        assert np.array_equal(draw(scenario(50, asset=fewer, process=name)).log_return, long[:, :2])


@pytest.mark.parametrize("minutes", [1.0, 5.0, 60.0])
def test_gbm_has_the_declared_volatility_correlation_and_growth(minutes):
    path = draw(scenario(40_000, minutes, correlation_of(0.6), process="gbm", drift=0.1))
    days = minutes / 1440
    assert path.log_return.std(axis=0) == pytest.approx(path.daily_volatility * days**0.5, rel=0.02)
    assert np.corrcoef(path.log_return.T)[np.triu_indices(3, 1)] == pytest.approx(0.6, abs=0.02)
    error = path.daily_volatility * (days / 40_000) ** 0.5
    assert (np.abs(path.log_return.mean(axis=0) - (0.1 - path.daily_volatility**2 / 2) * days) < 4 * error).all()


def correlation_of(rho):
    return {"correlation": rho}


@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_correlation_reaches_its_limits(rho):
    moves = draw(scenario(5_000, asset=correlation_of(rho), process="gbm")).log_return
    assert np.corrcoef(moves[:, 0], moves[:, 1])[0, 1] == pytest.approx(rho, abs=0.05)


def test_two_assets_correlate_by_the_root_of_their_shares():
    """Of three assets, two close to each other and one apart."""
    moves = draw(scenario(20_000, asset=correlation_of((0.9, 0.9, 0.4)), process="gbm")).log_return
    found = np.corrcoef(moves.T)
    assert found[0, 1] == pytest.approx(0.9, abs=0.02)
    assert found[0, 2] == pytest.approx(0.6, abs=0.02) and found[1, 2] == pytest.approx(0.6, abs=0.02)


def test_one_share_serves_all_and_a_name_finds_its_own():
    alike = [draw(scenario(50, asset=correlation_of(c), process="gbm")).log_return for c in (0.5, (0.5,), (0.5, 0.5))]
    assert np.array_equal(alike[0], alike[1]) and np.array_equal(alike[0], alike[2])
    asset = AssetSection(correlation=(0.9, 0.8, 0.4))
    assert asset.values("correlation", ("XRPUSDT", "BTCUSDT")) == (0.4, 0.9)


@pytest.mark.parametrize("bad", [1.5, (0.5, -0.1), ()])
def test_a_share_outside_the_unit_interval_is_refused(bad):
    with pytest.raises(ValueError, match="correlation"):
        AssetSection(correlation=bad)


def test_garch_variance_is_the_declared_one_at_every_scale():
    for minutes in (1.0, 30.0):
        setting = scenario(60_000, minutes, ONE, process="garch", degrees_of_freedom=30.0, garch_beta=0.8)
        path = draw(setting)
        daily = path.log_return.var() * 1440 / minutes
        assert daily == pytest.approx(path.daily_volatility[0] ** 2, rel=0.06)


def test_garch_has_fat_tails_clusters_and_no_autocorrelation():
    moves = draw(scenario(20_000, asset=ONE, process="garch", garch_alpha=0.15, garch_beta=0.8)).log_return[:, 0]
    standard = (moves - moves.mean()) / moves.std()
    assert (standard**4).mean() > 6.0
    size = np.abs(standard)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1
    assert abs(np.corrcoef(np.sign(moves[1:]), np.sign(moves[:-1]))[0, 1]) < 0.03


def test_garch_without_feedback_is_independent_student_t():
    setting = scenario(20_000, asset=ONE, process="garch", garch_alpha=0.0, garch_beta=0.0)
    moves = draw(setting).log_return[:, 0]
    size = np.abs(moves)
    assert abs(np.corrcoef(size[1:], size[:-1])[0, 1]) < 0.03
    quantile = np.quantile(moves / (0.025 / 1440**0.5), [0.9, 0.99])
    assert quantile == pytest.approx([1.0841, 2.6495], rel=0.06)  # t with 4 degrees over sqrt(2)


def test_jump_diffusion_without_jumps_is_gbm():
    plain, without = (
        draw(scenario(200, process=name, jump_intensity=0.0)).log_return for name in ("gbm", "jump_diffusion")
    )
    assert np.allclose(plain, without, rtol=0, atol=1e-15)


def test_jumps_add_their_variance_and_leave_the_growth():
    path = draw(scenario(200_000, asset=ONE, process="jump_diffusion", jump_intensity=50.0))
    expected = 0.025**2 * (1 + 50 * (0.5**2 + 1.0**2))
    assert path.log_return.var() * 1440 == pytest.approx(expected, rel=0.05)
    growth = np.expm1(path.log_return).mean() * 1440
    assert abs(growth) < 4 * (expected * 1440 / 200_000) ** 0.5
    assert compensator(2.0, np.zeros(1), np.zeros(1)) == 0.0


def test_poisson_counts_have_their_mean_and_variance():
    uniform = Streams(3, 0).uniform("u", size=100_000)
    for mean in (1e-4, 0.7, 30.0):
        count = poisson(uniform, mean)
        assert count.mean() == pytest.approx(mean, abs=5 * (mean / 1e5) ** 0.5)
        assert count.var() == pytest.approx(mean, rel=0.03, abs=5 * (mean / 1e5) ** 0.5)


@given(st.integers(0, 10_000), st.integers(3, 60), st.floats(0.0, 3.0))
def test_a_bridged_bar_touches_high_low_and_close_and_stays_inside(seed, count, noise):
    generator = np.random.default_rng(seed)
    bars = random_bars(5, seed)
    relative = np.log(bars / np.r_[bars[0, 0], bars[:-1, 3]][:, None]).T
    path = bridged(relative, generator.random((5, 2)), generator.standard_normal((5, count)), noise)
    assert np.array_equal(path[:, -1], relative[3])
    assert np.allclose(path.max(axis=1), relative[1], atol=1e-12)
    assert np.allclose(path.min(axis=1), relative[2], atol=1e-12)


@given(st.integers(3, 60), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_extremes_lie_in_order_and_no_leg_is_a_gap(count, first, second):
    knots = extremes(np.array([[first, second]]), count)[0]
    assert (np.diff(knots) >= max(1, count // 6)).all() or count < 12
    assert (np.diff(knots) >= 1).all()
    assert (knots[0], knots[-1]) == (0, count)


@given(st.integers(1, 10_000))
def test_bridge_of_two_steps_ends_at_the_close(seed):
    generator = np.random.default_rng(seed)
    bar = np.array([[0.0], [0.02], [-0.03], [-0.01]])
    path = bridged(bar, generator.random((1, 2)), generator.standard_normal((1, 2)), 1.0)
    assert path[0].tolist() == pytest.approx([0.02, -0.01])


def test_replay_of_minutes_is_the_record(price_folder):
    files = record(price_folder, MINUTE)
    setting = scenario(process="replay", files=files, fundamental_share=(1.0,))
    series = read_prices(files[0])
    path = draw(setting)
    assert natural_steps(setting) == 1440
    assert path.initial_price[0] == pytest.approx(series.open[0], rel=1e-15)
    assert prices(path)[:, 0] == pytest.approx(series.close, rel=1e-12)


@pytest.mark.parametrize("minutes", [5.0, 60.0])
def test_longer_steps_see_the_same_closes(price_folder, minutes):
    files = record(price_folder, MINUTE)
    path = draw(scenario(None, minutes, process="replay", files=files, fundamental_share=(1.0,)))
    every = int(minutes)
    assert prices(path)[:, 0] == pytest.approx(read_prices(files[0]).close[every - 1 :: every], rel=1e-12)


def test_replay_of_hours_touches_every_bar(price_folder):
    files = record(price_folder, BTC, ETH)
    setting = scenario(process="replay", files=files, start="2020-03-12T06:00", fundamental_share=(1.0,))
    path = prices(draw(setting)).reshape(24, 60, 2)
    for k, file in enumerate(files):
        series = read_prices(file)
        first = np.flatnonzero(series.time == 1_583_992_800_000)[0]
        rows = slice(first, first + 24)
        sane = np.log(series.high[rows] / np.maximum(series.open, series.close)[rows]) < 1.0
        assert path[:, -1, k] == pytest.approx(series.close[rows], rel=1e-12)
        assert path[:, :, k].min(axis=1) == pytest.approx(series.low[rows], rel=1e-12)
        assert path[sane, :, k].max(axis=1) == pytest.approx(series.high[rows][sane], rel=1e-12)
        assert sane.sum() == 24 - k  # ETH's lone wick of 13 March, 02:00, is cut


def test_bridged_hours_have_the_variance_of_the_recorded_minutes(price_folder, tmp_path):
    series = read_prices(record(price_folder, MINUTE)[0])
    hours = [column.reshape(24, 60) for column in series[2:]]
    bars = np.stack([hours[0][:, 0], hours[1].max(axis=1), hours[2].min(axis=1), hours[3][:, -1]], axis=1)
    setting = scenario(process="replay", files=(write_bars(tmp_path / "h.csv", bars),), fundamental_share=(1.0,))
    bridged_variance = np.mean([(draw(setting, replication=r).log_return ** 2).sum() for r in range(30)])
    assert bridged_variance == pytest.approx((np.diff(np.log(series.close)) ** 2).sum(), rel=0.15)


def test_a_share_scales_the_log_move(tmp_path):
    file = write_bars(tmp_path / "BTC.csv", random_bars(30), minutes=1.0)
    full, part = (
        draw(scenario(process="replay", files=(file,), fundamental_share=(share,))).log_return for share in (1.0, 0.5)
    )
    assert np.allclose(part, 0.5 * full, rtol=1e-12)


def test_files_are_cut_to_the_span_they_share(tmp_path):
    first = write_bars(tmp_path / "BTC.csv", random_bars(30))
    second = write_bars(tmp_path / "ETH.csv", random_bars(30, 1), first=10 * 60)
    bars = read_bars((first, second), 1.0)
    assert (len(bars.time), bars.time[0]) == (20, START + 10 * HOUR)
    closes = bars.before * np.exp(np.cumsum(bars.relative[3], axis=0))
    assert closes[:, 0] == pytest.approx(read_prices(first).close[10:], rel=1e-12)
    assert closes[:, 1] == pytest.approx(read_prices(second).close[:20], rel=1e-12)


def test_a_later_start_opens_at_that_bar(tmp_path):
    file = write_bars(tmp_path / "BTC.csv", random_bars(30))
    series = read_prices(file)
    late = read_bars((file,), 1.0, START + 12 * HOUR)
    assert late.before[0] == pytest.approx(series.open[12], rel=1e-12)
    assert late.relative[0, 0, 0] == 0.0
    assert late.before * np.exp(late.relative[3].sum(axis=0)) == pytest.approx(series.close[-1], rel=1e-12)


def test_misfitting_files_are_refused_with_every_reason(tmp_path):
    hours = write_bars(tmp_path / "a.csv", random_bars(30))
    minutes = write_bars(tmp_path / "b.csv", random_bars(30), minutes=1.0)
    years_later = write_bars(tmp_path / "c.csv", random_bars(30), first=1e5 * 60)
    shifted = write_bars(tmp_path / "d.csv", random_bars(30), first=7)
    for other, reason in ((minutes, "bars of 1 min"), (shifted, "same grid"), (years_later, "common")):
        with pytest.raises(PriceFileError, match=reason):
            read_bars((hours, other), 1.0)
    with pytest.raises(PriceFileError) as caught:
        read_bars((str(tmp_path / "x.csv"), hours, str(tmp_path / "y.csv")), 1.0)
    assert len(caught.value.problems) == 2


def test_runs_the_record_cannot_feed_are_refused(tmp_path):
    file = write_bars(tmp_path / "BTC.csv", random_bars(30))
    with pytest.raises(ValueError, match="steps: 1801: at most 1800"):
        draw(scenario(1801, process="replay", files=(file,)))
    with pytest.raises(ValueError, match=r"minutes: 7: a divisor or a multiple of the bars' 60 min"):
        draw(scenario(10, 7.0, process="replay", files=(file,)))
    with pytest.raises(ValueError, match=r"price.start: .*at most"):
        draw(scenario(10, process="replay", files=(file,), start="2030-01-01"))


def test_a_changed_file_is_read_anew(tmp_path):
    file = write_bars(tmp_path / "BTC.csv", random_bars(30))
    before = read_bars((file,), 1.0)
    write_bars(tmp_path / "BTC.csv", random_bars(40))
    assert len(read_bars((file,), 1.0).time) == len(before.time) + 10


@given(st.integers(0, 1000), st.integers(1, 40))
def test_blocks_run_on_and_wrap(seed, record_length):
    uniform = np.random.default_rng(seed).random((2, 300))
    rows = blocks(*uniform, 5.0, record_length)
    assert rows.min() >= 0
    assert rows.max() < record_length
    begins = uniform[0] < 1 / 5.0
    follows = (rows[1:] == (rows[:-1] + 1) % record_length)[~begins[1:]]
    assert follows.all()
    assert np.array_equal(blocks(*uniform[:, :100], 5.0, record_length), rows[:100])


def test_blocks_have_their_mean_length():
    uniform = Streams(1, 0).uniform("b", size=(2, 100_000))
    rows = blocks(uniform[0], uniform[1], 24.0, 10**9)
    assert 100_000 / (np.diff(rows) != 1).sum() == pytest.approx(24.0, rel=0.05)


def test_bootstrap_keeps_mean_volatility_and_correlation(price_folder):
    files = record(price_folder, BTC, ETH)
    setting = scenario(30_000, 60.0, process="bootstrap", files=files)
    path = draw(setting)
    moves = read_bars(files, 1.0).relative[3]
    assert path.log_return.std(axis=0) == pytest.approx(moves.std(axis=0), rel=0.15)
    assert path.daily_volatility == pytest.approx(moves.std(axis=0) * 24**0.5, rel=1e-12)
    known = np.corrcoef(moves.T)[0, 1]
    assert known == pytest.approx(0.85, abs=0.03)
    assert np.corrcoef(path.log_return.T)[0, 1] == pytest.approx(known, abs=0.03)
    error = moves.std(axis=0) * (24 / 30_000) ** 0.5
    assert (np.abs(path.log_return.mean(axis=0) - moves.mean(axis=0)) < 4 * error).all()
    size = np.abs(path.log_return[:, 0])
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.2


@pytest.mark.parametrize("name", list(EPISODES))
def test_without_dispersion_an_episode_passes_through_its_anchors(name):
    certain = {"fundamental_share": (1.0,), "severity_dispersion": 0.0}
    path = draw(scenario(process="episode", episode=name, **certain))
    episode = EPISODES[name]
    assert path.log_return.shape == (episode.minutes, len(episode.assets))
    known = np.vstack([path.initial_price, prices(path)])
    for k, anchors in enumerate(episode.anchors):
        for minute, price in anchors:
            assert known[int(minute), k] == pytest.approx(price, rel=1e-10)


def test_severity_scales_the_whole_fall_and_varies_as_declared():
    low = [prices(draw(scenario(process="episode", bridge_volatility=0.0), replication=r))[439] for r in range(400)]
    recorded = np.log([102_000 / 122_550, 3_400 / 4_392, 1.179 / 2.836])
    start = np.array([122_550, 4_392, 2.836])
    severity = np.log(np.log(low / start) / (np.array([0.8, 0.8, 0.45]) * recorded))
    assert severity.std(axis=0) == pytest.approx(0.3, rel=0.15)
    assert np.median(severity, axis=0) == pytest.approx(0.0, abs=0.05)
    assert np.corrcoef(severity.T)[np.triu_indices(3, 1)] == pytest.approx(0.8, abs=0.08)


def test_stress_thins_depth_by_four_fifths_in_twenty_minutes_and_heals_by_halves():
    stress = draw(scenario(process="episode")).stress
    assert stress.depth[:410].tolist() == [1.0] * 410
    assert stress.depth[429] == pytest.approx(0.2)
    assert stress.depth[464] == pytest.approx(0.2)
    assert stress.depth[524] == pytest.approx(0.6)
    assert (stress.spread.max(), stress.keeper.min(), stress.gas.max()) == pytest.approx((6.0, 0.5, 20.0))


def test_an_episode_on_a_coarser_grid_keeps_its_low_and_its_end():
    certain = {"fundamental_share": (1.0,), "severity_dispersion": 0.0, "bridge_volatility": 0.0}
    path = prices(draw(scenario(None, 5.0, process="episode", **certain)))
    assert len(path) == 144
    assert path[87].tolist() == pytest.approx([102_000, 3_400, 1.179])
    assert path[-1].tolist() == pytest.approx([113_500, 3_830, 2.4])


def test_lengths_and_names_follow_the_process(tmp_path):
    file = write_bars(tmp_path / "XRPUSDT.csv", random_bars(10))
    replay = scenario(process="replay", files=(file,))
    assert (natural_steps(replay), asset_names(replay)) == (600, ("XRPUSDT",))
    assert natural_steps(scenario(process="bootstrap", files=(file,))) == 1440
    assert natural_steps(scenario(process="episode", minutes=5.0)) == 144
    assert horizon(scenario(7)) == 7
    assert asset_names(scenario(process="episode", episode="2022-11-08")) == ("BTC", "SOL")
    assert AssetSection().values("depth_per_oi", ("XRPUSDT", "SOL", "A", "B")) == (2.4, 5.0, 2.4, 2.4)
    assert draw(replay).daily_volatility.tolist() == [0.05]


def test_every_registered_process_can_be_loaded():
    assert all(callable(process_named(name).draw) for name in PROCESSES)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"process": "gmb"}, "did you mean 'gbm'"),
        ({"episode": "2025-10-11"}, "did you mean '2025-10-10'"),
        ({"process": "replay"}, "needs at least one price file"),
        ({"start": "yesterday"}, "no ISO date"),
        ({"garch_alpha": 0.3, "garch_beta": 0.8}, "garch_alpha"),
        ({"fundamental_share": (0.0,)}, "fundamental_share"),
    ],
)
def test_wrong_prices_are_refused(wrong, line):
    with pytest.raises(ValueError, match=line):
        PriceSection(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"daily_volatility": (0.0,)},
        {"initial_price": (1.0, -1.0)},
        {"name": ("A", "A")},
        {"maximal_leverage": (1.0,)},
    ],
)
def test_wrong_assets_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AssetSection(**wrong)
