"""The closing sequence: the book down to the bankruptcy price, then the backstop, then the loss regime."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.ledger import FUND, LIQUIDATION_FEE, SHORTFALL, TAKEN
from model.market.liquidation.inventory import SMALL_LOT, lot
from model.market.liquidation.sequence import way_down
from tests.model.market.test_cascade import lonely
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import STRUCTURES, crash, run, small

VENUE = {"exchange__engine": "venue"}
FIRST = VENUE | {"exchange__closing": "fund_first"}


def fallen(fall, depth=1.0, short=0.0, **changes):
    """Return a long of 50,000 at ten times, a short of `short` USD, and the model after a fall of the price."""
    ecosystem, exchange, account = lonely(**(FIRST | changes))
    other = exchange.open_account(20_000.0)
    if short:
        exchange.trade(other, -short / exchange.mark)
    ecosystem.market.fundamental[0] *= 1.0 - fall
    ecosystem.market.mid[0] = ecosystem.exchange.mark[0] = ecosystem.market.fundamental[0]
    ecosystem.market.pressure[0] = ecosystem.market.dislocation[0] = 0.0
    ecosystem.market.depth[0] *= depth
    return ecosystem, exchange, account, other


def bankrupt_at(exchange, account):
    """Return the price at which an account's equity is zero, USD per contract."""
    return account.level + exchange.funding_index


@given(st.sampled_from([1.0, -1.0]), st.floats(1e-3, 1e6), st.floats(0.0, 0.05), st.floats(0.5, 1.5))
def test_the_way_to_a_price_ends_where_fills_are_at_it(side, mid, spread, ratio):
    price = mid * ratio
    end = mid * np.exp(way_down(side, mid, spread, price))
    assert end * (1.0 - side * spread) == pytest.approx(price)


def test_a_position_with_more_collateral_than_value_is_never_bankrupt():
    assert way_down(1.0, 100.0, 0.001, -5.0) == -np.inf


def test_a_deep_book_takes_all_and_the_fund_earns_its_fee():
    """Above bankruptcy the position is sold whole within its price; nothing is passed on, nothing is owed."""
    ecosystem, exchange, account, _ = fallen(0.095, depth=1e3)
    price = bankrupt_at(exchange, account)
    ecosystem.liquidate()
    assert account.size == 0.0 and exchange.passed_on == exchange.needed == 0.0
    assert ecosystem.market.mid[0] > price and ecosystem.ledger.balance[SHORTFALL, 0] == 0.0
    assert ecosystem.ledger.balance[LIQUIDATION_FEE, 0] > 0.0


def test_no_sale_takes_the_book_beyond_the_bankruptcy_price_and_the_backstop_has_the_rest():
    """In a thin book fills stop at the bankruptcy price; the fund has what was left, at that price or better."""
    ecosystem, exchange, account, _ = fallen(0.095, depth=1e-3, backstop__unloading=1e4)
    price, size, spread = bankrupt_at(exchange, account), account.size, exchange.spread
    ecosystem.liquidate()
    assert account.size == 0.0 and 0.0 < exchange.passed_on < exchange.liquidated
    assert exchange.passed_on < size * exchange.mark
    assert ecosystem.market.mid[0] * (1.0 - spread) == pytest.approx(price, rel=1e-4)  # but for what is unloaded
    cost = -ecosystem.ledger.balance[TAKEN, 0] / exchange.taken_size + exchange.funding_index
    assert cost <= price * (1.0 + 1e-9) and exchange.needed == 0.0
    assert exchange.deficit < 1.0


def test_below_bankruptcy_nothing_is_sold_and_the_loss_comes_when_the_backstop_sells():
    """After a fall of 20 % no order reaches the book; the fund pays what its sales fetch less than the price."""
    ecosystem, exchange, account, _ = fallen(0.2, backstop__unloading=0.01)
    price, size = bankrupt_at(exchange, account), account.size
    own, fund = account.equity, ecosystem.ledger.balance[FUND, 0]
    ecosystem.liquidate()
    assert exchange.needed == pytest.approx(-own)
    assert exchange.taken_size == 0.0 and ecosystem.ledger.balance[TAKEN, 0] == 0.0
    average = ecosystem.market.average[0] * (1.0 - exchange.spread)
    assert exchange.takeover_profit == pytest.approx(size * (average - price))
    assert exchange.deficit == pytest.approx(-exchange.takeover_profit) == pytest.approx(exchange.trader_deficit)
    owed = exchange.deficit
    ecosystem.absorb_deficits()
    assert ecosystem.ledger.balance[FUND, 0] == pytest.approx(fund - owed)


