"""Which market each listing marks to, and in which book of it it trades: one for every asset, or one of its own.

In a shared market (the default) everybody's flow in an asset moves the one price all its listings mark to. Segmented
markets cut that channel and nothing else: each listing marks to a price of its own, moved by its own flow alone, at
the depth of the whole market of its asset and with the same fundamental. The difference between the two is what
protocols do to each other through the price.

A market has one book in which all its listings trade (``market.books`` shared, the default), or a book for each of
them (venue): prices of their own, around the same fundamental, at the depth that the venue has by itself. An asset
that nobody lists has a book too, without depth.
"""

import numpy as np

from model.scenario import Scenario
from model.scenario.extent import listing_counts
from model.scenario.problem import ScenarioError

Array = np.ndarray


def asset_of(scenario: Scenario, assets: int) -> Array:
    """Return the asset of each listing, (listings,); raises ScenarioError for an asset that does not exist."""
    chosen, number = scenario.protocol.asset, sum(listing_counts(scenario))
    bad = [k for k in chosen if not 0 <= k < assets]
    if bad:
        raise ScenarioError([f"scenario: protocol.asset: {k}: allowed: 0 to {assets - 1}" for k in bad])
    return np.array([chosen[i % len(chosen)] if chosen else i % assets for i in range(number)])


def market_of(scenario: Scenario, assets: int) -> Array:
    """Return the market each listing marks to, (listings,)."""
    own = np.arange(sum(listing_counts(scenario)))
    return asset_of(scenario, assets) if scenario.asset.shared_market else own


def book_of(scenario: Scenario, assets: int) -> Array:
    """Return the book in which each listing trades, (listings,)."""
    own = np.arange(sum(listing_counts(scenario)))
    return own if scenario.market.books == "venue" else market_of(scenario, assets)


def market_behind(scenario: Scenario, assets: int) -> Array:
    """Return the market of each book, (books,): the listings' in turn, then those that nobody lists."""
    every = np.arange(len(asset_behind(scenario, assets)))
    if scenario.market.books == "shared":
        return every
    listed = market_of(scenario, assets)
    return np.concatenate([listed, np.setdiff1d(every, listed)])


def asset_behind(scenario: Scenario, assets: int) -> Array:
    """Return the asset traded on each market, (markets,)."""
    return np.arange(assets) if scenario.asset.shared_market else asset_of(scenario, assets)


def market_names(scenario: Scenario, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name for every market: the asset's, with the listing's number where each has its own."""
    if scenario.asset.shared_market:
        return names
    return tuple(f"{names[k]}_of_{i}" for i, k in enumerate(asset_of(scenario, len(names))))


def depth_behind(scenario: Scenario, asset: Array, supplied: Array) -> Array:
    """Return what each listing's full vault supplies to its market, (listings,), given what it has, `supplied`.

    On a market of its own it stands for all that trade the asset.
    """
    return supplied if scenario.asset.shared_market else np.bincount(asset, supplied)[asset]
