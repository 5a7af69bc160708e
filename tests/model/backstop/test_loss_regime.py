"""Loss regimes: who pays, how much, and that nothing else changes."""

import numpy as np
import pytest

from agents.core.ledger import BAD_DEBT, FROZEN_DEBT, OUTSIDE, SET_UP, SHORTFALL, VAULT
from model.ecosystem import Ecosystem
from model.scenario.registry import REGIMES
from tests.support.world import crash, run


def indebted(regime: str, loss: float = 2e5) -> Ecosystem:
    """Return an ecosystem whose protocol 1 has longs failed above the mark and a residual loss to collect."""
    ecosystem = Ecosystem(crash(backstop__regime=regime))
    ecosystem.exchange.mark *= 0.9
    ecosystem.market.mid *= 0.9
    ecosystem.reconcile(SET_UP)
    exchange = ecosystem.exchange
    exchange.bankrupt_long[1] = 1500.0
    exchange.bankrupt_long_value[1] = 1500.0 * exchange.mark[1] * 1.04
    ecosystem.ledger.balance[SHORTFALL, 1] -= loss
    ecosystem.ledger.balance[OUTSIDE, 0] += loss
    return ecosystem


def equities(ecosystem: Ecosystem) -> np.ndarray:
    """Return the wealth of every account, wallet included."""
    accounts, exchange = ecosystem.accounts, ecosystem.exchange
    i = np.arange(len(accounts.size)) // ecosystem.slots_per_listing
    profit = accounts.size * (exchange.mark[i] - exchange.funding_index[i] - accounts.entry_price)
    return accounts.wallet + accounts.collateral + profit + accounts.size * accounts.entry_funding


def collect(ecosystem: Ecosystem, loss: float = 2e5) -> tuple[float, np.ndarray]:
    """Let the regime collect the loss; return what it collected and what each account lost."""
    before = equities(ecosystem)
    collected = ecosystem.regime.collect(ecosystem.venue, 1, loss, 0)
    ecosystem.reconcile(SET_UP)
    assert ecosystem.ledger.book.breach[0] < 0
    assert ecosystem.ledger.balance[SHORTFALL, 1] == pytest.approx(collected - loss, abs=1e-6)
    return collected, before - equities(ecosystem)


@pytest.mark.parametrize("regime", list(REGIMES))
def test_what_is_placed_is_lost_by_somebody_at_that_protocol(regime):
    """Placed loss is what accounts and vault lost or debt carries; others are untouched; contracts sum to zero.

    Nobody has realised a profit yet, so there is nothing to claw back.
    """
    ecosystem = indebted(regime)
    vault = ecosystem.vault_equity().copy()
    collected, lost = collect(ecosystem)
    vault_lost = vault - ecosystem.vault_equity()
    carried = -ecosystem.ledger.balance[FROZEN_DEBT, 1]
    assert lost.sum() + vault_lost.sum() + carried == pytest.approx(collected, rel=1e-6, abs=1e-3)
    first, last = ecosystem.slots(1)
    assert np.delete(lost, np.s_[first:last]) == pytest.approx(0.0, abs=1e-6)
    exchange = ecosystem.exchange
    assert exchange.long_size - exchange.short_size + exchange.vault_size == pytest.approx(0.0, abs=1e-6)
    assert collected == pytest.approx({"bad_debt": 0.0, "clawback": 0.0}.get(regime, 2e5))


def test_socialised_loss_is_pro_rata_to_positive_profit():
    """Every winner loses the same fraction of its profit, no loser anything."""
    ecosystem = indebted("socialized_loss")
    accounts, exchange, (first, last) = ecosystem.accounts, ecosystem.exchange, ecosystem.slots(1)
    profit = (accounts.size * (exchange.mark[1] - accounts.entry_price))[first:last]
    _, lost = collect(ecosystem)
    winners = profit > 0
    assert winners.sum() > 3
    assert lost[first:last][winners] / profit[winners] == pytest.approx(2e5 / profit[winners].sum())
    assert lost[first:last][~winners] == pytest.approx(0.0, abs=1e-6)


