"""What pooling does, in the setting where theory is exact: one shock, no feedback, no exposures.

With funds F, treasuries T and deficits D, pooled protocols default together once (ΣD − ΣF) / M > T, so in counts of
default the pool wins while ΣD / ΣF is below about 1 + T / F and isolation wins above.
"""

import numpy as np
import pytest

from agents.core.ledger import DEFICIT, FUND, OUTSIDE, POOL, TREASURY
from experiments.statistics.statistic import correlation, variance_reduction
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from tests.support.world import run, small

MEMBERS = 8


def shocked(structure: str, deficits: np.ndarray) -> Ecosystem:
    """Return an ecosystem of equal protocols after the given deficits went down the waterfall."""
    ecosystem = Ecosystem(
        small(
            protocol__number=MEMBERS,
            protocol__open_interest=(6e7,),
            protocol__skin_in_the_game=0.0,
            trader__number=0,
            backstop__structure=structure,
            backstop__regime="bad_debt",
            exposure__graph="none",
        )
    )
    ecosystem.ledger.balance[DEFICIT] -= deficits
    ecosystem.ledger.balance[OUTSIDE, 0] += deficits.sum()
    ecosystem.absorb_deficits()
    ecosystem.clear_exposures()
    return ecosystem


def mean_defaults(ratio: float, draws: int = 60) -> tuple[float, float]:
    """Return mean defaults isolated and pooled where total deficit is `ratio` times total fund capital."""
    rng = np.random.default_rng(3)
    capital = 0.015 * 6e7 * MEMBERS
    counts = []
    for _ in range(draws):
        weights = np.exp(rng.normal(size=MEMBERS))
        deficits = ratio * capital * weights / weights.sum()
        counts.append([shocked(name, deficits).protocol.status.sum() for name in ("isolated", "pooled")])
    isolated, pooled = np.mean(counts, axis=0)
    return float(isolated), float(pooled)


def test_the_pool_wins_below_one_plus_treasury_over_fund_and_loses_above():
    """Here T / F = 1/3: at 0.8 times 4/3 pooling has fewer defaults, at 1.6 times 4/3 it has more, by far."""
    crossover = 1.0 + 0.005 / 0.015
    isolated, pooled = mean_defaults(0.8 * crossover)
    assert pooled < isolated - 0.5
    isolated, pooled = mean_defaults(1.6 * crossover)
    assert pooled > isolated + 0.5


def test_a_pool_fails_as_a_whole():
    """Beyond the crossover every pooled member that lost defaults; isolated, those with small losses stand."""
    deficits = np.array([10.0, 10.0, 10.0, 10.0, 0.1, 0.1, 0.1, 0.1]) * 0.015 * 6e7
    isolated, pooled = (shocked(name, deficits) for name in ("isolated", "pooled"))
    assert isolated.protocol.status.tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert pooled.ledger.balance[POOL, 0] == pytest.approx(0.0, abs=1e-6)
    assert (isolated.ledger.balance[FUND, 4:] > 0).all()
    assert (pooled.ledger.balance[TREASURY] <= isolated.ledger.balance[TREASURY] + 1e-6).all()


@pytest.fixture(scope="module")
def uncovered():
    """Return uncovered loss per arrangement, ten paired replications of 10 October 2025."""
    base = Scenario().replace({"price.process": "episode", "protocol.listings": [1]})
    pilot = np.mean([run(base, 1000 + replication).protocol.deficit for replication in range(5)], axis=0)
    arrangements = {
        "isolated": {},
        "by_loss": {"backstop.allotment": "expected_loss", "backstop.expected_loss": tuple(pilot.tolist())},
        "reinsured": {"backstop.structure": "reinsured"},
        "pooled": {"backstop.structure": "pooled"},
    }
    return {
        name: [run(base.replace(changes), replication).summary()["uncovered"] for replication in range(10)]
        for name, changes in arrangements.items()
    }


@pytest.mark.compiled
def test_right_sizing_does_most_of_what_pooling_does(uncovered):
    """Expectation 8: funds by expected loss leave far less uncovered than by open interest, the pool a little less."""
    mean = {name: np.mean(losses) for name, losses in uncovered.items()}
    assert mean["by_loss"] < 0.5 * mean["isolated"]
    assert mean["pooled"] <= mean["by_loss"] * 1.01 + 1.0
    assert mean["pooled"] <= mean["reinsured"] <= mean["isolated"]


@pytest.mark.compiled
def test_pairing_pays(uncovered):
    """Expectation 12: on common random numbers arrangements correlate by 0.7 or more and pairing saves replications."""
    pair = uncovered["isolated"], uncovered["reinsured"]
    assert correlation(*pair) > 0.7
    assert variance_reduction(*pair) > 1.5
