"""A vault that has lost everything: closed once, its loss beyond its equity booked once, nobody repaid by a rebound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.ledger import DEFICIT, FUND, OUTSIDE, VAULT
from agents.exchange.exchange import Exchange
from agents.provider.vault_closing import closing_price
from model.backstop.tear_up import tear_up
from model.ecosystem import Ecosystem
from model.scenario.section.protocol import CLOSURES
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import REGIMES, STRUCTURES, crash, run, small

QUIET = {
    "trader__number": 0,
    "keeper__number": 0,
    "trader__reserve": 4,
    "market__interest": 0.0,
    "exchange__trading_fee": 0.0,
    "protocol__open_interest": (1e6,),
    "protocol__vault_ratio": 0.06,
    "market__depth_multiplier": 1e6,
    "steps": 12,
}
PARTS = ("trader_deficit", "vault_deficit", "exploit_loss")
LAYERS = ("paid_fund", "paid_skin", "paid_pool", "paid_mutual", "paid_assessment")
THIN = {"protocol__vault_ratio": 0.003, "backstop__capital_ratio": 1e-3}


def lonely(path=(), notional=500_000.0, **changes):
    """Return an ecosystem in which one account, long at protocol 0, faces a vault of 60,000 USD.

    `path` has the log returns of the first steps; all others are zero.
    """
    ecosystem = Ecosystem(small(**(QUIET | changes)))
    returns = np.zeros_like(ecosystem.tape.log_return)
    returns[: len(path), 0] = path
    ecosystem.tape = ecosystem.tape._replace(log_return=returns)
    exchange = ecosystem.agents_by_type[Exchange][0]
    account = exchange.open_account(10 * abs(notional))
    exchange.trade(account, notional / exchange.mark)
    return ecosystem, account


def walk(ecosystem, steps):
    """Run some steps and return, for each, what the price would have made of the vault's equity, protocol 0."""
    worth = []
    for _ in range(steps):
        size, before = ecosystem.exchange.vault_size[0], ecosystem.vault_equity()[0]
        net = ecosystem.exchange.mark[0] - ecosystem.exchange.funding_index[0]
        ecosystem.step()
        now = ecosystem.exchange.mark[0] - ecosystem.exchange.funding_index[0]
        worth.append(before + size * (now - net))
    return np.array(worth)


def test_a_paper_loss_costs_nobody_while_there_is_equity():
    """Down to a sixth of its capital and back: no deficit, no payment; providers have all of it again."""
    ecosystem, _ = lonely([np.log(1.1), -np.log(1.1)], provider__tolerance=100.0)
    start = ecosystem.vault_equity()[0]
    worth = walk(ecosystem, 2)
    assert 0.0 < worth[0] < start / 4
    assert ecosystem.protocol.deficit[0] == ecosystem.exchange.vault_closed[0] == 0.0
    assert ecosystem.vault_equity()[0] == pytest.approx(start, rel=1e-3)


