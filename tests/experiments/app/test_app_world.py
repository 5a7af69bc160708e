"""Twin worlds: the same shocks on both sides, any moment reached again exactly, numbers ready to draw."""

import json

import numpy as np
import pytest

from agents.protocol.protocol import Protocol
from experiments.app.world.arrangement import Arrangement, presets, regimes, structures
from experiments.app.world.intervention import EVERY, KINDS, Intervention
from experiments.app.world.snapshot import snapshot
from experiments.app.world.thin import MOST, flows, points
from experiments.app.world.trace import LAYERS, Standing, own_part
from experiments.app.world.world import World
from model.scenario import ScenarioError
from tests.model.backstop.test_burden import LATE_CLAIMS, POOR
from tests.support.world import crash, small

ISOLATED, POOLED = Arrangement("isolated", "socialized_loss"), Arrangement("pooled", "socialized_loss")


def twin(scenario=None, a=ISOLATED, b=POOLED):
    return World(scenario or crash(), (a, b))


def tables(side):
    """All state of one side, as bytes."""
    ecosystem = side.ecosystem
    kept = (*ecosystem.accounts, ecosystem.exchange, ecosystem.protocol, ecosystem.providers, ecosystem.keepers)
    return [np.asarray(table).tobytes() for table in (*kept, ecosystem.ledger.balance, ecosystem.record.protocol)]


def test_two_equal_arrangements_are_one_world():
    world = twin(b=ISOLATED)
    world.step(30)
    assert tables(world.sides[0]) == tables(world.sides[1])
    assert {tuple(value for _, value in series) for series in snapshot(world).difference.values()} == {(0.0,) * 30}


