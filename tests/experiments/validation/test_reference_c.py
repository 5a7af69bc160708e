"""The reference workload in C does the same work as the engine; without a compiler there is no ratio."""

import re

import numpy as np
import pytest

from experiments.benchmark import reference_c, workload
from experiments.benchmark.reference import make_state
from experiments.benchmark.reference_c import (
    SOURCE,
    c_ratio,
    check_same,
    compiled,
    compiler,
    program_of_c,
    program_of_engine,
)
from experiments.benchmark.workload import draw_keys, empty_series, log_returns
from tests.support.environment import INTERPRETED

STEPS = 40 if INTERPRETED else 600
needs_c = pytest.mark.skipif(compiler() is None, reason="no C compiler here, neither CC nor cc")
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # hashing, when interpreted


@pytest.fixture(scope="module")
def library():
    """The compiled program."""
    return compiled()


@needs_c
@pytest.mark.parametrize(
    ("number", "seed", "volatility", "rounds"), [(1, 3, 8, 1), (333, 2, 1, 1), (3_000, 1, 1, 2), (2_500, 6, 8, 4)]
)
def test_c_takes_the_same_path(library, number, seed, volatility, rounds):
    """In calm, and where the price falls so far that round follows round."""
    keys, factors = draw_keys(seed), np.exp(volatility * log_returns(seed, STEPS))
    engine, c = make_state(number, keys), make_state(number, keys)
    ours, theirs = empty_series(STEPS), empty_series(STEPS)
    assert program_of_engine(keys, factors)(engine, ours) > 0.0
    assert program_of_c(library, keys, factors)(c, theirs) > 0.0
    check_same(ours, theirs)
    assert ours.rounds.max() >= rounds
    np.testing.assert_allclose(engine.edge, c.edge, rtol=1e-9)
    np.testing.assert_allclose(engine.market, c.market, rtol=1e-9)


@needs_c
def test_the_ratio_is_that_of_the_times(library, monkeypatch):
    monkeypatch.setattr(reference_c, "compiled", lambda: library)
    monkeypatch.setattr(reference_c, "BUDGET", 0)
    monkeypatch.setattr(reference_c, "LEAST_STEPS", 10)
    monkeypatch.setattr(reference_c, "BURN_IN", 20)
    engine, c = iter([1.0, 4.0, 5.0]), iter([1.0, 2.0, 4.0])
    monkeypatch.setattr(reference_c, "program_of_engine", lambda *_: lambda *_: next(engine))
    monkeypatch.setattr(reference_c, "program_of_c", lambda *_: lambda *_: next(c))
    assert c_ratio(50, turns=3) == 0.8


@pytest.mark.parametrize("name", ["price", "liquidations"])
def test_another_path_is_refused(name):
    engine, c = empty_series(5), empty_series(5)
    getattr(c, name)[3] += 1
    check_same(engine, engine)
    with pytest.raises(RuntimeError, match=f"engine and C differ in {name}"):
        check_same(engine, c)


@pytest.mark.parametrize("command", ["no-such-compiler", "false"])
def test_without_a_compiler_that_works_there_is_no_ratio(monkeypatch, command):
    monkeypatch.setenv("CC", command)
    assert c_ratio(50) is None


def test_c_has_the_numbers_of_the_workload():
    found = dict(re.findall(r"([A-Z_]+) = ([\d.e-]+)", SOURCE.read_text(encoding="utf-8")))
    assert set(found) == {"TURN", "ROUNDS", "FAN", "FUNDING", "MAINTENANCE", "IMPACT", "MEAN_COLLATERAL"}
    assert {name: float(value) for name, value in found.items()} == {name: getattr(workload, name) for name in found}