@pytest.mark.parametrize("structure", ["isolated", "pooled", "mutual", "reinsured"])
def test_beyond_its_equity_the_loss_is_booked_once_and_no_rebound_repays_anybody(structure):
    """60,000 USD against 500,000 short, up by 20 % and back: a vault deficit of some 40,000, borne below the layers.

    The successor, short from the closing on, gains the whole fall of 100,000.
    """
    ecosystem, account = lonely(
        [np.log(1.2), -np.log(1.2)], backstop__structure=structure, backstop__regime="socialized_loss"
    )
    fund, outside = ecosystem.ledger.balance[FUND].sum(), ecosystem.ledger.balance[OUTSIDE, 0]
    cash = ecosystem.providers.cash.copy()
    lost = -walk(ecosystem, 1)[0]
    found = ecosystem.summary()
    assert 35_000.0 < lost < 45_000.0
    assert found["deficit"] == found["vault_deficit"] == pytest.approx(lost)
    assert found["paid_regime"] == pytest.approx(lost) and account.haircut == pytest.approx(lost)
    assert [found[name] for name in (*LAYERS, "uncovered", "exhausted", "backstop_loss")] == [0.0] * 8
    assert ecosystem.exchange.vault_shares[0] == 0.0
    gained = walk(ecosystem, 11)
    found = ecosystem.summary()
    assert found["deficit"] == found["vault_deficit"] == pytest.approx(lost)
    assert gained[0] == pytest.approx(100_000.0, rel=0.01)
    assert found["successor_profit"] == pytest.approx(gained.sum())
    assert ecosystem.ledger.balance[OUTSIDE, 0] - outside == pytest.approx(gained.sum())
    assert ecosystem.ledger.balance[FUND].sum() == pytest.approx(fund, rel=0.01)
    assert found["vault_profit"] == pytest.approx(-60_000.0) and found["vaults_closed"] == 1.0
    first = ecosystem.providers.listing == 0
    assert (ecosystem.providers.shares[first] == 0.0).all() and (ecosystem.providers.cash == cash).all()
    assert_books_close(ecosystem)


def test_where_the_backstop_stands_for_it_a_vault_deficit_goes_down_the_layers():
    """A fund of 15,000 pays all it has, skin in the game its part; the rest is uncovered."""
    ecosystem, _ = lonely([np.log(1.2)], backstop__vault_cover="backstop")
    fund = ecosystem.ledger.balance[FUND, 0]
    lost = -walk(ecosystem, 1)[0]
    found = ecosystem.summary()
    assert found["vault_deficit"] == found["backstop_loss"] == pytest.approx(lost)
    assert found["paid_fund"] == pytest.approx(fund) and found["exhausted"] == 1.0
    assert found["uncovered"] == pytest.approx(lost - fund - found["paid_skin"])


def test_providers_who_left_in_time_do_not_come_back():
    """Half of every stake was redeemed before; calm returns, but there is no vault to come back to."""
    ecosystem, _ = lonely([0.0, np.log(1.3)], provider__return_rate=1.0)
    first = np.flatnonzero(ecosystem.providers.listing == 0)
    from agents.provider.liquidity_provider import redeem  # noqa: PLC0415

    for row in first:
        shares = float(ecosystem.providers.shares[row]) / 2
        redeem(ecosystem.tables.providers, ecosystem.tables.exchange, ecosystem.ledger.book, row, shares, 1.0)
    ecosystem.providers.tolerance[first] = 1e-9
    walk(ecosystem, 2)
    cash = ecosystem.providers.cash[first].copy()
    ecosystem.providers.tolerance[first] = 1e9
    walk(ecosystem, 5)
    assert ecosystem.exchange.vault_closed[0] == 1.0
    assert (ecosystem.providers.cash[first] == cash).all() and ecosystem.exchange.vault_shares[0] == 0.0
    assert_books_close(ecosystem)


def test_a_vault_drained_by_the_loss_regime_passes_on_before_a_rebound():
    """Providers absorb an exploit with all they have: they own nothing of what the position gains later."""
    ecosystem, _ = lonely(
        [0.0, 0.0, -np.log(1.2)],
        backstop__structure="none",
        backstop__regime="lp_absorbs",
        protocol__skin_in_the_game=0.0,
    )
    taken = ecosystem.tape.exploit.copy()
    taken[1, 0] = 200_000.0
    ecosystem.tape = ecosystem.tape._replace(exploit=taken)
    worth = walk(ecosystem, 4)
    found = ecosystem.summary()
    assert found["exploit_loss"] == found["deficit"] == 200_000.0 and found["vault_deficit"] == 0.0
    assert found["paid_regime"] == pytest.approx(60_000.0, rel=0.01)
    assert ecosystem.exchange.vault_closed[0] == 1.0 and ecosystem.vault_equity()[0] == pytest.approx(0.0, abs=1e-6)
    assert found["successor_profit"] == pytest.approx(worth[2], rel=1e-6) and worth[2] > 80_000.0
    assert (ecosystem.providers.shares[ecosystem.providers.listing == 0] == 0.0).all()


