"""Streams are addressed by seed, replication, name and index, and by nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from agents.core.random import to_unit
from model.price.streams import Streams, columns

DRAWN = ["0x1.7b7295b214425p-1", "0x1.6ec04ebf6cfbfp-1", "0x1.d0adb102edee1p-1"]
SEEDS = st.integers(0, 2**64)


@given(SEEDS, st.integers(0, 10**7), st.integers(1, 50), st.integers(0, 50))
def test_first_draws_stay_when_more_are_drawn(seed, replication, few, more):
    streams = Streams(seed, replication)
    for draw in (streams.uniform, streams.normal):
        assert np.array_equal(draw("a", size=few), draw("a", size=few + more)[:few])


@given(SEEDS)
def test_seed_replication_name_and_index_each_make_another_stream(seed):
    base = Streams(seed, 3).uniform("a", 1, size=4)
    others = [
        Streams(seed + 1, 3).uniform("a", 1, size=4),
        Streams(seed, 4).uniform("a", 1, size=4),
        Streams(seed, 3).uniform("b", 1, size=4),
        Streams(seed, 3).uniform("a", 2, size=4),
        Streams(seed, 3).uniform("a", size=4),
    ]
    assert all(not np.isin(other, base).any() for other in others)


def test_streams_are_the_same_on_every_machine():
    assert Streams(1, 0).key("price") == 1633609661526890236
    assert Streams(1, 0).generator("price").integers(0, 2**32, 3).tolist() == [
        3197000985,
        349753628,
        4203881544,
    ]


def test_draws_are_the_same_on_every_machine():
    assert [number.hex() for number in Streams(1, 0).uniform("price", size=3)] == DRAWN
    assert (
        Streams(1, 0).uniform("price", 2, size=(2, 3)).tolist()
        == np.reshape(Streams(1, 0).uniform("price", 2, size=6), (2, 3)).tolist()
    )


def test_a_uniform_is_never_0_or_1():
    """With 53 bits and a half the largest would be rounded to 1, of which the logarithm of the rest is none."""
    least, most = to_unit(np.uint64(0)), to_unit(np.uint64(2**64 - 1))
    assert 0.0 < least < 2.0**-52 and 1.0 - 2.0**-52 < most < 1.0


def test_streams_of_one_name_do_not_resemble_each_other():
    """Neighbouring indices, replications and seeds: 400 streams of 500 numbers, correlations as of independent ones."""
    drawn = np.stack([Streams(s, r).normal("a", i, size=500) for s in (1, 2) for r in range(20) for i in range(10)])
    apart = np.corrcoef(drawn)[np.triu_indices(len(drawn), 1)] * np.sqrt(500)
    assert stats.kstest(apart, stats.norm().cdf).statistic < 0.01
    assert abs(apart).max() < 5.5
    lagged = [np.corrcoef(one[:-lag], one[lag:])[0, 1] for one in drawn for lag in (1, 2, 3)]
    assert abs(np.mean(lagged)) < 4.0 / np.sqrt(500 * len(lagged))


def test_keys_have_64_bits_and_differ():
    keys = {Streams(1, replication).key("trader", slot) for replication in range(20) for slot in range(20)}
    assert len(keys) == 400
    assert 2**60 < max(keys) < 2**64


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        (Streams(5, 0).uniform, stats.uniform()),
        (Streams(5, 0).normal, stats.norm()),
        (lambda name, size: Streams(5, 0).chi_square(name, freedom=4.0, size=size), stats.chi2(4.0)),
    ],
)
def test_variates_have_their_law(draw, law):
    assert stats.kstest(draw("law", size=20_000), law.cdf).pvalue > 0.01


def test_another_column_changes_no_other_column():
    streams = Streams(2, 9)
    wide = columns(streams.normal, "shock", 7, 30)
    assert np.array_equal(columns(streams.normal, "shock", 3, 20), wide[:20, :3])
    assert abs(np.corrcoef(columns(streams.normal, "shock", 2, 10_000).T)[0, 1]) < 0.03
