"""The blocks: what they skip, flag and sum is what a look at every row would."""

import numpy as np
import pytest

from agents.account.account import BLOCK, OPEN, flag, level_all, make_accounts, make_blocks, recount, touch
from agents.account.margin_tier import make_tiers
from agents.account.position import equity
from agents.core.column import bare
from agents.exchange.exchange import Exchange


def book(seed: int, protocols: int = 2, blocks: int = 5):
    """Return accounts with random positions, about a fifth of them below maintenance margin."""
    rng = np.random.default_rng(seed)
    rows = protocols * blocks * BLOCK
    accounts = make_accounts(rows)
    accounts.size[:] = rng.normal(size=rows) * (rng.random(rows) < 0.8)
    accounts.entry_price[:] = rng.uniform(80.0, 120.0, rows)
    accounts.entry_funding[:] = rng.normal(size=rows)
    accounts.collateral[:] = rng.uniform(5.0, 60.0, rows)
    accounts.wallet[:] = rng.random(rows)
    accounts.status[:] = OPEN
    exchange = Exchange.make_table(protocols)
    exchange.mark[:] = [97.0, 104.0]
    exchange.maintenance[:] = [0.05, 0.02]
    exchange.funding_index[:] = [0.3, -0.2]
    return accounts, make_blocks(rows), exchange


def brute_force(accounts, exchange):
    """Return the rows below maintenance margin by the definition of equity."""
    i = np.repeat(np.arange(len(exchange)), len(accounts.size) // len(exchange))
    owed = exchange.funding_index[i] - accounts.entry_funding
    own = equity(accounts.collateral, accounts.size, accounts.entry_price, exchange.mark[i], owed)
    return np.flatnonzero(own < exchange.maintenance[i] * np.abs(accounts.size) * exchange.mark[i])


@pytest.mark.parametrize("seed", range(5))
def test_flags_are_those_of_a_full_pass(seed):
    """Skipping whole blocks misses nobody and flags nobody else."""
    accounts, blocks, exchange = book(seed)
    level_all(accounts)
    recount(accounts, bare(blocks), bare(exchange))
    found = np.zeros(len(accounts.size), np.int32)
    count = flag(accounts, bare(blocks), bare(exchange), bare(make_tiers()), found)
    expected = brute_force(accounts, exchange)
    assert 0 < len(expected) < len(accounts.size) / 2
    assert found[:count].tolist() == expected.tolist()


def test_sums_are_those_of_the_rows():
    """Open interest, entry value, collateral and wallets of every protocol."""
    accounts, blocks, exchange = book(7)
    recount(accounts, bare(blocks), bare(exchange))
    size = accounts.size.reshape(2, -1)
    assert exchange.long_size == pytest.approx(np.where(size > 0, size, 0).sum(axis=1))
    assert exchange.short_size == pytest.approx(-np.where(size < 0, size, 0).sum(axis=1))
    basis = accounts.size * (accounts.entry_price - accounts.entry_funding)
    assert exchange.basis == pytest.approx(basis.reshape(2, -1).sum(axis=1))
    assert exchange.collateral == pytest.approx(accounts.collateral.reshape(2, -1).sum(axis=1))
    assert exchange.wallet == pytest.approx(accounts.wallet.reshape(2, -1).sum(axis=1))


def test_sums_depend_on_the_state_alone():
    """However a state was reached, its sums are the same to the last bit."""
    accounts, blocks, exchange = book(3)
    recount(accounts, bare(blocks), bare(exchange))
    first = exchange.basis.copy()
    for factor in (3.7, 1.0 / 3.7):
        accounts.entry_price[11] *= factor
        touch(accounts, bare(blocks), 11)
        recount(accounts, bare(blocks), bare(exchange))
    accounts.entry_price[11] = book(3)[0].entry_price[11]
    recount(accounts, bare(blocks), bare(exchange))
    assert (exchange.basis == first).all()
