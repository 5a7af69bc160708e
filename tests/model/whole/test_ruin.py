"""An isolated fund fed by fees and hit by claims is ruined as often as Cramér and Lundberg say.

The funds are the model's own: fees reach them through phase 8, claims through the waterfall, and ruin is the first
uncovered loss. Each member of one isolated structure is a path. Every estimate must be within 4.5 standard errors:
with four of them a true model fails once in some 40,000 seeds.
"""

import numpy as np
import pytest

from agents.core.ledger import FUND
from model.price.streams import Streams
from tests.support.bench import Bench

PATHS, CLAIMS, ERRORS = 3000, 400, 4.5


def ruin_times(case, capital, claims):
    """Return the time of ruin of every path, infinite where there is none within so many claims."""
    bench, ruined = Bench("isolated", capital), np.full(len(capital), np.inf)
    streams, clock = Streams(11, 0), np.zeros(len(capital))
    for claim in range(claims):
        waited = -np.log(streams.uniform("wait", claim, size=len(capital))) / case["lambda"]
        size = -np.log(streams.uniform("size", claim, size=len(capital))) * case["mu"]
        alive = ~bench.fails
        clock += waited
        bench.earn(case["premium"] * waited * alive)
        bench.lose(size * alive, claim)
        ruined[alive & bench.fails] = clock[alive & bench.fails]
    assert abs(bench.ledger.balance.sum()) < 1e-9 * np.abs(bench.ledger.balance).sum()
    assert (bench.ledger.balance[FUND][~bench.fails] >= 0.0).all()
    return ruined


def standard_errors(hits, probability):
    """Return how many standard errors the share of hits is from the probability."""
    return abs(hits.mean() - probability) / np.sqrt(probability * (1.0 - probability) / len(hits))


@pytest.mark.compiled
def test_ruin_in_infinite_time(published):
    """After 400 claims a fund that lives has drifted away: what is missed is of the order of 1e-5."""
    [case] = [case for case in published["ruin"]["cases"] if "psi" in case]
    starts = [float(start) for start in case["psi"]]
    ruined = np.isfinite(ruin_times(case, np.repeat(starts, PATHS), CLAIMS)).reshape(len(starts), -1)
    for hits, probability in zip(ruined, case["psi"].values(), strict=True):
        assert standard_errors(hits, probability) < ERRORS


@pytest.mark.compiled
def test_ruin_before_a_horizon(published):
    """Within time 10 some ten claims arrive; 60 are never reached."""
    [case] = [case for case in published["ruin"]["cases"] if "finite_horizon" in case]
    times = ruin_times(case, np.full(3 * PATHS, float(case["u"])), 60)
    for horizon, probability in case["finite_horizon"].items():
        assert standard_errors(times <= float(horizon), probability) < ERRORS


def test_a_fund_without_claims_only_grows():
    """The other limit: nothing is lost, all fees are kept."""
    bench = Bench("isolated", np.array([0.0, 5.0]))
    bench.earn(np.array([1.0, 2.0]))
    assert bench.ledger.balance[FUND].tolist() == [1.0, 7.0]
    assert not bench.fails.any()
