"""Dynamic controls: each rule on numbers, its limits, and what it does to money, contracts and price in a run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.account.margin_tier import make_tiers
from agents.core.column import bare
from agents.core.ledger import FUND, LIQUIDATION_FEE, SHORTFALL, TRADER, VAULT
from agents.exchange.control.circuit_breaker import largest_move, make_watch, watch_book
from agents.exchange.control.order_limit import added, limit_orders, share_of_room
from agents.exchange.control.partial_liquidation import PartialRule, contracts_to_sell
from agents.exchange.control.takeover import is_taken_over
from agents.exchange.control.tightening import raised, tightening
from model.ecosystem import Ecosystem
from model.scenario import Scenario, ScenarioError
from tests.model.market.test_cascade import fall, lonely
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import crash, run, small

SENSITIVITY = st.floats(0.0, 10.0)
OFF = {
    "control.fee_health": 0.0,
    "control.fee_volatility": 0.0,
    "control.margin_health": 0.0,
    "control.margin_volatility": 0.0,
    "control.maintenance_follows": False,
    "control.leverage_health": 0.0,
    "control.leverage_volatility": 0.0,
    "control.interest_cap": 0.0,
    "control.breaker_move": 0.0,
    "control.partial_fraction": 1.0,
    "control.partial_by_tier": False,
    "control.takeover": 0.0,
    "control.takeover_cap": 0.0,
    "control.vault_risk": 0.0,
}
ON = {
    "fee": {"control__fee_health": 2.0, "control__fee_volatility": 1.0},
    "margin": {"control__margin_health": 2.0, "control__margin_volatility": 0.5, "control__maintenance_follows": True},
    "leverage": {"control__leverage_health": 2.0, "control__leverage_volatility": 1.0},
    "interest_cap": {"control__interest_cap": 1.001, "control__interest_cap_volatility": 0.01},
    "breaker": {"control__breaker_move": 0.02, "control__breaker_halt": 3.0},
    "suspension": {
        "control__breaker_move": 0.02,
        "control__breaker_halt": 3.0,
        "control__breaker_liquidations": True,
        "control__takeover": 0.5,
    },
    "partial": {"control__partial_fraction": 0.2, "control__partial_above": 1e4},
    "geometric": {
        "control__partial_fraction": 0.5,
        "control__partial_above": 0.0,
        "control__partial_cooldown": 0.0,
    },
    "takeover": {"control__takeover": 2 / 3},
    "whole_takeover": {"control__takeover": 1.0},
    "capped_takeover": {"control__takeover": 1.0, "control__takeover_cap": 1e-4},
    "vault_risk": {"control__vault_risk": 0.3, "control__worst_move": (0.29,)},
}


@pytest.mark.parametrize(("health", "excess", "expected"), [(1.0, 0.0, 1.0), (0.4, 0.0, 2.2), (0.4, 1.5, 2.95)])
def test_tightening_on_numbers(health, excess, expected):
    """With a = 2 and b = 1/2: 1 + 2 (1 − h) + (v/v0 − 1) / 2."""
    assert tightening(health, excess, 2.0, 0.5) == pytest.approx(expected, rel=1e-15)


@given(st.floats(1.0, 5.0), SENSITIVITY, SENSITIVITY)
def test_a_full_fund_in_a_calm_market_changes_nothing(health, a, b):
    """Full or overfull, at v = v0, the factor is one to the last bit, whatever the sensitivities."""
    assert tightening(health, 0.0, a, b) == 1.0
    assert raised(0.01, tightening(health, 0.0, a, b), 0.05) == 0.01


@given(st.floats(-0.5, 1.5), st.floats(0.0, 20.0))
def test_no_sensitivity_no_change(health, excess):
    """With a = b = 0 terms are constant."""
    assert tightening(health, excess, 0.0, 0.0) == 1.0


@given(st.floats(-0.5, 1.5), st.floats(0.0, 20.0), st.floats(0.0, 0.5), SENSITIVITY, SENSITIVITY)
def test_tightening_is_monotone_and_bounded(health, excess, more, a, b):
    """A thinner fund or a rougher market never loosens; an empty fund costs the whole of a, and no more."""
    assert tightening(health - more, excess, a, b) >= tightening(health, excess, a, b) >= 1.0
    assert tightening(health, excess + more, a, b) >= tightening(health, excess, a, b)
    assert tightening(health, 0.0, a, b) <= 1.0 + a


@pytest.mark.parametrize(("factor", "expected"), [(1.0, 0.02), (3.0, 0.06), (50.0, 0.5)])
def test_a_rise_stops_at_its_bound(factor, expected):
    """Margins stay below one; a calm value above the bound is left where it is."""
    assert raised(0.02, factor, 0.5) == pytest.approx(expected)
    assert raised(0.9, factor, 0.5) == 0.9


@pytest.mark.parametrize(
    ("size", "order", "expected"), [(0, 3, 3), (2, 3, 3), (2, -1, 0), (2, -2, 0), (2, -5, -3), (-2, 5, 3), (-2, -1, -1)]
)
def test_the_adding_part_of_an_order(size, order, expected):
    """Reducing adds nothing; crossing zero adds what is left beyond it."""
    assert added(float(size), float(order)) == expected


def test_room_is_shared_alike():
    """Half of the room asked for: everybody gets half; no room: nothing; nobody asks: no cut."""
    assert share_of_room(5.0, 10.0) == 0.5
    assert share_of_room(-5.0, 10.0) == 0.0
    assert share_of_room(20.0, 10.0) == share_of_room(0.0, 0.0) == 1.0


@pytest.mark.parametrize(
    ("size", "since", "expected"),
    [(50.0, np.inf, 50.0), (200.0, np.inf, 40.0), (-200.0, np.inf, 40.0), (200.0, 0.0, 200.0), (200.0, 1.0, 40.0)],
)
def test_a_fifth_of_a_large_position_goes_first(size, since, expected):
    """Hyperliquid: 20 % above 100,000 USD, the whole within the cooldown of half a step, and whole below."""
    rule = PartialRule(fraction=0.2, above=100_000.0, cooldown=0.5, by_tier=False)
    assert contracts_to_sell(size, 1_000.0, since, rule, bare(make_tiers())) == pytest.approx(expected)


def test_takeover_below_two_thirds_of_maintenance():
    """2 % maintenance on 100,000 USD: taken over below 1,333 USD of equity; never where the fraction is zero."""
    assert is_taken_over(1_333.0, 1e5, 0.02, 2 / 3)
    assert not is_taken_over(1_334.0, 1e5, 0.02, 2 / 3)
    assert not is_taken_over(0.0, 1e5, 0.02, 0.0)


def test_a_breaker_looks_at_the_extremes_of_its_window():
    """Down 3 % from the high, up 2 % from the low: the larger counts."""
    seen = np.array([[100.0], [103.0], [98.0]])
    assert largest_move(100.0, seen, 0) == pytest.approx(np.log(103.0 / 100.0))


def test_a_breaker_halts_for_its_time_and_reopens_fresh():
    """A fall of 6 % halts one asset for two steps; reopened at the lower price it does not trip again."""
    watch, left = make_watch(10, np.array([100.0, 100.0])), []
    path = [[99.0, 100.0], [94.0, 100.0], [93.0, 100.0], [85.0, 100.0], [85.0, 100.0], [80.0, 100.0]]
    for prices in path:
        for asset, price in enumerate(prices):
            watch_book(watch, asset, price, 0.05, 2.0)
        watch.step[0] += 1
        left.append(watch.left.tolist())
    assert left == [[0, 0], [2, 0], [1, 0], [0, 0], [0, 0], [2, 0]]


def test_off_is_the_default_to_the_last_bit():
    """Every control explicitly off gives the default run."""
    explicit = run(small().replace(OFF))
    default = run(small())
    assert explicit.summary() == default.summary()
    assert (explicit.accounts.collateral == default.accounts.collateral).all()


@pytest.mark.parametrize("control", ON)
@pytest.mark.parametrize("regime", ["adl", "socialized_loss"])
def test_every_control_conserves(control, regime):
    """Money and contracts in a crash with next to no capital, each control switched on."""
    ecosystem = run(crash(**ON[control], backstop__regime=regime, backstop__capital_ratio=1e-4))
    assert_books_close(ecosystem)


def test_all_controls_together_conserve():
    """All at once."""
    changes = {name: value for control in ON.values() for name, value in control.items()}
    assert_books_close(run(crash(**changes, backstop__capital_ratio=1e-4, backstop__regime="adl")))


def test_terms_follow_an_emptied_fund():
    """With half of every fund gone in a calm market, a = 2 doubles fee and margins and halves leverage and cap."""
    names = {f"control__{term}_health": 2.0 for term in ("fee", "margin", "leverage", "interest_cap")}
    ecosystem = Ecosystem(small(**names, control__interest_cap=2.0, control__maintenance_follows=True))
    exchange, terms = ecosystem.exchange, ("liquidation_fee", "initial_margin", "maintenance", "interest_cap")
    before = [exchange[name].copy() for name in terms]
    spent = 0.5 * ecosystem.protocol.capital - ecosystem.ledger.balance[FUND]
    ecosystem.ledger.balance[FUND] += spent
    ecosystem.adapt_terms()
    after = [exchange[name] for name in terms]
    for old, new, factor in zip(before, after, (2.0, 2.0, 2.0, 0.5), strict=True):
        assert new == pytest.approx(factor * old)


@pytest.mark.parametrize(("follows", "times"), [(False, 1.0), (True, 3.0)])
def test_maintenance_follows_where_told(follows, times):
    """At thrice the normal volatility b = 1 triples the margin requirement, and maintenance only where it follows."""
    ecosystem = Ecosystem(small(control__margin_volatility=1.0, control__maintenance_follows=follows))
    initial, maintenance = ecosystem.exchange.initial_margin.copy(), ecosystem.exchange.maintenance.copy()
    ecosystem.market.variance[:] = (3.0 * ecosystem.market.normal_volatility) ** 2
    ecosystem.settle_capital()
    assert ecosystem.exchange.initial_margin == pytest.approx(3.0 * initial)
    assert ecosystem.exchange.maintenance == pytest.approx(times * maintenance)


def test_margins_stay_below_one_whatever_happens():
    """Maintenance below initial below one through a crash with extreme sensitivities."""
    ecosystem = run(crash(control__margin_volatility=100.0, control__maintenance_follows=True))
    assert (ecosystem.exchange.maintenance < ecosystem.exchange.initial_margin).all()
    assert (ecosystem.exchange.initial_margin <= 0.5).all()
    assert ecosystem.exchange.initial_margin.max() == 0.5


def test_a_higher_fee_takes_more_from_what_is_left_over():
    """Thrice the fee takes all that bounty and position leave, and the owner, who kept a rest at 1 %, gets nothing."""
    plain, dear = lonely(), lonely()
    dear[0].exchange.liquidation_fee[:] = 0.03
    for ecosystem, _, _ in (plain, dear):
        fall(ecosystem, 0.911)
    kept, fees = plain[2].wallet, [run.ledger.balance[LIQUIDATION_FEE, 0] for run, _, _ in (plain, dear)]
    assert kept > 0.0
    assert dear[2].wallet == 0.0
    assert fees[1] == pytest.approx(fees[0] + kept)


def test_new_orders_never_pass_the_cap():
    """Each step's trades leave no side larger than the cap at the mark before, or than it was."""
    ecosystem = Ecosystem(small(control__interest_cap=1.0, trader__turnover=0.5, trader__attention=0.8))
    cap = ecosystem.exchange.interest_cap.copy()
    for _ in range(20):
        ecosystem.apply_shocks()
        ecosystem.set_prices()
        bound = cap / ecosystem.exchange.mark
        before = np.stack([ecosystem.exchange.long_size, ecosystem.exchange.short_size])
        ecosystem.trade()
        after = np.stack([ecosystem.exchange.long_size, ecosystem.exchange.short_size])
        assert (after <= np.maximum(bound, before) * (1.0 + 1e-12)).all()
        ecosystem.clock += 1
    assert ecosystem.exchange.volume.sum() > 0


