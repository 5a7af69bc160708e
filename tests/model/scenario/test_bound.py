"""Every number of a scenario is bounded with a reason, and what no machine can hold is refused at once."""

import math

import pytest

from model.scenario import Scenario, ScenarioError
from model.scenario.bound import Bound
from model.scenario.check.demand import demand_problem, memory_needed
from model.scenario.check.joint import joint_problems
from model.scenario.check.unused import unused
from model.scenario.parameter import declarations

ROWS = list(declarations(Scenario))
NUMBERS = {row.name: row.within for row in ROWS if row.within}
FITTING = {"control.margin_bound", "shock.hit_protocol", "exposure.cleared", "exchange.keeper_share"}


def told(changes) -> str:
    """Return why a scenario is refused, or nothing."""
    try:
        Scenario().replace(changes)
    except ScenarioError as error:
        return "\n".join(error.problems)
    return ""


def is_number(row) -> bool:
    """Tell whether a field is a number, or a list of some, by the unit it is declared in."""
    return row.unit not in ("name", "flag", "text", "path", "ISO date") and row.name != "market.impact"


def test_every_number_has_a_lower_and_an_upper_bound_and_a_reason():
    assert [row.name for row in ROWS if is_number(row) and row.within is None] == []
    for bound in NUMBERS.values():
        assert -math.inf < bound.low < bound.high < math.inf and bound.reason


@pytest.mark.parametrize("name", NUMBERS)
def test_what_lies_outside_is_refused_by_name(name):
    bound: Bound = NUMBERS[name]
    step = max(1.0, abs(bound.high)) * 0.01
    wrong = [bound.high + step, bound.low - 1, math.nan, -math.inf, "many", True, [[1.0]]]
    wrong += [] if bound.or_infinite else [math.inf]
    wrong += [bound.low] if bound.above else []
    listed = isinstance(Scenario.model_validate({}), Scenario) and next(
        isinstance(row.default, tuple) for row in ROWS if row.name == name
    )
    for value in wrong:
        for given in (value, [value]) if listed else (value,):
            problem = told({name: given})
            assert problem and "\n" not in problem and name in problem


@pytest.mark.parametrize("name", NUMBERS)
def test_what_lies_inside_is_allowed_or_a_joint_rule_names_it(name):
    bound = NUMBERS[name]
    row = next(row for row in ROWS if row.name == name)
    for value in (bound.low, bound.high):
        if not bound.holds(value):
            continue
        whole = int(value) if float(value).is_integer() else value
        given = [whole] if isinstance(row.default, tuple) else whole
        problem = told({name: given})
        assert not problem or name.rpartition(".")[2] in problem


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"asset.half_spread_bp": [10_001]}, "allowed: 0 to 500 bp"),
        ({"protocol.asset": [7]}, "there is no such asset; allowed: 0 to 2"),
        ({"shock.hit_protocol": 99}, "there is no such protocol; allowed: 0 to 7"),
        ({"shock.hit_share": 0.1, "steps": 20}, "the hit comes after the run"),
        (dict.fromkeys([f"trader.{n}" for n in ("noise", "trend", "fundamentalist", "carry", "hedger")], 0), "all 0"),
        ({"choice.caps": [0]}, "allowed: 0.01 to 1,000"),
        ({"trader.size_tail": 1e-4}, "allowed: 0.25 to 100"),
        ({"backstop.retention": [1, 2], "backstop.limit": [1, 1, 1]}, "differ in number"),
        ({"asset.daily_volatility": [250, 0.016]}, "0.131 a day is 250 % a year"),
        ({"asset.daily_volatility": 0.8}, "0.0419 a day is 0.8 a year"),
        ({"trader.size_cap": 3}, "0.03 is 3 %; 3 would be 300 %"),
        ({"asset.maximal_leverage": 0.025}, "40 is 1 / 0.025"),
        ({"minutes": 300}, "5 min is 300 s"),
    ],
)
def test_what_means_nothing_is_told_with_what_was_probably_meant(changes, part):
    assert part in told(changes)


def test_shares_of_one_whole_are_at_most_the_whole():
    more = {"trader.stop_share": 0.7, "trader.top_up_share": 0.4}
    assert "trader.stop_share 0.7 + trader.top_up_share 0.4 are 1.1" in told(more) and "up to 1 together" in told(more)
    Scenario().replace({"trader.stop_share": 0.7, "trader.top_up_share": 0.3})


def test_a_fall_in_standard_deviations_is_judged_by_what_it_comes_to():
    noise = {"price.process": "noise_demand", "price.demand_sd": 0.2, "shock.fall": 30.0}
    assert "shock.fall 30: with a daily volatility of 7." in told(noise)
    Scenario().replace({"shock.fall": 30.0})


def test_the_defaults_fit_together_and_use_all_they_name():
    assert joint_problems(Scenario()) == [] and unused(Scenario()) == []
    late = Scenario().replace({"steps": 20, "fund.recall_delay": 600, "protocol.open_interest": [1e8] * 9})
    assert [line.split(" ")[0] for line in unused(late)] == ["protocol.open_interest", "fund.recall_delay"]


@pytest.mark.parametrize(
    ("changes", "driver"),
    [
        ({"steps": 10**12}, "steps 1e+12"),
        ({"trader.number": 10**12}, "trader.number"),
        ({"provider.number": 10**9}, "provider.number"),
        ({"value_fund.number": 10**9}, "value_fund.number"),
        ({"protocol.number": 10_000, "exposure.graph": "complete"}, "protocol.number 10,000"),
        ({"fund.recall_delay": 5e6, "minutes": 0.01}, "fund.recall_delay"),
    ],
)
def test_what_no_machine_can_hold_is_told_before_it_is_built(changes, driver):
    problem = demand_problem(Scenario().replace(changes), memory=8e9)
    assert problem.startswith(driver) and "GB" in problem


def test_a_usual_run_is_never_refused_and_the_estimate_grows_with_its_driver():
    assert demand_problem(Scenario(), memory=2e8) == ""
    assert memory_needed(Scenario().replace({"steps": 2_000_000})) > 5e8 > memory_needed(Scenario())
