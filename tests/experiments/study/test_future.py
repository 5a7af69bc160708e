"""A future is the branch, bit for bit: one run sent on again and again gives what a run built anew gives."""

import numpy as np
import pytest

from agents.core.memory import leaves, same
from experiments.study.rare.splitting.future import Future
from model.engine.engine import Engine
from model.price.tape import draw_tape
from tests.support.arrangement import ARRANGEMENTS, STEPS
from tests.support.reachable import numbers
from tests.support.world import crash

HALF = STEPS // 2
OWN = {"_shock", "code", "scratch", "state"}
"""What is looked up afresh at every step, or is the state."""


def outside(run):
    """Return all numbers that a run reaches but those of its state and its room, constants and keys among them."""
    known = [
        array
        for part in (run.state, run.scratch, run.rules.loss.entry, run.rules.layers.entry)
        for _, array in leaves(part)
    ]
    return numbers(run, vars(run).keys() - OWN, known)


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_a_future_is_the_branch_bit_for_bit(name):
    """A future that has been to the end on other draws is put back, and meets what the branch meets."""
    scenario = crash().replace(ARRANGEMENTS[name])
    past, future = Engine(scenario), Future(scenario, 0)
    for _ in range(HALF):
        past.step()
    future.until(HALF)
    half = future.point()
    for replication in (3, 5):
        future.put(half)
        future.meet(replication)
        future.until(STEPS)
    branch = past.branch(5)
    assert outside(branch) == outside(future.run)
    branch.run()
    assert same(branch.snapshot().state, future.run.snapshot().state)
    assert repr(branch.summary()) == repr(future.run.summary())


def test_what_is_met_changes_what_comes_and_not_what_was():
    scenario = crash()
    future = Future(scenario, 0)
    future.until(HALF)
    half, prices = future.point(), {}
    for replication in (0, 7):
        future.put(half)
        future.meet(replication)
        future.until(future.run.horizon)
        prices[replication] = future.run.record.asset[:, :, 1].copy()
    assert np.array_equal(prices[0][:HALF], prices[7][:HALF])
    assert (prices[0][HALF:] != prices[7][HALF:]).any(axis=1).all()
    whole = Engine(scenario, 0)
    whole.run()
    assert np.array_equal(prices[0], whole.record.asset[:, :, 1])


def test_a_future_that_keeps_sums_alone_is_put_back():
    scenario = crash(steps=80)
    future, whole = Future(scenario, 0, kept=()), Engine(scenario, 0, kept=())
    future.until(50)
    point = future.point()
    future.until(80)
    future.put(point)
    future.meet(0)
    future.until(80)
    whole.run()
    assert same(whole.snapshot().state, future.run.snapshot().state)


def test_a_tape_that_is_given_is_copied():
    scenario = crash()
    tape, same_tape = draw_tape(scenario, 1), draw_tape(scenario, 1)
    future = Future(scenario, 1, tape)
    future.meet(2)
    assert all(np.array_equal(a, b) for a, b in zip(tape, same_tape, strict=True))
    assert not np.array_equal(future.run.tape.log_return, tape.log_return)
