"""Claims about stopping at a wanted precision: looks are fixed, luck does not end it, and intervals keep their word."""

import numpy as np
import pytest

from experiments.plan.configuration import plan
from experiments.plan.options import MOST, ConfigurationError, Options, Term, read_term
from experiments.results.run import Run
from experiments.statistics import bootstrap
from experiments.statistics.estimate import estimate
from experiments.statistics.interval import NONE, Ends
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.stopping import LEAST, STILL, batches, lacking, too_wide

DRAWS = {
    "normal": (lambda rng, n: 1.0 + rng.normal(size=n), 0.93),
    "exponential": (lambda rng, n: rng.exponential(size=n), 0.89),
    "rare": (lambda rng, n: 20.0 * (rng.random(n) < 0.05), 0.89),
}


def ends_of(metric, values):
    return Ends(*estimate(metric, values)[1:3])


def compared(a, b):
    """A comparison of two arrangements whose values of x are `a` and `b`."""
    comparison = Comparison(["a", "b"], range(len(a)))
    for arrangement, values in (("a", a), ("b", b)):
        for replication, value in enumerate(values):
            comparison.add(Run(arrangement, "isolated", "adl", replication, {"x": float(value)}, {}))
    return comparison


def test_looks_are_fixed_beforehand_and_cover_every_replication_once():
    looks = list(batches(200, True))
    assert [look.stop for look in looks] == [30, 45, 67, 100, 150, 200]
    assert [r for look in looks for r in look] == list(range(200))
    assert list(batches(7, True)) == [range(7)] == list(batches(7, False))


@pytest.mark.parametrize(
    ("text", "term"),
    [("uncovered=2.5e5", Term("uncovered", 2.5e5, False)), (" defaults = 5 %", Term("defaults", 0.05, True))],
)
def test_a_bound_is_in_the_metrics_unit_or_a_part_of_the_mean(text, term):
    assert read_term(text) == term
    assert read_term(str(term)) == term


@pytest.mark.parametrize("text", ["uncovered", "uncovered=", "=1", "uncovered=-1", "uncovered=0%", "x=nan", "x=inf"])
def test_a_bound_that_is_none_says_what_is_allowed(text):
    with pytest.raises(ValueError, match="allowed is METRIC=HALF-WIDTH"):
        read_term(text)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(bootstrap, "RESAMPLES", 400)
    bootstrap._counts.cache_clear()
    yield
    bootstrap._counts.cache_clear()


@pytest.mark.parametrize("kind", DRAWS)
def test_an_interval_covers_as_it_says_though_its_width_stopped_the_runs(kind, few):
    draw, least = DRAWS[kind]
    rng = np.random.default_rng(7)
    wanted = 1.96 * draw(rng, 200_000).std() / np.sqrt(100)
    covered, trials = 0, 300
    for _ in range(trials):
        values = draw(rng, MOST)
        sizes = [look.stop for look in batches(MOST, True)]
        size = next((n for n in sizes if too_wide(values[:n], ends_of("x", values[:n]), wanted) is None), MOST)
        low, high = ends_of("x", values[:size])
        covered += low <= 1.0 <= high
    # Three standard errors of the simulation, 0.02 and more, lie between what was measured and the bound.
    assert covered / trials >= least


def test_what_has_not_varied_is_not_known_before_the_rule_of_three():
    assert "does not vary" in too_wide(np.zeros(STILL - 1), NONE, 1.0)
    assert too_wide(np.zeros(STILL), NONE, 1.0) is None
    # An event that never came has an interval with a width, and is judged by that.
    assert "half-width" in too_wide(np.zeros(STILL), ends_of("all_exhausted", np.zeros(STILL)), 0.01)


def test_one_world_that_holds_all_the_loss_is_no_ground_to_stop():
    values = np.zeros(LEAST)
    values[3] = 1.0
    assert "half-width nan" in too_wide(values, ends_of("x", values), 10.0)
    assert "so skewed" in too_wide(values, Ends(0.0, 1.0), 10.0)


def test_a_relative_bound_is_of_the_larger_mean_of_the_two_arrangements():
    rng = np.random.default_rng(1)
    a = 100.0 + rng.normal(size=400)
    comparison = compared(a, a + rng.normal(size=400))  # half-width near 0.1
    assert lacking([Term("x", 0.002, True)], comparison) == []
    [line] = lacking([Term("x", 0.0005, True)], comparison)
    assert line.startswith("x, a - b: half-width 0.1") and "wanted 0.04996" in line


def test_every_bad_bound_is_told_at_once(tmp_path):
    options = Options(workers=1, out=str(tmp_path / "out"), process="gbm", precision=("x", "y=0"), structures=("moon",))
    with pytest.raises(ConfigurationError) as caught:
        plan(options)
    assert len(caught.value.problems) == 3
    assert plan(options._replace(precision=("y=1",), structures=())).replications == MOST
