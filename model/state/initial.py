"""The state at the start of a run: its agents and what they own.

Every balance enters the ledger from the outside world, so the sum of all accounts is zero from the first moment. Total
backstop capital is the same in every structure: a ratio of total open interest, allotted to members in proportion to
open interest, to expected loss or to expected shortfall, then split into own funds and pools as the structure says.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from agents.account.account import level_all, recount
from agents.account.owner import Owners
from agents.core.ledger import (
    FUND,
    KEEPER,
    LENT,
    POOL,
    POOL_LENT,
    PROVIDER,
    TRADER,
    TRANSIT,
    TREASURY,
    VAULT,
    WALLET,
    Code,
    Ledger,
)
from agents.core.table import Accounts, Exchanges, Keepers, Markets, Pools, Protocols, Providers
from agents.exchange.control.order_limit import skew_cap
from agents.exchange.exchange import Exchange
from agents.exchange.keeper import Keeper
from agents.protocol.protocol import Protocol
from agents.provider.liquidity_provider import LiquidityProvider
from agents.reinsurer.reinsurer import Reinsurer
from model.backstop.layer.part import Division, make_division
from model.backstop.structure.base import LONGEST, Structure
from model.market.market import make_market
from model.price.segment import asset_behind, asset_of, book_of, depth_behind, market_behind, market_of
from model.price.streams import Streams, columns
from model.price.tape import Tape
from model.scenario import Scenario, ScenarioError
from model.scenario.extent import (
    asset_names,
    by_listing,
    by_protocol,
    divided,
    listing_counts,
    listing_interest,
    protocol_interest,
    treasury_amounts,
)
from model.scenario.registry import STRUCTURES
from model.state.population import Contract
from model.state.terms import KernelTables

BASIS_POINT = 1e-4
Array = np.ndarray


class AssetTraits(NamedTuple):
    """What the scenario says of the asset on each market, (markets,) each."""

    depth: Array  # 1, depth per unit log price over open interest
    half_spread: Array  # 1
    latent: Array  # 1 per log, slope of latent orders over depth
    initial_margin: Array  # 1


def asset_traits(scenario: Scenario, names: tuple[str, ...]) -> AssetTraits:
    """Return depth, half spread and initial margin on every market of the assets `names`."""
    asset, market = scenario.asset, scenario.market
    of = asset_behind(scenario, len(names))
    return AssetTraits(
        np.array(asset.pick(market.depth_interest or asset.depth_per_oi, names))[of],
        BASIS_POINT * np.array(asset.values("half_spread_bp", names))[of],
        np.array(asset.pick(market.latent, names))[of],
        1.0 / np.array(asset.values("maximal_leverage", names))[of],
    )


def make_exchange(scenario: Scenario, tape: Tape, traits: AssetTraits) -> Exchanges:
    """Return the exchanges' records at the start, before their accounts are counted."""
    counts, assets = listing_counts(scenario), len(asset_names(scenario))
    exchange = Exchange.make_table(sum(counts))
    exchange.protocol[:] = np.repeat(np.arange(len(counts)), counts)
    exchange.asset[:], exchange.book[:] = market_of(scenario, assets), book_of(scenario, assets)
    exchange.mark[:] = tape.initial_price[exchange.asset]
    set_margins(exchange, scenario, traits)
    exchange.spread[:] = traits.half_spread[exchange.asset]
    interest = np.array(listing_interest(scenario))
    exchange.vault_start[:] = vaults(scenario)
    exchange.vault_shares[:] = exchange.vault_start
    exchange.vault_closed[:] = exchange.vault_start == 0.0
    exchange.liquidation_fee[:] = by_listing(scenario, scenario.exchange.liquidation_fee)
    exchange.interest_cap[:] = (scenario.control.interest_cap or np.inf) * interest
    cap_by_vault(exchange, scenario)
    supplied = traits.depth[exchange.asset] * interest
    exchange.supplied_depth[:] = depth_behind(scenario, asset_of(scenario, assets), supplied)
    return exchange


