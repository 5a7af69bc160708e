"""Which accounts are one owner's is drawn by streams of its own, across all protocols, and changes no account."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.account.owner import ring_of
from model.engine.engine import Engine
from model.scenario.check.inert import inert
from tests.support.world import small


def owners_of(partner):
    """Return the rows of every owner with several accounts."""
    left, found = set(np.flatnonzero(partner >= 0).tolist()), []
    while left:
        rows = [min(left)]
        while partner[rows[-1]] != rows[0]:
            rows.append(int(partner[rows[-1]]))
        found.append(rows)
        left -= set(rows)
    return found


def begun(**changes):
    engine = Engine(small(**changes))
    return engine, engine.exchange.protocol[np.arange(len(engine.accounts.size)) // engine.slots_per_listing]


@settings(max_examples=20)
@given(owner=st.lists(st.integers(-1, 6), max_size=40))
def test_a_ring_goes_round_all_accounts_of_an_owner_and_no_other(owner):
    owner = np.array(owner, np.int64)
    found = {frozenset(rows) for rows in owners_of(ring_of(owner))}
    each = [np.flatnonzero(owner == number) for number in range(7)]
    assert found == {frozenset(rows.tolist()) for rows in each if len(rows) > 1}


@pytest.mark.parametrize(
    ("number", "venues", "listings"), [(2, 2, (1,)), (4, 3, ()), (5, 9, (2, 1, 1, 3, 1)), (6, 4, (1,))]
)
def test_owners_have_accounts_at_as_many_protocols_as_they_are_said_to(number, venues, listings):
    changes = {"protocol__number": number, "trader__venues": venues, "protocol__listings": listings}
    engine, protocol = begun(trader__venues_share=0.7, trader__number=120, **changes)
    found = owners_of(engine.owners.partner)
    assert all(len(set(protocol[rows])) == len(rows) <= min(venues, number) for rows in found)
    full = [rows for rows in found if len(rows) == min(venues, number)]
    assert len(full) > 0.8 * len(found)
    drawn = sum(map(len, found)) / (engine.accounts.size != 0.0).sum()
    assert 0.5 < drawn < 0.8  # a few are left alone where one protocol has more accounts than the others


def test_their_accounts_are_of_any_assets():
    engine, _ = begun(trader__venues_share=1.0, protocol__listings=(3,), trader__number=300)
    listing = [np.array(rows) // engine.slots_per_listing for rows in owners_of(engine.owners.partner)]
    assert 0.2 < np.mean([np.ptp(engine.exchange.asset[own]) == 0 for own in listing]) < 0.5  # a third by chance


def test_accounts_are_the_same_with_such_owners_and_without():
    one, other = (begun(trader__venues_share=share, trader__cross_share=0.3)[0] for share in (0.0, 0.6))
    assert all(np.array_equal(a, b) for a, b in zip(one.accounts, other.accounts, strict=True))
    assert one.owners.partner.shape == (0,) and one.scratch.owners.short.shape == (0,)
    again = begun(trader__venues_share=0.6)[0]
    assert np.array_equal(again.owners.partner, other.owners.partner)
    assert not np.array_equal(begun(trader__venues_share=0.6, seed=2)[0].owners.partner, other.owners.partner)


def test_all_positions_of_a_cross_account_have_one_owner():
    engine, protocol = begun(trader__venues_share=0.5, trader__cross_share=1.0, protocol__listings=(3,))
    for rows in owners_of(engine.owners.partner):
        slots = np.array(rows) % engine.slots_per_listing
        for p in set(protocol[rows]):
            own = slots[protocol[rows] == p]
            assert len(own) == 3 and len(set(own)) == 1


def test_one_protocol_alone_has_no_such_owners_and_says_so():
    scenario = small(trader__venues_share=0.5, protocol__number=1)
    assert Engine(scenario).owners.partner.shape == (0,)
    assert any("trader.venues_share" in line for line in inert(scenario))
    assert any("trader.transfer_delay" in line for line in inert(small(trader__transfer_delay=5.0)))
    assert not any("venue" in line for line in inert(small(trader__venues_share=0.5, trader__venues=3)))


def test_no_accounts_no_owners():
    engine, _ = begun(trader__venues_share=0.5, trader__number=0)
    assert (engine.owners.partner == -1).all()
    engine.run()
