"""Confidence: what alarms, who then withdraws, and that nothing stirs while panic is off."""

import numpy as np
import pytest

from agents.core.ledger import DEFICIT, FUND, OUTSIDE
from agents.protocol.confidence import alarm, faded, flees, hazard, panics
from agents.protocol.protocol import DEFAULTED
from agents.protocol.standby import standing
from model.ecosystem import Ecosystem
from model.reinsurance.investment import capital_hazard
from tests.support.world import crash, run, small


def hazard_of(ecosystem):
    """Return the multiple of the calm rate at which the pools' capital providers leave."""
    sensitivity = ecosystem.scenario.confidence.capital_sensitivity
    return capital_hazard(ecosystem.structure, ecosystem.mood.alarm, sensitivity)


PANIC = {"confidence__panic": True}
AWAKE = {
    "trader__attention": 1.0, "trader__alert_attention": 1.0, "trader__turnover": 0.0, "trader__stop_share": 0.0,
    "trader__top_up_share": 0.0,
}  # fmt: skip


def after(ecosystem, event=lambda e: None):
    """Return the alarm at the end of a step in which `event` happened to the tables."""
    event(ecosystem)
    ecosystem.update_confidence()
    return ecosystem.mood.alarm.copy()


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


def hit(ecosystem, loss, i=0):
    """Let a loss, USD, go down the layers of one protocol."""
    ecosystem.ledger.balance[DEFICIT, i] -= loss
    ecosystem.ledger.balance[OUTSIDE, 0] += loss
    ecosystem.absorb_deficits()


BIG = {  # capital of 6M, 3M and 0.9M six times: 14.4M
    "protocol__number": 8, "protocol__open_interest": (4e8, 2e8, 6e7), "protocol__skin_in_the_game": 0.0,
    "trader__number": 0, "exposure__graph": "none", "backstop__regime": "bad_debt",
}  # fmt: skip


@pytest.mark.parametrize(
    ("structure", "changes", "first", "second"),
    [
        ("isolated", {}, 0.0, 1.0),  # a loss of 7.5M: the fund of 6M is gone
        ("pooled", {}, 1.0, 1.0),  # 6.9M are left, and each may draw its whole start
        ("pooled", {"backstop__settlement": "first_come"}, 1.0, 1.0),
        ("pooled", {"backstop__settlement": "entitlement_first"}, 0.0, 1.0),
        ("partial", {}, 2.7 / 6.0, 1.0),  # own 0, of the pool's 7.2M 2.7M; the second has 1.5M itself
        ("capped", {}, 0.0, 1.0),  # its limit of 3.6M is used up
        ("capped", {"backstop__sublimit": (0.6,)}, 1.14 / 6.0, 1.0),  # 8.64M less 7.5M
        ("clustered", {"backstop__cluster": (0, 0, 1)}, 0.25, 0.5),  # 1.5M of the pool's 9M
        ("mutual", {}, 1.0, 1.0),  # 6.9M of the others
    ],
)
def test_the_alarm_sees_what_pool_and_fellow_members_would_pay(structure, changes, first, second):
    """After a loss of 7.5M at a member with capital of 6M."""
    ecosystem = Ecosystem(small(**BIG | PANIC | changes, backstop__structure=structure))
    assert after(ecosystem, lambda e: None) == pytest.approx(np.zeros(8))
    hit(ecosystem, 7.5e6)
    ecosystem.protocol.uncovered[:] = 0.0  # news is another matter
    assert 1.0 - after(ecosystem)[:2] == pytest.approx([first, second])


def test_providers_and_controls_see_the_same_health():
    """Emptied by others, a pool alarms everybody; a member that drew nothing is not safer for its entitlement."""
    ecosystem = Ecosystem(small(**BIG, backstop__structure="pooled"))
    hit(ecosystem, 12.4e6)
    health = standing(ecosystem.ledger.balance, ecosystem.tables.protocol, ecosystem.structure.backing)
    assert health == pytest.approx([1 / 3, 2 / 3, *[1.0] * 6])


def test_a_sub_limit_within_a_window_comes_back_to_health():
    terms = {"backstop__structure": "capped", "backstop__sublimit_window": 5.0}
    ecosystem = Ecosystem(small(**BIG, **PANIC, **terms))
    hit(ecosystem, 3.6e6)
    assert after(ecosystem)[0] == pytest.approx(1.0)
    ecosystem.clock += 5
    ecosystem.absorb_deficits()
    assert after(ecosystem)[0] == pytest.approx(0.0)


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
    assert ecosystem.rules.confidence is None
    assert after(ecosystem, drain) == pytest.approx(0.0)
    assert hazard_of(ecosystem) == pytest.approx(1.0)


