"""Multilevel splitting is unbiased: against the exact crossing probabilities of a random walk, at 1e-2 and 1e-4."""

import numpy as np
import pytest
from scipy.stats import binom

from experiments.study.rare.splitting.fixed_effort import Crowd, Numbers, Reached, chosen_levels, split
from model.price.streams import Streams

STEPS, ERRORS = 50, 4.5


class Walk:
    """A ±1 walk that is to reach `goal`; its state is step, place and the replications its draws came from."""

    length = STEPS

    def __init__(self, goal):
        self.goal = goal

    def begin(self, replication):
        return Reached((0, 0, ()), -np.inf, 0)

    def onward(self, start, replication, level):
        step, place, path = start
        begun, top = step, -np.inf
        draws = Streams(5, replication).uniform("walk", size=STEPS)
        while step < STEPS and top < level:
            place, step = place + (1 if draws[step] > 0.5 else -1), step + 1
            top = max(top, np.inf if place >= self.goal else place)
        return Reached((step, place, (*path, replication)), top, step - begun)


def crossing(level):
    """Return P(max S >= level) of a walk of STEPS steps of ±1, by reflection."""
    return binom.sf((STEPS + level + 1) // 2 - 1, STEPS, 0.5) + binom.sf((STEPS + level) // 2, STEPS, 0.5)


@pytest.mark.parametrize("level, gain", [(18, 0.5), (27, 10.0)])
def test_splitting_is_unbiased_at_one_in_a_hundred_and_one_in_ten_thousand(level, gain):
    numbers = Numbers(1)
    levels, search = chosen_levels(Walk(level), 100, 0.2, numbers)
    found = split(Walk(level), levels, 100, 12, numbers)
    assert abs(found.value - crossing(level)) < ERRORS * found.error
    assert found.work < 12 * 100 * len(levels) * 0.8
    assert found.gain(search) > gain


def test_splitting_at_no_level_but_the_event_is_plain_monte_carlo():
    found = split(Walk(9), [np.inf], 400, 5, Numbers(1))
    assert abs(found.value - crossing(9)) < ERRORS * np.sqrt(crossing(9) / 2000)
    assert 2000 * 9 / STEPS < found.work < 2000


def test_branches_share_the_past_and_nothing_else():
    numbers = Numbers(1)
    crowd = Crowd(Walk(99), 50, numbers)
    reached = [path for path in crowd.sent(5.0, numbers.take(50)) if path.importance >= 5.0]
    crowd.split(reached)
    pasts = [path.state for path in reached]
    used = [sum(path.state == past for path in crowd.paths) for past in pasts]
    assert sum(used) == 50 and max(used) - min(used) <= 1
    after = crowd.sent(9.0, numbers.take(50))
    assert len({path.state[2][-1] for path in after}) == 50
    assert all(path.state[2][:-1] == old.state[2] for path, old in zip(after, crowd.paths, strict=True))


def test_a_path_that_jumps_over_levels_counts_at_each():
    numbers = Numbers(1)
    crowd = Crowd(Walk(3), 40, numbers)
    there = [path for path in crowd.sent(np.inf, numbers.take(40)) if np.isinf(path.importance)]
    crowd.split(there)
    steps = crowd.steps
    assert crowd.sent(7.0, numbers.take(40)) == crowd.paths and crowd.steps == steps
