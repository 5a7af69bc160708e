"""The engine alone and Mesa's view of it are one run: its numbers, its snapshots, its copies."""

import copy
import pickle

import mesa
import pytest

from agents.exchange.exchange import Exchange
from agents.trader.trader import Trader
from model.ecosystem import Ecosystem
from model.engine.engine import Engine
from tests.support.world import crash

HALF, STEPS = 20, 40


@pytest.fixture(scope="module")
def scenario():
    return crash(steps=STEPS)


def after(run, steps):
    """Return a run that has made some steps."""
    for _ in range(steps):
        run.step()
    return run


def finished(run):
    """Run to the end; return all numbers as text."""
    run.run()
    return repr(run.summary()), {name: values.tobytes() for name, values in run.series().items()}


def test_a_mesa_model_has_the_engines_numbers(scenario):
    assert finished(Engine(scenario)) == finished(Ecosystem(scenario)) == finished(after(Engine(scenario), STEPS))


def test_copies_of_an_engine_go_on_the_same(scenario):
    run = after(Engine(scenario), HALF)
    now, others = run.snapshot(), [pickle.loads(pickle.dumps(run)), copy.deepcopy(run), run.branch(0)]
    end = finished(run)
    assert all(other.clock == HALF and finished(other) == end for other in others)
    run.restore(now)
    assert run.snapshot() == now and finished(run) == end
    assert finished(after(Engine(scenario), HALF).branch(1)) != end


def test_snapshots_pass_between_the_two(scenario):
    engine, model = after(Engine(scenario), HALF), Ecosystem(scenario)
    model.restore(engine.snapshot())
    assert model.clock == model.time == HALF
    model.run_for(STEPS - HALF)
    assert finished(model) == finished(engine)
    fresh = Engine(scenario)
    fresh.restore(after(Ecosystem(scenario), HALF).snapshot())
    assert finished(fresh) == finished(engine)


class Watcher(mesa.Agent):
    """An agent of one's own."""


def test_an_engine_takes_no_agents_of_ones_own(scenario):
    model, run = Ecosystem(scenario), Engine(scenario)
    Watcher(model)
    before = run.snapshot()
    with pytest.raises(ValueError, match=r"agents of your own: restore it into a model\.ecosystem\.Ecosystem"):
        run.restore(model.snapshot())
    assert run.snapshot() == before


def test_views_declared_next_to_kernels_are_mesa_agents(scenario):
    model = Ecosystem(scenario)
    assert issubclass(Trader, mesa.Agent) and type(model.agents_by_type[Exchange].to_list()[0]) is Exchange
    assert Trader._datasets is not Exchange._datasets is not mesa.Agent._datasets
