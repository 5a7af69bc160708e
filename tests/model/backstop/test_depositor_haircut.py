"""Depositor haircut: every cash balance at the venue is cut alike, whether there is a position or not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.ledger import DEFICIT, TRADER, WALLET
from tests.support.loss_case import LossCase

# size, entry, margin, wallet, realised; marked at 90: a winner of 200, a loser of 60, and one without a position
THREE = ((-10.0, 110.0, 100.0, 20.0, 0.0), (6.0, 100.0, 160.0, 30.0, 0.0), (0.0, 0.0, 0.0, 50.0, 0.0))


def test_three_accounts_by_hand():
    """Cash of 100 + 20, 100 + 30 (160 of margin, 60 of it lost) and 50: 300, of which 75 are a quarter.

    The margins fall by 25 each, the wallets by 5, 7.5 and 12.5; the winner's open profit of 200 is spared.
    """
    venue = LossCase("depositor_haircut", crowd=THREE)
    profit, wealth = venue.gain, venue.wealth
    assert venue.collect_loss(75.0) == (75.0, 0.0, 0.0)
    assert venue.accounts.collateral[:3].tolist() == [75.0, 135.0, 0.0]
    assert venue.accounts.wallet[:3].tolist() == [15.0, 22.5, 37.5]
    assert (venue.gain == profit).all() and profit.tolist() == [200.0, -60.0, 0.0]
    assert (wealth - venue.wealth).tolist() == [30.0, 32.5, 12.5]
    assert venue.accounts.cut[:3] == pytest.approx([30.0 / 320.0, 32.5 / 130.0, 12.5 / 50.0])
    assert venue.ledger.balance[[DEFICIT, TRADER, WALLET], 0] == pytest.approx([0.0, 210.0 + 1100.0 - 600.0, 75.0])


def test_other_accounts_by_hand_and_what_the_cash_does_not_cover_goes_to_the_fallback():
    """Cash of 8, 40 and 2: a loss of 60 takes all 50, the vault as fallback 10; one in default has nothing to be cut.

    The last is short 5 from 70 at 90 with a margin of 80: 100 lost, equity −20, so its wallet of 2 is all its cash.
    """
    crowd = ((2.0, 80.0, 8.0, 0.0, 0.0), (0.0, 0.0, 0.0, 40.0, 0.0), (-5.0, 70.0, 80.0, 2.0, 0.0))
    venue = LossCase("depositor_haircut", crowd=crowd, fallback="lp_absorbs")
    assert venue.collect_loss(60.0) == (50.0, 10.0, 0.0)
    assert venue.accounts.collateral[:3].tolist() == [0.0, 0.0, 80.0]
    assert venue.accounts.wallet[:3].tolist() == [0.0, 0.0, 0.0]
    assert venue.equity.tolist() == [20.0, 0.0, -20.0]


def test_where_there_is_no_cash_nothing_is_taken():
    venue = LossCase("depositor_haircut", crowd=((2.0, 80.0, 0.0, 0.0, 0.0),))
    assert venue.collect_loss(60.0) == (0.0, 0.0, 0.0)
    assert venue.gain.tolist() == [20.0]


def test_what_an_owner_is_worth_decides_how_much_less_leverage_it_wants():
    """Half of all cash: the flat one loses half of what it has, the winner 60 of 320."""
    venue = LossCase("depositor_haircut", crowd=THREE, reaction=0.4)
    venue.collect_loss(150.0)
    wanted = venue.accounts.leverage[:3]
    assert wanted[2] == pytest.approx(10.0 * (1.0 - 0.4 * 0.5))
    assert wanted[0] == pytest.approx(10.0 * (1.0 - 0.4 * 10.0 / 320.0) * (1.0 - 0.4 * 50.0 / 320.0))


money = st.floats(0.0, 1e6).map(lambda amount: round(amount, 2))
account = st.tuples(
    st.sampled_from([-7.0, -0.5, 0.0, 2.0, 11.0]), st.floats(50.0, 150.0), money, money, st.just(0.0)
).map(lambda one: one if one[0] else (0.0, 0.0, 0.0, one[3], 0.0))


@given(st.lists(account, min_size=1, max_size=12), st.floats(0.01, 1e7))
def test_money_is_conserved_and_all_cash_is_cut_by_one_fraction(crowd, loss):
    """Books close (audited), no balance falls below zero, open profit stays, everybody loses one part of its cash."""
    venue = LossCase("depositor_haircut", crowd=tuple(crowd))
    wallet, margin = venue.accounts.wallet[: venue.count].copy(), venue.accounts.collateral[: venue.count].copy()
    free = np.minimum(margin, np.maximum(venue.equity, 0.0))
    equity, whole = venue.equity, (wallet + free).sum()
    taken = venue.collect_loss(loss).regime
    assert taken == pytest.approx(min(loss, whole), rel=1e-9)
    part = taken / whole if whole > 0.0 else 0.0
    assert wallet - venue.accounts.wallet[: venue.count] == pytest.approx(part * wallet, rel=1e-9, abs=1e-6)
    assert margin - venue.accounts.collateral[: venue.count] == pytest.approx(part * free, rel=1e-9, abs=1e-6)
    assert (venue.equity >= np.minimum(equity, 0.0) - 1e-6).all()
