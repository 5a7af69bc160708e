"""Protocols with several listings: one fund for all, losses handed back to where they arose, books that close."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.column import bare
from agents.core.ledger import BAD_DEBT, DEFICIT, FUND, OUTSIDE, SHORTFALL
from agents.exchange.exchange import Exchange, leading, listings_of
from agents.trader.trader import Trader
from experiments.benchmark.channel import ARRANGEMENTS
from experiments.benchmark.compiled import differences
from model.backstop.loss_regime.division import hand_back
from model.ecosystem import Ecosystem
from model.engine.engine import Engine
from model.scenario import Scenario, ScenarioError
from model.scenario.check.unused import unused
from model.scenario.extent import (
    by_listing,
    divided,
    listing_counts,
    listing_interest,
    listing_traders,
    protocol_interest,
)
from tests.support.world import REGIMES, STRUCTURES, crash, small

UNSHARED = {  # what members of one protocol share is its backstop; here there is none, and nobody hears of anybody
    "backstop__structure": "none", "backstop__regime": "bad_debt", "exposure__graph": "none",
    "protocol__treasury_ratio": 0.0,
}  # fmt: skip


def listed(counts, deficits):
    """Return exchanges of protocols with so many listings each, which lost so much in the step."""
    exchange = Exchange.make_table(sum(counts))
    exchange.protocol[:] = np.repeat(np.arange(len(counts)), counts)
    exchange.unpaid[:] = deficits
    return exchange


def test_listings_of_one_protocol_follow_each_other():
    engine = Engine(small(protocol__number=3, protocol__listings=(2, 1)))
    assert engine.exchange.protocol.tolist() == [0, 0, 1, 2]
    assert leading(engine.exchange).tolist() == [0, 2, 3]
    assert [listings_of(engine.exchange, p) for p in range(3)] == [slice(0, 2), slice(2, 3), slice(3, 4)]
    assert len(engine.protocol) == 3 and engine.ledger.balance.shape[1] == 4


def test_open_interest_is_that_of_each_listing_and_a_protocol_has_the_sum():
    scenario = small(protocol__number=2, protocol__listings=(2, 1), protocol__open_interest=(3e6, 1e6, 2e6))
    assert listing_interest(scenario) == (3e6, 1e6, 2e6) and protocol_interest(scenario) == (4e6, 2e6)
    engine = Engine(scenario)
    held = np.maximum(engine.exchange.long_size, engine.exchange.short_size) * engine.exchange.mark
    assert held == pytest.approx([3e6, 1e6, 2e6], rel=1e-6)
    assert engine.protocol.open_interest.tolist() == [4e6, 2e6]
    assert engine.ledger.balance[FUND, 0] == pytest.approx(2.0 * engine.ledger.balance[FUND, 1])


def test_every_protocol_lists_every_asset_unless_it_is_said_what_it_lists():
    assert listing_counts(Scenario()) == (3,) * 8
    assert listing_counts(Scenario().replace({"protocol.asset": (0, 1)})) == (1,) * 8
    assert listing_counts(Scenario().replace({"protocol.listings": (2, 1), "protocol.number": 3})) == (2, 1, 1)
    assert listing_counts(Scenario().replace({"price.process": "episode", "price.episode": "2020-03-12"})) == (2,) * 8
    assert (
        Engine(Scenario().replace({"protocol.number": 2, "trader.number": 9})).exchange.asset.tolist() == [0, 1, 2] * 2
    )


def test_what_is_a_protocol_s_whole_is_divided_and_what_is_a_rate_is_not():
    """Two protocols with three assets each: two values are the protocols', six are the listings'."""
    chosen = {"protocol.number": 2, "protocol.listing_share": (2.0, 1.0), "trader.number": (7, 3)}
    scenario = Scenario().replace({**chosen, "protocol.open_interest": (4e6, 8e6)})
    assert listing_interest(scenario) == (2e6, 1e6, 1e6, 4e6, 2e6, 2e6) and protocol_interest(scenario) == (4e6, 8e6)
    assert listing_traders(scenario) == (3, 2, 2, 1, 1, 1)
    assert by_listing(scenario, (0.1, 0.2)) == (0.1, 0.1, 0.1, 0.2, 0.2, 0.2)
    six = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert by_listing(scenario, six) == six == divided(scenario, six)
    assert protocol_interest(Scenario().replace({"protocol.number": 1})) == (4e8,)  # the default is by protocol
    assert divided(scenario.replace({"protocol.listing_share": ()}), (3.0,)) == (1.0,) * 6


@pytest.mark.parametrize(("counts", "message"), [((0,), "listings"), ((-1,), "listings"), ((2_000,), "listings")])
def test_numbers_of_listings_that_are_none(counts, message):
    with pytest.raises(ScenarioError, match=message):
        small(protocol__listings=counts)


def test_values_beyond_the_last_listing_are_named():
    """Two protocols with three listings: two values or three are used, of four the last two are not."""
    given = {"protocol__number": 2, "protocol__listings": (2, 1)}
    assert not unused(small(**given, protocol__open_interest=(1e6, 2e6, 3e6)))
    [line] = unused(small(**given, protocol__open_interest=(1e6, 2e6, 3e6, 4e6)))
    assert line.endswith("has 4 values for 2 protocols with 3 listings: the last 2 are not used")


def test_one_fund_pays_the_losses_of_all_listings_and_the_rest_goes_back_in_proportion():
    """Losses of 60 and 20 and a fund of 40: 40 are left, 30 for the first listing and 10 for the second."""
    engine = Engine(small(protocol__number=2, protocol__listings=(2, 1), protocol__skin_in_the_game=0.0))
    balance, fund = engine.ledger.balance, engine.ledger.balance[FUND, 0]
    losses = np.array([1.5, 0.5, 0.0]) * fund
    balance[SHORTFALL] -= losses
    balance[OUTSIDE, 0] += losses.sum()
    engine.exchange.deficit[:] = losses
    owed = engine.waterfall.ask(engine.venue, engine.ledger, engine.protocol, engine.pool, np.full(2, 0.5), 0)
    assert engine.protocol.paid_fund.tolist() == pytest.approx([fund, 0.0]) and balance[FUND, 0] == 0.0
    assert owed == pytest.approx([fund, 0.0])
    part = np.zeros(3)
    hand_back(balance, bare(engine.exchange), owed, part)
    assert part == pytest.approx([0.75 * fund, 0.25 * fund, 0.0])
    assert balance[SHORTFALL] == pytest.approx(-part) and not balance[DEFICIT].any()


amounts = st.floats(0.0, 1e9)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_handed_back_adds_up_and_spares_listings_without_a_loss(counts, data):
    listings = sum(counts)
    deficits = np.array(data.draw(st.lists(amounts, min_size=listings, max_size=listings)))
    owed = np.array(data.draw(st.lists(amounts, min_size=len(counts), max_size=len(counts))))
    exchange, balance, part = listed(counts, deficits), np.zeros((19, listings)), np.zeros(listings)
    balance[DEFICIT, : len(counts)] = -owed
    hand_back(balance, bare(exchange), owed, part)
    assert (part >= 0.0).all() and not balance[DEFICIT].any()
    assert np.bincount(exchange.protocol, part) == pytest.approx(owed, rel=1e-12)
    assert np.bincount(exchange.protocol, -balance[SHORTFALL]) == pytest.approx(owed, rel=1e-12, abs=1e-6)
    lost = np.bincount(exchange.protocol, deficits)[exchange.protocol] > 0.0
    assert (part[lost & (deficits == 0.0)] <= 1e-15 * owed.max()).all()


def test_accounts_of_a_listing_that_lost_nothing_pay_nothing():
    """A socialised loss of one listing is shared by its own winners, not by those of another asset."""
    chosen = {"backstop__structure": "none", "backstop__regime": "socialized_loss", "exposure__graph": "none"}
    engine = Engine(small(**chosen, protocol__number=2, protocol__listings=(2, 1), protocol__treasury_ratio=0.0))
    for _ in range(3):
        engine.step()
    before, loss = engine.accounts.haircut.copy(), 1e3
    engine.ledger.balance[SHORTFALL, 1] -= loss
    engine.ledger.balance[OUTSIDE, 0] += loss
    engine.exchange.deficit[1] += loss
    engine.absorb_deficits()
    paid = (engine.accounts.haircut - before).reshape(3, -1).sum(axis=1)
    assert paid == pytest.approx([0.0, loss, 0.0], abs=1e-6)
    assert engine.protocol.paid_regime[0] == pytest.approx(loss)


def test_two_listings_of_one_protocol_trade_as_two_protocols_do():
    """Where there is no backstop to share, it makes no difference to accounts and prices who runs the venues."""
    one = Engine(
        crash(
            **UNSHARED,
            protocol__number=1,
            protocol__listings=(2,),
            protocol__listing_share=(),
            protocol__open_interest=(4e8,),
        )
    )
    two = Engine(crash(**UNSHARED, protocol__number=2, trader__number=20, protocol__open_interest=(2e8,)))
    for engine in (one, two):
        engine.run()
    assert one.summary()["trader_deficit"] > 0.0
    for name in one.accounts._fields:
        assert getattr(one.accounts, name).tobytes() == getattr(two.accounts, name).tobytes(), name
    assert one.record.asset.tobytes() == two.record.asset.tobytes()
    assert one.record.protocol[:, 0, 5] == pytest.approx(two.record.protocol[:, :, 5].sum(axis=1))
    assert one.ledger.balance[BAD_DEBT, 0] == pytest.approx(two.ledger.balance[BAD_DEBT].sum())


@pytest.mark.compiled
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("resolution", ["continue", "recapitalised"])
def test_books_close_with_several_listings(structure, resolution):
    """Every step is audited; what is left is the sum of all, counted from the rows, in a crash with debts and runs."""
    for regime in REGIMES:
        changes = {"backstop__structure": structure, "backstop__regime": regime, "exposure__resolution": resolution}
        engine = Engine(crash(**changes, protocol__listings=(2, 1, 3), protocol__treasury_ratio=1e-4, steps=30))
        engine.run()
        found = engine.summary()
        assert abs(found["imbalance"]) < 1e-12 and found["open_deficit"] == 0.0
        shares = sum(
            value for name, value in found.items() if name.startswith("borne_") and name != "borne_flat_winners"
        )
        assert found["deficit"] == 0.0 or shares == pytest.approx(1.0, abs=1e-6)


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("structure", "regime"), [("pooled", "adl"), ("mutual", "frozen_debt"), ("capped", "clawback")]
)
def test_compiled_and_stepped_agree_with_several_listings(structure, regime):
    scenario = crash(
        backstop__structure=structure, backstop__regime=regime, protocol__listings=(2, 1, 3), confidence__panic=True,
        exposure__resolution="recapitalised",
    )  # fmt: skip
    stepped, compiled = Ecosystem(scenario), Ecosystem(scenario)
    for _ in range(stepped.horizon):
        stepped.step()
    compiled.run()
    assert list(differences(stepped, compiled)) == []


@pytest.mark.compiled
@pytest.mark.parametrize("claims", ["indemnity", "parametric"])
@pytest.mark.parametrize("structure", ["reinsured", "clustered"])
def test_books_close_with_every_channel_on_and_several_listings(claims, structure):
    """Claims market, choices, lending, contributions, funds in base assets: what Python does with protocols' money."""
    capital = {
        "fund.base_share": 0.3, "fund.contribution_rate": (0.5,), "fund.target_ratio": 1.2, "fund.replenishment": 1e-3,
        "fund.recall_delay": 3.0, "choice.epoch": 10.0, "reinsurance.assessment_delay": 5.0,
        "reinsurance.review": 5.0, "steps": 60,
    }  # fmt: skip
    changes = ARRANGEMENTS[claims] | capital | {"backstop.structure": structure}
    engine = Engine(crash(protocol__listings=(2, 1, 3), trader__cross_share=0.5).replace(changes))
    engine.run()
    found = engine.summary()
    assert found["deficit"] > 0.0 and engine.pool.claims_paid.sum() > 0.0
    assert abs(found["imbalance"]) < 1e-12


def test_agents_know_listing_and_protocol():
    ecosystem = Ecosystem(small(protocol__number=2, protocol__listings=(2, 1)))
    exchanges = ecosystem.agents_by_type[Exchange]
    assert [exchange.protocol for exchange in exchanges] == [0, 0, 1]
    at_third = [trader for trader in ecosystem.agents_by_type[Trader] if trader.listing == 2]
    assert at_third and {trader.protocol for trader in at_third} == {1}
    account = list(exchanges)[1].open_account(collateral=1e3)
    assert list(exchanges)[1].trade(account, 1e-3) != 0.0
    ecosystem.step()
    assert ecosystem.ledger.imbalance() < 1e-12