def test_both_sides_are_shown_the_same_shocks():
    world = twin()
    a, b = (side.ecosystem.tape for side in world.sides)
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_who_holds_the_capital_makes_the_difference():
    world = twin(small())
    world.intervene(Intervention("exploit", 0, 0.03, 0))
    world.step(2)
    a, b = snapshot(world).sides
    assert a.totals["deficit"] == pytest.approx(b.totals["deficit"]) == pytest.approx(12.0)
    assert a.totals["uncovered"] > b.totals["uncovered"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_earlier_step_is_reached_again_exactly(kind):
    world = twin()
    world.step(10)
    world.intervene(Intervention(kind, 10, KINDS[kind].size, EVERY, KINDS[kind].length))
    world.step(15)
    then, state = snapshot(world), [tables(side) for side in world.sides]
    world.step(5)
    for back in (0, 7, 10, 24, 25):
        world.near(back)
        assert world.clock <= back
        world.step(25 - world.clock)
        assert snapshot(world) == then
        assert [tables(side) for side in world.sides] == state


def test_a_step_that_was_passed_is_reached_at_once():
    """From the copy before it, forward too; copies from before an intervention alone outlive it."""
    world = twin()
    world.step(25)
    world.near(13)
    assert 0 <= 13 - world.clock < world._every
    world.near(24)
    assert 0 <= 24 - world.clock < world._every
    world.near(0)
    assert world.clock == 0
    world.intervene(Intervention("price_shock", 0, -0.2, 1))
    world.near(24)
    assert world.clock == 0


def test_copies_take_no_more_than_their_room(monkeypatch):
    world = twin()
    world.step(1)
    [(one, two)] = world._moments.values()
    monkeypatch.setattr("experiments.app.world.world.ROOM", 5 * (one.size + two.size))
    world.step(30)
    assert 1 < len(world._moments) <= 5 and {step % world._every for step in world._moments} == {0}
    world.near(20)
    assert 0 <= 20 - world.clock < world._every


@pytest.mark.parametrize("kind", KINDS)
def test_an_intervention_changes_both_sides_and_conserves_money(kind):
    plain, altered = twin(), twin()
    for world in (plain, altered):
        world.step(5)
    altered.intervene(Intervention(kind, 5, KINDS[kind].size, EVERY, KINDS[kind].length))
    for world in (plain, altered):
        world.step(35)
    for before, after in zip(plain.sides, altered.sides, strict=True):
        assert tables(before) != tables(after)
        assert after.ecosystem.ledger.imbalance() < 1e-12


def test_a_run_on_the_vaults_halves_what_providers_hold():
    world = twin(small())
    world.step(2)
    before = world.sides[0].ecosystem.exchange.vault_shares.copy()
    world.intervene(Intervention("provider_run", 2, 0.5, 1))
    world.step(1)
    left = world.sides[0].ecosystem.exchange.vault_shares / before
    assert left[1] == pytest.approx(0.5, rel=2e-2)  # some come back at once
    assert left[0] == pytest.approx(1.0, rel=1e-2)


def test_a_price_shock_moves_the_fundamental_by_its_size_and_one_asset_only():
    plain, shocked = twin(small()), twin(small())
    shocked.intervene(Intervention("price_shock", 0, -0.2, 1))
    for world in (plain, shocked):
        world.step(1)
    moved = shocked.sides[0].ecosystem.market.fundamental / plain.sides[0].ecosystem.market.fundamental
    assert moved == pytest.approx([1.0, 0.8, 1.0])


def test_what_is_not_allowed_is_refused_and_changes_nothing():
    world = twin(small())
    world.step(3)
    for wrong in (
        Intervention("price_shock", 3, -1.0),
        Intervention("exploit", 2, 0.1),
        Intervention("exploit", 40, 0.1),
    ):
        with pytest.raises(ScenarioError):
            world.intervene(wrong)
    assert world.interventions == []


def test_reset_forgets_interventions():
    world = twin(small())
    world.intervene(Intervention("exploit", 0, 0.5))
    world.step(4)
    world.reset()
    assert (world.clock, world.interventions) == (0, [])
    assert world.sides[0].ecosystem.tape.exploit.sum() == 0


def test_a_world_stops_at_its_end():
    world = twin(small())
    world.step(1_000)
    assert world.over
    assert world.clock == world.horizon == 40


@pytest.mark.parametrize("structure", structures())
@pytest.mark.parametrize("regime", regimes())
def test_every_arrangement_can_be_looked_at(structure, regime):
    adds_up(twin(b=Arrangement(structure, regime)))


@pytest.mark.parametrize("preset", presets())
def test_every_preset_can_be_looked_at(preset):
    adds_up(twin(a=Arrangement("isolated", "adl", preset)))


def adds_up(world):
    """Step the world; all that is shown of it can be sent, and the layers and the parts add up to the deficit."""
    assert snapshot(world).clock == 0
    world.step(20)
    frame = snapshot(world)
    assert json.loads(json.dumps(frame))[0] == 20
    for side in frame.sides:
        balance = sum(paid for _, paid in side.payers)
        assert balance == pytest.approx(side.totals["deficit"], rel=1e-6, abs=1e-9)
        parts = sum(side.totals[name] for name in ("trader_deficit", "vault_deficit", "exploit_loss"))
        assert parts == pytest.approx(side.totals["deficit"], rel=1e-9, abs=1e-12)


def test_what_the_layers_paid_between_two_steps_adds_up():
    world = twin()
    world.step(40)
    trace = world.sides[0].trace
    parts = trace.between(0, 19) + trace.between(20, 39)
    assert parts == pytest.approx(trace.paid[39])
    assert trace.paid.shape == (40, len(LAYERS), 3)


def test_every_payer_is_in_one_layer():
    """A payer of the model that is in none would be lost, one that is in two would be counted twice."""
    placed = [column for columns in LAYERS.values() for column in columns]
    assert sorted(placed) == sorted(name for name in Protocol.columns() if name.startswith("paid_"))


def test_layers_are_named_in_the_order_in_which_they_are_asked():
    shown = [name for name, _ in snapshot(twin(small())).sides[0].payers]
    assert shown[:5] == ["own fund", "own part of shared money", "skin in the game", "others' money", "loss regime"]
    assert shown[-1] == "bad debt"


def test_the_own_part_is_what_was_ones_own_before_the_step():
    """Member 0 draws 5 of an entitlement of 3 and is called for 1 of 4; member 1 draws 2 of 3, called for others' 2."""
    before = Standing(*(np.array(pair) for pair in ([3.0, 3.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0])))
    after = Standing(*(np.array(pair) for pair in ([0.0, 1.0], [1.0, 3.0], [6.0, 2.0], [4.0, 0.0])))
    assert own_part(before, after).tolist() == [3.0 + 1.0, 2.0]


EQUAL = {
    "seed": 3,
    "protocol__number": 4,
    "protocol__open_interest": (200e6,),
    "backstop__capital_ratio": 0.015,
    "trader__number": 40,
}


@pytest.mark.parametrize(
    ("structure", "own_fund", "own_part_paid"), [("isolated", 3.0, 0.0), ("pooled", 0.0, 3.0), ("mutual", None, None)]
)
def test_who_paid_a_robbery_agrees_with_the_hand_calculation(structure, own_fund, own_part_paid):
    """8M are taken from one of four with 3M each and 0.25M of skin: 4.75M are others' money, or for the loss regime."""
    world = twin(small(**EQUAL), b=Arrangement(structure, "bad_debt"))
    world.intervene(Intervention("exploit", 0, 0.04, 0))
    world.step(1)
    side = snapshot(world).sides[1]
    paid = dict(side.payers)
    assert paid["own fund"] + paid["own part of shared money"] == pytest.approx(3.0, rel=1e-3)
    if own_fund is not None:
        assert [paid["own fund"], paid["own part of shared money"]] == pytest.approx(
            [own_fund, own_part_paid], rel=1e-3
        )
    assert paid["skin in the game"] == pytest.approx(0.25, rel=1e-3)
    rest = ("treasury", "creditors and customers", "bad debt") if structure == "isolated" else ("others' money",)
    assert sum(paid[name] for name in rest) == pytest.approx(4.75, rel=1e-3)
    assert sum(paid.values()) == pytest.approx(side.totals["deficit"])


def test_what_a_fund_or_pool_paid_is_what_it_is_lower_by():
    """Survivors' contributions come out of funds; treasuries also pay and receive in clearing."""
    for structure in ("isolated", "pooled", "mutual"):
        world = twin(small(**EQUAL), b=Arrangement(structure, "bad_debt"))
        start = {item.title: item.left for item in snapshot(world).sides[1].layers}
        world.intervene(Intervention("exploit", 0, 0.04, 0))
        world.step(1)
        for item in snapshot(world).sides[1].layers[:-1]:
            assert item.left + item.paid == pytest.approx(start[item.title], abs=0.01), (structure, item.title)


@pytest.mark.parametrize("structure", structures())
@pytest.mark.parametrize("regime", ("frozen_debt", "bad_debt", "tear_up"))
def test_layers_add_up_where_money_comes_late(structure, regime):
    """Late money that pays frozen debt is not counted a second time as the loss regime's."""
    world = twin(crash(**POOR, **LATE_CLAIMS), b=Arrangement(structure, regime))
    world.step(40)
    for side in snapshot(world).sides:
        assert sum(paid for _, paid in side.payers) == pytest.approx(side.totals["deficit"], rel=1e-6)
        assert min(paid for _, paid in side.payers) > -1e-9
    if regime == "frozen_debt" and structure == "isolated":
        assert world.sides[1].ecosystem.protocol.thawed.sum() > 0


def test_thinning_keeps_extremes_and_sums():
    values = np.random.default_rng(1).normal(size=7_300)
    values[3_333] = 50.0
    drawn = points(values)
    assert len(drawn) <= MOST
    assert max(value for _, value in drawn) == 50.0
    assert [step for step, _ in drawn] == sorted({step for step, _ in drawn})
    assert sum(value for _, value in flows(values)) == pytest.approx(values.sum(), rel=1e-3)


def test_short_series_are_drawn_whole():
    assert points(np.array([1.0, 2.0, 3.0])) == [[0, 1.0], [1, 2.0], [2, 3.0]]
    assert points(np.array([])) == []
    assert flows(np.array([])) == []