def cap_by_vault(exchange: Exchanges, scenario: Scenario) -> None:
    """Lower the open-interest caps to what the vaults can bear, where the venue has such a rule."""
    moves = by_listing(scenario, scenario.control.worst_move)
    for i, move in enumerate(moves):
        bearable = skew_cap(scenario.control.vault_risk, exchange.vault_start[i], move)
        exchange.interest_cap[i] = min(exchange.interest_cap[i], bearable)


def set_margins(exchange: Exchanges, scenario: Scenario, traits: AssetTraits) -> None:
    """Set initial and maintenance margin: of the first tier where there are tiers, else of the asset."""
    _, maintenance, initial = scenario.exchange.tiers
    exchange.initial_margin[:] = initial[0] if initial else traits.initial_margin[exchange.asset]
    exchange.maintenance[:] = scenario.asset.maintenance_ratio * exchange.initial_margin
    if maintenance:
        exchange.maintenance[:] = maintenance[0]


def open_interest(scenario: Scenario) -> Array:
    """Return one-sided open interest of each protocol at the start, (protocols,) USD."""
    return np.array(protocol_interest(scenario))


def vaults(scenario: Scenario) -> Array:
    """Return each vault's capital at the start, (listings,) USD: as given, or by its ratio; 0 without providers."""
    terms = scenario.protocol
    made = np.array(by_listing(scenario, terms.vault_ratio)) * np.array(listing_interest(scenario))
    given = np.array(divided(scenario, terms.vault)) if terms.vault else made
    return given * bool(scenario.provider.number)


def contracts(exchange: Exchanges, tape: Tape, interest: Array) -> list[Contract]:
    """Return what the accounts of each listing trade."""
    return [
        Contract(float(e.mark), float(tape.daily_volatility[e.asset]), float(e.maintenance), float(total))
        for e, total in zip(exchange, interest, strict=True)
    ]


def make_asset_market(scenario: Scenario, tape: Tape, traits: AssetTraits, exchange: Exchanges) -> Markets:
    """Return the books at the start, with the depth of full vaults.

    Parameters
    ----------
    scenario : all parameters.
    tape : the run's shocks, with prices at the start.
    traits : of the asset on each market.
    exchange : (listings,) records, whose vaults supply depth.
    """
    of = market_behind(scenario, len(asset_names(scenario)))
    market = make_market(scenario, tape.initial_price[of], tape.daily_volatility[of], traits.half_spread[of])
    market.asset[:], market.lead[:] = of, np.argmax(of == of[:, None], axis=1)
    market.full_depth[:] = np.bincount(exchange.book, exchange.supplied_depth, len(market))
    interest = np.bincount(exchange.book, np.array(listing_interest(scenario)), len(market))
    market.weight[:], market.share[:] = part_of_asset(market, interest), part_of_asset(market, market.full_depth)
    shape = scenario.market
    held = np.bincount(market.asset, interest)[market.asset] / market.first
    market.limit[:] = shape.arbitrage_capital * held if np.isfinite(shape.arbitrage_capital) else np.inf
    market.latent[:] = traits.latent[of]
    market.curvature[:] = market.latent if shape.impact == "latent" else shape.square_root_volatility
    traded = market.full_depth > 0.0
    market.depth[traded] = shape.depth_multiplier * market.full_depth[traded] / market.first[traded]
    return market


def part_of_asset(market: Markets, size: Array) -> Array:
    """Return `size` of each book over that of all books of its asset, (books,); equal parts where all are zero."""
    size = np.where(np.bincount(market.asset, size)[market.asset] > 0.0, size, 1.0)
    return np.asarray(size / np.bincount(market.asset, size)[market.asset])


def make_keepers(scenario: Scenario, streams: Streams) -> Keepers:
    """Return the keepers' records, cheapest first."""
    keeper = scenario.keeper
    keepers = Keeper.make_table(keeper.number)
    drawn = ndtri(streams.uniform("keeper.cost", size=keeper.number))
    keepers.cost[:] = np.sort(np.exp(keeper.cost_spread * drawn))
    keepers.capacity[:] = keeper.capacity * scenario.minutes / max(keeper.number, 1)
    keepers.cash[:] = keeper.cash
    return keepers