def test_a_cap_binds_and_spares_reductions():
    """Two buyers who ask for thrice the room get a third each; a seller of its own is filled in full."""
    ecosystem = Ecosystem(small())
    accounts, exchange = ecosystem.accounts, ecosystem.exchange
    longs = np.flatnonzero(accounts.size[: ecosystem.slots_per_listing] > 0)[:3]
    room = 6.0
    exchange.interest_cap[0] = (exchange.long_size[0] + room) * exchange.mark[0]
    accounts.order[longs] = [6.0, 12.0, -0.5 * accounts.size[longs[2]]]
    limit_orders(accounts, ecosystem.tables.exchange, longs)
    assert accounts.order[longs] == pytest.approx([2.0, 4.0, -0.5 * accounts.size[longs[2]]])


def test_no_fill_while_halted():
    """From the trip of the breaker until it reopens nobody trades, and the price recovers nothing by orders."""
    ecosystem = Ecosystem(crash(control__breaker_move=0.01, control__breaker_halt=4.0))
    halted = np.zeros((ecosystem.horizon, len(ecosystem.exchange)), bool)
    for t in range(ecosystem.horizon):
        halted[t] = ecosystem.exchange.halt > 0
        ecosystem.step()
    volume = np.stack([ecosystem.series()[f"volume_{i}"] for i in range(3)], axis=1)
    assert halted.any()
    assert (volume[halted] == 0.0).all()
    assert (volume[~halted] > 0.0).any()


