"""Loss regimes that look back to a settlement or carry a debt forward, and how deleveraging closes."""

import numpy as np
import pytest

from agents.core.ledger import FROZEN_DEBT, LIQUIDATION_FEE, OUTSIDE, SHORTFALL, TRADER, TRADING_FEE, VAULT, WALLET
from model.backstop.loss_regime.base import Terms
from model.ecosystem import Ecosystem
from tests.support.loss_case import CROWD, LossCase
from tests.support.world import crash, run, small

PRICE, WALLET_SLOT = 90.0, len(CROWD) - 1


def withdraw(loss_case: LossCase, slot: int, amount: float) -> None:
    """Let an owner move collateral to the wallet."""
    loss_case.accounts.collateral[slot] -= amount
    loss_case.accounts.wallet[slot] += amount
    loss_case.ledger.balance[TRADER, 0] -= amount
    loss_case.ledger.balance[WALLET, 0] += amount
    loss_case.audit()


def test_clawback_asks_for_profits_of_the_window_only():
    """Profit realised before the last settlement is out of reach; the rate is residual over profit."""
    loss_case = LossCase("clawback", terms=Terms(window=5))
    profit = np.maximum([row[4] for row in CROWD], 0.0)
    before = loss_case.wealth
    assert loss_case.collect_loss(47.1).regime == 47.1
    assert before - loss_case.wealth == pytest.approx(0.3 * profit)
    loss_case.advance(step=3)
    assert loss_case.collect_loss(10.0, step=4).regime == 10.0
    loss_case.advance(step=4)
    assert loss_case.collect_loss(10.0, step=5).regime == 0.0


def test_clawback_takes_the_wallet_before_the_position():
    """The account with 10 of profit and an empty wallet pays out of its equity; who has a wallet keeps its position."""
    loss_case = LossCase("clawback")
    entry, wallet = loss_case.accounts.entry_price.copy(), loss_case.accounts.wallet.copy()
    loss_case.collect_loss(15.7)
    moved = loss_case.accounts.entry_price != entry
    assert np.flatnonzero(moved).tolist() == [1]
    assert (wallet - loss_case.accounts.wallet)[[0, 4, 6, 7]] == pytest.approx([3.0, 2.5, 1.2, 8.0])


def test_gains_count_from_the_last_settlement_and_from_entry_for_what_was_added_since():
    """Settled at 100, marked at 90, funding of 1 owed by longs since then."""
    loss_case = LossCase(
        "variation_margin_haircut", crowd=[(-10.0, 130.0, 300.0, 0.0, 0.0), (-5.0, 90.0, 500.0, 0.0, 0.0)]
    )
    loss_case.exchange.funding_index[0] += 1.0
    loss_case.accounts.size[1] = -8.0
    loss_case.accounts.entry_price[1] = 95.0
    loss_case.exchange.vault_size[0] += 3.0
    loss_case.ledger.balance[TRADER, 0] += 8.0 * 95.0 - 5.0 * 90.0
    loss_case.ledger.balance[VAULT, 0] -= 8.0 * 95.0 - 5.0 * 90.0
    loss_case.audit()
    before = loss_case.wealth
    loss_case.collect_loss(10.0)
    gains = np.array([10.0 * 11.0, 5.0 * 11.0 + 3.0 * 6.0])
    assert before - loss_case.wealth == pytest.approx(10.0 * gains / gains.sum())


def test_a_loser_in_all_pays_variation_margin_if_it_gained_since_the_settlement():
    loss_case = LossCase("variation_margin_haircut")
    before, gain = loss_case.wealth, loss_case.gain
    loss_case.collect_loss(77.0)
    lost = before - loss_case.wealth
    assert gain[4] < 0 < lost[4]


def test_partial_tear_up_closes_the_same_fraction_of_every_account_opposite():
    """At the bankruptcy price 95: each contract saves 5."""
    loss_case = LossCase("tear_up", terms=Terms(tear_up=0.5))
    size = loss_case.accounts.size[: loss_case.count].copy()
    short = size < 0
    loss_case.collect_loss(38.0)
    fraction = 1.0 - loss_case.accounts.size[: loss_case.count][short] / size[short]
    assert fraction == pytest.approx(38.0 / (5.0 * 38.0))
    assert (loss_case.accounts.size[: loss_case.count][~short] == size[~short]).all()
    loss_case = LossCase("tear_up", terms=Terms(tear_up=0.1))
    assert loss_case.collect_loss(38.0).regime == pytest.approx(0.1 * 5.0 * 38.0)