def test_a_rebound_is_the_backstops_gain():
    """What is sold above the bankruptcy price is income, as a liquidation fee is."""
    ecosystem, exchange, account, _ = fallen(0.2, backstop__unloading=1e4)
    ecosystem.liquidate()
    assert account.size == 0.0 and exchange.taken_size > 0.0
    ecosystem.market.fundamental[0] *= 1.5
    ecosystem.market.mid[0] = ecosystem.exchange.mark[0] = ecosystem.market.fundamental[0]
    held, before, lost = exchange.taken_size, ecosystem.ledger.balance[TAKEN, 0], exchange.takeover_profit
    ecosystem.liquidate()
    gain = ecosystem.ledger.balance[LIQUIDATION_FEE, 0]
    assert exchange.taken_size < held and ecosystem.ledger.balance[TAKEN, 0] > before
    assert lost < 0.0 < gain == pytest.approx(exchange.takeover_profit - lost)


def test_beyond_its_room_deleveraging_takes_the_place_of_a_sale_at_the_bankruptcy_price():
    """With no room the winner is closed at the bankruptcy price, no price moves and nobody is owed anything."""
    ecosystem, exchange, account, other = fallen(
        0.2, short=90_000.0, backstop__regime="adl", backstop__takeover_multiple=0.0
    )
    price, size, before, mid = bankrupt_at(exchange, account), account.size, other.size, ecosystem.market.mid[0]
    worth, mark = other.equity, exchange.mark
    ecosystem.liquidate()
    assert other.size == pytest.approx(before + size) and account.size == 0.0
    assert other.equity + other.wallet == pytest.approx(worth - size * (price - mark))
    assert ecosystem.market.mid[0] == mid and exchange.deficit == 0.0
    assert exchange.replaced == pytest.approx(size * price) and exchange.passed_on == 0.0
    assert exchange.taken_size == pytest.approx(0.0, abs=1e-9)


def test_never_more_is_deleveraged_than_was_left_and_what_no_winner_takes_the_backstop_sells():
    ecosystem, exchange, account, other = fallen(
        0.2, short=10_000.0, backstop__regime="adl", backstop__takeover_multiple=0.0, backstop__unloading=1e4
    )
    size, short = account.size, -other.size
    ecosystem.liquidate()
    assert other.size == 0.0 and exchange.taken_size == pytest.approx(size - short, rel=1e-4)


def test_a_winner_gives_no_more_than_it_has():
    """A short whose equity does not reach for its share at the bankruptcy price is closed as far as it goes."""
    ecosystem, _, _, other = fallen(0.2, short=90_000.0, backstop__regime="adl", backstop__takeover_multiple=0.0)
    ecosystem.liquidate()
    assert other.equity >= 0.0 and other.wallet >= 0.0


def test_any_other_regime_sells_what_is_beyond_the_room_and_shares_the_deficit():
    ecosystem, exchange, account, _ = fallen(0.2, backstop__takeover_multiple=0.0)
    price, size, mid = bankrupt_at(exchange, account), account.size, ecosystem.market.mid[0]
    ecosystem.liquidate()
    fetched = ecosystem.market.average[0] * (1.0 - exchange.spread)
    assert exchange.trader_deficit == pytest.approx(size * (price - fetched))
    assert ecosystem.market.mid[0] < mid and exchange.taken_size == 0.0


def test_adl_first_asks_winners_before_the_backstop():
    """There is room, and a regime that shares losses, and yet winners are closed first."""
    ecosystem, exchange, account, other = fallen(0.2, short=90_000.0, exchange__closing="adl_first")
    size, before = account.size, other.size
    ecosystem.liquidate()
    assert other.size == pytest.approx(before + size) and exchange.passed_on == 0.0