def make_providers(scenario: Scenario, streams: Streams, vault: Array) -> Providers:
    """Return the stakes of the liquidity providers; `vault` is each vault's capital, (listings,) USD.

    The providers of listing i stake alike in the vaults of i and of the next ones, so that every vault is full.
    """
    provider, listings = scenario.provider, len(vault)
    vaults, number = min(provider.vaults, listings), provider.number
    providers = LiquidityProvider.make_table(number * listings * vaults)
    if not number:
        return providers
    weights = -np.log(columns(streams.uniform, "provider.deposit", listings, number).T)
    spread = columns(streams.normal, "provider.tolerance", listings, number).T
    table = providers.reshape(vaults, listings, number)  # stake v of listing i's providers is in vault (i + v)
    of = (np.arange(vaults)[:, None] + np.arange(listings)) % listings
    table["listing"], table["owner"] = of[:, :, None], np.arange(listings * number).reshape(listings, number)
    shares = vault[of][:, :, None] * (weights / weights.sum(axis=1, keepdims=True)) / vaults
    table["shares"], table["start"], table["cash"] = shares, shares, provider.cash_ratio * shares
    table["tolerance"] = provider.tolerance * np.exp(provider.tolerance_spread * spread)
    return providers


def allotment_weights(scenario: Scenario) -> Array:
    """Return each member's share of the backstop capital, (protocols,), summing to 1.

    Raises
    ------
    ScenarioError : if the allotment is by expected loss or shortfall and none is given.
    """
    backstop = scenario.backstop
    if backstop.allotment == "open_interest":
        stated = stated_funds(scenario)
        sizes = open_interest(scenario) if stated is None or not stated.any() else stated
        return sizes / sizes.sum()
    losses = np.array(getattr(backstop, backstop.allotment))
    if not losses.sum() > 0:
        name = backstop.allotment
        raise ScenarioError(
            [f"scenario: backstop.{name}: allotment {name!r} needs a positive estimate; allowed: USD each"]
        )
    return losses / losses.sum()


def stated_funds(scenario: Scenario) -> Array | None:
    """Return each fund as the scenario states it, (protocols,) USD: in USD or by a ratio of its own; else None."""
    ratio = scenario.backstop.capital_ratio
    if scenario.protocol.fund:
        return np.array(by_protocol(scenario, scenario.protocol.fund))
    return np.array(by_protocol(scenario, ratio)) * open_interest(scenario) if isinstance(ratio, tuple) else None


def total_capital(scenario: Scenario) -> float:
    """Return the backstop capital of all, USD: the same in every structure."""
    stated = stated_funds(scenario)
    if stated is not None:
        return float(stated.sum())
    return float(by_protocol(scenario, scenario.backstop.capital_ratio)[0] * open_interest(scenario).sum())


def fund_sizes(scenario: Scenario) -> Array:
    """Return what each fund would hold alone, (protocols,) USD: as stated, or its part of all by the allotment.

    Raises
    ------
    ScenarioError : as :func:`allotment_weights`.
    """
    stated = stated_funds(scenario)
    if stated is not None and scenario.backstop.allotment == "open_interest":
        return stated
    return total_capital(scenario) * allotment_weights(scenario)


def make_structure(scenario: Scenario, streams: Streams, steps: int = LONGEST) -> Structure:
    """Return the backstop structure of a run of `steps`, its capital allotted and its clusters, if any, drawn."""
    draw = streams.uniform("backstop.cluster", size=scenario.protocol.number)
    kind = STRUCTURES[scenario.backstop.structure]
    return kind(scenario.backstop, fund_sizes(scenario), scenario.minutes, draw, steps)


