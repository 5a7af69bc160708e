"""The ledger: conservation, and what happens where it is violated."""

import numpy as np
import pytest

from agents.core.ledger import (
    BAD_DEBT,
    FUND,
    OUTSIDE,
    POOL,
    THERE,
    TOTAL,
    TRADE,
    TREASURY,
    Ledger,
    LedgerError,
    PriceRangeError,
)
from agents.trader.trader import Trader
from model.ecosystem import Ecosystem
from model.state.population import FARTHEST_ENTRY
from tests.support.world import crash, run, small


def test_transfers_conserve_and_entries_are_the_outsides():
    """Whatever moves inside leaves the sum alone; what enters is owed by the outside world."""
    ledger = Ledger(3)
    ledger.enter(FUND, np.array([1.0, 2.0, 3.0]))
    ledger.enter(POOL, 4.0, 0)
    ledger.transfer(FUND, TREASURY, np.array([0.5, 0.5, 3.0]))
    assert ledger.balance.sum() == pytest.approx(0.0, abs=1e-12)
    assert ledger.balance[FUND].tolist() == [0.5, 1.5, 0.0]
    assert ledger.imbalance() < 1e-15


def test_a_run_conserves_money_to_the_last_bits():
    """Relative to the gross amounts, 1e-9 is demanded and far less is found."""
    ecosystem = run(crash())
    assert ecosystem.summary()["deficit"] > 0
    assert ecosystem.ledger.imbalance() < 1e-12


def test_imbalance_is_counted_from_the_rows():
    """Money slipped into a row behind the ledger's back shows in the imbalance."""
    ecosystem = Ecosystem(small())
    before = ecosystem.ledger.imbalance()
    ecosystem.accounts.wallet[3] += 1e6
    assert before < 1e-12
    assert ecosystem.ledger.imbalance() > 1e-5


@pytest.mark.parametrize(
    ("table", "attribute", "account"),
    [("accounts", "wallet", "wallet"), ("accounts", "collateral", "trader"), ("exchange", "vault_size", "contracts")],
)
def test_a_violation_stops_the_run_and_is_named(table, attribute, account):
    """Rows changed behind the ledger's back stop the run; the error names account, listing, step and phase."""
    ecosystem = Ecosystem(small())
    ecosystem.run_for(5)
    row = ecosystem.slots(1)[0] + 2 if table == "accounts" else 1
    getattr(getattr(ecosystem, table), attribute)[row] += 1e4
    ecosystem.blocks.stale[:] = 1
    with pytest.raises(LedgerError, match=rf"'{account}' of listing 1 .* step 5 in phase 'trade'"):
        ecosystem.run_for(1)


@pytest.mark.parametrize(("error", "broken"), [(1e-10, False), (1e-8, True)])
def test_contracts_are_judged_by_those_there_are(error, broken):
    """At the mark, whatever it has become."""
    ecosystem = Ecosystem(small())
    ecosystem.run_for(3)
    exchange = ecosystem.exchange
    assert (exchange.peak_size >= exchange.long_size + exchange.short_size).all()
    exchange.mark[1] = 1e14
    exchange.vault_size[1] += error * exchange.long_size[1]
    ecosystem.reconcile(TRADE)
    assert (ecosystem.ledger.book.breach[0] == TRADE) == broken


def test_a_balance_that_cannot_be_negative_stops_the_run():
    """A fund below zero is named, anyone who took it there."""
    ecosystem = Ecosystem(small())
    ecosystem.run_for(2)
    ecosystem.ledger.transfer(FUND, TREASURY, np.array([0.0, 0.0, 1e9]))
    with pytest.raises(LedgerError, match=r"'fund' of protocol 2 .* phase 'record'"):
        ecosystem.run_for(1)


def test_a_sum_that_is_not_nil_stops_the_run():
    """Money from nowhere in one account breaks the sum of all."""
    ecosystem = Ecosystem(small())
    ecosystem.ledger.balance[TREASURY, 0] += 1e9
    with pytest.raises(LedgerError, match="sum of all accounts"):
        ecosystem.run_for(1)


def test_what_was_lost_long_ago_is_no_measure():
    """An error of 2e-9 of the money there stops the run, whatever was lost: losses only grow."""
    ecosystem = Ecosystem(small())
    ecosystem.run_for(2)
    ledger = ecosystem.ledger
    ledger.balance[BAD_DEBT, 0] -= 1e15
    ledger.balance[OUTSIDE, 0] += 1e15
    money = np.abs(ledger.balance[THERE]).sum()
    ledger.balance[TREASURY, 0] += 2e-9 * money
    assert 1.9e-9 < ledger.imbalance() < 2.1e-9
    ecosystem.reconcile(TRADE)
    assert int(ledger.book.breach[1]) == TOTAL
    with pytest.raises(LedgerError, match=r"'sum of all accounts' .* off by .* USD at step 2 in phase 'trade'"):
        ledger.stop_if_broken(2)


@pytest.mark.parametrize("changes", [
    {"price__process": "noise_demand", "price__demand_sd": 0.35, "steps": 60},
    {"price__process": "noise_demand", "price__demand_sd": 1.0, "value_fund__number": 3},
])  # fmt: skip
def test_wild_prices_are_balanced_as_tame_ones(changes):
    """A daily volatility of 13 and more: entry prices were once 10^18 times the price, and equity was lost in bits."""
    ecosystem = Ecosystem(small(**changes))
    drawn = ecosystem.accounts.entry_price[ecosystem.accounts.size != 0] / ecosystem.exchange.mark.max()
    ecosystem.run_for(ecosystem.horizon)
    assert drawn.max() <= FARTHEST_ENTRY * (1 + 1e-9)
    assert ecosystem.ledger.imbalance() < 1e-12


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy, where kernels are interpreted, warns of them too
@pytest.mark.parametrize("returned", [800.0, -800.0, np.inf, -np.inf, np.nan, 36.0])
@pytest.mark.parametrize("funds", [0, 1])
def test_prices_without_meaning_stop_the_run_and_are_named(returned, funds):
    """Before anybody trades at them: nobody hangs, nothing is written."""
    ecosystem = Ecosystem(small(value_fund__number=funds))
    moves = ecosystem.tape.log_return.copy()
    moves[3, 1] = returned
    ecosystem.tape = ecosystem.tape._replace(log_return=moves)
    with pytest.raises(PriceRangeError, match=r"prices left the range .* asset 1 stands at .* step 3 in phase 'price'"):
        ecosystem.run()
    assert ecosystem.clock == 3


def test_attributes_set_from_python_are_booked():
    """A researcher may give a trader money or contracts; the books still close."""
    ecosystem = Ecosystem(small())
    trader = next(iter(ecosystem.agents_by_type[Trader]))
    trader.wallet += 5_000.0
    trader.collateral = 1e5
    trader.size = -2.0 * trader.size
    trader.entry_price *= 1.01
    ecosystem.run_for(10)
    assert ecosystem.ledger.imbalance() < 1e-12


def test_contracts_set_from_python_are_bought_from_the_vault():
    """Ten contracts more at the entry price leave trader and vault, taken together, as rich as before."""
    ecosystem = Ecosystem(small())
    trader = ecosystem.agents_by_type[Trader][0]
    before = trader.equity + ecosystem.vault_equity()[0]
    outside = ecosystem.ledger.balance[OUTSIDE, 0]
    trader.size += 10.0
    assert trader.equity + ecosystem.vault_equity()[0] == pytest.approx(before)
    assert ecosystem.ledger.balance[OUTSIDE, 0] == pytest.approx(outside)
