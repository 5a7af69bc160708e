"""Stateless draws: uniform, independent of each other, and the same anyone who asks and in whatever order."""

import numpy as np
import pytest
from scipy.stats import kstest

from agents.core.random import next_arrival, uniform

KEY = np.uint64(0x1234567890ABCDEF)


def test_draws_are_uniform_over_slots_and_over_steps():
    """Kolmogorov–Smirnov along either axis of (step, slot)."""
    assert kstest([uniform(KEY, 5, slot) for slot in range(4000)], "uniform").pvalue > 1e-3
    assert kstest([uniform(KEY, step, 5) for step in range(4000)], "uniform").pvalue > 1e-3


def test_neighbouring_draws_are_uncorrelated():
    """No correlation between slots, between steps, or between keys."""
    a = np.array([[uniform(KEY, t, i) for i in range(60)] for t in range(60)])
    b = np.array([[uniform(KEY + np.uint64(1), t, i) for i in range(60)] for t in range(60)])
    for other in (np.roll(a, 1, axis=0), np.roll(a, 1, axis=1), b, a.T):
        assert abs(np.corrcoef(a.ravel(), other.ravel())[0, 1]) < 0.06


def arrivals(slots: int, chance: float, step: int) -> list[int]:
    """Return the slots that act."""
    miss, found, draw = np.log1p(-chance), [], 0
    slot = next_arrival(KEY, step, draw, miss)
    while slot < slots:
        found.append(slot)
        draw += 1
        slot += 1 + next_arrival(KEY, step, draw, miss)
    return found


def test_skipping_acts_at_the_stated_rate():
    """The number of slots that act is binomial: within five standard deviations over many steps."""
    counts = [len(arrivals(200, 0.05, step)) for step in range(300)]
    assert np.mean(counts) == pytest.approx(10.0, abs=5 * np.sqrt(200 * 0.05 * 0.95 / 300))
    assert np.var(counts) == pytest.approx(9.5, rel=0.4)


def test_one_more_slot_changes_nobody_else():
    """Those who act among n slots are those among n + 1, less the last."""
    for step in range(200):
        assert arrivals(100, 0.1, step) == [slot for slot in arrivals(101, 0.1, step) if slot < 100]
