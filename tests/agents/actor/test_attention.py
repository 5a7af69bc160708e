"""Who acts in a step: the law is that of drawing every look, and nobody with a thin margin is missed."""

import numpy as np
import pytest

from agents.account.account import OPEN, level_all
from agents.account.position import equity
from agents.core.random import key_of, uniform
from agents.protocol.confidence import flees, panics
from agents.trader.attention import NERVE, arrival_chance, idle_chance, look
from model.ecosystem import Ecosystem
from tests.support.world import small

STEPS = 3_000
OCTOBER = {
    "price__process": "episode", "price__episode": "2025-10-10", "trader__number": 80, "protocol__number": 3,
    "trader__long_leverage": 30.0, "trader__short_leverage": 30.0, "confidence__panic": True, "steps": 720,
}  # fmt: skip


def brute_force(ecosystem, stop_buffer):
    """Return whether the margin of each row is thin, by the definition of equity."""
    accounts, exchange = ecosystem.accounts, ecosystem.exchange
    i = np.repeat(np.arange(len(exchange)), ecosystem.slots_per_listing)
    owed = exchange.funding_index[i] - accounts.entry_funding
    own = equity(accounts.collateral, accounts.size, accounts.entry_price, exchange.mark[i], owed)
    return own < stop_buffer * exchange.maintenance[i] * np.abs(accounts.size) * exchange.mark[i]


def frozen(attention=0.4, turnover=0.3, alarm=0.0):
    """Return a world in which every third margin is thin, the second protocol alarms and the price has fallen."""
    ecosystem = Ecosystem(small(trader__turnover=turnover, trader__stop_share=1.0, trader__top_up_share=0.0))
    ecosystem.run_for(2)
    accounts, exchange = ecosystem.accounts, ecosystem.exchange
    exchange.attention[:], exchange.alarm[1], ecosystem.market.momentum[:] = attention, alarm, -0.01
    thin = np.flatnonzero(accounts.size)[::3]
    i = thin // ecosystem.slots_per_listing
    margin = 1.2 * exchange.maintenance[i] * np.abs(accounts.size[thin]) * exchange.mark[i]
    accounts.collateral[thin], accounts.entry_price[thin] = margin, exchange.mark[i]
    accounts.entry_funding[thin] = exchange.funding_index[i]
    level_all(accounts)
    ecosystem._recount(accounts, ecosystem.tables.blocks, ecosystem.tables.exchange)
    return ecosystem


def drawn(ecosystem, steps=STEPS, **habit):
    """Return who acts in each of `steps` steps of a world that stands still, (steps, rows) truth values."""
    tables, trade = ecosystem.tables, ecosystem.rules.trade
    acts = np.zeros((steps, len(ecosystem.accounts.size)), bool)
    for step in range(steps):
        count = look(
            accounts=ecosystem.accounts, blocks=tables.blocks, exchange=tables.exchange, market=tables.market,
            tiers=ecosystem.tiers, habit=trade.habit._replace(**habit), keys=trade.keys, step=step,
            acting=ecosystem.scratch.rows,
        )  # fmt: skip
        rows = ecosystem.scratch.rows[:count]
        assert len(np.unique(rows)) == count
        acts[step, rows] = True
    return acts


def alarmed(ecosystem):
    """Return whether each row would flee, by the nerve that the rules give it."""
    found = np.zeros(len(ecosystem.accounts.size), bool)
    for row, size in enumerate(ecosystem.accounts.size):
        i, slot = divmod(row, ecosystem.slots_per_listing)
        alarm = float(ecosystem.exchange.alarm[i])
        found[row] = alarm > 0.0 and flees(size, -0.01) and panics(nerve(ecosystem, i, slot), alarm)
    return found


def nerve(ecosystem, i, slot):
    """Return a person's nerve."""
    return uniform(key_of(ecosystem.rules.trade.keys.trait, i), NERVE, slot)


def within(counts, steps, chance, sigmas=4.0):
    """Tell whether counts of `steps` independent trials each are those of `chance`: all together, and their spread."""
    number = len(counts) * steps
    apart = abs(counts.sum() - number * chance) / np.sqrt(number * chance * (1.0 - chance))
    spread = ((counts - steps * chance) ** 2).sum() / (steps * chance * (1.0 - chance))  # chi-squared
    return apart < sigmas and abs(spread - len(counts)) < sigmas * np.sqrt(2.0 * len(counts))


@pytest.mark.compiled
@pytest.mark.parametrize(("attention", "turnover"), [(0.4, 0.3), (0.074, 0.055), (0.9, 0.8), (1.0, 0.3)])
@pytest.mark.parametrize("alarm", [0.0, 0.7])
def test_who_has_a_reason_looks_with_a_and_others_trade_with_a_times_turnover(attention, turnover, alarm):
    """Frequencies over steps of a world that stands still, for those with a thin margin, an alarm, and neither."""
    ecosystem = frozen(attention, turnover, alarm)
    there = ecosystem.accounts.status == OPEN
    thin, afraid = brute_force(ecosystem, ecosystem.scenario.trader.stop_buffer), alarmed(ecosystem)
    assert thin.sum() > 30 and (afraid & ~thin).sum() >= 5 * (alarm > 0.0)
    counts = drawn(ecosystem).sum(axis=0)
    if attention < 1.0:
        assert within(counts[there & (thin | afraid)], STEPS, attention)
    else:
        assert (counts[there & (thin | afraid)] == STEPS).all()
    assert within(counts[there & ~thin & ~afraid], STEPS, attention * turnover)
    assert not counts[~there].any()


