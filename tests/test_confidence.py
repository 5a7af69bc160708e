"""Confidence: what alarms, who then withdraws, and that nothing stirs while panic is off."""

import numpy as np
import pytest
from world import crash, run, small

from agents.confidence import alarm, faded, hazard, panics
from agents.ledger import FUND, OUTSIDE, WALLET
from agents.protocol import DEFAULTED
from model.ecosystem import Ecosystem

PANIC = {"confidence__panic": True}


def after(ecosystem, event=lambda e: None):
    """Return the alarm at the end of a step in which `event` happened to the tables."""
    event(ecosystem)
    ecosystem.confidence.update(ecosystem.clock)
    return ecosystem.confidence.alarm.copy()


def drain(ecosystem, share=0.5, i=1):
    """Take a share of one protocol's fund out of the ecosystem."""
    taken = share * ecosystem.ledger.balance[FUND, i]
    ecosystem.ledger.balance[FUND, i] -= taken
    ecosystem.ledger.balance[OUTSIDE, 0] += taken


def fail(ecosystem, i=1):
    ecosystem.protocol.status[i], ecosystem.protocol.default_step[i] = DEFAULTED, ecosystem.clock


def test_the_alarm_is_a_thin_fund_and_news_that_fades():
    assert alarm(1.0, 0.0, 1.0) == 0.0
    assert alarm(0.25, 0.5, 2.0) == 2.0
    assert alarm(-1.0, 0.0, 1.0) == alarm(0.0, 0.0, 1.0) == 1.0
    assert alarm(1.5, 0.0, 1.0) == 0.0
    assert faded(8.0, 60.0, 120.0) == 2.0
    assert faded(8.0, np.inf, 1e6) == 8.0


def test_the_share_who_panic_and_the_rate_of_leaving_rise_with_the_alarm():
    nerves = (np.arange(10_000) + 0.5) / 10_000
    for alarmed in (0.0, 0.3, 2.0):
        assert np.mean([panics(nerve, alarmed) for nerve in nerves]) == pytest.approx(-np.expm1(-alarmed), abs=1e-4)
    assert (hazard(0.0), hazard(1.5)) == (1.0, 2.5)


def test_a_thin_fund_alarms_its_own_protocol_alone():
    ecosystem = Ecosystem(small(**PANIC))
    assert after(ecosystem) == pytest.approx(0.0)
    assert after(ecosystem, drain) == pytest.approx([0.0, 0.5, 0.0])


def test_a_failure_alarms_the_neighbours_and_nobody_else():
    """In a ring of degree 1 among five, protocol 1 owes 2 and is owed by 0; 3 and 4 are far."""
    ecosystem = Ecosystem(small(protocol__number=5, exposure__degree=1, **PANIC))
    found = after(ecosystem, fail)
    assert found[[0, 2]] == pytest.approx(0.5)
    assert found[[1, 3, 4]] == pytest.approx(0.0)
    ecosystem.clock += 120
    assert after(ecosystem)[[0, 2]] == pytest.approx(0.5 * 0.5 ** (1 / 120)), "news fades by a step at every update"


def test_an_unpaid_claim_alarms_and_fades():
    ecosystem = Ecosystem(small(confidence__half_life=1.0, **PANIC))
    ecosystem.protocol.uncovered[2] = 1.0
    assert after(ecosystem) == pytest.approx([0.0, 0.0, 1.0])
    assert after(ecosystem) == pytest.approx([0.0, 0.0, 0.5])
    ecosystem.protocol.uncovered[2] = 2.0
    assert after(ecosystem)[2] == pytest.approx(1.25)


def test_nothing_stirs_while_panic_is_off():
    ecosystem = Ecosystem(small())
    assert not ecosystem.confidence.active
    assert after(ecosystem, drain) == pytest.approx(0.0)
    assert ecosystem.confidence.capital_hazard() == pytest.approx(1.0)


def test_a_panicking_trader_closes_and_takes_the_money_out():
    """Everybody looks, alarm without end: all positions are closed, collateral is in wallets, nobody comes back."""
    scenario = small(trader__attention=1.0, trader__alert_attention=1.0, trader__turnover=1.0, **PANIC)
    ecosystem = Ecosystem(scenario)
    before = ecosystem.ledger.balance[WALLET].copy()
    ecosystem.exchange.alarm[1] = 1e3
    ecosystem.apply_shocks(), ecosystem.set_prices(), ecosystem.charge_funding(), ecosystem.trade()
    sizes = ecosystem.accounts.size.reshape(3, -1)
    assert (sizes[1] == 0.0).all() and (sizes[0] != 0.0).any() and (sizes[2] != 0.0).any()
    assert ecosystem.ledger.balance[WALLET, 1] > before[1]
    ecosystem.clock += 1
    ecosystem.exchange.alarm[1] = 1e3
    ecosystem.trade()
    assert (sizes[1] == 0.0).all()


def test_traders_return_when_the_alarm_has_gone():
    ecosystem = Ecosystem(small(trader__attention=1.0, trader__alert_attention=1.0, trader__turnover=1.0, **PANIC))
    ecosystem.exchange.alarm[1] = 1e3
    ecosystem.step()
    ecosystem.run_for(5)
    assert (ecosystem.accounts.size.reshape(3, -1)[1] != 0.0).any()


def test_the_more_alarmed_close_more():
    """The most nervous go first: who leaves at a low alarm leaves at every higher one."""
    gone = []
    for level in (0.2, 1.0, 3.0):
        ecosystem = Ecosystem(small(trader__attention=1.0, trader__turnover=0.0, trader__stop_share=0.0, **PANIC))
        held = ecosystem.accounts.size != 0.0
        ecosystem.exchange.alarm[:] = level
        ecosystem.apply_shocks(), ecosystem.set_prices(), ecosystem.trade()
        gone.append(held & (ecosystem.accounts.size == 0.0))
    counts = [g.sum() for g in gone]
    assert 0 < counts[0] < counts[1] < counts[2]
    assert not (gone[0] & ~gone[1]).any() and not (gone[1] & ~gone[2]).any()


def test_providers_feel_the_alarm_and_the_pools_capital_too():
    ecosystem = Ecosystem(small(confidence__provider_sensitivity=0.2, confidence__capital_sensitivity=3.0, **PANIC))
    after(ecosystem, lambda e: drain(e, 1.0, 0))
    assert ecosystem.confidence.strain == pytest.approx([0.2, 0.0, 0.0])
    weight = ecosystem.structure.capital[0] / ecosystem.structure.capital.sum()
    assert ecosystem.confidence.capital_hazard() == pytest.approx([1.0 + 3.0 * weight])


def test_runs_take_open_interest_out_and_conserve_money():
    """With panic on, a crash that empties funds leaves less open interest than the same crash without."""
    thin = {"backstop__capital_ratio": 1e-4, "steps": 60}
    calm, panic = run(crash(**thin)), run(crash(**thin, **PANIC, confidence__trader_sensitivity=5.0))
    left = [float(np.abs(e.accounts.size).sum()) for e in (calm, panic)]
    assert panic.summary()["imbalance"] < 1e-12
    assert left[1] < 0.8 * left[0]