def test_a_vault_that_all_providers_left_passes_on_without_a_deficit():
    """Everybody redeems at the mark; what the position loses afterwards is the successor's."""
    ecosystem, _ = lonely([0.0, 0.0, np.log(1.2)], provider__tolerance=1e-6, provider__withdrawal=1.0)
    ecosystem.rules.capital.strain[0] = 1.0
    walk(ecosystem, 4)
    found = ecosystem.summary()
    assert found["deficit"] == 0.0 and found["vaults_closed"] == 1.0
    assert found["successor_profit"] == pytest.approx(-100_000.0, rel=0.01)


def test_no_vault_is_closed_while_liquidations_are_suspended():
    ecosystem, _ = lonely([np.log(1.2), -np.log(1.2)])
    ecosystem.exchange.suspension[0] = 1.0
    worth = walk(ecosystem, 2)
    assert worth[0] < 0.0 < worth[1]
    assert ecosystem.summary()["deficit"] == ecosystem.exchange.vault_closed[0] == 0.0


def test_an_oracle_that_errs_against_the_vault_closes_nobody():
    """A mark 30 % too high for a minute: the market's price says that the vault is whole."""
    ecosystem, _ = lonely()
    error = ecosystem.tape.oracle_error.copy()
    error[1, 0] = 0.3
    ecosystem.tape = ecosystem.tape._replace(oracle_error=error)
    assert walk(ecosystem, 2)[1] < 0.0
    assert ecosystem.summary()["deficit"] == ecosystem.exchange.vault_closed[0] == 0.0
    walk(ecosystem, 1)
    assert ecosystem.vault_equity()[0] > 0.0


def test_a_vault_is_judged_at_the_better_of_mark_and_mid():
    assert [closing_price(5.0, 90.0, 100.0), closing_price(5.0, 100.0, 90.0)] == [100.0, 100.0]
    assert [closing_price(-5.0, 90.0, 100.0), closing_price(-5.0, 100.0, 90.0)] == [90.0, 90.0]


def test_deleveraging_places_the_position_with_winners_at_the_mark():
    """Two longs of 300,000 and 200,000: BitMEX's ranking closes the better first; nobody gains or loses by it."""
    ecosystem, account = lonely(
        [np.log(1.2)], 300_000.0, protocol__vault_closure="deleverage", backstop__regime="bad_debt"
    )
    exchange = ecosystem.agents_by_type[Exchange][0]
    other = exchange.open_account(40_000.0)
    exchange.trade(other, 200_000.0 / exchange.mark)
    short = exchange.open_account(1e6)
    exchange.trade(short, -50_000.0 / exchange.mark)
    before = [a.equity + a.wallet for a in (account, other)]
    size, mark = ecosystem.exchange.vault_size[0], ecosystem.exchange.mark[0]
    held = [account.size, other.size]
    walk(ecosystem, 1)
    rise = ecosystem.exchange.mark[0] - mark
    assert ecosystem.summary()["vaults_closed"] == 1.0
    assert other.size == 0.0 and account.size == pytest.approx(held[0] + held[1] + size)
    assert ecosystem.exchange.vault_size[0] == pytest.approx(0.0, abs=1e-9)
    after = [a.equity + a.wallet for a in (account, other)]
    assert after == pytest.approx([w + q * rise for w, q in zip(before, held, strict=True)], rel=1e-3)
    assert ecosystem.accounts.deleveraged.sum() == pytest.approx(-size * ecosystem.exchange.mark[0])
    assert_books_close(ecosystem)


