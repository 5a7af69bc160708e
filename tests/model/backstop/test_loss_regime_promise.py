"""What every loss regime promises, on accounts made by hand: who pays, at most how much, and what stays the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core.ledger import FROZEN_DEBT, SHORTFALL, VAULT
from model.backstop.loss_regime.base import Terms
from model.scenario.registry import RANKINGS, REGIMES
from tests.support.loss_case import CROWD, LossCase

CASES = {name: (name, Terms()) for name in REGIMES}
CASES |= {f"adl {name}": ("adl", Terms(ranking=name)) for name in RANKINGS}
CASES |= {"adl at mark": ("adl", Terms(close_price="mark")), "full tear-up": ("tear_up", Terms(tear_up=1.0))}
CASES |= {"adl at the previous mark": ("adl", Terms(close_price="previous_mark"))}
UNASKED = ("full tear-up", "adl at the previous mark")  # rules that do not ask how much is needed
CARRIED = ("withdrawal_factor", "frozen_debt")
NOBODY = (*CARRIED, "lp_absorbs", "bad_debt", "adl at mark")
PAYING = [name for name in CASES if name not in NOBODY]
PRO_RATA = ("socialized_loss", "equity_haircut", "funding_levy", "variation_margin_haircut", "clawback", "tear_up")
PRO_RATA += ("depositor_haircut", "full tear-up", *(f"adl {name}" for name in RANKINGS if "pro_rata" in name))
SPLIT_PROOF = (*PRO_RATA, "adl capped", "adl min_fraction")
every_case = pytest.mark.parametrize("case", CASES)
WHOLE = ("clawback", "depositor_haircut")  # that reach wallets
HUGE = 1e6


def loss_case(case, **changes):
    """Return a loss_case under a regime with its terms."""
    regime, terms = CASES[case]
    return LossCase(regime, terms=terms, **changes)


def payments(case, loss, **changes):
    """Return what each account lost of its wealth, and where the residual went."""
    table = loss_case(case, **changes)
    before = table.wealth
    collected = table.collect_loss(loss)
    return before - table.wealth, collected


def cap(case, table):
    """Return the most each account may be asked for under a regime."""
    gain, equity = np.maximum(table.gain, 0.0), np.maximum(table.equity, 0.0)
    fallen = 90.0 - 100.0  # mark less settlement price; all positions but those in profit at 100 were open then
    since = np.maximum(table.accounts.size[: table.count] * fallen, 0.0)
    wealth = np.where(table.accounts.realised[: table.count] > 0, table.wealth, 0.0)
    caps = {
        "socialized_loss": gain,
        "depositor_haircut": np.minimum(table.accounts.collateral[: table.count], equity) + table.wealth - table.equity,
        "adl capped": gain,
        "clawback": np.minimum(wealth, np.maximum(table.accounts.realised[: table.count], 0.0)),
        "variation_margin_haircut": np.minimum(since, equity),
        "full tear-up": np.where(table.accounts.size[: table.count] < 0, equity, 0.0),
    }
    return caps.get(case, equity)


@every_case
@pytest.mark.parametrize("loss", [3.0, 77.0, 400.0, HUGE])
def test_what_is_placed_was_paid_and_the_rest_is_still_owed(case, loss):
    """Losses of accounts and vault, less overshoot handed to it, are what was collected; the books close."""
    table = loss_case(case)
    before, vault = table.wealth, table.ledger.balance[VAULT, 0] + table.exchange.vault_size[0] * 90.0
    collected = table.collect_loss(loss)
    paid = (before - table.wealth).sum() - table.ledger.balance[FROZEN_DEBT, 0]
    paid += vault - table.ledger.balance[VAULT, 0] - table.exchange.vault_size[0] * 90.0
    assert paid == pytest.approx(collected.regime, rel=1e-9, abs=1e-7)
    assert collected.regime + collected.fallback <= loss
    assert collected.regime < loss or table.ledger.balance[SHORTFALL, 0] == 0.0  # to the last bit
    assert -table.ledger.balance[SHORTFALL, 0] == pytest.approx(loss - collected.regime, rel=1e-9, abs=1e-7)


@every_case
@pytest.mark.parametrize("loss", [3.0, 77.0, 400.0, HUGE])
def test_nothing_is_taken_beyond_what_is_needed_unless_the_rule_does_not_ask(case, loss):
    """The full tear-up and the previous mark overshoot a small loss, as their venues do; nothing else ever does."""
    overshoot = payments(case, loss)[1].overshoot
    assert (overshoot > 0.0) == (case in UNASKED and loss < 150.0) or (case == "full tear-up" and loss == 400.0)


@every_case
@pytest.mark.parametrize("loss", [3.0, 77.0, 400.0, HUGE])
def test_nobody_pays_more_than_its_cap_and_nobody_gains(case, loss):
    """Profit, equity, cash or wealth, as the regime promises; without a position only what reaches wallets is paid."""
    most = cap(case, loss_case(case))
    lost, _ = payments(case, loss)
    assert (lost <= most * (1 + 1e-9) + 1e-9).all() and (lost >= -1e-9).all()
    assert case in WHOLE or lost[-1] == 0.0


@pytest.mark.parametrize("case", PAYING)
def test_somebody_pays_until_the_caps_are_reached(case):
    """A small loss is collected in full, a huge one is not and says so."""
    assert payments(case, 3.0)[1].regime == 3.0
    assert 3.0 < payments(case, HUGE)[1].regime < HUGE or case == "full tear-up"


@every_case
def test_scaling_all_money_scales_every_payment(case):
    for loss in (77.0, HUGE):
        lost, collected = payments(case, loss)
        scaled, many = payments(case, loss, money=1000.0)
        assert scaled == pytest.approx(1000.0 * lost, rel=1e-9, abs=1e-6)
        assert many == pytest.approx(tuple(1000.0 * amount for amount in collected), rel=1e-9, abs=1e-6)


@given(st.permutations(range(len(CROWD))), st.sampled_from([c for c in CASES if c != "adl random"]))
def test_payments_do_not_depend_on_the_order_of_accounts(order, case):
    """Nobody here has the same score as another, so queues do not either; only lots are drawn by slot."""
    lost, _ = payments(case, 77.0)
    permuted, _ = payments(case, 77.0, crowd=tuple(CROWD[k] for k in order))
    assert permuted == pytest.approx(lost[list(order)], rel=1e-9, abs=1e-9)


@given(st.integers(0, len(CROWD) - 1), st.floats(0.05, 0.95), st.sampled_from(SPLIT_PROOF), st.floats(1.0, 500.0))
def test_splitting_an_account_in_two_changes_nothing(slot, part, case, loss):
    """Neither for its owner nor for anybody else, under pro-rata and capped pro-rata rules."""
    size, entry, *money = CROWD[slot]
    halves = tuple((size * x, entry, *(amount * x for amount in money)) for x in (part, 1 - part))
    lost, _ = payments(case, loss)
    split, _ = payments(case, loss, crowd=CROWD[:slot] + CROWD[slot + 1 :] + halves)
    assert split[-2:].sum() == pytest.approx(lost[slot], rel=1e-9, abs=1e-9)
    assert split[:-2] == pytest.approx(np.delete(lost, slot), rel=1e-9, abs=1e-9)


@every_case
def test_marks_do_not_move_and_cuts_are_noted(case):
    """The largest fraction of equity taken (of wealth, where wallets pay) stands in the account."""
    table = loss_case(case)
    own = table.wealth if case in WHOLE else table.equity
    before = table.wealth
    table.collect_loss(77.0)
    lost = before - table.wealth
    fraction = np.divide(lost, own, out=np.zeros(len(lost)), where=lost > 1e-12)
    if case == "clawback":
        assert table.accounts.cut.max() == pytest.approx(fraction.max())
    else:
        assert table.accounts.cut[: table.count] == pytest.approx(fraction)
    assert table.accounts.haircut[: table.count] == pytest.approx(lost, abs=1e-9)
    assert table.exchange.mark[0] == 90.0


@pytest.mark.parametrize("case", PAYING)
def test_who_paid_wants_less_leverage_if_it_reacts(case):
    calm, moved = loss_case(case), loss_case(case, reaction=0.5)
    calm.collect_loss(77.0)
    moved.collect_loss(77.0)
    cut = moved.accounts.cut[: moved.count] > 1e-12
    assert cut.any()
    assert (calm.accounts.leverage[: calm.count] == 10.0).all()
    assert (moved.accounts.leverage[: moved.count] < 10.0).tolist() == cut.tolist()


@every_case
def test_the_fallback_takes_what_the_first_leaves(case):
    """Placed, then collected by the fallback; the vault has enough for all."""
    collected = loss_case(case, fallback="lp_absorbs").collect_loss(900.0)
    assert collected.regime + collected.fallback == pytest.approx(900.0)
    assert (collected.fallback > 0) == (loss_case(case).collect_loss(900.0).regime < 900.0)


@every_case
def test_profit_is_never_counted_twice(case):
    """Realised and open profit together fall by the loss: no haircut is deducted at once and again later."""
    table = loss_case(case)
    table.accounts.realised[: table.count] *= case == "clawback"
    before = table.gain + table.accounts.realised[: table.count]
    wealth = table.wealth
    table.collect_loss(77.0)
    after = table.gain + table.accounts.realised[: table.count]
    assert before - after == pytest.approx(wealth - table.wealth, rel=1e-9, abs=1e-9)
