"""Cross margin: positions of one owner at the listings of one protocol stand behind each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.account.account import OPEN, equity_of
from agents.account.cross_margin import (
    LARGEST,
    LISTED,
    WORST,
    account_margin,
    next_to_close,
    share_margin,
)
from agents.core.kernel import kernel
from agents.core.ledger import OUTSIDE, SHORTFALL, TRADER
from experiments.benchmark.compiled import differences
from model.ecosystem import Ecosystem
from model.engine.engine import Engine
from model.scenario.check.inert import inert
from model.scenario.section.control import CLOSING_ORDERS
from tests.support.world import REGIMES, STRUCTURES, crash, dotted, small

ALONE = {
    "protocol__number": 1, "protocol__listings": (3,), "trader__cross_share": 1.0, "asset__depth_per_oi": (1e6,),
    "asset__half_spread_bp": (0.0,), "exchange__trading_fee": 0.0, "exchange__liquidation_fee": 1e-6,
    "exchange__keeper_share": 1e-6, "keeper__capacity": 1e3, "exposure__graph": "none", "trader__number": 8,
    "shock__gas": 0.0, "provider__number": 2,
}  # fmt: skip
TIERS = {
    "exchange__tier_bound": (1e4, 1e5, 1e9), "exchange__tier_maintenance": (0.01, 0.03, 0.1),
    "exchange__tier_initial": (0.02, 0.06, 0.2),
}  # fmt: skip


@kernel
def share_one(accounts, blocks, exchange, book, tiers, i, slot):
    """Divide the margin of one account."""
    share_margin(accounts, blocks, exchange, book, tiers, i, slot)


@kernel
def margin_of(accounts, exchange, tiers, i, slot):
    """Return equity and maintenance margin of one account."""
    return account_margin(accounts, exchange, tiers, i, slot)


@kernel
def closed_next(accounts, exchange, order, i, slot):
    """Return the listing whose position is closed next."""
    return next_to_close(accounts, exchange, order, i, slot)


def rows_of(engine, slot):
    """Return the rows of an owner at all listings of the only protocol."""
    return np.arange(len(engine.exchange)) * engine.slots_per_listing + slot


def place(engine, slot, notionals, collaterals, gains):
    """Give an owner positions of these notionals, short < 0, with collateral and unrealised profit, USD."""
    accounts, exchange, rows = engine.accounts, engine.exchange, rows_of(engine, slot)
    money = accounts.collateral - accounts.size * (accounts.entry_price - accounts.entry_funding)
    before = money[rows].copy()
    accounts.size[rows] = np.asarray(notionals) / exchange.mark
    accounts.entry_price[rows] = exchange.mark - np.divide(
        gains, accounts.size[rows], out=np.zeros(len(rows)), where=accounts.size[rows] != 0.0
    )
    accounts.entry_funding[rows] = exchange.funding_index
    accounts.collateral[rows] = collaterals
    accounts.cross[rows] = 1
    after = accounts.collateral[rows] - accounts.size[rows] * (accounts.entry_price[rows] - exchange.funding_index)
    engine.ledger.balance[TRADER] += after - before
    engine.ledger.balance[OUTSIDE, 0] -= (after - before).sum()
    accounts.level[rows] = np.where(
        accounts.size[rows] != 0.0,
        accounts.entry_price[rows] - exchange.funding_index
        - np.divide(collaterals, accounts.size[rows], out=np.zeros(len(rows)), where=accounts.size[rows] != 0.0),
        0.0,
    )  # fmt: skip
    engine.tables.blocks["stale"][:] = 1


def alone(**changes):
    """Return a run of one protocol with three listings and accounts that nobody has yet."""
    engine = Engine(small(**ALONE | changes))
    accounts = engine.accounts
    accounts.size[:] = accounts.collateral[:] = accounts.level[:] = accounts.order[:] = 0.0
    accounts.entry_price[:] = accounts.entry_funding[:] = accounts.anchor[:] = 0.0
    engine.ledger.balance[TRADER] = 0.0
    engine.exchange.vault_size[:] = 0.0
    return engine


def slow_margin(engine, slot):
    """Return equity and maintenance margin of an owner in plain Python, from the columns and the scenario's tiers."""
    accounts, exchange, own, needed = engine.accounts, engine.exchange, 0.0, 0.0
    bounds, rates, _ = engine.scenario.exchange.tiers
    for i, row in enumerate(rows_of(engine, slot).tolist()):
        size, mark = float(accounts.size[row]), float(exchange.mark[i])
        if size:
            paid = accounts.entry_price[row] - accounts.entry_funding[row] + exchange.funding_index[i]
            own += float(accounts.collateral[row] + size * (mark - paid))
            notional, below, margin = abs(size) * mark, 0.0, 0.0
            for bound, rate in zip(bounds, rates, strict=True):
                margin += rate * max(min(notional, bound) - below, 0.0)
                below = bound
            needed += margin if bounds else notional * float(exchange.maintenance[i])
    return own, needed