def test_a_closed_vault_takes_nothing_over():
    """In the same crash keepers liquidate what an open vault would have taken over."""
    taken, sold = [], []
    for closed in (0.0, 1.0):
        ecosystem = Ecosystem(crash(control__takeover=2 / 3, shock__oracle_intensity=0.0))
        ecosystem.exchange.vault_closed[:] = closed
        ecosystem.run_for(ecosystem.horizon)
        taken.append(ecosystem.exchange.taken_over.sum())
        sold.append(ecosystem.keepers.served.sum())
        assert ecosystem.ledger.imbalance() < 1e-12
    assert taken[0] > 0.0 == taken[1] and sold[1] > sold[0]


def test_a_successor_is_no_claimant_of_a_dead_protocol():
    """What its position has gained in the step is its own; a vault below zero at the tear-up is closed for good."""
    ecosystem, _ = lonely([0.0, -np.log(1.1)])
    walk(ecosystem, 1)
    ecosystem.exchange.vault_closed[0] = 1.0
    ecosystem.apply_shocks()
    ecosystem.set_prices()
    gained = ecosystem.vault_equity()[0]
    assert tear_up(ecosystem.venue, 0) == (0.0, 0.0)
    assert ecosystem.exchange.successor_profit[0] == pytest.approx(gained) and ecosystem.ledger.balance[VAULT, 0] == 0.0
    below, _ = lonely([0.0, np.log(1.2)])
    walk(below, 1)
    below.apply_shocks()
    below.set_prices()
    hole = -below.vault_equity()[0]
    assert tear_up(below.venue, 0) == (0.0, pytest.approx(hole)) and hole > 0.0
    assert below.exchange.vault_closed[0] == 1.0 and below.exchange.vault_deficit[0] == pytest.approx(hole)
    assert below.ledger.balance[DEFICIT, 0] == pytest.approx(-hole)


@pytest.mark.compiled
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("regime", REGIMES)
def test_deficits_are_those_of_traders_vaults_and_exploits(structure, regime):
    """In every structure and regime with vaults that close and exploits: parts add up, step by step and in all.

    Everything is borne by somebody once, and no layer pays for a vault.
    """
    changes = {"backstop__structure": structure, "backstop__regime": regime, "shock__exploit_intensity": 100.0}
    ecosystem = run(crash(**(THIN | changes)))
    found, series, protocol = ecosystem.summary(), ecosystem.series(), ecosystem.protocol
    assert found["vaults_closed"] > 0 and found["vault_deficit"] > 0 and found["exploit_loss"] > 0
    assert found["trader_deficit"] > 0
    assert sum(found[name] for name in PARTS) == pytest.approx(found["deficit"], rel=1e-12)
    assert found["backstop_loss"] == pytest.approx(found["deficit"] - found["vault_deficit"], rel=1e-12)
    assert sum(found[name] for name in LAYERS) + found["uncovered"] == pytest.approx(found["backstop_loss"], rel=1e-9)
    for i in range(3):
        total = sum(series[f"{name}_{i}"] for name in PARTS)
        np.testing.assert_allclose(total, series[f"deficit_{i}"], rtol=1e-12)
        for name in PARTS:
            assert series[f"{name}_{i}"].sum() == pytest.approx(protocol[name][i], rel=1e-9, abs=1e-6)
        assert (series[f"vault_deficit_{i}"] > 0).sum() <= 1
    borne = {name: value for name, value in found.items() if name.startswith("borne_")}
    assert sum(borne.values()) - borne["borne_flat_winners"] == pytest.approx(1.0, abs=1e-6)
    assert_books_close(ecosystem)