def test_an_own_agent_is_told_that_a_halt_filled_nothing():
    """The public order of a researcher's agent returns what was filled."""
    _, exchange, account = lonely()
    size = account.size
    exchange.halt = 3.0
    assert exchange.trade(account, 1.0) == 0.0
    assert account.size == size


@pytest.mark.parametrize("takeover", [0.0, 1.0])
def test_a_suspension_keeps_keepers_and_vault_away(takeover):
    """Far under water and still there; served as soon as the suspension ends."""
    ecosystem, exchange, account = lonely(control__takeover=takeover)
    exchange.suspension = 1.0
    fall(ecosystem, 0.85)
    assert account.size > 0
    assert exchange.unserved > 0
    exchange.suspension = 0.0
    fall(ecosystem, 1.0)
    assert account.size == 0.0


def test_liquidation_in_parts_saves_what_can_be_saved():
    """Sold by fifths, a position just below maintenance ends smaller, open and safe, and keeps the rest."""
    changes = {"control__partial_fraction": 0.2, "control__partial_above": 0.0, "control__partial_cooldown": 0.0}
    ecosystem, exchange, account = lonely(**changes, exchange__liquidation_fee=5e-3, exchange__keeper_share=1e-3)
    size = account.size
    fall(ecosystem, 0.911)
    assert 0.0 < account.size < size
    assert account.equity >= exchange.maintenance * account.size * exchange.mark
    assert ecosystem.exchange.liquidations[0] >= 1


