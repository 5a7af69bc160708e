"""Liquidity providers in several vaults: strain, wealth, cooldown and queue."""

import numpy as np
import pytest

from agents.core.ledger import OUTSIDE, PROVIDER, VAULT
from agents.provider.liquidity_provider import LiquidityProvider, loss_elsewhere, profit, queue_of, runs
from model.ecosystem import Ecosystem
from tests.support.world import crash, run, small

FIRM = {"provider__tolerance": 0.15, "provider__tolerance_spread": 0.0, "provider__withdrawal": 0.5}


def lose(ecosystem, share, i=0):
    """Take a share of one vault's equity out of the ecosystem."""
    taken = share * ecosystem.vault_equity()[i]
    ecosystem.ledger.balance[VAULT, i] -= taken
    ecosystem.ledger.balance[OUTSIDE, 0] += taken


def shares(ecosystem):
    return ecosystem.exchange.vault_shares / ecosystem.exchange.vault_start


def test_strain_is_measured_against_tolerance():
    assert runs(0.151, 0.15, 1.0, 0.5) and not runs(0.149, 0.15, 1.0, 0.5)
    assert runs(0.08, 0.15, 0.0, 0.5)


def test_losses_elsewhere_are_those_of_the_other_stakes():
    assert profit(100.0, 0.7, -10.0, 90.0) == pytest.approx(-10.0)
    assert profit(100.0, -2.0, 0.0, 100.0) == -100.0
    assert loss_elsewhere(-10.0, -40.0, 200.0) == pytest.approx(0.15)
    assert loss_elsewhere(5.0, 30.0, 200.0) == 0.0
    assert loss_elsewhere(-5.0, -5.0, 200.0) == 0.0


@pytest.mark.parametrize("vaults", [1, 2, 3, 9])
def test_every_vault_is_full_however_many_each_supplies(vaults):
    ecosystem = Ecosystem(small(provider__vaults=vaults))
    stakes, each = ecosystem.providers, min(vaults, 3)
    assert np.bincount(stakes.listing, stakes.shares) == pytest.approx(ecosystem.exchange.vault_start)
    assert np.bincount(stakes.owner).tolist() == [each] * 9
    assert all(len(set(stakes.listing[stakes.owner == owner])) == each for owner in range(9))
    assert ecosystem.exchange.vault_shares == pytest.approx(ecosystem.exchange.vault_start)


def test_a_loss_in_one_vault_is_withdrawn_for_in_the_others():
    """Owners of three vaults who lose half of one stake have lost a sixth of all: above a tolerance of 0.15."""
    spread = Ecosystem(small(provider__vaults=3, **FIRM))
    lose(spread, 0.5)
    spread.settle_capital()
    assert (shares(spread) < 0.6).all()
    alone = Ecosystem(small(provider__vaults=1, **FIRM))
    lose(alone, 0.5)
    alone.settle_capital()
    assert shares(alone)[0] < 0.6 and (shares(alone)[1:] == 1.0).all()
    blind = Ecosystem(small(provider__vaults=3, provider__wealth_sensitivity=0.0, **FIRM))
    lose(blind, 0.5)
    blind.settle_capital()
    assert (shares(blind)[1:] == 1.0).all()


def test_volatility_makes_providers_leave_and_depth_fall():
    ecosystem = Ecosystem(small(provider__volatility_sensitivity=0.2, market__depth_volatility=0.0, **FIRM))
    depth = ecosystem.market.depth.copy()
    ecosystem.market.variance[:] = 4.0 * ecosystem.market.normal_volatility**2
    ecosystem.settle_capital()
    assert shares(ecosystem) == pytest.approx(0.5)
    ecosystem.set_prices()
    assert ecosystem.market.depth == pytest.approx(0.5 * depth, rel=1e-6)


