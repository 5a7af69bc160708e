"""Owners at several venues: a call at one is met from the others, in proportion, and losses travel without any debt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.account.account import OPEN, equity_of, level_all
from agents.account.owner import make_owners, ring_of
from agents.core.ledger import OUTSIDE, TRADER, TRANSIT, VAULT, WALLET
from model.ecosystem import Ecosystem
from tests.support.world import crash, small

QUIET = {
    "trader__venues_share": 1.0, "trader__attention": 1.0, "trader__alert_attention": 1.0, "trader__turnover": 0.0,
    "trader__top_up_share": 1.0, "trader__stop_share": 0.0, "trader__transfer_delay": 2.0, "exposure__graph": "none",
    "exchange__trading_fee": 0.0, "asset__half_spread_bp": (0.0,), "shock__gas": 0.0, "trader__number": 8,
}  # fmt: skip
RATE = 0.02  # initial margin of the tests' contracts


class Book:
    """Accounts placed by hand at the listings of a run in which everybody looks and nobody else trades."""

    def __init__(self, **changes):
        self.engine = engine = Ecosystem(small(**QUIET | changes))
        accounts, balance = engine.accounts, engine.ledger.balance
        for name in ("size", "collateral", "wallet", "entry_price", "entry_funding", "anchor", "order"):
            getattr(accounts, name)[:] = 0.0
        engine.exchange.vault_size[:] = engine.exchange.funding_index[:] = 0.0
        engine.exchange.initial_margin[:], engine.exchange.maintenance[:] = RATE, RATE / 2
        balance[OUTSIDE, 0] += balance[[TRADER, WALLET]].sum()
        balance[TRADER] = balance[WALLET] = 0.0
        engine.exchange.attention[:] = 1.0
        engine.owners.partner[:] = -1
        self.slots = engine.slots_per_listing

    def place(self, listing, notional, equity, leverage=20.0, wallet=0.0, slot=0):
        """Open a position entered at the mark, of this notional, short < 0; return its row."""
        engine, row = self.engine, listing * self.slots + slot
        accounts, exchange, balance = engine.accounts, engine.exchange, engine.ledger.balance
        mark = exchange.mark[listing]
        accounts.status[row] = OPEN
        accounts.size[row], accounts.entry_price[row] = notional / mark, mark if notional else 0.0
        accounts.entry_funding[row] = exchange.funding_index[listing]
        accounts.collateral[row], accounts.leverage[row], accounts.wallet[row] = equity, leverage, wallet
        exchange.vault_size[listing] -= accounts.size[row]
        balance[TRADER, listing] += equity - accounts.size[row] * accounts.entry_price[row]
        balance[VAULT, listing] += accounts.size[row] * accounts.entry_price[row]
        balance[WALLET, listing] += wallet
        balance[OUTSIDE, 0] -= equity + wallet
        return row

    def own(self, *rows, order=None):
        """Make accounts one owner's, in rows' order or in another round the ring."""
        partner, rows = self.engine.owners.partner, np.array(rows)[list(order or range(len(rows)))]
        partner[rows] = np.roll(rows, -1)

    def trade(self):
        """Run phase 4 of a step and move on."""
        engine = self.engine
        level_all(engine.accounts)
        engine.tables.blocks["stale"][:] = 1
        engine.trade()
        engine.clock += 1
        engine.ledger.stop_if_broken(engine.clock)
        assert engine.ledger.imbalance() < 1e-12
        return self

    def equity(self, row):
        exchange, i = self.engine.exchange, row // self.slots
        return equity_of(self.engine.accounts, row, exchange.mark[i], exchange.funding_index[i])

    @property
    def size(self):
        return self.engine.accounts.size

    @property
    def collateral(self):
        return self.engine.accounts.collateral

    @property
    def sent(self):
        return self.engine.owners.sent


def called(book, listing=0, slot=0, lacks=900.0):
    """Place a long that lacks so much: $20,000 at 20x leverage."""
    return book.place(listing, 20_000.0, 1_000.0 - lacks, slot=slot)


DEEP = {"asset__depth_per_oi": (1e6,)}


def test_free_margin_is_sent_first_and_arrives_after_the_delay():
    book = Book(**DEEP)
    one, other = called(book), book.place(1, -10_000.0, 2_000.0)
    book.own(one, other)
    before = book.size.copy()
    book.trade()
    assert book.collateral[other] == pytest.approx(1_100.0) and book.collateral[one] == pytest.approx(100.0)
    assert (book.size == before).all() and book.engine.owners.closed.sum() == 0.0
    assert book.sent[one] == pytest.approx(900.0) == book.engine.ledger.balance[TRANSIT, 0]
    assert book.engine.owners.moved == pytest.approx([0.0, 900.0, 0.0])
    book.trade()
    assert book.collateral[one] == pytest.approx(100.0) and book.sent[one] == pytest.approx(900.0)  # asks once
    book.trade()
    assert book.collateral[one] == pytest.approx(1_000.0) and book.engine.ledger.balance[TRANSIT].sum() == 0.0


def test_without_a_delay_it_is_there_at_once():
    book = Book(trader__transfer_delay=0.0, **DEEP)
    one, other = called(book), book.place(1, -10_000.0, 2_000.0)
    book.own(one, other)
    book.trade()
    assert book.collateral[[one, other]] == pytest.approx([1_000.0, 1_100.0]) and book.sent.sum() == 0.0


def test_wallets_of_the_owner_pay_before_anything_is_withdrawn():
    book = Book(**DEEP)
    one, other = called(book), book.place(1, -10_000.0, 2_000.0, wallet=400.0)
    third = book.place(2, 0.0, 0.0, wallet=200.0)  # nothing open there
    book.own(one, other, third)
    book.trade()
    assert book.collateral[one] == pytest.approx(700.0) and book.sent[one] == pytest.approx(300.0)
    assert book.engine.accounts.wallet[[other, third]] == pytest.approx([0.0, 0.0])


def test_nobody_pays_for_another_owner():
    book = Book(**DEEP)
    called(book), book.place(1, -10_000.0, 2_000.0, wallet=400.0)
    assert book.trade().sent.sum() == 0.0 and book.engine.owners.moved.sum() == 0.0


@pytest.mark.parametrize("kept", [1.0, 2.0])
def test_what_free_margin_lacks_is_closed_for_in_that_market(kept):
    """Of 500 a margin of 200 k stays behind; for the rest the position is cut until it carries what is left."""
    book = Book(trader__margin_left=kept)
    one, other = book.place(0, 20_000.0, 100.0, leverage=40.0), book.place(1, -10_000.0, 500.0)
    book.own(one, other)
    prices = book.engine.market.mid.copy()
    book.trade()
    moved = book.engine.market.mid - prices
    assert moved[1] > 0.0 and moved[0] == moved[2] == 0.0  # a short is bought back
    assert book.sent[one] == pytest.approx(400.0, rel=1e-2)
    assert -book.size[other] * book.engine.exchange.mark[1] == pytest.approx(100.0 / (kept * RATE), rel=1e-2)
    closed = 10_000.0 - 100.0 / (kept * RATE)
    assert book.engine.owners.closed == pytest.approx([0.0, closed, 0.0], rel=1e-2)


def test_an_account_that_cannot_meet_a_call_otherwise_is_closed_whole():
    book = Book(**DEEP)
    one, other = called(book), book.place(1, -10_000.0, 500.0)
    book.own(one, other)
    book.trade()
    assert book.size[other] == 0.0 and book.sent[one] == pytest.approx(500.0, rel=1e-6)
    assert book.engine.accounts.wallet[other] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("share", "left", "sent"), [(0.0, 10_000.0, 300.0), (0.25, 7_500.0, 350.0)])
def test_no_more_than_a_share_is_closed_at_once(share, left, sent):
    book = Book(trader__close_elsewhere=share, **DEEP)
    one, other = called(book), book.place(1, -10_000.0, 500.0)
    book.own(one, other)
    book.trade()
    assert -book.size[other] * book.engine.exchange.mark[1] == pytest.approx(left, rel=1e-6)
    assert book.sent[one] == pytest.approx(sent, rel=1e-6)


def test_three_venues_give_in_proportion_to_what_they_have():
    book = Book(protocol__number=4, **DEEP)
    one, rows = called(book), [book.place(i, -10_000.0, 200.0 + 300.0 * i) for i in (1, 2, 3)]
    book.own(one, *rows)
    book.trade()
    given = book.engine.owners.moved
    assert given == pytest.approx([0.0, 150.0, 300.0, 450.0]) and book.sent[one] == pytest.approx(900.0)


def test_called_accounts_get_in_proportion_to_what_they_lack():
    book = Book(**DEEP)
    rows = called(book, 0, lacks=900.0), called(book, 2, lacks=800.0)
    book.own(*rows, book.place(1, -10_000.0, 1_050.0))
    book.trade()
    whole = book.sent[list(rows)].sum()
    assert 1_000.0 < whole <= 1_050.0
    assert book.sent[list(rows)] == pytest.approx([whole * 9 / 17, whole * 8 / 17])


@pytest.mark.parametrize("halted", [0, 1])
def test_a_halted_protocol_neither_sends_nor_is_sent_to(halted):
    book = Book(**DEEP)
    one, other = called(book), book.place(1, -10_000.0, 2_000.0)
    book.own(one, other)
    book.engine.protocol.halted[halted] = 1
    book.engine.exchange.attention[halted] = 0.0  # as phase 2 does
    book.trade()
    assert book.sent.sum() == 0.0 and book.collateral[other] == 2_000.0 and book.engine.accounts.order.sum() == 0.0


def test_an_account_close_to_liquidation_itself_gives_nothing():
    book = Book(**DEEP)
    one, other = called(book), book.place(1, -10_000.0, 149.0)
    book.own(one, other)
    book.engine.exchange.attention[1] = 0.0  # else it would be called as well
    book.trade()
    assert book.engine.owners.moved.sum() == 0.0


def test_no_account_at_a_protocol_where_another_is_called_gives():
    book = Book(**DEEP)
    one, other = called(book), book.place(0, -10_000.0, 2_000.0, slot=1)
    book.own(one, other)
    book.trade()
    assert book.engine.owners.moved.sum() == 0.0


@pytest.mark.parametrize("how", ["gone", "halted"])
def test_money_that_arrives_where_it_is_not_needed_is_in_the_wallet(how):
    book = Book(**DEEP)
    one, other = called(book), book.place(1, -10_000.0, 2_000.0)
    book.own(one, other)
    book.trade()
    if how == "halted":
        book.engine.protocol.halted[0] = 1
        book.engine.exchange.attention[0] = 0.0
    else:
        book.engine.accounts.order[one] = -book.size[one]
        book.engine.fill(np.array([one]))
    before = book.engine.accounts.wallet[one]
    book.trade(), book.trade()
    assert book.engine.accounts.wallet[one] == pytest.approx(before + 900.0) and book.sent.sum() == 0.0


def outcome(book):
    """Return sizes and collateral, money sent, and what is noted by listing, for comparison to the last few bits."""
    owners = book.engine.owners
    return [book.size, book.collateral, book.sent, owners.closed, owners.moved, book.engine.market.mid]


FIVE = [(0, 20_000.0, 100.0), (1, -10_000.0, 500.0), (2, 30_000.0, 900.0), (3, 20_000.0, 250.0), (4, -5_000.0, 300.0)]


def of_five(order, slots, split=None, number=5):
    """Return a book after a step in which one owner has five accounts, two of them called; `split` is cut in two."""
    book = Book(protocol__number=number)
    rows = []
    for n, (listing, notional, equity) in enumerate(FIVE):
        parts = 2 if n == split else 1
        rows += [book.place(listing, notional / parts, equity / parts, slot=slots[n] + p) for p in range(parts)]
    book.own(*rows, order=order if split is None else None)
    return book.trade()


@settings(max_examples=8)
@given(order=st.permutations(range(5)), slots=st.lists(st.integers(0, 60), min_size=5, max_size=5))
def test_the_order_of_the_accounts_decides_nothing(order, slots):
    one, other = of_five(range(5), [0] * 5), of_five(order, slots)
    assert one.engine.owners.closed.sum() > 0.0 and (one.sent > 0.0).sum() == 2
    for a, b in zip(outcome(one), outcome(other), strict=True):
        assert a[a != 0.0] == pytest.approx(b[b != 0.0], rel=1e-9)


@pytest.mark.parametrize("split", range(5))
def test_an_account_cut_in_two_changes_nothing(split):
    """There are no tiers here, and everybody tops up: margin rules see no difference."""
    one, other = of_five(range(5), [0] * 5), of_five(range(5), [0] * 5, split)
    for a, b in zip(outcome(one), outcome(other), strict=True):
        by_listing = [c.reshape(5, -1).sum(axis=1) if len(c) > 5 else c for c in (a, b)]
        assert by_listing[0] == pytest.approx(by_listing[1], rel=1e-9, abs=1e-9)


def test_owners_are_given_by_row():
    owner = np.array([3, -1, 3, 0, 7, 0, 3, -1])
    assert ring_of(owner).tolist() == [2, -1, 6, 5, -1, 3, 0, -1]
    table = make_owners(owner, 4)
    assert table.sent.shape == (8,) and table.closed.shape == (4,)
    assert make_owners(np.zeros(0, np.int64), 4).partner.shape == (0,)


def fallen(share):
    """Run a world in which the price of one listing alone falls, on a market of its own, without any debts."""
    changes = {"trader__venues_share": share, "asset__shared_market": False, "exposure__graph": "none"}
    changes |= {"trader__wallet_ratio": 0.05, "trader__attention": 0.8, "trader__alert_attention": 0.8}
    changes |= {"trader__seasoning": 0.5, "trader__long_leverage": 20.0, "trader__top_up_share": 0.5}
    engine = Ecosystem(
        crash(price__process="gbm", shock__exploit_intensity=0.0, shock__oracle_intensity=0.0, **changes)
    )
    returns = engine.tape.log_return * 0.0
    returns[5:, 1] = -0.01
    engine.tape = engine.tape._replace(log_return=np.ascontiguousarray(returns))
    engine.run()
    return engine


def test_a_crash_of_one_venues_price_alone_closes_positions_at_others():
    alone, joined = fallen(0.0), fallen(0.3)
    assert alone.summary()["closed_elsewhere"] == alone.summary()["sent_elsewhere"] == 0.0
    assert alone.owners.partner.shape == (0,)
    closed, moved = joined.owners.closed, joined.owners.moved
    assert closed[1] == 0.0 < closed[0] + closed[2] and joined.summary()["closed_elsewhere"] == closed.sum()
    assert joined.summary()["sent_elsewhere"] == moved.sum() > 0.0
    assert joined.market.mid[0] != alone.market.mid[0]