def test_one_part_is_the_whole():
    """Whole, or in halves within the cooldown: the position closes in full either way, in one round or two."""
    whole, halves = lonely(), lonely(control__partial_fraction=0.5, control__partial_above=0.0)
    for ecosystem, _, account in (whole, halves):
        fall(ecosystem, 0.90)
        assert account.size == 0.0
    assert whole[0].exchange.liquidations[0] == 1
    assert halves[0].exchange.liquidations[0] == 2
    assert halves[0].exchange.liquidated_long[0] == pytest.approx(whole[0].exchange.liquidated_long[0], rel=1e-3)


def test_the_vault_takes_position_and_margin_at_the_mark():
    """No price moves, no keeper is paid, the owner gets nothing, and the vault gains the equity that was left."""
    ecosystem, exchange, account = lonely(control__takeover=2 / 3)
    size, vault = account.size, ecosystem.vault_equity()[0]
    ecosystem.market.fundamental[0] *= 0.905
    ecosystem.market.mid[0] = ecosystem.exchange.mark[0] = ecosystem.market.fundamental[0]
    mid, own, mirror = ecosystem.market.mid[0], account.equity, ecosystem.vault_equity()[0]
    assert 0.0 < own < 2 / 3 * exchange.maintenance * size * exchange.mark
    ecosystem.liquidate()
    assert ecosystem.market.mid[0] == mid
    assert ecosystem.keepers.bounties.sum() == 0.0
    assert account.size == account.collateral == account.wallet == 0.0
    assert exchange.vault_size == pytest.approx(0.0, abs=1e-12)
    assert ecosystem.vault_equity()[0] == pytest.approx(mirror + own)
    assert vault < ecosystem.vault_equity()[0]
    assert exchange.taken_over == pytest.approx(size * mid)
    assert ecosystem.ledger.balance[SHORTFALL, 0] == 0.0
    assert ecosystem.ledger.balance[TRADER, 0] == pytest.approx(0.0, abs=1e-9)


