"""Streams are addressed by seed, replication, name and index, and by nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from model.price.streams import Streams, columns

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


def test_draws_kept_for_the_next_regime_are_those_drawn_anew_and_cannot_be_changed():
    kept = [Streams(7, 0).uniform("kept", size=5) for _ in range(2)]
    again = Streams(7, 0).generator("kept").random(5)
    assert np.allclose(kept[0], again, rtol=0.0, atol=2.0**-52) and np.array_equal(*kept)
    with pytest.raises(ValueError, match="read-only"):
        kept[0][0] = 0.5


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
