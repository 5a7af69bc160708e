"""What sharing one pool is worth: closed forms, through the structures' own funds, pools and waterfall.

Each pool of a clustered structure is one draw of a pool of n members; the same losses go to isolated funds. Bounds are
4.5 standard errors.
"""

import numpy as np
import pytest
from scipy.special import ndtri

from model.price.streams import Streams
from tests.support.bench import Bench

ERRORS, LEVEL = 4.5, 0.01


def pools(pots, members, capital):
    """Return pools of so many members, with `capital` per member."""
    cluster = tuple(int(j) for j in np.repeat(np.arange(pots), members))
    return Bench("clustered", np.full(pots * members, capital), cluster=cluster)


def near(sample, expected):
    """Tell whether the mean of independent draws is within the bound of what is expected."""
    return abs(sample.mean() - expected) < ERRORS * sample.std() / np.sqrt(len(sample))


def test_exponential_losses(published):
    """Shortfalls and probabilities of failure, isolated and pooled."""
    [case] = published["pooling"]["exp_capital_2"]
    members, pots = case["n"], 6000
    losses = -np.log(Streams(5, 0).uniform("loss", size=pots * members))
    isolated, pooled = Bench("isolated", np.full(len(losses), 2.0)), pools(pots, members, 2.0)
    for bench in (isolated, pooled):
        bench.lose(losses)
    alone = isolated.protocol.uncovered.reshape(pots, members)
    together = pooled.protocol.uncovered.reshape(pots, members).sum(axis=1)
    assert near(alone.sum(axis=1), case["isolated_expected_shortfall"])
    assert near(together, case["pooled_expected_shortfall"])
    assert near((alone > 0).any(axis=1), case["p_any_isolated_fails"])
    assert near((alone > 0).all(axis=1), case["p_all_isolated_fail"])
    assert near(together > 1e-9, case["p_pool_fails"])


def failures(losses, capital):
    """Return which pools fail, (pots,) bool; gains come in as fees before losses are claimed."""
    bench = pools(*losses.shape, capital)
    flat = losses.ravel()
    bench.earn(np.maximum(-flat, 0.0))
    bench.lose(np.maximum(flat, 0.0))
    return bench.fails.reshape(losses.shape).any(axis=1)


@pytest.mark.parametrize("case", [0, 1])
def test_equicorrelated_normal_losses(published, case):
    """The published capital of a pool, per member, makes it fail as often as an isolated fund."""
    given = published["pooling"]["equicorrelated_normal_capital_ratio"][case]
    members, pots, streams = given["n"], 4000, Streams(6, 0)
    common = np.sqrt(given["rho"]) * streams.normal("common", size=pots)[:, None]
    losses = common + np.sqrt(1.0 - given["rho"]) * streams.normal("own", size=(pots, members))
    assert near(failures(losses, given["pooled_over_isolated"] * ndtri(1.0 - LEVEL)), LEVEL)


def stable(index, uniform):
    """Return stable losses and their quantile at 1 − LEVEL: normal, Cauchy, or Lévy for index 2, 1, 0.5."""
    if index == "2":
        return ndtri(uniform), ndtri(1.0 - LEVEL)
    if index == "1":
        return np.tan(np.pi * (uniform - 0.5)), np.tan(np.pi * (0.5 - LEVEL))
    return ndtri(0.5 * uniform) ** -2.0, ndtri(0.5 * (1.0 + LEVEL)) ** -2.0


@pytest.mark.parametrize("index", ["2", "1", "0.5"])
def test_the_diversification_trap(published, index):
    """Ibragimov: sharing saves capital above index 1, nothing at 1, and costs capital below."""
    given = published["pooling"]["diversification_trap"]
    ratio, members, pots = given["alpha_to_ratio"][index], given["n"], 4000
    losses, quantile = stable(index, Streams(8, 0).uniform("loss", size=(pots, members)))
    alone = Bench("isolated", np.full(losses.size, quantile))
    alone.lose(np.maximum(losses.ravel(), 0.0))
    assert near(alone.fails, LEVEL)
    assert near(failures(losses, ratio * quantile), LEVEL)
    shared = failures(losses, quantile).mean()
    spread = np.sqrt(LEVEL / pots)
    assert {"2": shared < LEVEL, "1": abs(shared - LEVEL) < ERRORS * spread, "0.5": shared > LEVEL + ERRORS * spread}[
        index
    ]


def test_a_member_is_uncovered_by_others_where_its_own_contribution_would_have_paid():
    """Of a pool of 20 a member took 18. Another loses 5 and gets 2: its 10 would have paid, so 3 are by others' losses.

    A third, in a pool of its own, loses 12 against 10 paid in and 1 earned: that is its own doing.
    """
    bench = Bench("clustered", [10.0, 10.0, 10.0], cluster=(0, 0, 1))
    bench.protocol.capital[:] = 10.0
    bench.earn(np.array([0.0, 0.0, 1.0]))
    bench.lose(np.array([18.0, 0.0, 0.0]), 0)
    bench.lose(np.array([0.0, 5.0, 12.0]), 1)
    assert bench.protocol.uncovered.tolist() == [0.0, 3.0, 1.0]
    assert bench.protocol.by_others.tolist() == [0.0, 3.0, 0.0]
    alone = Bench("isolated", [10.0, 10.0])
    alone.protocol.capital[:] = 10.0
    alone.lose(np.array([18.0, 5.0]), 0)
    assert alone.protocol.by_others.tolist() == [0.0, 0.0]