def test_a_request_waits_in_the_queue_and_bears_the_losses_of_the_wait():
    ecosystem = Ecosystem(small(provider__cooldown=3.0, **FIRM))
    lose(ecosystem, 0.3)
    ecosystem.settle_capital()
    first = ecosystem.providers.listing == 0
    assert ecosystem.providers.requested[first] == pytest.approx(ecosystem.providers.shares[first])
    assert (ecosystem.providers.requested[~first] == 0.0).all()
    assert (shares(ecosystem) == 1.0).all()
    lose(ecosystem, 0.5)
    for left in (2.0, 1.0):
        ecosystem.settle_capital()
        assert (ecosystem.providers.wait[first] == left).all()
    worth, cash = ecosystem.vault_equity()[0], ecosystem.providers.cash[first].sum()
    ecosystem.settle_capital()
    assert shares(ecosystem)[0] == pytest.approx(0.0)
    paid = ecosystem.providers.cash[first].sum() - cash
    assert paid == pytest.approx(worth, rel=1e-9)
    assert paid < 0.4 * ecosystem.exchange.vault_start[0]
    assert ecosystem.ledger.balance[PROVIDER, 0] == pytest.approx(ecosystem.providers.cash[first].sum())


def test_a_request_is_taken_back_when_calm_has_returned():
    ecosystem = Ecosystem(small(provider__cooldown=3.0, **FIRM))
    lose(ecosystem, 0.3)
    ecosystem.settle_capital()
    lose(ecosystem, -0.4)
    ecosystem.settle_capital()
    assert (ecosystem.providers.requested == 0.0).all() and (shares(ecosystem) == 1.0).all()


def test_a_vault_that_lets_out_little_pays_first_come_first_served():
    """A quarter of the equity a step: the first to ask is paid whole before the next, who came a step later."""
    ecosystem = Ecosystem(small(provider__exit_rate=0.25, **FIRM))
    rows = np.flatnonzero(ecosystem.providers.listing == 0)
    held = ecosystem.providers.shares[rows].copy()
    ecosystem.providers.tolerance[rows] = 1e9
    ecosystem.providers.requested[rows[:2]] = held[:2]
    ecosystem.providers.wait[rows[:2]] = [0.0, -1.0]
    ecosystem.providers.tolerance[rows[:2]] = 1e-9
    ecosystem.rules.capital.strain[0] = 1.0
    worth, cash = ecosystem.vault_equity()[0], ecosystem.providers.cash[rows].sum()
    ecosystem.settle_capital()
    paid = held - ecosystem.providers.shares[rows]
    assert ecosystem.providers.cash[rows].sum() - cash == pytest.approx(0.25 * worth, rel=1e-2)
    assert paid[1] == pytest.approx(min(held[1], 0.25 * held.sum()), rel=1e-2)
    assert paid[0] == pytest.approx(0.25 * held.sum() - paid[1], abs=0.01 * held.sum())
    while (ecosystem.providers.requested[rows[:2]] > 0.0).any():
        ecosystem.settle_capital()
        assert (ecosystem.providers.shares[rows[0]] == held[0]) or ecosystem.providers.shares[rows[1]] == 0.0
    assert ecosystem.providers.shares[rows].tolist() == [0.0, 0.0, held[2]]


def test_the_queue_is_in_order_of_arrival_and_then_of_rows():
    providers = LiquidityProvider.make_table(6)
    providers.requested[:], providers.wait[:] = [1.0, 1.0, 0.0, 1.0, 1.0, 1.0], [0.0, -3.0, -9.0, 2.0, -3.0, 0.0]
    assert queue_of(providers).tolist() == [1, 4, 0, 5]


@pytest.mark.compiled
def test_a_long_queue_is_lined_up_at_once():
    """n log n comparisons: 300,000 requests would take a minute if each looked for the first of all that wait."""
    providers = LiquidityProvider.make_table(300_000)
    providers.requested[:], providers.wait[:] = 1.0, -(np.arange(300_000) * 7_919 % 300_007)
    assert (np.diff(providers.wait[queue_of(providers)]) > 0.0).all()


@pytest.mark.parametrize("rate", [1.0, 0.02])
@pytest.mark.parametrize("cooldown", [0.0, 7.0])
def test_every_channel_together_conserves_money(cooldown, rate):
    scenario = crash(
        confidence__panic=True,
        provider__vaults=2,
        provider__volatility_sensitivity=0.2,
        provider__cooldown=cooldown,
        provider__exit_rate=rate,
        provider__withdrawal=0.1,
        exposure__resolution="recapitalised",
        exposure__resolution_delay=5.0,
        backstop__capital_ratio=1e-4,
    )
    ecosystem = run(scenario)
    assert ecosystem.summary()["imbalance"] < 1e-12
    assert ecosystem.exchange.vault_shares == pytest.approx(
        np.bincount(ecosystem.providers.listing, ecosystem.providers.shares, 3), rel=1e-9, abs=1e-3
    )
