"""Which accounts at the start are one owner's (:mod:`agents.account.owner`).

An account is a position at one listing, or all positions of a cross account. Of the accounts a share
``trader.venues_share`` is drawn, put in an order that is drawn for each protocol, so that an owner's accounts may be of
any assets, and dealt out: round after round each protocol's next one, in an order drawn for the round, and
``trader.venues`` that follow each other, all at different protocols, are one owner's. So every protocol meets every
other, and none that was drawn is left alone but for a few at the end, where one protocol has more accounts than the
others.

The draws have streams of their own: with or without such owners accounts are the same. With a file of accounts owners
are those of the file, whatever the share is, if it is not zero.
"""

import numpy as np

from agents.account.owner import ALONE, Owners, make_owners
from agents.core.kernel import kernel
from agents.core.table import Accounts
from model.price.streams import Streams
from model.scenario import Scenario
from model.scenario.extent import listing_counts, listing_traders
from model.state.given_population import given_owners

Array = np.ndarray


def draw_owners(scenario: Scenario, streams: Streams, accounts: Accounts) -> Owners:
    """Return the owners of the accounts at the start; a table without rows where none has several."""
    counts, trader = listing_counts(scenario), scenario.trader
    if not trader.venues_share > 0.0 or len(counts) == 1:
        return make_owners(np.zeros(0, np.int64), sum(counts))
    if trader.accounts:
        return make_owners(given_owners(scenario, len(accounts.size)), sum(counts))
    owner = np.full(len(accounts.size), ALONE)
    protocol = np.repeat(np.arange(len(counts)), counts)
    units = drawn_units(scenario, streams, accounts, protocol)
    of = protocol[units // (len(owner) // len(protocol))]
    numbers = np.bincount(of, minlength=len(counts))
    units = units[np.lexsort((drawn_each(streams, "trader.venue_order", numbers), of))]
    rank = np.arange(len(units)) - np.searchsorted(of, of)
    order = np.lexsort((drawn_each(streams, "trader.venue_turn", numbers), rank))
    deal(units[order], of[order], min(trader.venues, len(counts)), 3 * len(counts), owner)
    follow_cross(owner, accounts, counts)
    return make_owners(owner, sum(counts))


def drawn_each(streams: Streams, name: str, numbers: Array) -> Array:
    """Return `numbers` uniform draws of each protocol, one protocol's after the other's."""
    return np.concatenate([streams.uniform(name, p, size=int(number)) for p, number in enumerate(numbers)])


def drawn_units(scenario: Scenario, streams: Streams, accounts: Accounts, protocol: Array) -> Array:
    """Return the rows of accounts whose owners have others, in order; of a cross account the first row.

    Parameters
    ----------
    scenario : how many traders there are, and the share of such owners.
    streams : random numbers of the set-up.
    accounts : at the start.
    protocol : (listings,) of each listing.
    """
    slots, first = len(accounts.size) // len(protocol), np.searchsorted(protocol, protocol)
    drawn = np.zeros(len(accounts.size), bool).reshape(len(protocol), -1)
    for i, number in enumerate(listing_traders(scenario)):
        drawn[i, :number] = streams.uniform("trader.venues", i, size=number) < scenario.trader.venues_share
        if first[i] != i:
            cross = accounts.cross.reshape(len(protocol), -1)
            drawn[i] &= (cross[i] == 0) | (cross[first[i]] == 0)
    return np.flatnonzero(drawn.reshape(len(protocol) * slots))


@kernel
def deal(units: Array, of: Array, venues: int, ahead: int, owner: Array) -> None:
    """Give accounts that are dealt out one after the other the numbers of their owners.

    Parameters
    ----------
    units, of : (n,) row and protocol of each account in the order of dealing; where the next one is of a protocol that
        the owner has, the next of another protocol changes places with it.
    venues : accounts of each owner, >= 2.
    ahead : how far another protocol is looked for: a few rounds, as one that has no more in the next has none later.
    owner : (rows,) written, the number of the owner.
    """
    start = 0
    for at in range(units.shape[0]):
        if at - start == venues:
            start = at
        for later in range(at, min(at + ahead, units.shape[0])):
            if not is_among(of, start, at, of[later]):
                units[at], units[later] = units[later], units[at]
                of[at], of[later] = of[later], of[at]
                break
        if is_among(of, start, at, of[at]):
            start = at
        owner[units[at]] = start


@kernel
def is_among(of: Array, first: int, last: int, protocol: int) -> bool:
    """Tell whether a protocol is in of[first:last].

    Parameters
    ----------
    of : (n,) protocols.
    first, last : which of them.
    protocol : the one looked for.
    """
    found = False
    for at in range(first, last):
        found |= of[at] == protocol
    return found


def follow_cross(owner: Array, accounts: Accounts, counts: tuple[int, ...]) -> None:
    """Give the positions of a cross account the owner of the first of them.

    Parameters
    ----------
    owner : (rows,) number of the owner, below 0 for none; written.
    accounts : at the start.
    counts : (protocols,) listings of each.
    """
    owners, cross, first = owner.reshape(sum(counts), -1), accounts.cross.reshape(sum(counts), -1), 0
    for count in counts:
        for i in range(first + 1, first + count):
            both = (cross[first] != 0) & (cross[i] != 0)
            owners[i, both] = owners[first, both]
        first += count
