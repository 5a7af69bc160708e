"""A book per venue and instrument: what one order moves, what all books of an asset have in common."""

import numpy as np
import pytest

from model.ecosystem import Ecosystem
from model.scenario import Scenario, ScenarioError
from tests.support.world import crash, run, small

VENUES = {"market__books": "venue", "protocol__number": 3, "protocol__listings": (2, 1, 2), "asset__name": ("A", "B")}
EXOGENOUS = {"market__depth_multiplier": np.inf, "market__arbitrage": np.inf}


def sell(ecosystem, i, contracts):
    """Sell so many contracts at listing i."""
    account = ecosystem.trader(ecosystem.slots(i)[0])
    account.order = -contracts
    ecosystem.fill(np.array([account.row]))


def test_each_listing_has_a_book_and_an_asset_that_nobody_lists_has_one_too():
    ecosystem = Ecosystem(small(**VENUES | {"protocol__asset": (0, 1, 0, 0, 0), "asset__name": ("A", "B", "C")}))
    assert ecosystem.exchange.book.tolist() == [0, 1, 2, 3, 4]
    assert ecosystem.market.asset.tolist() == [0, 1, 0, 0, 0, 2]
    assert ecosystem.market.lead.tolist() == [0, 1, 0, 0, 0, 5]
    assert np.bincount(ecosystem.market.asset, ecosystem.market.weight).tolist() == [1.0, 1.0, 1.0]
    ecosystem.run_for(5)
    assert ecosystem.record.asset.shape[1] == 3
    assert (ecosystem.record.asset[:5, 2, :2] > 0.0).all()


def test_books_of_an_asset_divide_the_depth_that_they_would_have_together():
    apart, together = Ecosystem(small(**VENUES)), Ecosystem(small(**VENUES | {"market__books": "shared"}))
    assert np.bincount(apart.market.asset, apart.market.depth) == pytest.approx(together.market.depth)


def test_a_sale_at_one_venue_moves_its_price_alone_and_the_index_by_its_weight():
    ecosystem = Ecosystem(small(**VENUES))
    before, market = ecosystem.exchange.mark.copy(), ecosystem.market
    sell(ecosystem, 2, 0.01 * market.depth[2])
    assert ecosystem.exchange.mark[2] / before[2] == pytest.approx(np.exp(-0.01))
    assert np.delete(ecosystem.exchange.mark, 2).tolist() == np.delete(before, 2).tolist()
    moved = 1.0 - market.weight[2] * (1.0 - np.exp(-0.01))
    assert market.index[market.asset == 0] / before[0] == pytest.approx(moved)


def test_permanent_impact_moves_all_books_of_an_asset_by_the_part_of_its_depth():
    ecosystem = Ecosystem(small(**VENUES | {"market__permanent_share": 0.5}))
    before, market = ecosystem.exchange.mark.copy(), ecosystem.market
    part = 0.5 * market.share[2]
    assert 0.0 < market.share[2] < 1.0
    sell(ecosystem, 2, 0.01 * market.depth[2])
    change = np.log(ecosystem.exchange.mark / before)
    same = (market.asset == 0) & (np.arange(5) != 2)
    assert change[2] == pytest.approx(-0.01)
    assert change[same] == pytest.approx(-0.01 * part)
    assert (change[market.asset == 1] == 0.0).all()
    assert np.unique(market.fundamental[market.asset == 0]).size == 1


def test_several_books_conserve_money_and_the_index_lies_between_their_prices():
    ecosystem = run(crash(**VENUES, market__impact="square_root", market__permanent_share=0.2))
    assert ecosystem.summary()["imbalance"] < 1e-12
    assert ecosystem.protocol.deficit.sum() > 0.0
    for k in range(2):
        own = ecosystem.market[ecosystem.market.asset == k]
        assert own.mid.min() <= ecosystem.record.asset[ecosystem.clock - 1, k, 1] <= own.mid.max()
        assert own.mid.max() > own.mid.min()


def test_with_exogenous_prices_books_do_not_matter():
    """Limit: infinite depth and arbitrage at once leave one price, whatever the books, bit for bit."""
    apart, together = (run(crash(**VENUES | {"market__books": books} | EXOGENOUS)) for books in ("venue", "shared"))
    assert (apart.protocol.deficit == together.protocol.deficit).all()
    assert apart.record.asset[:, :, 1] == pytest.approx(together.record.asset[:, :, 1], rel=1e-14)


def test_one_listing_an_asset_has_the_same_book_either_way():
    one = {"protocol__number": 2, "asset__name": ("A", "B"), "protocol__asset": (0, 1)}
    apart, together = (run(crash(**one, market__books=books)) for books in ("venue", "shared"))
    assert (apart.record.asset == together.record.asset).all()


def test_the_breaker_of_one_book_halts_its_venue_alone():
    ecosystem = Ecosystem(small(**VENUES | {"control__breaker_move": 0.05, "control__breaker_halt": 3.0}))
    ecosystem.step()
    sell(ecosystem, 2, 0.1 * ecosystem.market.depth[2])
    ecosystem.watch_prices()
    assert (ecosystem.exchange.halt > 0.0).tolist() == [False, False, True, False, False]


def test_value_funds_need_one_price():
    with pytest.raises(ScenarioError, match=r"value_fund.number 2: their auction makes one price"):
        Scenario().replace({"value_fund.number": 2, "market.books": "venue"})