def test_full_tear_up_closes_all_at_the_settlement_price_and_overshoots():
    """38 shorts closed at 100 rather than 90, the one with 40 of equity giving no more than that."""
    loss_case = LossCase("tear_up", terms=Terms(tear_up=1.0))
    vault, equity = loss_case.ledger.balance[VAULT, 0] + loss_case.exchange.vault_size[0] * PRICE, loss_case.equity
    taken = np.minimum(10.0 * np.abs(loss_case.accounts.size[: loss_case.count]), equity)[:5].sum()
    collected = loss_case.collect_loss(38.0)
    assert collected == pytest.approx((38.0, 0.0, taken - 38.0))
    assert (loss_case.accounts.size[:5] == 0).all() and loss_case.accounts.size[5] == 12.0
    assert loss_case.ledger.balance[VAULT, 0] + loss_case.exchange.vault_size[0] * PRICE - vault == pytest.approx(
        taken - 38.0
    )
    assert loss_case.ledger.balance[SHORTFALL, 0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("regime", ["adl", "tear_up"])
def test_a_price_in_favour_of_the_failed_side_closes_nobody(regime):
    """Bankruptcy price of longs below the mark: closing shorts there would cost the venue money."""
    loss_case = LossCase(regime, failed={"bankrupt_long": 16.0, "bankrupt_long_value": 16.0 * 85.0})
    size = loss_case.accounts.size.copy()
    assert loss_case.collect_loss(38.0).regime == 0.0
    assert (loss_case.accounts.size == size).all()


def test_at_mark_winners_take_over_what_failed_and_nobody_loses():
    """16 contracts go to the best ranked at mark; their profit becomes cash; the loss goes to the fallback."""
    loss_case = LossCase("adl", terms=Terms(close_price="mark"), fallback="lp_absorbs")
    size, before, vault = loss_case.accounts.size.copy(), loss_case.wealth, loss_case.exchange.vault_size[0]
    collected = loss_case.collect_loss(38.0)
    assert collected == (0.0, 38.0, 0.0)
    assert loss_case.wealth == pytest.approx(before)
    assert (loss_case.accounts.size - size)[: loss_case.count].tolist() == [10.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert loss_case.exchange.vault_size[0] == vault - 16.0


def test_who_withdraws_pays_for_the_debt_and_who_waits_does_not():
    """Factor = debt over all equity, what is being withdrawn included."""
    loss_case = LossCase("withdrawal_factor")
    assert loss_case.collect_loss(100.0).regime == 100.0
    assert not loss_case.accounts.haircut.any()
    loss_case.advance()
    assert loss_case.ledger.balance[FROZEN_DEBT, 0] == -100.0
    before = loss_case.wealth
    withdraw(loss_case, 2, 150.0)
    total = np.maximum(loss_case.equity, 0.0).sum() + 150.0
    loss_case.advance(step=1)
    assert (before - loss_case.wealth).tolist() == pytest.approx([0, 0, 150.0 * 100.0 / total, 0, 0, 0, 0, 0])
    assert loss_case.ledger.balance[FROZEN_DEBT, 0] == pytest.approx(-100.0 + 150.0 * 100.0 / total)
    paid = loss_case.accounts.haircut.sum()
    loss_case.advance(step=2)
    assert loss_case.accounts.haircut.sum() == paid


def test_what_was_withdrawn_before_there_was_a_debt_is_not_charged():
    loss_case = LossCase("withdrawal_factor")
    withdraw(loss_case, 2, 150.0)
    loss_case.collect_loss(100.0)
    loss_case.advance()
    assert not loss_case.accounts.haircut.any()


def test_frozen_debt_gates_withdrawals_and_is_repaid_from_fees():
    """Money on its way out goes back; fees repay first; then accounts without a position get theirs."""
    loss_case = LossCase("frozen_debt")
    loss_case.collect_loss(100.0)
    wealth, wallet = loss_case.wealth, loss_case.accounts.wallet.copy()
    withdraw(loss_case, 2, 150.0)
    withdraw(loss_case, WALLET_SLOT, -30.0)
    loss_case.ledger.enter(TRADING_FEE, 40.0)
    assert loss_case.advance()
    assert loss_case.wealth == pytest.approx(wealth)
    assert loss_case.accounts.wallet[2] == wallet[2] and loss_case.accounts.collateral[2] == 400.0
    assert loss_case.ledger.balance[FROZEN_DEBT, 0] == -60.0
    loss_case.ledger.enter(LIQUIDATION_FEE, 45.0)
    loss_case.ledger.enter(TRADING_FEE, 40.0)
    assert loss_case.advance()
    assert loss_case.ledger.balance[FROZEN_DEBT, 0] == 0.0
    assert loss_case.ledger.balance[TRADING_FEE, 0] == 25.0
    assert loss_case.accounts.wallet[WALLET_SLOT] == wallet[WALLET_SLOT]
    assert not loss_case.advance()
    assert loss_case.ledger.balance[OUTSIDE, 0] == pytest.approx(-loss_case.ledger.balance[:OUTSIDE].sum())


def test_while_debt_is_frozen_no_wallet_rises():
    """Over a crash, at every protocol with open debt, step by step."""
    ecosystem = Ecosystem(crash(backstop__regime="frozen_debt", backstop__capital_ratio=1e-4))
    seen = False
    for _ in range(ecosystem.horizon):
        frozen = ecosystem.ledger.balance[FROZEN_DEBT] < 0
        wallet = ecosystem.accounts.wallet.reshape(len(frozen), -1).copy()
        ecosystem.step()
        still = frozen & (ecosystem.ledger.balance[FROZEN_DEBT] < 0)
        after = ecosystem.accounts.wallet.reshape(len(frozen), -1)
        assert (after[still] <= wallet[still] * (1 + 1e-12) + 1e-9).all()
        seen = seen or still.any()
    assert seen


def test_a_run_reports_feasibility_overshoot_and_the_fallback():
    """Uncovered = collected + infeasible, and infeasible = fallback + treasury + its creditors + bad debt."""
    changes = {"backstop__capital_ratio": 1e-4, "loss__window": 5.0, "loss__fallback": "socialized_loss"}
    ecosystem = run(crash(backstop__regime="clawback", **changes))
    found = ecosystem.summary()
    assert found["feasible"] == 0.0 < found["paid_fallback"]
    assert found["uncovered"] == pytest.approx(found["paid_regime"] + found["infeasible"])
    assert found["infeasible"] == pytest.approx(
        found["paid_fallback"] + found["paid_treasury"] + found["paid_creditors"] + found["bad_debt"], abs=0.01
    )
    assert run(crash(backstop__regime="socialized_loss")).summary()["feasible"] == 1.0
    torn = run(crash(backstop__regime="tear_up", loss__tear_up=1.0, **changes))
    assert torn.protocol.overshoot.sum() > 0


def test_a_hedger_that_was_deleveraged_restores_its_leg():
    """Deleveraging leaves the anchor alone, and the hedger trades back to it."""
    changes = dict.fromkeys(("noise", "trend", "fundamentalist", "carry", "haircut_reaction"), 0.0)
    changes |= dict.fromkeys(("turnover", "attention", "participation"), 1.0)
    ecosystem = Ecosystem(small(backstop__regime="adl", **{f"trader__{name}": v for name, v in changes.items()}))
    accounts, exchange, (first, last) = ecosystem.accounts, ecosystem.exchange, ecosystem.slots(1)
    ecosystem.exchange.bankrupt_long[1] = 500.0
    ecosystem.exchange.bankrupt_long_value[1] = 500.0 * exchange.mark[1] * 1.04
    anchor = accounts.anchor.copy()
    ecosystem.ledger.balance[SHORTFALL, 1] -= 1e4
    ecosystem.ledger.balance[OUTSIDE, 0] += 1e4
    assert ecosystem.regime.collect(ecosystem.venue, 1, 1e4, 0) == pytest.approx(1e4)
    hit = first + np.flatnonzero(accounts.haircut[first:last] > 0)
    left = accounts.size[hit].copy()
    assert len(hit) and (np.abs(left) < np.abs(anchor[hit])).all()
    for _ in range(5):
        ecosystem.step()
    assert (accounts.anchor == anchor).all()
    assert (np.abs(accounts.size[hit] - anchor[hit]) < np.abs(left - anchor[hit])).any()