def test_a_loss_above_all_profit_is_not_placed_in_full():
    """What exceeds positive profit is passed on, and nobody's collateral is touched."""
    ecosystem = indebted("socialized_loss", 1e12)
    accounts, exchange, (first, last) = ecosystem.accounts, ecosystem.exchange, ecosystem.slots(1)
    profit = (accounts.size * (exchange.mark[1] - accounts.entry_price))[first:last]
    collateral = accounts.collateral.copy()
    collected, _ = collect(ecosystem, 1e12)
    assert collected == pytest.approx(np.maximum(profit, 0).sum())
    assert (accounts.collateral == collateral).all()


def test_deleveraging_closes_the_best_ranked_shorts_against_the_vault():
    """Those closed rank above those left; only the last is closed in part; prices do not move."""
    ecosystem = indebted("adl")
    accounts, exchange, (first, last) = ecosystem.accounts, ecosystem.exchange, ecosystem.slots(1)
    size, entry = accounts.size[first:last].copy(), accounts.entry_price[first:last].copy()
    mark, mid, vault = exchange.mark[1], ecosystem.market.mid.copy(), exchange.vault_size[1]
    own = accounts.collateral[first:last] + size * (mark - entry)
    winners = (size < 0) & (entry > mark)
    score = np.full(len(size), -np.inf)
    profit, leverage = 1.0 - mark / entry[winners], np.abs(size[winners]) * mark / own[winners]
    score[winners] = profit * leverage
    collect(ecosystem)
    closed = np.abs(size) - np.abs(accounts.size[first:last])
    hit = closed > 0
    assert winners[hit].all() and 0 < hit.sum() < winners.sum()
    assert score[hit].min() >= score[winners & ~hit].max()
    assert (accounts.size[first:last][hit] != 0).sum() <= 1
    assert exchange.vault_size[1] == pytest.approx(vault - closed.sum())
    assert closed.sum() * 0.04 * mark == pytest.approx(2e5)
    assert (ecosystem.market.mid == mid).all()


def test_providers_absorb_up_to_the_vaults_equity():
    """The vault pays what it has and no more."""
    ecosystem = indebted("lp_absorbs", 1e12)
    before = float(ecosystem.vault_equity()[1])
    collected, lost = collect(ecosystem, 1e12)
    assert collected == pytest.approx(before)
    assert lost == pytest.approx(0.0, abs=1e-6)
    assert ecosystem.ledger.balance[VAULT, 1] + ecosystem.exchange.vault_size[1] * (
        ecosystem.exchange.mark[1] - ecosystem.exchange.funding_index[1]
    ) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("regime", list(REGIMES))
def test_in_a_run_the_residual_is_placed_or_bad_debt(regime):
    """Uncovered = collected + infeasible, and infeasible = what treasuries and their creditors paid + bad debt open."""
    summary = run(crash(backstop__regime=regime, backstop__capital_ratio=1e-4)).summary()
    assert summary["uncovered"] > 0
    assert summary["uncovered"] == pytest.approx(summary["paid_regime"] + summary["infeasible"])
    paid = summary["paid_treasury"] + summary["paid_creditors"]
    assert summary["infeasible"] == pytest.approx(paid + summary["bad_debt"], abs=0.01)
    covered = summary["paid_fund"] + summary["paid_skin"] + summary["paid_pool"]
    assert summary["deficit"] == pytest.approx(covered + summary["uncovered"])


def test_a_haircut_trader_lowers_its_leverage_only_if_it_reacts():
    """The reaction is a channel that can be switched off."""
    still = indebted("socialized_loss")
    still.regime.first.reaction = 0.0
    moved = indebted("socialized_loss")
    appetite = still.accounts.leverage.copy()
    collect(still)
    collect(moved)
    assert (still.accounts.leverage == appetite).all()
    hit = moved.accounts.haircut > 0
    assert (moved.accounts.leverage[hit] < appetite[hit]).all()
    assert (moved.accounts.leverage[~hit] == appetite[~hit]).all()
    assert moved.ledger.balance[BAD_DEBT].sum() == 0.0
