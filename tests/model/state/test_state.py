"""A run remembers nothing outside its state: what is put back, copied, pickled or branched goes on bit for bit."""

import copy
import pickle

import mesa
import numpy as np
import pytest
from hypothesis import given, settings

from agents.core.memory import copied, leaves, misfit, same
from agents.exchange.exchange import Exchange
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.registry import CLAIMS, PREMIUMS, REGIMES, STRUCTURES, TRIGGERS
from model.state.state import saved
from tests.model.whole.test_conservation import scenarios
from tests.support.arrangement import ARRANGEMENTS, OWN, POOR, STEPS
from tests.support.reachable import numbers
from tests.support.world import crash

HALF = STEPS // 2
AT_REST = {
    "accounts.anchor", "accounts.cross", "accounts.status", "accounts.strategy",  # by replacement, or own agents
    "book.breach",  # stops the run
    "control.start.fee", "control.start.interest_cap",  # no choice moves them
    "losses.moved", "losses.owed",  # handed on within a step
    "owners.partner",  # who owns what
    "structure.reinstated",  # charged for in the step in which it is noted
}  # fmt: skip
MESAS_OWN = vars(mesa.Model()).keys() | {"_traders", "_assembled", "_before", "_going", "state"}


def begun(name, steps=HALF):
    """Return an arrangement's run after some steps."""
    ecosystem = Ecosystem(crash().replace(ARRANGEMENTS[name]))
    for _ in range(steps):
        ecosystem.step()
    return ecosystem


def finished(ecosystem):
    """Run to the end; return everything there is to compare."""
    ecosystem.run()
    return saved(ecosystem.state), ecosystem.summary(), ecosystem.series()


def assert_same(one, other):
    assert same(one[0], other[0])
    assert repr(one[1]) == repr(other[1])
    assert one[2].keys() == other[2].keys()
    assert all(np.array_equal(one[2][name], other[2][name], equal_nan=True) for name in one[2])


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_what_is_put_back_goes_on_the_same(name):
    ecosystem = begun(name)
    now = ecosystem.snapshot()
    end = finished(ecosystem)
    ecosystem.restore(now)
    assert ecosystem.snapshot() == now and ecosystem.clock == HALF
    assert_same(finished(ecosystem), end)


def test_a_run_that_keeps_sums_alone_is_put_back():
    """Series of protocols are added up every 32 steps; what has been added up is put back as well."""
    ecosystem = Ecosystem(crash(steps=80), kept=("totals",))
    ecosystem.run_for(50)
    now, twin = ecosystem.snapshot(), pickle.loads(pickle.dumps(ecosystem))
    end = finished(ecosystem)
    assert now.state.sums.folded[0] == 50 and end[0].sums.folded[0] == 80
    ecosystem.restore(now)
    assert_same(finished(ecosystem), end)
    assert_same(finished(twin), end)


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_a_run_remembers_nothing_outside_its_state(name):
    ecosystem = begun(name, 0)
    first, states = outside(ecosystem), saved(ecosystem.state)
    for steps in (1, HALF, STEPS - HALF - 1):
        ecosystem.run_for(steps)
        now = outside(ecosystem)
        assert {path for path in now.keys() | first.keys() if now.get(path) != first.get(path)} == set()
    assert not same(states.book, saved(ecosystem.state).book)
    assert ecosystem.summary()["deficit"] > 0


def outside(ecosystem):
    """Return all numbers an ecosystem reaches but those of its state, and the room that every step fills afresh."""
    names = vars(ecosystem).keys() - MESAS_OWN - {"scratch", "code", "_shock"}  # the row of the tape is found afresh
    rules = ecosystem.rules
    addresses = rules.loss.entry, rules.layers.entry  # of machine code, which is compiled when it is first needed
    parts = ecosystem.state, ecosystem.scratch, addresses
    return numbers(ecosystem, names, [array for part in parts for _, array in leaves(part)])


@pytest.fixture
def remembering(monkeypatch):
    """A user's own choices are registered; return a run with all of them."""
    places = "structure=Tiring", "regime=Grudge", "trigger=EveryOther", "premium=Climbing", "claims=Counting"
    names = {"EveryOther": "every_other"}
    for registry, place in zip((STRUCTURES, REGIMES, TRIGGERS, PREMIUMS, CLAIMS), places, strict=True):
        kind = place.partition("=")[2]
        monkeypatch.setitem(registry._places, names.get(kind, kind.lower()), f"tests.support.remembering:{kind}")
    return Ecosystem(crash().replace(POOR | OWN))