def test_who_acts_for_a_reason_heeds_it_and_others_trade():
    """Thin margins stop out, whether they arrived or not; nobody else closes, and those who act for none trade."""
    ecosystem = frozen(0.5, 0.5)
    accounts, thin = ecosystem.accounts, brute_force(ecosystem, ecosystem.scenario.trader.stop_buffer)
    rows = ecosystem.acting().copy()
    ecosystem.decide(rows)
    stopped, others = rows[thin[rows]], rows[~thin[rows]]
    assert len(stopped) > 5 and len(others) > 5
    assert (accounts.order[stopped] == -accounts.size[stopped]).all()
    assert np.count_nonzero(accounts.order[others]) > 3
    assert not accounts.order[np.setdiff1d(np.arange(len(thin)), rows)].any()


def test_looks_are_independent_of_one_another():
    """Over pairs of rows, in one step and from a step to the next, squared correlations are those of chance."""
    ecosystem = frozen(0.4, 0.5)
    acts = drawn(ecosystem)[:, ecosystem.accounts.status == OPEN].astype(float)
    acts = (acts - acts.mean(axis=0)) / acts.std(axis=0)
    rows = acts.shape[1]
    for earlier, later in ((acts, acts), (acts[:-1], acts[1:])):
        found = earlier.T @ later / len(later)
        pairs = found[np.triu_indices(rows, 1)] if later is acts else found.ravel()
        chance = (len(later) * pairs**2).sum()
        assert abs(chance - len(pairs)) < 4.0 * np.sqrt(2.0 * len(pairs))


@pytest.mark.parametrize("turnover", [0.0, 0.055, 0.5, 1.0])
@pytest.mark.parametrize("attention", [0.0, 0.02, 0.5, 1.0])
def test_the_two_parts_make_up_attention(attention, turnover):
    """a τ + (1 − a τ) b = a, at the ends as well."""
    arrives, idle = arrival_chance(attention, turnover), idle_chance(attention, turnover)
    assert 0.0 <= arrives < 1.0 and 0.0 <= idle <= 1.0
    assert arrives + (1.0 - arrives) * idle == pytest.approx(attention, abs=2e-6)
    assert arrives == pytest.approx(attention * turnover, abs=2e-6)


@pytest.mark.compiled
def test_the_ends_of_attention_and_turnover():
    """Nobody, those with a reason alone, everybody."""
    ecosystem = frozen(1.0, 0.0)
    there = ecosystem.accounts.status == OPEN
    thin = brute_force(ecosystem, ecosystem.scenario.trader.stop_buffer)
    assert (drawn(ecosystem, 50) == thin).all()
    assert (drawn(ecosystem, 50, turnover=1.0) == there).all()
    ecosystem.exchange.attention[:] = 0.25
    counts = drawn(ecosystem, turnover=1.0).sum(axis=0)
    assert within(counts[thin], STEPS, 0.25) and within(counts[there & ~thin], STEPS, 0.25)
    counts = drawn(ecosystem, turnover=0.0).sum(axis=0)
    assert within(counts[thin], STEPS, 0.25) and not counts[~thin].any()
    ecosystem.exchange.attention[:] = 0.0
    assert not drawn(ecosystem, 50, turnover=1.0).any()


def test_a_draw_depends_on_its_slot_alone():
    """Who arrives, and who looks for a reason, is the same when others have a reason too."""
    few, many = frozen(), frozen()
    few.accounts.collateral[few.accounts.size != 0.0] *= 50.0
    level_all(few.accounts)
    few._recount(few.accounts, few.tables.blocks, few.tables.exchange)
    some, more = drawn(few, 200), drawn(many, 200)
    thin = brute_force(many, many.scenario.trader.stop_buffer)
    assert (some[:, ~thin] == more[:, ~thin]).all()
    assert (some <= more).all() and some.sum() < more.sum()


class Watched(Ecosystem):
    """A run whose thin margins are counted through the blocks and row by row before traders decide."""

    def trade(self):
        """Compare, then trade as always."""
        attention, alarm = self.exchange.attention.copy(), self.exchange.alarm.copy()
        self.exchange.attention[:], self.exchange.alarm[:] = 1.0, 0.0
        found = drawn(self, 1, turnover=0.0)[0]
        self.exchange.attention[:], self.exchange.alarm[:] = attention, alarm
        expected = brute_force(self, self.scenario.trader.stop_buffer) & (self.accounts.status == OPEN)
        assert (found == expected).all()
        self.seen = [*getattr(self, "seen", []), int(expected.sum())]
        super().trade()


@pytest.mark.compiled
def test_blocks_miss_no_thin_margin():
    """At every step of 10 October 2025 at high leverage the rows found are those of a look at every row."""
    ecosystem = Watched(small(**OCTOBER))
    ecosystem.run_for(ecosystem.horizon)
    assert len(ecosystem.seen) == 720
    assert np.count_nonzero(ecosystem.seen) > 100 and max(ecosystem.seen) > 10
    assert min(ecosystem.seen) < 10