scenarios = st.fixed_dictionaries(
    {
        "backstop.structure": st.sampled_from(STRUCTURES),
        "backstop.regime": st.sampled_from(REGIMES),
        "loss.fallback": st.sampled_from(REGIMES),
        "loss.ranking": st.sampled_from(["bitmex", "random", "pro_rata_position"]),
        "backstop.trigger": st.sampled_from(["exhausted", "drawdown", "whole"]),
        "backstop.capital_ratio": st.sampled_from([0.0, 1e-3, 0.05]),
        "backstop.vault_cover": st.sampled_from(["none", "backstop"]),
        "protocol.vault_closure": st.sampled_from(CLOSURES),
        "protocol.vault_ratio": st.sampled_from([0.0, 1e-3, 5e-3, 0.02]),
        "protocol.treasury_ratio": st.sampled_from([0.0, 1e-4, 0.01]),
        "provider.vaults": st.integers(1, 3),
        "provider.cooldown": st.sampled_from([0.0, 5.0]),
        "provider.exit_rate": st.sampled_from([0.05, 1.0]),
        "provider.withdrawal": st.sampled_from([5e-4, 0.5, 1.0]),
        "exposure.resolution": st.sampled_from(["continue", "dead", "recapitalised"]),
        "exposure.resolution_delay": st.sampled_from([0.0, 5.0]),
        "control.takeover": st.sampled_from([0.0, 0.7]),
        "control.breaker_move": st.sampled_from([0.0, 0.02]),
        "control.breaker_liquidations": st.booleans(),
        "trader.long_share": st.floats(0.0, 1.0),
        "trader.long_leverage": st.floats(1.0, 40.0),
        "keeper.capacity": st.floats(0.0, 1.0),
        "seed": st.integers(0, 10_000),
    }
)


@pytest.mark.compiled
@settings(max_examples=60)
@given(changes=scenarios)
def test_a_vault_with_equity_never_draws_on_anybody(changes):
    """Over random scenarios, step by step: only a vault that is closed in the step leaves a deficit, and once.

    Afterwards its equity is zero, its providers own nothing of it, and without cover no layer has paid for it.
    """
    ecosystem = Ecosystem(crash(**{name.replace(".", "__"): value for name, value in changes.items()}))
    exchange, closed = ecosystem.exchange, ecosystem.exchange.vault_closed.copy()
    for _ in range(ecosystem.horizon):
        ecosystem.step()
        now, gross = exchange.vault_closed, 1.0 + np.abs(ecosystem.ledger.balance[VAULT])
        assert ((now >= closed) & ((exchange.vault_deficit == 0.0) | (now > closed))).all()
        assert (np.abs(ecosystem.vault_equity())[now > 0.0] <= 1e-9 * gross[now > 0.0]).all()
        done = closed > 0.0
        assert (ecosystem.exchange.vault_shares[done] == 0.0).all()
        assert (ecosystem.providers.shares[done[ecosystem.providers.listing]] == 0.0).all()
        closed = now.copy()
    found = ecosystem.summary()
    assert sum(found[name] for name in PARTS) == pytest.approx(found["deficit"], rel=1e-9)
    if changes["backstop.vault_cover"] == "none":
        paid = sum(found[name] for name in LAYERS)
        assert paid <= (found["trader_deficit"] + found["exploit_loss"]) * (1.0 + 1e-9) + 1e-6
    assert_books_close(ecosystem)


@pytest.mark.compiled
@pytest.mark.parametrize("episode", ["2020-03-12", "2022-11-08"])
def test_what_vaults_gain_by_a_rebound_funds_do_not_pay(episode):
    """With a thin vault, as with a thick one, layers pay for traders' deficits alone, dollar for dollar."""
    thin, thick = (
        run(small(price__process="episode", price__episode=episode, protocol__number=8, trader__number=150,
                  steps=None, protocol__vault_ratio=ratio, backstop__regime="bad_debt")).summary()
        for ratio in (0.06, 2.0)
    )  # fmt: skip
    assert thin["vaults_closed"] > 0 == thick["vaults_closed"]
    for found in (thin, thick):
        paid = sum(found[name] for name in LAYERS) + found["uncovered"]
        assert paid == pytest.approx(found["trader_deficit"], rel=1e-9)
        assert found["deficit"] == pytest.approx(found["trader_deficit"] + found["vault_deficit"], rel=1e-9)
    assert thick["vault_deficit"] == 0.0