def test_the_room_is_a_multiple_of_the_capital_and_nothing_once_it_has_fallen():
    """With a multiple of m the fund holds at most m times itself; below 70 % of its start it takes nothing over."""
    ecosystem, exchange, account, _ = fallen(0.2, backstop__takeover_multiple=0.01, backstop__unloading=1e4)
    fund = ecosystem.ledger.balance[FUND, 0]
    ecosystem.liquidate()
    assert exchange.passed_on == pytest.approx(min(0.01 * fund, exchange.liquidated), rel=1e-6)
    ecosystem, exchange, account, _ = fallen(0.2, backstop__takeover_fall=0.3)
    ecosystem.ledger.balance[FUND, 0] *= 0.69
    ecosystem.liquidate()
    assert exchange.passed_on == 0.0 and account.size == 0.0


def test_keepers_limit_the_sale_and_what_waits_is_passed_on_once_it_is_worth_nothing():
    """Without capacity a position above zero waits; one below zero is the backstop's."""
    keepers = {"exchange__engine": "keepers", "keeper__capacity": 1e-9}
    ecosystem, exchange, account, _ = fallen(0.095, depth=1e3, **keepers)
    size = account.size
    ecosystem.liquidate()
    assert account.size == pytest.approx(size, rel=1e-3) and exchange.passed_on == 0.0
    ecosystem, exchange, account, _ = fallen(0.2, **keepers)
    ecosystem.liquidate()
    assert account.size == 0.0 and exchange.passed_on > 0.0


def test_what_the_venue_sells_where_keepers_do_not_serve_earns_no_keeper_a_bounty():
    """Without room and without capacity the rest is sold by the venue: keepers' cash is what their rows say."""
    ecosystem, _, account, _ = fallen(
        0.2, exchange__engine="keepers", keeper__capacity=1e-9, backstop__takeover_multiple=0.0
    )
    ecosystem.liquidate()
    assert account.size == 0.0 and ecosystem.keepers.bounties.sum() < 1e-3
    assert ecosystem.ledger.book.breach[0] < 0.0


def test_a_lot_is_a_part_or_all_of_a_little():
    assert lot(100.0, 50.0, 0.1) == pytest.approx(10.0) and lot(-100.0, 50.0, 0.1) == pytest.approx(-10.0)
    assert lot(1.0, SMALL_LOT, 0.1) == 1.0


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("closing", ["sale", "fund_first", "adl_first"])
def test_books_close_whatever_the_sequence_and_the_structure(structure, closing):
    """Also what is held is counted: contracts with those taken over sum to zero, to the last step."""
    regime = "adl" if closing == "fund_first" else "socialized_loss"
    ecosystem = run(
        crash(
            exchange__engine="venue", exchange__closing=closing, backstop__structure=structure, backstop__regime=regime,
            backstop__capital_ratio=2e-3, steps=24,
        )
    )  # fmt: skip
    assert_books_close(ecosystem)
    assert ecosystem.summary()["liquidated"] > 0.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_accounts_does_not_matter(seed):
    """Accounts are closed by how near they are to bankruptcy, not by their rows."""
    found = []
    for order in (1, -1):
        ecosystem, exchange, account = lonely(**FIRST, backstop__unloading=1e4)
        amounts = np.random.default_rng(seed).uniform(4_000.0, 6_000.0, 5)[::order]
        for amount in amounts:
            exchange.trade(exchange.open_account(amount), 45_000.0 / exchange.mark)
        ecosystem.market.fundamental[0] *= 0.93
        ecosystem.market.mid[0] = ecosystem.exchange.mark[0] = ecosystem.market.fundamental[0]
        ecosystem.market.depth[0] *= 1e-3
        ecosystem.liquidate()
        found.append((exchange.passed_on, exchange.liquidated, ecosystem.market.mid[0], account.size))
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_small_world_of_a_calm_day_is_that_of_keepers():
    """Where nobody fails the sequence changes nothing."""
    calm = [run(small(**changes)).summary() for changes in ({}, FIRST)]
    assert calm[0] == calm[1]
