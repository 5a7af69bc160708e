"""Multilevel splitting is unbiased: against the exact crossing probabilities of a random walk, at 1e-2 and 1e-4."""

import numpy as np
import pytest
from scipy.stats import binom

from experiments.study.rare.splitting import Numbers, beginnings, branched, chosen_levels, split
from model.price.streams import Streams

STEPS, ERRORS = 50, 4.5


def walks(goal):
    """Return the running maximum of ±1 walks, inf where it has reached `goal`."""

    def simulate(paths):
        draws = np.empty((len(paths), STEPS))
        for row, path in zip(draws, paths, strict=True):
            for splice in path:
                row[splice.step :] = Streams(5, splice.replication).uniform("walk", size=STEPS)[splice.step :]
        top = np.maximum.accumulate(np.where(draws > 0.5, 1, -1).cumsum(axis=1), axis=1)
        return np.where(top >= goal, np.inf, top.astype(float))

    return simulate


def crossing(level):
    """Return P(max S >= level) of a walk of STEPS steps of ±1, by reflection."""
    return binom.sf((STEPS + level + 1) // 2 - 1, STEPS, 0.5) + binom.sf((STEPS + level) // 2, STEPS, 0.5)


@pytest.mark.parametrize("level, gain", [(18, 0.5), (27, 3.0)])
def test_splitting_is_unbiased_at_one_in_a_hundred_and_one_in_ten_thousand(level, gain):
    numbers = Numbers(1)
    levels, _ = chosen_levels(walks(level), 100, 0.2, numbers)
    found = split(walks(level), levels, 100, 12, numbers)
    assert abs(found.value - crossing(level)) < ERRORS * found.error
    assert found.paths <= 12 * 100 * len(levels)
    assert found.gain() > gain


def test_splitting_at_no_level_but_the_event_is_plain_monte_carlo():
    found = split(walks(9), [np.inf], 400, 5, Numbers(1))
    assert abs(found.value - crossing(9)) < ERRORS * np.sqrt(crossing(9) / 2000)
    assert found.paths == 2000


def test_branches_share_the_past_and_nothing_else():
    numbers = Numbers(1)
    paths = beginnings(numbers, 50)
    before = walks(99)(paths)
    after = branched(paths, before, 5.0, numbers)
    used = [sum(child[: len(parent)] == parent for child in after) for parent in paths]
    assert {count for count, reached in zip(used, before[:, -1] >= 5.0, strict=True) if not reached} <= {0}
    assert len({child[-1].replication for child in after if len(child) == 2}) == sum(len(c) == 2 for c in after)
    for child, importance in zip(after, walks(99)(after), strict=True):
        parent, step = paths.index(child[:1]), child[-1].step
        assert (importance[:step] == before[parent, :step]).all()