@pytest.fixture(scope="module")
def plain():
    """A run whose accounts a test places."""
    return alone()


@pytest.fixture(scope="module")
def tiered():
    """The same with margin tiers."""
    return alone(**TIERS)


notionals = st.lists(st.floats(-1e6, 1e6).filter(lambda x: x == 0.0 or abs(x) > 1.0), min_size=3, max_size=3)
money = st.lists(st.floats(0.0, 1e5), min_size=3, max_size=3)
profits = st.lists(st.floats(-1e5, 1e5), min_size=3, max_size=3)


@pytest.mark.parametrize("name", ["plain", "tiered"])
@given(sizes=notionals, collaterals=money, gains=profits)
@settings(max_examples=60, deadline=None)
def test_equity_and_requirement_against_plain_python_and_sharing_moves_nothing_out(
    name, request, sizes, collaterals, gains
):
    engine = request.getfixturevalue(name)
    place(engine, 3, sizes, np.where(np.array(sizes) != 0.0, collaterals, 0.0), np.array(gains))
    accounts, exchange, rows = engine.accounts, engine.exchange, rows_of(engine, 3)
    before = slow_margin(engine, 3)
    tables, scale = (accounts, engine.tables.exchange, engine.tiers), 1e-9 * (np.abs(sizes).sum() + 1e5)
    assert margin_of(*tables, 1, 3) == pytest.approx(before, rel=1e-9, abs=scale)
    share_one(accounts, engine.tables.blocks, engine.tables.exchange, engine.ledger.book, engine.tiers, 0, 3)
    assert slow_margin(engine, 3) == pytest.approx(before, rel=1e-9, abs=scale)
    assert (accounts.collateral[rows] >= 0.0).all()
    for i, row in enumerate(rows.tolist()):
        notional = abs(float(accounts.size[row])) * float(exchange.mark[i])
        if notional and before[1] > 1.0:
            own = equity_of(accounts, row, engine.exchange.mark[i], engine.exchange.funding_index[i])
            alone_needed = slow_position(engine, notional, i)
            assert own == pytest.approx(alone_needed * before[0] / before[1], rel=1e-6, abs=scale)


def slow_position(engine, notional, i):
    """Return the maintenance margin of one position in plain Python, USD."""
    bounds, rates, _ = engine.scenario.exchange.tiers
    if not bounds:
        return notional * float(engine.exchange.maintenance[i])
    below = (0.0, *bounds[:-1])
    return sum(r * max(min(notional, b) - a, 0.0) for a, b, r in zip(below, bounds, rates, strict=True))


def settled(engine):
    """Return the run after one round of liquidations, whose books are checked."""
    engine.reconcile(0)
    engine.exchange.vault_size[:] = engine.exchange.short_size - engine.exchange.long_size
    vault = -engine.exchange.vault_size * (engine.exchange.mark - engine.exchange.funding_index)
    engine.ledger.book.breach[:] = -1.0
    assert vault.shape == (3,)
    engine.liquidate()
    return engine


def test_a_gain_at_one_listing_stands_behind_a_loss_at_another():
    """A long that lost all its margin, next to a short that won as much: isolated it is closed."""
    for cross, left in ((1, 3), (0, 2)):
        engine = alone()
        place(engine, 2, [1e4, -1e4, 5e3], [100.0, 100.0, 500.0], [-300.0, 400.0, 0.0])
        engine.accounts.cross[:] = cross
        settled(engine)
        assert np.count_nonzero(engine.accounts.size[rows_of(engine, 2)]) == left


@pytest.mark.parametrize(("order", "closed"), [("largest", 1), ("worst", 0), ("listed", 0)])
def test_a_failing_account_is_closed_in_the_venues_order_until_it_is_healthy(order, closed):
    """Equity of 150 under a requirement of some 270 to 550: one position is closed, and what it leaves is enough."""
    engine = alone(control__closing_order=order)
    engine.exchange.maintenance[:] = 0.01
    place(engine, 2, [1e4, 2e4, 5e3], [400.0, 0.0, 0.0], [-200.0, 50.0, 0.0])
    code = CLOSING_ORDERS.index(order)
    assert closed_next(engine.accounts, engine.tables.exchange, code, 0, 2) == closed
    settled(engine)
    held = engine.accounts.size[rows_of(engine, 2)] != 0.0
    assert not held[closed]
    own, needed = slow_margin(engine, 2)
    assert own >= needed > 0.0 and own == pytest.approx(250.0, rel=1e-3)


def test_orders_of_closing_are_named_as_they_are_numbered():
    assert [CLOSING_ORDERS[code] for code in (LARGEST, WORST, LISTED)] == ["largest", "worst", "listed"]