def frightened(move, protocol=1):
    """Return an ecosystem, and sizes before, after its traders at one protocol looked in a panic after a move."""
    ecosystem = Ecosystem(small(**AWAKE, **PANIC))
    before = ecosystem.accounts.size.reshape(3, -1)[protocol].copy()
    look_again(ecosystem, move, protocol)
    return ecosystem, before


def look_again(ecosystem, move, protocol=1, alarmed=1e3):
    """Let everybody look after the price of the protocol's asset moved, alarmed or not."""
    ecosystem.apply_shocks(), ecosystem.set_prices(), ecosystem.charge_funding()
    ecosystem.market.momentum[ecosystem.exchange.asset[protocol]] = move
    ecosystem.exchange.alarm[protocol] = alarmed
    ecosystem.trade()


def test_who_flees_is_whom_the_move_has_hurt():
    """Longs a fall, shorts a rise; where nothing moved both have the venue as their reason; who is out stays out."""
    assert [flees(size, -0.1) for size in (1.0, -1.0, 0.0)] == [True, False, True]
    assert [flees(size, 0.1) for size in (1.0, -1.0, 0.0)] == [False, True, True]
    assert [flees(size, 0.0) for size in (1.0, -1.0, 0.0)] == [True, True, True]


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_panic_in_a_fall_closes_longs_and_in_a_rise_shorts(side):
    """Everybody looks, alarm without end: one side closes whole and takes the money out, the other stays as it was."""
    ecosystem, before = frightened(-0.05 * side)
    sizes = ecosystem.accounts.size.reshape(3, -1)[1]
    fled, stayed = side * before > 0.0, side * before < 0.0
    assert fled.any() and stayed.any()
    assert (sizes[fled] == 0.0).all() and (sizes[stayed] == before[stayed]).all()
    rows = np.arange(*ecosystem.slots(1))[fled]
    assert (ecosystem.accounts.collateral[rows] == 0.0).all()
    others = ecosystem.accounts.size.reshape(3, -1)[[0, 2]]
    assert (others != 0.0).any()


def test_who_fled_stays_away_and_returns_when_the_alarm_has_gone():
    ecosystem, before = frightened(-0.05)
    sizes, fled = ecosystem.accounts.size.reshape(3, -1)[1], before > 0.0
    trade = ecosystem.rules.trade
    ecosystem.rules = ecosystem.rules._replace(trade=trade._replace(habit=trade.habit._replace(turnover=1.0)))
    ecosystem.clock += 1
    look_again(ecosystem, -0.05)
    assert (sizes[fled] == 0.0).all()
    ecosystem.clock += 1
    look_again(ecosystem, -0.05, alarmed=0.0)
    assert (sizes[fled] != 0.0).any()


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
    assert ecosystem.mood.strain == pytest.approx([0.2, 0.0, 0.0])
    weight = ecosystem.structure.capital[0] / ecosystem.structure.capital.sum()
    assert hazard_of(ecosystem) == pytest.approx([1.0 + 3.0 * weight])


def test_runs_take_open_interest_out_and_conserve_money():
    """With panic on, a crash that empties funds leaves less open interest than the same crash without."""
    thin = {"backstop__capital_ratio": 1e-4, "steps": 60}
    calm, panic = run(crash(**thin)), run(crash(**thin, **PANIC, confidence__trader_sensitivity=5.0))
    left = [float(np.abs(e.accounts.size).sum()) for e in (calm, panic)]
    assert panic.summary()["imbalance"] < 1e-12
    assert left[1] < 0.8 * left[0]


def test_a_panic_does_not_save_losses_by_closing_shorts():
    """In two crashes that empty funds panic takes out longs, not shorts alike, and what is lost is not less for it."""
    thin = {"backstop__capital_ratio": 1e-4, "steps": 36, "trader__turnover": 0.0}
    runs = [
        [run(crash(**thin, confidence__trader_sensitivity=5.0, **terms), r) for r in range(2)] for terms in ({}, PANIC)
    ]
    held = [[e.accounts.size.reshape(3, -1) * e.exchange.mark[:, np.newaxis] for e in side] for side in runs]
    longs, shorts = ([sum(np.maximum(sign * usd, 0.0).sum() for usd in side) for side in held] for sign in (1.0, -1.0))
    lost = [sum(e.summary()["deficit"] for e in side) for side in runs]
    assert 1.0 - longs[1] / longs[0] > 2.0 * max(1.0 - shorts[1] / shorts[0], 0.0)
    assert lost[1] >= lost[0] > 0.0
