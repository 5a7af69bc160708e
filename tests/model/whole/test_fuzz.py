"""Plausible scenarios within the declared bounds end clean: balanced, finite, without a warning, within a minute."""

from typing import get_args

import fuzz
import pytest

from model.scenario import Scenario
from model.scenario.parameter import items
from model.scenario.registry import GRAPHS, PROCESSES, RANKINGS
from model.scenario.section.market import MarketSection
from tests.support.world import REGIMES, STRUCTURES

FEW, MANY = 12, 500
NAMES = {
    "backstop.structure": STRUCTURES,
    "backstop.regime": REGIMES,
    "price.process": tuple(PROCESSES),
    "exposure.graph": tuple(GRAPHS),
    "loss.ranking": tuple(RANKINGS),
    "market.impact": get_args(MarketSection.model_fields["impact"].annotation),
}


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(FEW))
def test_a_plausible_scenario_ends_clean(seed):
    assert fuzz.judged(seed) == ""


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_hundreds_of_plausible_scenarios_end_clean():
    """Each seed has a process to run in, which is killed after a minute; none is refused in the end."""
    found = fuzz.outcomes(0, MANY)
    assert len(found) == MANY and {seed: fault for seed, fault in found.items() if fault} == {}


@pytest.mark.slow
def test_most_of_what_is_drawn_is_not_refused():
    assert sum(fuzz.proposed(seed) != fuzz.changes(seed) for seed in range(MANY)) < MANY / 2


@pytest.fixture(scope="module")
def some():
    return [fuzz.proposed(seed) for seed in range(300)]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_drawn(some, name):
    assert set(NAMES[name]) <= {changes.get(name) for changes in some}


@pytest.mark.slow
def test_numbers_reach_the_ends_of_their_bounds():
    """Ends as far as they are allowed themselves; sizes are drawn from what a run can hold."""
    drawn = [fuzz.proposed(seed) for seed in range(2_000)]
    for name, _, field in fuzz.fields():
        if name in fuzz.KEPT | fuzz.NAMED or not isinstance(field.default, float):
            continue
        low, high = fuzz.bounds(field)
        values = [item for changes in drawn if name in changes for item in items(changes[name])]
        assert (min(values) <= low and max(values) >= high) or name in JOINED, name


JOINED = {less for less, _ in fuzz.AT_MOST} | {"exchange.fee_to_fund", "price.garch_beta", "trader.top_up_share"}
JOINED |= {"shock.hit_minute", "shock.fall_minute", "control.margin_bound"} | fuzz.WINDOWS


def test_what_is_drawn_depends_on_the_seed_alone():
    assert fuzz.changes(7) == fuzz.changes(7) != fuzz.changes(8)
    assert isinstance(Scenario().replace(fuzz.changes(7)), Scenario)