def fund_division(scenario: Scenario) -> Division:
    """Return how own funds are divided among the listings of their protocols."""
    terms = scenario.backstop
    common = {"together": None, "by_listing": 0.0, "both": terms.common_share}[terms.cover]
    return make_division(listing_counts(scenario), np.array(listing_interest(scenario)), common)


def make_protocols(scenario: Scenario, structure: Structure) -> Protocols:
    """Return the protocols' records at the start."""
    protocol = Protocol.make_table(scenario.protocol.number)
    protocol.open_interest[:] = open_interest(scenario)
    protocol.capital[:] = structure.capital if structure.holds_capital else 0.0
    protocol.skin[:] = skins(scenario)
    protocol.default_step[:] = protocol.exhausted_step[:] = protocol.wave[:] = protocol.halt_step[:] = -1
    return protocol


def treasuries(scenario: Scenario) -> Array:
    """Return each protocol's own capital at the start, (protocols,) USD."""
    return np.array(treasury_amounts(scenario))


def skins(scenario: Scenario) -> Array:
    """Return each protocol's skin in the game, (protocols,) USD: as given, or a part of its treasury at the start."""
    terms = scenario.protocol
    if terms.skin:
        return np.array(by_protocol(scenario, terms.skin))
    return np.array(np.array(by_protocol(scenario, terms.skin_in_the_game)) * treasuries(scenario))


def make_pool(structure: Structure) -> Pools:
    """Return the reinsurers' records, one for each pool."""
    pool = Reinsurer.make_table(structure.pots)
    pool.start[:] = structure.pool_capital
    pool.exhausted_step[:] = -1
    return pool


def subsidiaries(
    accounts: Accounts, owners: Owners, keepers: Keepers, providers: Providers, listings: int
) -> dict[Code, Callable[[], Array]]:
    """Return for each control account the function that counts its owners' rows afresh, (listings,) USD.

    Parameters
    ----------
    accounts, owners, keepers, providers : the owners' rows.
    listings : how many there are.
    """

    def cash_values() -> Array:
        basis = accounts.size * (accounts.entry_price - accounts.entry_funding)
        return (accounts.collateral - basis).reshape(listings, -1).sum(axis=1)

    return {
        TRADER: cash_values,
        WALLET: lambda: accounts.wallet.reshape(listings, -1).sum(axis=1),
        KEEPER: lambda: np.append(keepers.cash.sum(), np.zeros(listings - 1)),
        TRANSIT: lambda: owners.sent.reshape(listings, -1).sum(axis=1),
        PROVIDER: lambda: np.bincount(providers.listing, providers.cash, listings),
    }


def open_books(
    ledger: Ledger,
    accounts: Accounts,
    tables: KernelTables,
    scenario: Scenario,
    exchange: Exchanges,
    structure: Structure,
) -> None:
    """Count the accounts, give the vaults the other side, and let all money enter from outside.

    Parameters
    ----------
    ledger : empty; balances are entered.
    accounts : (rows,) of all protocols.
    tables : the same records as kernels take them.
    scenario : all parameters.
    exchange : (listings,) records; vault sizes are written.
    structure : what capital is paid in, pooled and on call.
    """
    level_all(accounts)
    recount(accounts, tables.blocks, tables.exchange)
    exchange.vault_size[:] = exchange.short_size - exchange.long_size
    for account in (TRADER, WALLET, KEEPER, PROVIDER):
        ledger.enter(account, ledger.subsidiaries[account]())
    flat = exchange.vault_size * (exchange.mark - exchange.funding_index)
    ledger.enter(VAULT, exchange.vault_start - flat)
    ledger.enter(TREASURY, treasuries(scenario) + structure.on_call)
    lent = scenario.fund.lent_share
    ledger.enter(FUND, structure.own_capital * (1.0 - lent))
    ledger.enter(LENT, structure.own_capital * lent)
    ledger.enter(POOL, structure.pool_capital * (1.0 - lent), slice(structure.pots))
    ledger.enter(POOL_LENT, structure.pool_capital * lent, slice(structure.pots))
