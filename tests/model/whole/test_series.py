"""Which series of a run are kept changes no number of it, and what is not kept takes no room."""

import numpy as np
import pytest

from experiments.plan.options import ConfigurationError, described_series, read_series
from model.ecosystem import Ecosystem
from model.measure.series import ALL, RATES, TOTALS, USUAL, is_series, resolved
from model.measure.window import WindowRecord
from model.scenario import Scenario
from model.scenario.check.demand import MANY, ROWS, memory_needed
from tests.support.world import crash

LONG = 2 * ROWS + 7


class Stepped(Ecosystem):
    """An ecosystem that is always stepped, because its step is its own."""

    def step(self):
        super().step()


@pytest.fixture(scope="module")
def whole():
    return finished(Ecosystem)


def finished(kind, **kept):
    ecosystem = kind(crash(steps=LONG, backstop__capital_ratio=1e-4), 1, **kept)
    ecosystem.run()
    return ecosystem


@pytest.mark.parametrize("kind", [Ecosystem, Stepped])
def test_totals_are_those_of_all_series_and_metrics_stay_the_same_bit_for_bit(whole, kind):
    thin = finished(kind, kept=(TOTALS,))
    assert isinstance(thin.record, WindowRecord) and len(thin.record.protocol) == ROWS
    assert thin.summary() == whole.summary()
    every, found = whole.series(), thin.series()
    for name, values in found.items():
        wanted = every[name] if name in every else whole.record.total(name, LONG)
        assert values.tobytes() == np.ascontiguousarray(wanted).tobytes(), name
    assert found["deficit"].any() and found["liquidated"].any()
    assert not set(found) & set(RATES) and not any(name.endswith("_0") for name in found)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (("fund_1",), {"fund_1"}),
        (("fund",), {"fund_0", "fund_1", "fund_2"}),
        (("mid",), {"mid_BTC", "mid_ETH", "mid_XRP"}),
        (("mid_BTC", "pool", "liquidated"), {"mid_BTC", "pool", "liquidated_0", "liquidated_1", "liquidated_2"}),
        ((), set()),
    ],
)
def test_series_are_chosen_by_name(whole, choice, names):
    some = finished(Ecosystem, kept=choice)
    assert set(some.series()) == names
    assert all((values == whole.series()[name]).all() for name, values in some.series().items())
    assert some.summary() == whole.summary()


def test_totals_are_usual_above_a_thousand_protocols():
    assert resolved((USUAL,), MANY) == (ALL,) and resolved((USUAL,), MANY + 1) == (TOTALS,)
    assert resolved((ALL,), MANY + 1) == (ALL,)


def test_protocols_that_choose_keep_the_whole_record():
    scenario = crash(steps=LONG, choice__leverage=True, backstop__structure="pooled")
    assert len(Ecosystem(scenario, kept=(TOTALS,)).record.protocol) == LONG


@pytest.mark.parametrize("name", ["fund", "fund_12", "mid", "mid_BTC", "pool", "mean_cap", "premium_0"])
def test_names_of_series_are_known(name):
    assert is_series(name)


@pytest.mark.parametrize(
    ("said", "why"), [("funds", "'funds': unknown series"), (("fund_x", "all"), "'fund_x'"), (("none", "all"), "alone")]
)
def test_what_is_no_series_is_refused(said, why):
    with pytest.raises(ConfigurationError, match=why):
        read_series(said, "plan: series")


@pytest.mark.parametrize("said", [True, False, ["totals"], ["fund", "mid_BTC"]])
def test_a_choice_is_described_as_it_was_said(said):
    assert described_series(read_series(said, "")) == said


def test_the_estimate_of_memory_follows_the_choice():
    many = Scenario().replace({"protocol.number": 2_000, "trader.number": 10, "steps": 2_000})
    record = 8.0 * 2_000 * 16 * 2_000
    assert memory_needed(many, members=True) - memory_needed(many) == pytest.approx(record, rel=0.05)
