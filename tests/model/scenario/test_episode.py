"""The named episodes carry the recorded extremes and load without any numerical library."""

import subprocess
import sys

import pytest

from model.scenario.episode import EPISODES

EXTREMES = [
    ("2020-03-12", "BTC", 3_621.81),
    ("2020-03-12", "ETH", 86.0),
    ("2021-05-19", "BTC", 28_688),
    ("2022-11-08", "BTC", 15_462.6),
    ("2022-11-08", "SOL", 9.42),
    ("2025-10-10", "BTC", 102_000),
    ("2025-10-10", "ETH", 3_400),
    ("2025-10-10", "XRP", 1.179),
]


@pytest.mark.parametrize(("name", "asset", "low"), EXTREMES)
def test_lows_are_the_recorded_ones(name, asset, low):
    episode = EPISODES[name]
    anchors = episode.anchors[episode.assets.index(asset)]
    assert min(price for _, price in anchors) == low


@pytest.mark.parametrize("episode", EPISODES.values(), ids=list(EPISODES))
def test_anchors_span_the_window_in_order(episode):
    assert len(episode.anchors) == len(episode.assets)
    assert 0 < episode.minutes <= 1_440
    assert 0 <= episode.onset <= episode.crash[0] + episode.ramp
    assert episode.crash[0] < episode.crash[1] <= episode.minutes
    for anchors in episode.anchors:
        minutes = [minute for minute, _ in anchors]
        assert minutes == sorted(set(minutes))
        assert (minutes[0], minutes[-1]) == (0, episode.minutes)
        lowest = min(anchors, key=lambda anchor: anchor[1])
        assert episode.crash[0] <= lowest[0] <= episode.crash[1]


def test_a_default_run_is_the_tenth_of_october():
    day = EPISODES["2025-10-10"]
    assert (day.assets, day.minutes) == (("BTC", "ETH", "XRP"), 720)
    assert (day.depth_trough, day.spread_multiplier, day.keeper_capacity, day.gas_multiplier) == (
        0.2,
        6,
        0.5,
        20,
    )


def test_names_of_episodes_and_processes_need_nothing_heavy():
    code = "import sys, model.scenario.episode, model.price.process; print([m for m in sys.modules if '.' not in m])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {name for name in ("numpy", "numba", "scipy", "pyarrow", "pandas", "mesa") if f"'{name}'" in loaded}