def test_what_a_choice_of_ones_own_remembers_is_put_back(remembering):
    first = outside(remembering)
    remembering.run_for(HALF)
    now, twin = remembering.snapshot(), pickle.loads(pickle.dumps(remembering))
    end = finished(remembering)
    state = end[0]
    assert state.structure["settled"] > now.state.structure["settled"] > 0
    assert (state.regime.first["asked"] > 0).any() and state.trigger["asked"] > 0
    assert state.reinsurance.underwriting.rule["reviews"] > 0 and (state.reinsurance.claimed.kept > 0).any()
    assert outside(remembering) == first
    remembering.restore(now)
    assert_same(finished(remembering), end)
    assert_same(finished(twin), end)


def test_a_number_outside_is_seen():
    ecosystem = begun("none and socialized_loss", 1)
    first = outside(ecosystem)
    ecosystem.regime.first.seen = ecosystem.waterfall.notes = [ecosystem.clock]
    assert {path.rpartition(".")[2] for path in outside(ecosystem).keys() - first.keys()} == {"0"}
    ecosystem.waterfall.trigger.minutes += 1.0
    assert any(first.get(path) not in (None, value) for path, value in outside(ecosystem).items())


def test_every_memory_is_at_work_in_some_arrangement():
    """What never changes in any of them is no claim of the tests above."""
    moved, there = set(), set()
    for name in ARRANGEMENTS:
        ecosystem = begun(name, 0)
        before, now = dict(leaves(copied(ecosystem.state))), dict(leaves(ecosystem.state))
        there |= {path for path, array in now.items() if array.size}
        for _ in range(STEPS):
            ecosystem.step()
            moved |= {path for path in before.keys() - moved if not same(before[path], now[path])}
    assert there - moved == AT_REST


@pytest.mark.parametrize("name", ["treaties and lending", "late claims", "choices under controls", "controls"])
def test_copies_go_on_the_same_and_apart(name):
    ecosystem = begun(name)
    copies = [pickle.loads(pickle.dumps(ecosystem)), copy.deepcopy(ecosystem), ecosystem.branch(0)]
    end = finished(ecosystem)
    for other in copies:
        assert other.clock == HALF and other.running
        assert_same(finished(other), end)


@settings(max_examples=8)
@given(changes=scenarios)
def test_random_scenarios_go_on_the_same(changes):
    ecosystem = Ecosystem(crash().replace(changes | {"steps": STEPS}))
    ecosystem.run_for(HALF)
    now = ecosystem.snapshot()
    end = finished(ecosystem)
    ecosystem.restore(pickle.loads(pickle.dumps(now)))
    assert_same(finished(ecosystem), end)


def test_room_within_a_step_is_filled_afresh():
    ecosystem = begun("controls")
    now = ecosystem.snapshot()
    end = finished(ecosystem)
    ecosystem.restore(now)
    for _, array in leaves(ecosystem.scratch):
        array.view(np.uint8)[:] = 0x5A
    assert_same(finished(ecosystem), end)


def test_a_snapshot_is_a_copy_and_says_where_it_does_not_fit():
    ecosystem = begun("late claims", 3)
    now = ecosystem.snapshot()
    again = pickle.loads(pickle.dumps(now))
    ecosystem.step()
    assert now == again != ecosystem.snapshot() and len(now.state.series.protocol) == 4
    other = Ecosystem(crash().replace(ARRANGEMENTS["late claims"] | {"protocol.number": 4}))
    start = saved(other.state)
    with pytest.raises(ValueError, match=r"^the snapshot is of a run of another shape: .* there and .* here$"):
        other.restore(now)
    assert same(saved(other.state), start)
    with pytest.raises(ValueError, match="in one of them only"):
        Ecosystem(crash().replace(ARRANGEMENTS["controls"])).restore(now)
    shapes = {"a": {"b": np.zeros(2)}}, {"a": {"b": np.ones((3, 1))}}
    assert misfit(*shapes) == "a.b is 3×1 float64 there and 2 float64 here"


