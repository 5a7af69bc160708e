"""What a vault may bear: a cap on what it keeps of takeovers, and open interest capped by its capital."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.ledger import DEFICIT
from agents.exchange.control.order_limit import skew_cap
from agents.exchange.control.takeover import kept_notional
from model.ecosystem import Ecosystem
from tests.model.market.test_cascade import lonely
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import crash, run, small

MONEY = st.floats(0.0, 1e9)
TWO_THIRDS = {"control__takeover": 2 / 3}


@pytest.mark.parametrize(
    ("notional", "taken", "cap", "capital", "kept"),
    [(3e6, 1e6, 0.2, 15e6, 2e6), (3e6, 1e6, 0.5, 15e6, 3e6), (3e6, 4e6, 0.2, 15e6, 0.0), (3e6, 9e9, np.inf, 1.0, 3e6)],
)
def test_what_a_vault_keeps_on_numbers(notional, taken, cap, capital, kept):
    """A fifth of 15M is 3M, 1M of it is taken: of 3M it keeps 2M."""
    assert kept_notional(notional, taken, cap, capital) == pytest.approx(kept)


@given(MONEY, MONEY, st.floats(1e-6, 10.0), MONEY)
def test_a_vault_never_keeps_more_than_its_cap_nor_than_the_position(notional, taken, cap, capital):
    kept = kept_notional(notional, taken, cap, capital)
    assert 0.0 <= kept <= notional
    assert kept == 0.0 or taken + kept <= cap * capital * (1.0 + 1e-12)


def test_mars_example_and_other_numbers_by_hand():
    """With a vault of 250,000 a move of 3 % makes 10M of skew cost 300,000: 2.5M are the most that cost 30 % of it."""
    assert skew_cap(1.2, 250_000.0, 0.03) == pytest.approx(1e7)
    assert skew_cap(0.3, 250_000.0, 0.03) == pytest.approx(2.5e6)
    assert skew_cap(0.1, 8e6, 0.4) == pytest.approx(2e6)
    assert skew_cap(0.0, 8e6, 0.4) == skew_cap(0.3, 0.0, 0.4) == np.inf


def two_sides(kept, short=30_000.0, **changes):
    """Return a long of 50,000 and a short about to gain, where the vault keeps `kept` USD, after a fall of 9.5 %."""
    capital = float(Ecosystem(small()).exchange.vault_start[0])
    ecosystem, exchange, account = lonely(**TWO_THIRDS, control__takeover_cap=kept / capital, **changes)
    other = exchange.open_account(20_000.0)
    if short:
        exchange.trade(other, -short / exchange.mark)
    ecosystem.market.fundamental[0] *= 0.905
    ecosystem.market.mid[0] = ecosystem.exchange.mark[0] = ecosystem.market.fundamental[0]
    return ecosystem, exchange, account, other


def test_beyond_its_cap_the_vault_hands_on_to_winners_at_the_mark():
    """Of a long worth N the vault keeps 20,000; the rest closes shorts in profit, and nobody is worth less for it."""
    ecosystem, exchange, account, other = two_sides(20_000.0)
    mark, size, mid = float(exchange.mark), account.size, ecosystem.market.mid[0]
    notional, own, equity, before = size * mark, account.equity, other.equity, other.size
    vault = ecosystem.vault_equity()[0]
    ecosystem.liquidate()
    beyond = size * (1.0 - 20_000.0 / notional)
    assert account.size == account.collateral == 0.0
    assert exchange.kept_over == pytest.approx(20_000.0) and exchange.taken_over == pytest.approx(notional)
    assert exchange.excess_long == pytest.approx(beyond) and exchange.excess_short == 0.0
    ecosystem.absorb_deficits()
    assert other.size == pytest.approx(before + beyond) and other.deleveraged == pytest.approx(beyond * mark)
    assert other.equity + other.wallet == pytest.approx(equity) and other.haircut == 0.0
    assert ecosystem.vault_equity()[0] == pytest.approx(vault + own)
    assert exchange.excess_long == 0.0 and ecosystem.market.mid[0] == mid
    assert ecosystem.ledger.balance[DEFICIT, 0] == 0.0


def test_once_its_cap_is_used_up_the_vault_keeps_nothing():
    """Another position after the first goes to the winner whole."""
    ecosystem, exchange, _, other = two_sides(20_000.0, short=90_000.0)
    ecosystem.liquidate()
    ecosystem.absorb_deficits()
    second = exchange.open_account(5_000.0)
    exchange.trade(second, 50_000.0 / exchange.mark)
    size, left = second.size, other.size
    ecosystem.market.fundamental[0] *= 0.905
    ecosystem.market.mid[0] = ecosystem.exchange.mark[0] = ecosystem.market.fundamental[0]
    ecosystem.liquidate()
    assert exchange.excess_long == pytest.approx(size) and exchange.kept_over == pytest.approx(20_000.0)
    ecosystem.absorb_deficits()
    assert other.size == pytest.approx(left + size)


def test_a_position_below_bankruptcy_is_the_loss_regimes_and_does_not_count():
    """After a fall of 20 % the long is worth less than nothing: it failed as a whole, and none is handed on."""
    ecosystem, exchange, account, _ = two_sides(20_000.0)
    ecosystem.market.fundamental[0] *= 0.8 / 0.905
    ecosystem.market.mid[0] = ecosystem.exchange.mark[0] = ecosystem.market.fundamental[0]
    size = account.size
    ecosystem.liquidate()
    assert exchange.bankrupt_long == size and exchange.kept_over == exchange.excess_long == 0.0


def test_what_no_winner_is_there_to_take_stays_with_the_vault():
    ecosystem, exchange, account, other = two_sides(20_000.0, short=0.0)
    vault, own = ecosystem.vault_equity()[0], account.equity
    ecosystem.liquidate()
    ecosystem.absorb_deficits()
    assert exchange.excess_long == 0.0 and other.size == 0.0
    assert exchange.vault_size == pytest.approx(0.0, abs=1e-12)
    assert ecosystem.vault_equity()[0] == pytest.approx(vault + own)


@pytest.mark.parametrize("closure", ["takeover", "deleverage"])
def test_books_close_under_a_cap_and_what_is_kept_stays_below_it(closure):
    """In a crash with takeovers all sides deleverage, and nothing is left to be handed on."""
    changes = {"protocol__vault_closure": closure, "control__takeover": 1.0, "control__takeover_cap": 1e-5}
    ecosystem = run(crash(**changes, backstop__capital_ratio=1e-4))
    assert_books_close(ecosystem)
    exchange = ecosystem.exchange
    assert (exchange.kept_over <= 1e-5 * exchange.vault_start * (1.0 + 1e-12)).all() and exchange.kept_over.sum() > 0.0
    assert not exchange.excess_long.any() and not exchange.excess_short.any()
    assert ecosystem.accounts.deleveraged.sum() > 0.0


def test_a_cap_that_is_never_reached_changes_nothing():
    """To the last bit, and none is as one that large."""
    plain, capped = (run(crash(**TWO_THIRDS, control__takeover_cap=cap)).summary() for cap in (0.0, 1e6))
    assert plain == capped


def test_open_interest_is_capped_by_what_the_vault_can_bear():
    """The lower of both caps holds; each protocol has its worst move, the last is repeated."""
    exchange = Ecosystem(
        small(control__vault_risk=0.3, control__worst_move=(0.1, 0.6), control__interest_cap=2.0)
    ).exchange
    capital = exchange.vault_start
    assert exchange.interest_cap == pytest.approx(np.minimum([3.0, 0.5, 0.5], 2.0) * capital)
    assert np.isinf(Ecosystem(small(control__vault_risk=0.3, provider__number=0)).exchange.interest_cap).all()