def test_a_takeover_below_bankruptcy_leaves_a_failure_at_the_bankruptcy_price():
    """The vault pays what the position is worth; the shortfall is a deficit that can be deleveraged against."""
    ecosystem, exchange, account = lonely(control__takeover=2 / 3)
    size, price = account.size, account.entry_price - account.collateral / account.size
    before = ecosystem.ledger.balance[VAULT, 0]
    fall(ecosystem, 0.80)
    assert ecosystem.exchange.deficit[0] == pytest.approx(size * (price - exchange.mark))
    assert ecosystem.ledger.balance[SHORTFALL, 0] == pytest.approx(-ecosystem.exchange.deficit[0])
    assert exchange.bankrupt_long == size
    assert exchange.bankrupt_long_value / size == pytest.approx(price)
    assert ecosystem.ledger.balance[VAULT, 0] == pytest.approx(before - size * exchange.mark)
    assert account.wallet == 0.0


def test_a_short_is_taken_over_as_a_long_is():
    """The mirror image: a rise, and the vault ends flat with the equity that was left."""
    ecosystem, exchange, account = lonely(control__takeover=1.0)
    exchange.trade(account, -2.0 * account.size)
    vault = ecosystem.vault_equity()[0]
    own = account.equity
    fall(ecosystem, 1.0 + own / abs(account.size * exchange.mark) - 0.005)
    assert account.size == account.collateral == 0.0
    assert exchange.vault_size == pytest.approx(0.0, abs=1e-12)
    assert ecosystem.vault_equity()[0] == pytest.approx(vault + own)


@pytest.mark.parametrize(
    "wrong",
    [
        {"control.margin_bound": 1.0},
        {"control.partial_fraction": 0.0},
        {"control.takeover": 1.5},
        {"control.breaker_halt": 0.0},
        {"control.fee_healht": 1.0},
    ],
)
def test_impossible_controls_are_refused(wrong):
    """Margins of one, nothing per round, a halt of no length, a misspelt name."""
    with pytest.raises(ScenarioError):
        Scenario().replace(wrong)


def test_a_takeover_on_a_wrong_mark_is_no_loss_of_the_fund():
    """A mark 30 % too low for a moment: the vault takes the position at the market price; nothing is a deficit."""
    ecosystem, _, account = lonely(control__takeover=2 / 3)
    vault, own = ecosystem.vault_equity()[0], account.equity
    ecosystem.exchange.mark[0] *= 0.7
    ecosystem.liquidate()
    assert account.size == account.collateral == 0.0
    assert ecosystem.exchange.deficit[0] == 0.0
    ecosystem.exchange.mark[0] = ecosystem.market.mid[0]
    assert ecosystem.vault_equity()[0] == pytest.approx(vault + own)
