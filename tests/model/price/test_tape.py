"""The tape is one world: the same for every regime, and wider without changing what was there."""

import numpy as np
import pytest

from model.engine.engine import Engine
from model.price.tape import Tape, arrivals, draw_tape, last_arrival
from model.scenario import Scenario

BUSY = {
    "oracle_intensity": 40.0,
    "outage_intensity": 20.0,
    "exploit_intensity": 10.0,
    "gas_spike_intensity": 5.0,
}


def scenario(steps=200, protocols=8, seed=1, process="gbm", shock=None, **other):
    given = {
        "seed": seed, "steps": steps, "minutes": 1.0, "price.process": process, "protocol.number": protocols,
        "protocol.open_interest": (400e6, 200e6, 60e6), **other,
    }  # fmt: skip
    return Scenario().replace(given | {f"shock.{name}": value for name, value in (shock or {}).items()})


def same(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("process", ["gbm", "episode"])
def test_structure_and_regime_leave_the_tape_bit_for_bit_alone(process):
    plain = draw_tape(scenario(process=process, shock=BUSY), 3)
    for structure, regime in (("pooled", "adl"), ("none", "bad_debt")):
        backstop = {"backstop.structure": structure, "backstop.regime": regime}
        assert same(plain, draw_tape(scenario(process=process, shock=BUSY, **backstop), 3))


def test_the_tape_of_a_whole_scenario_knows_nothing_of_its_backstop():
    whole = pytest.importorskip("model.scenario").Scenario().replace({"price.process": "episode"})
    pooled = whole.replace({"backstop.structure": "pooled", "backstop.regime": "adl"})
    assert same(draw_tape(whole, 0), draw_tape(pooled, 0))


def test_replications_and_seeds_differ():
    base = draw_tape(scenario(), 0)
    for other in (draw_tape(scenario(), 1), draw_tape(scenario(seed=2), 0)):
        assert not np.isin(other.log_return, base.log_return).any()
        assert not np.isin(other.priority, base.priority).any()


def test_more_protocols_and_more_steps_change_nothing_already_there():
    few, many = draw_tape(scenario(shock=BUSY), 0), draw_tape(scenario(300, 12, shock=BUSY), 0)
    for name in ("keeper", "oracle_error", "exploit", "priority"):
        before = getattr(few, name)
        assert np.array_equal(getattr(many, name)[: len(before), : before.shape[1]], before)
    assert np.array_equal(many.log_return[:200], few.log_return)
    assert np.array_equal(many.gas[:200], few.gas)


@pytest.mark.parametrize("process", ["gbm", "garch", "jump_diffusion", "episode"])
def test_shapes_units_and_signs_are_as_declared(process):
    tape = draw_tape(scenario(process=process, shock=BUSY), 0)
    assets, listings, protocols = (200, 3), (200, 24), (200, 8)
    shapes = (assets, assets, assets, listings, (200,), listings, protocols, protocols, (3,), (3,))
    for array, shape, name in zip(tape, shapes, Tape._fields, strict=True):
        assert (name, array.shape, array.dtype) == (name, shape, np.float64)
        assert array.flags.c_contiguous
        assert not array.flags.writeable
        assert np.isfinite(array).all()
    assert ((tape.depth > 0) & (tape.depth <= 1) & (tape.spread >= 1)).all()
    assert ((tape.keeper >= 0) & (tape.keeper <= 1) & (tape.oracle_error > -1)).all() and (tape.exploit >= 0).all()
    assert ((tape.priority > 0) & (tape.priority < 1)).all()
    assert (tape.gas >= 0).all()


def test_by_default_nothing_strikes_one_protocol_alone():
    tape = draw_tape(scenario(), 0)
    assert not tape.oracle_error.any()
    assert not tape.exploit.any()
    assert (tape.keeper == 1).all()
    assert (tape.gas == 5.0).all()


def test_an_episode_stresses_keepers_and_gas():
    tape = draw_tape(scenario(720, process="episode"), 0)
    assert (tape.gas.min(), tape.gas.max(), tape.keeper.min()) == pytest.approx((5.0, 100.0, 0.5))
    assert (tape.depth.min(), tape.spread.max()) == pytest.approx((0.2, 6.0))


def test_shocks_arrive_at_their_rate_and_last_their_time():
    tape = draw_tape(scenario(20_000, 2, shock=BUSY), 0)
    losses = tape.exploit > 0
    assert losses.sum(axis=0) == pytest.approx(10 * 20_000 / 1440, rel=0.25)
    assert set(np.unique(tape.exploit[:, 1])) == {0.0, 0.02 * 200e6}
    busy = 1 - np.exp(-20.0 * 30 / 1440)
    assert (tape.keeper == 0).mean() == pytest.approx(busy, rel=0.15)


def test_an_oracle_error_halves_until_the_next():
    tape = draw_tape(scenario(2_000, 1, shock={"oracle_intensity": 10.0, "oracle_half_life": 4.0}), 0)
    error = np.log1p(tape.oracle_error[:, 0])
    ratio = error[1:][error[:-1] != 0] / error[:-1][error[:-1] != 0]
    decaying = np.isclose(ratio, 0.5**0.25, rtol=1e-9)
    assert 0.95 < decaying.mean() < 1.0


def test_arrivals_at_no_rate_never_come_and_at_a_high_rate_always():
    uniform = np.linspace(1e-9, 1 - 1e-9, 11)[:, None]
    assert not arrivals(uniform, 0.0, 1.0).any()
    assert arrivals(uniform, 1e4, 1.0).all()
    arrived = np.array([[False], [True], [False], [False], [True]])
    assert last_arrival(arrived)[:, 0].tolist() == [-1, 1, 1, 1, 4]


@pytest.mark.parametrize("name", Tape._fields)
def test_a_built_run_refuses_a_tape_of_another_shape(name):
    """Compiled code would read beyond the end of a shorter one."""
    run = Engine(Scenario().replace({"price.process": "gbm", "steps": 6, "trader.number": 4, "protocol.number": 2}))
    before = run.tape
    with pytest.raises(ValueError, match=f"^tape: {name} has shape .*; allowed: "):
        run.tape = before._replace(**{name: getattr(before, name)[:-1]})
    assert run.tape is before
    run.tape = before._replace(**{name: getattr(before, name) * 1.0})
    run.run()


def test_another_tape_reaches_everybody_who_reads_it():
    """Order of arrival at pools: of claims paid late, of money recalled, of losses that a tear-up brings to light."""
    switched_on = {
        "reinsurance.assessment_delay": 4.0,
        "fund.lent_share": 0.5,
        "backstop.structure": "pooled",
        "exposure.resolution": "dead",
    }
    run = Engine(Scenario().replace({"price.process": "gbm", "steps": 8, "trader.number": 8} | switched_on))
    run.tape = run.tape._replace(priority=1.0 - run.tape.priority)
    assert run.reinsurance.handler.context.tape() is run.fund.tape() is run.tape
    asked = []
    run.waterfall.cover = lambda *arguments: asked.append(arguments[3])
    run.contagion.resolution.cover(np.zeros(24), np.zeros(24), 0)
    assert asked[0] is run.tape.priority
