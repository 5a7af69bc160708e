"""Leverage causes fat tails: the finding in shorter runs of fixed seed, and what is measured of them."""

import numpy as np
import pytest

from experiments.validation.fat_tail_study import falls, measure, returns, tail

STEPS = 12_000


@pytest.fixture(scope="module")
def low():
    return tail(1.0, 0, STEPS)


@pytest.fixture(scope="module")
def high():
    return tail(10.0, 0, STEPS)


@pytest.mark.compiled
def test_leverage_calms_the_market_and_fattens_its_tail(low, high):
    assert high.sd < 0.95 * low.sd
    assert high.kurtosis > 2.0 * low.kurtosis
    assert low.hill > 4.5 and high.hill < 3.2


@pytest.mark.compiled
def test_without_leverage_nobody_fails(low, high):
    assert low.bankruptcies == 0 and high.bankruptcies > 20


class Run:
    """As much of a finished run as is measured: four prices after a first one of 1, and a fund that failed twice."""

    clock = 4

    def __init__(self):
        self.tape = type("Tape", (), {"initial_price": np.array([1.0])})
        self.record = type("Record", (), {"asset": np.zeros((4, 1, 3))})
        self.record.asset[:, 0, 1] = np.exp([0.1, -0.2, -0.5, -0.4])
        funds = type("Funds", (), {"failures": np.array([2.0])})
        self.value_investing = type("Investing", (), {"funds": funds})


def test_falls_are_those_of_steps_that_begin_below_value():
    assert returns(Run()) == pytest.approx([0.1, -0.3, -0.3, 0.1])
    assert falls(Run()) == pytest.approx([0.3])


def test_the_bankruptcies_of_all_funds_are_counted(monkeypatch):
    monkeypatch.setattr("experiments.validation.fat_tail_study.hill", lambda values: 4.0)
    found = measure(Run())
    assert (found.bankruptcies, found.hill) == (2.0, 4.0)
    assert found.sd == pytest.approx(np.std([0.1, -0.3, -0.3, 0.1]))
