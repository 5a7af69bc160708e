"""Claims about what is said of a number: the kind decides the interval, one for all who show it, within its range."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.statistics.estimate import contrast, difference_p, estimate
from experiments.statistics.interval import clopper_pearson, mcnemar_p
from experiments.statistics.kind import AMOUNT, COUNT, EVENT, SHARE, SIGNED, kind_of, members_among, upstream
from experiments.statistics.tail import tail
from experiments.statistics.wording import apart, told
from model.ecosystem import Ecosystem
from tests.support.world import crash

METRICS = st.sampled_from(
    ["all_exhausted", "exhausted", "borne_winners", "uncovered", "vault_profit", "first_exhaustion"]
)


def happened(k, n):
    return np.repeat([1.0, 0.0], [k, n - k])


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("any_exhausted", EVENT), ("all_default", EVENT), ("feasible", EVENT), ("exhausted_3", EVENT),
        ("default_11", EVENT), ("exhausted", COUNT), ("defaults", COUNT), ("defaults_debts", COUNT),
        ("innocents", COUNT), ("borne_outside", SHARE), ("largest_cut", SHARE), ("uncovered_0", AMOUNT),
        ("trader_deficit", AMOUNT), ("vault_deficit_2", AMOUNT), ("exploit_loss", AMOUNT), ("paid_anything", AMOUNT),
        ("callable_capital", AMOUNT), ("vault_profit", SIGNED), ("of_a_later_day", SIGNED), ("wave_0", SIGNED),
    ],
)  # fmt: skip
def test_every_metric_has_a_kind(metric, kind):
    assert kind_of(metric).name == kind


def test_a_count_of_protocols_lies_between_none_and_all():
    assert kind_of("defaults", 8)[1:] == (0.0, 8.0)
    assert kind_of("defaults", 8).apart == (-8.0, 8.0)
    assert members_among(["uncovered", "uncovered_0", "uncovered_1", "default_0"]) == 2


@given(METRICS, st.lists(st.sampled_from([0.0, 0.25, 1.0]), max_size=40), st.integers(0, 40))
def test_an_interval_holds_the_mean_and_stays_in_the_range(metric, values, shift):
    values = np.round(values) if metric in ("all_exhausted", "exhausted") else np.array(values)
    found, kind = estimate(metric, values, 8), kind_of(metric, 8)
    if not math.isnan(found.low):
        assert kind.low <= found.low <= found.mean <= found.high <= kind.high
    apart_ = contrast(metric, values, np.roll(values, shift), 8)
    if not math.isnan(apart_.low):
        low, high = kind.apart
        assert low <= apart_.low <= apart_.mean + 1e-12 <= apart_.high + 2e-12 <= high + 3e-12


def test_an_event_is_told_by_how_often_it_happened():
    """The values of issue and textbook: 0 of 100 is at most 3.6 %."""
    assert told(estimate("all_exhausted", happened(0, 100))) == "0 of 100, at most 3.6 %"
    assert told(estimate("feasible", happened(100, 100))) == "100 of 100, at least 96.4 %"
    assert told(estimate("all_exhausted", happened(9, 1000))) == "9 of 1000 [0.41, 1.7] %*"
    found = estimate("all_exhausted", happened(12, 100))
    assert found[1:3] == clopper_pearson(12, 100)
    assert told(found) == "12 of 100 [6.4, 20] %"


def test_four_of_a_hundred_against_none_is_no_finding():
    found = contrast("all_exhausted", happened(4, 100), happened(0, 100))
    assert found.p == 0.125
    assert found.low <= 0.0 < found.high <= 1.0
    assert apart(found).endswith("*")


def test_an_event_averaged_over_another_axis_is_a_share():
    """Means of several runs are no event any more; so no exact interval is claimed for them."""
    found = estimate("all_exhausted", np.linspace(0.0, 0.5, 11))
    assert (found.method, found.kind) == ("bootstrap-t", EVENT)
    assert found.low > 0.0 and found.high < 1.0


def test_what_is_the_same_in_every_run_is_said_so():
    assert told(estimate("bad_debt", np.zeros(100))) == "0 in all 100 runs"
    assert told(estimate("capital", np.full(30, 14.4e6)), 1e-6) == "14.4 in all 30 runs"
    assert told(estimate("uncovered", [2.0])) == "2.00 in 1 run"
    assert told(estimate("uncovered", [math.nan])) == "n/a"


def test_a_mean_that_three_runs_hold_has_no_interval():
    values = np.zeros(100)
    values[:3] = 1.0, 2.0, 4.0
    assert told(estimate("uncovered", values)) == "0.0700 (3 of 100)"
    found = contrast("uncovered", values, np.zeros(100))
    assert (apart(found), found.p) == ("(3 of 100)", 0.25)


def test_a_mean_that_a_few_runs_hold_is_marked_with_its_coverage():
    """On runs of the model such intervals hold the mean in 89 to 90 %, docs/statistics.md."""
    values = np.zeros(100)
    values[:15] = 1.0
    assert told(estimate("uncovered", values)).endswith("]")
    values[0] = 100.0
    found = estimate("uncovered", values)
    assert found.method == "bootstrap-t, about 90 %"
    assert told(found).endswith("]†")


def test_differences_too_much_alike_for_an_interval_are_judged_by_their_signs():
    """Two funds more in 19 worlds of 20: a mean has no error to speak of, but 19 signs are no accident."""
    found = contrast("exhausted", np.repeat([2.0, 0.0], [19, 1]), np.zeros(20), 8)
    assert apart(found) == "(19 of 20)"
    assert found.p == mcnemar_p(19, 0)


def test_no_p_is_below_that_of_the_sign_test_where_few_worlds_differ():
    values = np.zeros(100)
    values[:7] = np.arange(1.0, 8.0)
    found = contrast("uncovered", values, np.zeros(100))
    assert found.p >= 2 * 0.5**7


def test_differences_of_zero_and_one_are_judged_by_mcnemar():
    assert difference_p("all_exhausted", happened(6, 50)) == mcnemar_p(6, 0)
    assert difference_p("uncovered", np.zeros(9)) == 1.0
    assert difference_p("uncovered", [2.0] * 5) == 2 * 0.5**5
    assert math.isnan(difference_p("uncovered", [1.0]))


def test_a_trivial_difference_is_no_finding_and_has_no_variance_reduction():
    """$266 of $9.8M: settled before anybody pays, so only feedback can make a difference, and less than 1 % is none."""
    deficit = 9.8e6 * np.random.default_rng(1).exponential(size=100)
    found = contrast("deficit", deficit + 266.0, deficit)
    assert found.verdict == apart(found) == "trivial"
    assert all(map(math.isnan, (found.low, found.p, found.variance_reduction)))
    assert contrast("deficit", 1.005 * deficit, deficit).verdict == "trivial"
    assert contrast("uncovered", 1.005 * deficit, deficit).verdict == ""
    assert contrast("uncovered", 1.0005 * deficit, deficit).verdict == "trivial"
    assert contrast("uncovered", deficit, deficit).verdict == "identical"
    assert upstream("liquidated_share_BTC") and not upstream("uncovered")


def test_one_pair_has_a_difference_only_and_unequal_lengths_are_refused():
    found = contrast("uncovered", [5.0], [3.0])
    assert (found.mean, found.number) == (2.0, 1)
    assert all(map(math.isnan, (found.low, found.high, found.p)))
    with pytest.raises(ValueError, match="equal lengths"):
        contrast("uncovered", [1.0], [1.0, 2.0])


def test_a_tail_is_an_order_statistic_and_a_number_of_runs():
    """Of 1 to 100 the 95th is the quantile; ranks 90 and 100 enclose it with 95 %; the worst five are 96 to 100."""
    found = tail(np.arange(1.0, 101.0))
    assert found.value_at_risk == 95.0
    assert found.ends == (90.0, 100.0)
    assert (found.expected_shortfall, found.runs, found.number) == (pytest.approx(98.0), 5, 100)
    assert math.isnan(tail(np.arange(20.0)).ends.high)
    assert tail([]).number == 0


def test_the_interval_of_a_quantile_covers_whatever_the_distribution():
    """Exact: at least 95 %, here of losses that are zero in most runs (1,000 trials, standard error 0.007)."""
    rng = np.random.default_rng(9)
    draws = rng.lognormal(size=(1_000, 100)) * (rng.random((1_000, 100)) < 0.2)
    truth = np.quantile(rng.lognormal(size=10**6) * (rng.random(10**6) < 0.2), 0.95)
    ends = np.array([tail(row).ends for row in draws])
    assert np.mean((ends[:, 0] <= truth) & (ends[:, 1] >= truth)) >= 0.95 - 0.014


def test_no_run_of_the_model_has_a_metric_outside_its_range():
    """And every metric with a number of USD, protocols or parts of a whole in it is one the registry knows by name."""
    ecosystem = Ecosystem(crash(backstop__structure="reinsured", choice__membership=True))
    ecosystem.run_for(40)
    summary = ecosystem.summary()
    members = members_among(summary)
    assert members == 3
    for metric, value in summary.items():
        kind = kind_of(metric, members)
        assert math.isnan(value) or kind.low <= value <= kind.high, metric
        if kind.name == SIGNED:
            assert re.search(r"profit|_end\Z|wallets|imbalance|wave_|cause_", metric), metric