def test_a_branch_has_the_same_people_and_other_draws():
    ecosystem = begun("choices under controls")
    branch, other = ecosystem.branch(5), Ecosystem(ecosystem.scenario, 5)
    assert same(branch.snapshot().state, ecosystem.snapshot().state)
    keys, own, its = (run.rules.trade.keys for run in (branch, ecosystem, other))
    assert keys == its._replace(trait=own.trait) and keys != own
    assert branch.regime.key == other.regime.key and branch.reinsurance.choice.key == other.reinsurance.choice.key
    assert (branch.tape.log_return[:HALF] == ecosystem.tape.log_return[:HALF]).all()
    assert (branch.tape.log_return[HALF:] == other.tape.log_return[HALF:]).all()
    assert (branch.tape.initial_price == ecosystem.tape.initial_price).all()
    once, twice = pickle.loads(pickle.dumps(branch)), branch.branch(5)
    end, there = finished(ecosystem), finished(branch)
    assert not same(end[0], there[0])
    assert_same(finished(once), there)
    assert_same(finished(twice), there)
    with pytest.raises(ValueError, match="tape: 9 steps; allowed: 24"):
        ecosystem.branch(5, Ecosystem(ecosystem.scenario.replace({"steps": 9})).tape)


class Gambler(mesa.Agent):
    """Trades by chance, and keeps a diary."""

    def __init__(self, model, friend=None):
        super().__init__(model)
        self.exchange = model.view(Exchange, 0)
        self.account, self.diary, self.friend = self.exchange.open_account(collateral=5e4), [], friend

    def step(self):
        """Buy or sell by chance."""
        self.exchange.trade(self.account, self.rng.normal() * 1e3 / self.exchange.mark)
        self.diary.append((self.model.clock, self.random.random(), self.account.size))


def test_own_agents_go_along():
    ecosystem = Ecosystem(crash().replace(ARRANGEMENTS["controls"]))
    first = Gambler(ecosystem)
    second = Gambler(ecosystem, first)
    ecosystem.named = {"agents": [first, second], "run": ecosystem}
    for _ in range(HALF):
        ecosystem.step()
    now = ecosystem.snapshot()
    copies = [pickle.loads(pickle.dumps(ecosystem)), copy.deepcopy(ecosystem), ecosystem.branch(0)]
    late = Gambler(ecosystem)
    ecosystem.restore(now)
    assert late not in ecosystem.agents and first in ecosystem.agents
    end, diaries = finished(ecosystem), [list(agent.diary) for agent in (first, second)]
    assert len(diaries[0]) == STEPS
    ecosystem.restore(now)
    assert len(first.diary) == HALF
    assert_same(finished(ecosystem), end)
    assert [first.diary, second.diary] == diaries
    for other in copies:
        [one, two] = other.agents_by_type[Gambler]
        assert one is not first and two.friend is one and two.model is other and one.account.model is other
        assert_same(finished(other), end)
        assert [one.diary, two.diary] == diaries
    for other in copies[:2]:
        assert other.named["run"] is other and other.named["agents"][0].model is other


def test_what_cannot_be_saved_is_named():
    ecosystem = begun("controls", 1)
    gambler = Gambler(ecosystem)
    gambler.rule = lambda: 1
    with pytest.raises(TypeError, match=rf"^Gambler {gambler.unique_id} cannot be saved: "):
        ecosystem.snapshot()


def test_mesas_own_runners_go_on_after_a_restore():
    """`step`, `run_for` and `run_model` of Mesa count by its calendar, which is put back too."""
    ecosystem = begun("controls")
    now = ecosystem.snapshot()
    end = finished(ecosystem)
    ecosystem.restore(now)
    assert ecosystem.steps == ecosystem.time == HALF and ecosystem.running
    ecosystem.step()
    assert ecosystem.clock == ecosystem.steps == HALF + 1
    ecosystem.run_for(2)
    other = pickle.loads(pickle.dumps(ecosystem))
    for run in (ecosystem, other):
        assert run.clock == run.steps == HALF + 3
        run.run_model()
        assert run.clock == STEPS and not run.running
        assert same(saved(run.state), end[0])


def test_a_data_collector_goes_along():
    ecosystem = begun("controls", 2)
    assert copy.deepcopy(ecosystem).datacollector.get_model_vars_dataframe().shape[0] == 2
    ecosystem.datacollector = mesa.DataCollector({"clock": lambda model: model.clock})
    ecosystem.datacollector.collect(ecosystem)
    twin = copy.deepcopy(ecosystem)
    twin.step()
    twin.datacollector.collect(twin)
    assert twin.datacollector.model_vars == {"clock": [2, 3]}
    assert ecosystem.datacollector.model_vars == {"clock": [2]}
    assert Ecosystem(Scenario().replace({"steps": 1, "trader.number": 5})).snapshot().agents == b""
