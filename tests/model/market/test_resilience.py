"""How books recover, gaps between venues close and marks follow; and that no round trip through them earns anything."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.exchange.exchange import Exchange
from model.ecosystem import Ecosystem
from model.market.impact import SHAPES
from model.market.mark import follow, quote
from model.market.market import market_rule, move_all
from model.market.resilience import affordable, recover, resilience
from model.price.tape import draw_tape
from tests.support.world import crash, run, small

ONE = {"asset__name": ("A",), "protocol__number": 2, "market__books": "venue", "market__impact": "latent"}
FULL = {
    "market__refill": 110.0, "market__arbitrage_between": 1.5, "market__depth_exponent": 0.25,
    "market__depth_interest": (1.65,), "market__mark": "blend", "market__mark_seconds": 13.0,
}  # fmt: skip
STILL = {"trader__number": 0, "trader__reserve": 2, "exchange__trading_fee": 0.0, "protocol__open_interest": (2e8, 1e8)}


def still(**changes):
    """Return a world of two venues in which the fundamental stands still and nobody trades."""
    scenario = small(**ONE | STILL | changes)
    tape = draw_tape(scenario, 0)
    ecosystem = Ecosystem(scenario, tape=tape._replace(log_return=np.zeros_like(tape.log_return)))
    ecosystem.set_prices()
    return ecosystem


def step(ecosystem):
    """Let a step pass in which nobody trades."""
    ecosystem.apply_shocks()
    ecosystem.set_prices()


def gap(ecosystem):
    """Return how far the first venue's price is from the second's, log."""
    return float(np.log(ecosystem.market.mid[0] / ecosystem.market.mid[1]))


def push(ecosystem, k, shift):
    """Move the price of a book, log, as flow in the step before has."""
    ecosystem.market.dislocation[k] += shift
    ecosystem.market.mid[:] = ecosystem.market.fundamental * np.exp(ecosystem.market.dislocation)


def test_a_book_at_full_depth_is_half_filled_after_the_half_life():
    ecosystem = still(market__refill=60.0, market__depth_volatility=0.0)
    push(ecosystem, 0, -0.02)
    step(ecosystem)
    assert ecosystem.market.dislocation == pytest.approx([-0.01, 0.0])


def test_a_book_without_makers_fills_at_the_speed_that_is_left():
    ecosystem = still(market__refill=60.0, market__refill_alone=0.25)
    ecosystem.market.presence[:] = (0.0, 0.5)
    push(ecosystem, 0, -0.02)
    push(ecosystem, 1, -0.02)
    step(ecosystem)
    assert ecosystem.market.dislocation == pytest.approx([-0.02 * 0.5**0.25, -0.02 * 0.5**0.625])


def test_a_sale_at_one_venue_opens_a_gap_and_arbitrage_closes_it():
    """At the rate ρ where depth is full; both books move, and the index keeps its place."""
    without, ecosystem = (
        still(),
        still(market__arbitrage_between=1.5, market__arbitrage_capital=np.inf, market__depth_volatility=0.0),
    )
    for world in (without, ecosystem):
        push(world, 0, -0.02)
        assert gap(world) == pytest.approx(-0.02)
        step(world)
    assert gap(without) == pytest.approx(-0.02 * math.exp(-0.15))
    assert gap(ecosystem) == pytest.approx(-0.02 * math.exp(-0.15 - 1.5), rel=1e-2)
    assert ecosystem.market.index == pytest.approx(without.market.index, rel=1e-5)
    assert ecosystem.market.inventory[0] > 0.0 > ecosystem.market.inventory[1]
    for _ in range(5):
        step(ecosystem)
    assert abs(gap(ecosystem)) < 1e-5


def test_arbitrage_stops_at_its_capital_and_gets_it_back_within_hours():
    ecosystem = still(market__arbitrage_between=1.5, market__arbitrage_capital=1e-4, market__arbitrage=0.0)
    limit = 1e-4 * 3e8 / ecosystem.market.first[0]
    push(ecosystem, 0, -0.2)
    step(ecosystem)
    assert ecosystem.market.inventory[0] == pytest.approx(limit)
    before = gap(ecosystem)
    step(ecosystem)
    kept = math.exp(-1.0 / 60.0)
    assert before < gap(ecosystem) < 0.99 * before
    assert ecosystem.market.inventory[0] == pytest.approx(limit)
    ecosystem.market.dislocation[:] = 0.0
    step(ecosystem)
    assert ecosystem.market.inventory[0] == pytest.approx(limit * kept)


@given(wanted=st.floats(-10, 10), held=st.floats(-10, 10), limit=st.floats(0, 10))
def test_arbitrageurs_never_trade_beyond_their_limit_nor_against_their_wish(wanted, held, limit):
    bought = affordable(wanted, held, limit)
    assert bought * wanted >= 0.0 and abs(bought) <= abs(wanted)
    assert abs(held + bought) <= max(limit, abs(held)) + 1e-12


def test_depth_thins_by_the_power_of_volatility_and_not_with_the_vaults():
    ecosystem = still(market__depth_exponent=0.25, market__depth_interest=(1.65,))
    assert ecosystem.market.full_depth == pytest.approx([1.65 * 2e8, 1.65 * 1e8])
    ecosystem.market.variance[:] = ecosystem.market.normal_volatility**2 * 16.0**2
    ecosystem.exchange.vault_shares[:] *= 0.1
    step(ecosystem)
    rough = np.sqrt(ecosystem.market.variance) / ecosystem.market.normal_volatility
    assert ecosystem.market.presence == pytest.approx(rough**-0.25)
    assert ecosystem.market.depth * ecosystem.market.fundamental == pytest.approx(
        ecosystem.market.presence * ecosystem.market.full_depth
    )


@pytest.mark.parametrize(("mark", "own"), [("own", 1.0), ("index", 0.0), ("blend", 0.5)])
def test_marks_are_the_own_price_the_index_or_half_of_each(mark, own):
    ecosystem = still(market__mark=mark, market__arbitrage=0.0)
    push(ecosystem, 0, -0.02)
    step(ecosystem)
    market = ecosystem.market
    assert market.mid[0] < market.index[0] < market.mid[1]
    assert ecosystem.exchange.mark == pytest.approx(market.mid**own * market.index ** (1.0 - own))


def test_a_smoothed_mark_closes_a_gap_by_its_time_and_does_not_see_a_trade_at_once():
    ecosystem = still(market__mark_seconds=60.0, market__arbitrage=0.0, market__mark="own")
    account = ecosystem.agents_by_type[Exchange][0].open_account(collateral=1e12)
    before = ecosystem.exchange.mark.copy()
    ecosystem.agents_by_type[Exchange][0].trade(account, 0.01 * ecosystem.market.depth[0])
    assert (ecosystem.exchange.mark == before).all() and ecosystem.market.mid[0] > before[0]
    for passed in (1, 2):
        step(ecosystem)
        left = np.log(ecosystem.market.mid / ecosystem.exchange.mark)
        assert left[0] == pytest.approx(np.log(ecosystem.market.mid[0] / before[0]) * math.exp(-passed))


@pytest.mark.parametrize("shape", list(SHAPES))
def test_infinite_depth_and_books_filled_at_once_leave_prices_to_the_tape(shape):
    """Limit: bit for bit, whatever else is switched on."""
    limit = {"market__depth_multiplier": np.inf, "market__refill": 1e-3}
    ecosystem = run(crash(**ONE | FULL | limit | {"market__impact": shape}))
    assert ecosystem.protocol.deficit.sum() > 0.0
    fundamental = ecosystem.tape.initial_price * np.exp(np.cumsum(ecosystem.tape.log_return, axis=0))
    assert ecosystem.record.asset[:, :, 0] == pytest.approx(fundamental, rel=1e-12)
    assert ecosystem.record.asset[:, :, 1] == pytest.approx(fundamental, rel=1e-12)


def test_the_order_of_venues_does_not_matter():
    scenario = small(**ONE | FULL | {"protocol__number": 5, "market__permanent_share": 0.3})
    ecosystem, rng = Ecosystem(scenario), np.random.default_rng(1)
    market, rules = ecosystem.market, market_rule(scenario)
    market.depth[:] *= rng.uniform(0.1, 2.0, 5)
    market.dislocation[:] = market.pressure[:] = rng.normal(0.0, 0.05, 5)
    market.mid[:] = market.fundamental * np.exp(market.dislocation)
    market.flow[:] = 0.2 * market.depth * rng.normal(0.0, 1.0, 5)
    order = np.array([3, 0, 4, 1, 2])
    one, other = market.copy(), market[order].copy()
    for table in (one, other):
        move_all(table, rules)
        recover(table, resilience(scenario), rules.shape)
        follow(table)
        quote(table)
    for name in one.dtype.names:
        if name != "total":
            assert other[name] == pytest.approx(one[name][order], rel=1e-12), name


SHARE = st.floats(-0.4, 0.4).filter(lambda share: abs(share) > 1e-6)
TRIPS = st.lists(st.tuples(st.integers(0, 1), SHARE, st.integers(0, 4)), min_size=1, max_size=8)
WORLDS = {
    (shape, full): still(**(FULL if full else {}) | {"market__impact": shape}) for shape in SHAPES for full in (0, 1)
}
MARKETS = {name: world.market.copy() for name, world in WORLDS.items()}


@pytest.mark.parametrize("name", WORLDS, ids=str)
@settings(max_examples=60)
@given(trips=TRIPS)
def test_no_round_trip_earns_anything(name, trips):
    """Orders of any size at either venue, in any slices, with any time between them, until both are flat again."""
    world = WORLDS[name]
    world.market[:] = MARKETS[name]
    spent, held, rules = 0.0, np.zeros(2), market_rule(world.scenario)

    def order(k, contracts):
        world.market.flow[:] = 0.0
        world.market.flow[k] = contracts
        move_all(world.market, rules)
        held[k] += contracts
        half = world.market.half_spread[k]
        return contracts * world.market.average[k] * (1.0 + math.copysign(half, contracts))

    for k, share, wait in trips:
        spent += order(k, share * MARKETS[name].depth[k])
        for _ in range(wait):
            step(world)
    for k in range(2):
        spent += order(k, -held[k])
    assert spent > 0.0