def test_only_what_exceeds_the_whole_account_is_lost_below_bankruptcy():
    """Losses of 900 on margin of 500 and a gain of 100: 300 are lost, whatever the order, and no position is left."""
    for order in CLOSING_ORDERS:
        engine = alone(control__closing_order=order)
        place(engine, 2, [1e4, -2e4, 5e3], [300.0, 100.0, 100.0], [-500.0, -400.0, 100.0])
        settled(engine)
        assert not engine.accounts.size[rows_of(engine, 2)].any()
        assert -engine.ledger.balance[SHORTFALL].sum() == pytest.approx(300.0, rel=1e-3)
        assert not engine.accounts.collateral[rows_of(engine, 2)].any()


def test_what_is_cross_is_drawn_by_owner_and_only_where_there_are_several_listings():
    engine = Engine(
        small(protocol__number=2, protocol__listings=(3, 1), trader__cross_share=0.5, trader__number=(1_200, 400))
    )
    cross = engine.accounts.cross.reshape(4, -1)[:, :400]
    assert (cross[0] == cross[1]).all() and (cross[1] == cross[2]).all() and not cross[3].any()
    assert 0.4 < cross[0].mean() < 0.6
    assert (engine.accounts.status[engine.accounts.cross != 0] == OPEN).all()


@pytest.mark.parametrize(("share", "low", "high"), [(1.0, 1.0, 1.0), (0.0, 0.45, 0.65), (0.5, 0.7, 0.85)])
def test_owners_with_cross_margin_take_one_side_as_far_as_is_said(share, low, high):
    """Of sides drawn each, 0.7 long, 0.58 agree; isolated owners' sides are drawn each whatever is said."""
    terms = {"trader__cross_share": 0.5, "trader__same_side": share, "trader__number": 4_000}
    engine = Engine(small(protocol__number=1, protocol__listings=(2,), **terms))
    first, second = engine.accounts.size.reshape(2, -1)[:, :2_000] > 0.0
    cross = engine.accounts.cross[:2_000] != 0
    assert low <= (first == second)[cross].mean() <= high
    assert 0.5 < (first == second)[~cross].mean() < 0.65
    assert first.mean() == pytest.approx(0.7, abs=0.03) and second.mean() == pytest.approx(0.7, abs=0.03)


def test_without_several_listings_cross_margin_changes_nothing_and_is_said_to():
    changed, plain = small(trader__cross_share=1.0), small()
    assert any(item.choice.startswith("trader.cross_share") for item in inert(changed))
    assert Engine(changed).summary() == Engine(plain).summary()


@pytest.mark.parametrize("tiers", [{}, TIERS])
def test_after_liquidation_no_account_is_below_its_margin_that_a_keeper_would_serve(tiers):
    """In a crash with keepers enough every account ends the phase at E >= M, and so does each of its positions."""
    plenty = {"keeper__capacity": 1e3, "exchange__liquidation_rounds": 100, "shock__oracle_intensity": 0.0}
    engine = Engine(crash(protocol__listings=(3,), trader__cross_share=1.0, **plenty, **tiers))
    shared = 0
    for _ in range(40):
        engine.apply_shocks(), engine.set_prices(), engine.charge_funding(), engine.trade(), engine.liquidate()
        for p in range(3):
            for slot in range(40):
                own, needed = margin_of(engine.accounts, engine.tables.exchange, engine.tiers, 3 * p, slot)
                assert own >= needed * (1.0 - 1e-9)
        shared += int(engine.exchange.liquidations.sum())
        for phase in ("absorb_deficits", "clear_exposures", "settle_capital", "write_record"):
            getattr(engine, phase)()
    assert shared > 0


@pytest.mark.compiled
@pytest.mark.parametrize("structure", STRUCTURES)
def test_books_close_with_cross_margin_in_every_regime(structure):
    for regime in REGIMES:
        changes = dotted({"backstop__structure": structure, "backstop__regime": regime, "steps": 40})
        engine = Engine(crash(protocol__listings=(2, 1, 3), trader__cross_share=0.7).replace(changes))
        engine.run()
        assert abs(engine.summary()["imbalance"]) < 1e-12


@pytest.mark.compiled
@pytest.mark.parametrize("order", CLOSING_ORDERS)
def test_compiled_and_stepped_agree_with_cross_margin(order):
    scenario = crash(
        protocol__listings=(2, 3, 1), trader__cross_share=0.7, control__closing_order=order, backstop__regime="adl",
        control__takeover=0.3, backstop__structure="pooled",
    )  # fmt: skip
    stepped, compiled = Ecosystem(scenario), Ecosystem(scenario)
    for _ in range(stepped.horizon):
        stepped.step()
    compiled.run()
    assert list(differences(stepped, compiled)) == []
