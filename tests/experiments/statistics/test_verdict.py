"""A verdict weighs sharpness: a hit is near and narrow, what would agree with anything is too vague to tell."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.statistics.verdict import HIT, MISS, RATIO, VAGUE, Tolerance, Value, contradicts, error, verdict
from experiments.study.calibration.moment import tolerances
from experiments.validation.episode.record import compared
from experiments.validation.prediction import ANY, FALL, POSITIVE, SHARE, one_more
from experiments.validation.stylised import told

HALF = Tolerance(0.5, False, "made up")
finite = st.floats(-1e6, 1e6)


def test_median_leverage_of_one_point_nine_is_no_hit_of_a_recorded_half():
    """0.43 a wallet was recorded; [0.2, 3.6] around 1.88 holds it, and would hold eight times as much."""
    assert verdict(Value.exact(0.43), Value(1.88, 0.2, 3.6), RATIO) == VAGUE
    assert verdict(Value.exact(0.43), Value(1.88, 0.5, 3.6), RATIO) == MISS
    assert verdict(Value.exact(0.43), Value(0.45, 0.35, 0.6), RATIO) == HIT


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ((2.1, 1.9, 2.3), HIT),
        ((2.1, 1.1, 3.1), VAGUE),  # holds the recorded value, twice as wide as allowed
        ((3.1, 3.0, 3.2), MISS),
        ((9.0, 2.5, 15.0), MISS),  # vague, and contradicted all the same
        ((math.nan, math.nan, math.nan), MISS),
    ],
)
def test_the_verdict_beside_a_record_without_error(ours, said):
    assert verdict(Value.exact(2.0), Value(*ours), HALF) == said


def test_the_records_own_error_excuses_a_difference_and_counts_against_a_hit():
    """Half-widths 0.3 and 0.4 make 0.5 together: a gap of 0.45 is no contradiction, and just sharp enough."""
    recorded, ours = Value(2.0, 1.7, 2.3), Value(2.45, 2.05, 2.85)
    assert verdict(Value.exact(2.0), ours, HALF) == MISS
    assert error(HALF, recorded, ours) == pytest.approx(0.5)
    assert verdict(recorded, ours, HALF._replace(width=0.51)) == HIT
    assert verdict(recorded, ours, HALF._replace(width=0.49)) == VAGUE


def test_a_record_that_is_vague_itself_is_never_hit():
    """Kurtosis of BTC's hours, 59.7 [16.5, 215], whatever ours is."""
    assert verdict(Value(59.7, 16.5, 215.0), Value.exact(59.7), RATIO) == VAGUE


@given(finite, st.floats(0.0, 1e3), st.floats(0.0, 1e3), finite)
def test_beside_an_exact_record_contradiction_is_being_outside_the_interval(value, below, above, record):
    ours = Value(value, value - below, value + above)
    if min(abs(record - ours.low), abs(record - ours.high)) > 1e-6:
        assert contradicts(Value.exact(record), ours) == (not ours.low <= record <= ours.high)


def test_a_hit_of_a_ratio_is_within_a_factor_of_two_wherever_it_lies():
    half = math.exp(RATIO.width)
    assert half**2 == pytest.approx(2.0)
    assert error(RATIO, Value(1.0, 1 / half, half)) == pytest.approx(RATIO.width)
    assert error(RATIO, Value(-1.0, -half, -1 / half)) == pytest.approx(RATIO.width)
    assert error(RATIO, Value(0.1, -0.1, 0.3)) == math.inf


def test_every_tolerance_says_why():
    assert all(one.width > 0.0 and len(one.reason) > 20 for one in tolerances(["A", "B"], volume=True))


def test_a_row_of_a_stylised_fact_tells_error_and_tolerance():
    row = told("BTC: Hill index of falls, 2.5 %", HALF, Value(2.36, 2.22, 2.58), 50)
    assert (row["error"], row["verdict"]) == ("0.36 of 0.5", HIT)
    row = told("BTC: kurtosis", RATIO, Value(38.9, 21.0, 54.7), 50)
    assert (row["error"], row["verdict"]) == ("1.4 of 0.35 in logs", VAGUE)


def test_what_no_run_shows_is_missed_and_what_one_run_shows_is_too_vague():
    assert compared(1.0, np.array([np.nan, np.nan]))["verdict"] == MISS
    assert compared(1.0, np.array([np.nan, 1.0]))["verdict"] == VAGUE


values = st.lists(st.floats(0.0, 1.0), min_size=2, max_size=30).map(np.array)


@given(values, st.sampled_from([SHARE, FALL, POSITIVE]))
def test_the_interval_for_one_more_stays_in_the_range(shares, bounds):
    least = bounds[0]
    found = one_more(shares + least, bounds)
    assert bounds[0] <= found.low <= found.high <= bounds[1]


@pytest.mark.parametrize(
    ("draw", "bounds"),
    [
        (lambda rng, n: rng.normal(3.0, 1.0, n), ANY),
        (lambda rng, n: rng.lognormal(0.0, 1.0, n), POSITIVE),
        (lambda rng, n: rng.beta(8.0, 2.0, n), SHARE),
        (lambda rng, n: -rng.beta(3.0, 6.0, n), FALL),
    ],
)
@pytest.mark.parametrize("number", [5, 50])
def test_the_interval_for_one_more_holds_it_as_often_as_it_says(draw, bounds, number):
    rng = np.random.default_rng(3)
    held = []
    for _ in range(3_000):
        *known, one = draw(rng, number + 1)
        found = one_more(np.array(known), bounds)
        held.append(found.low <= one <= found.high)
    assert 0.93 <= np.mean(held) <= 0.975
