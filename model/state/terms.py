"""The constants of a run, derived once from the scenario, as kernels take them; and their scratch space and tables."""

from typing import NamedTuple

import numpy as np

from agents.account.owner import OwnerRoom, Owners, make_owner_room
from agents.core.table import Accounts, Blocks, Exchanges, Keepers, Makers, Markets, Pools, Protocols, Providers
from agents.exchange.control.circuit_breaker import BreakerTerms
from agents.exchange.control.takeover import Takeover
from agents.exchange.exchange import Funding
from agents.exchange.keeper import Jobs
from agents.market_maker.market_maker import Conduct
from agents.protocol.contribution import target_size
from agents.trader.habit import Habit, Keys
from agents.trader.transfer import Transfers
from model.backstop.layer.table import LayerRoom, LayerTerms, make_layer_room
from model.backstop.loss_regime.chain import LossTerms
from model.backstop.loss_regime.room import Room, make_room
from model.backstop.loss_regime.score import ranking_code
from model.backstop.loss_regime.unsold import UnsoldTerms
from model.backstop.structure.base import Structure
from model.backstop.succession import SuccessionTerms
from model.market.auction import Auction
from model.market.confidence import Nerves
from model.market.control import Adaptation, partial_rule
from model.market.fee import CapitalTerms
from model.market.liquidation.failing import Tariff
from model.market.liquidation.inventory import ADL_FIRST, Closing
from model.market.liquidation.keeper_round import make_jobs
from model.market.market import MarketRule, market_rule, per_step
from model.market.market_making import conduct_of
from model.price.streams import Streams
from model.scenario import Scenario
from model.scenario.check.inert import has_sequence, shares_margins
from model.scenario.extent import by_listing, listing_counts
from model.scenario.section.control import CLOSING_ORDERS
from model.scenario.section.exchange import CLOSINGS


class TradeTerms(NamedTuple):
    """Constants of phase 4."""

    market: MarketRule
    habit: Habit
    keys: Keys  # of the traders' random numbers
    fee: np.ndarray  # (listings,) 1, of trades
    transfers: Transfers


class LiquidationTerms(NamedTuple):
    """Constants of phase 5."""

    market: MarketRule
    tariff: Tariff


class ClosingTerms(NamedTuple):
    """Constants of phase 5 where a venue has a closing sequence."""

    market: MarketRule
    tariff: Tariff
    closing: Closing
    unsold: UnsoldTerms


class MakerTerms(NamedTuple):
    """Constants of market makers."""

    market: MarketRule
    conduct: Conduct


class DebtTerms(NamedTuple):
    """What decides whether the phases that are left to Python have anything to do."""

    resumes: bool  # whether halted protocols may trade again


class Terms(NamedTuple):
    """The constants of a run, by the phase that needs them; None where a run does not have it."""

    price: MarketRule
    funding: Funding
    trade: TradeTerms
    liquidation: LiquidationTerms | None  # None where there is a closing sequence
    closing: ClosingTerms | None  # None where keepers sell and the fund pays
    makers: MakerTerms | None  # None where there are none
    capital: CapitalTerms
    due: DebtTerms
    loss: LossTerms
    layers: LayerTerms | None = None  # None only until all parts of the run are made
    auction: Auction | None = None
    confidence: Nerves | None = None
    control: Adaptation | None = None
    breaker: BreakerTerms | None = None
    succession: SuccessionTerms | None = None


class KernelTables(NamedTuple):
    """The tables as kernels take them: the same memory as the record arrays of the same names."""

    blocks: Blocks
    exchange: Exchanges
    market: Markets
    protocol: Protocols
    keepers: Keepers
    makers: Makers
    providers: Providers
    pool: Pools


class Scratch(NamedTuple):
    """Room for lists that kernels make within a step."""

    rows: np.ndarray  # (rows,) traders who look at their account; later in the step, positions below maintenance margin
    jobs: Jobs  # one round's liquidations
    capacity: np.ndarray  # (keepers, listings) USD left to each keeper
    room: Room  # for lists of one listing's accounts
    layers: LayerRoom  # for what the layers of the waterfall work out
    owners: OwnerRoom  # for what owners with several accounts work out


def make_terms(
    scenario: Scenario, streams: Streams, draws: Streams, structure: Structure, due: DebtTerms, loss: LossTerms
) -> Terms:  # fmt: skip
    """Derive the constants of a run, but for those of parts that are yet to be made.

    Parameters
    ----------
    scenario : all parameters.
    streams : random numbers of the set-up, what a person is like among them.
    draws : random numbers of the steps.
    structure : whose income is split.
    due : of the resolution.
    loss : regime and fallback.
    """
    market, rule = scenario.market, market_rule(scenario)
    keys = trader_keys(streams, draws)
    habit = Habit(**{name: getattr(scenario.trader, name) for name in Habit._fields})
    return Terms(
        price=rule,
        funding=Funding(market.interest, market.funding_clamp, market.funding_cap, scenario.minutes),
        trade=TradeTerms(
            rule, habit, keys, np.array(by_listing(scenario, scenario.exchange.trading_fee)), transfers_of(scenario)
        ),
        liquidation=None if has_sequence(scenario) else LiquidationTerms(rule, make_tariff(scenario)),
        closing=closing_terms(scenario, rule, draws) if has_sequence(scenario) else None,
        makers=maker_terms(scenario, rule, draws),
        capital=capital_terms(scenario, structure),
        due=due,
        loss=loss,
    )


def maker_terms(scenario: Scenario, rule: MarketRule, draws: Streams) -> MakerTerms | None:
    """Derive the constants of market makers; None where there are none."""
    conduct = conduct_of(scenario, draws.key("maker"))
    return MakerTerms(rule, conduct) if conduct else None


def transfers_of(scenario: Scenario) -> Transfers:
    """Derive how owners move money between protocols."""
    trader = scenario.trader
    return Transfers(trader.margin_left, trader.close_elsewhere, round(trader.transfer_delay / scenario.minutes))


def trader_keys(streams: Streams, draws: Streams) -> Keys:
    """Return the keys of traders' draws: what a person is like by the set-up's streams, all others by the steps'."""
    sources = dict.fromkeys(Keys._fields, draws) | {"trait": streams}
    return Keys(**{name: np.uint64(of.key(f"trader.{name}")) for name, of in sources.items()})


def make_tariff(scenario: Scenario) -> Tariff:
    """Derive the constants of liquidations."""
    fees = scenario.exchange
    return Tariff(
        bounty=np.array(by_listing(scenario, fees.keeper_share)),
        rounds=fees.liquidation_rounds,
        surcharge=np.array(by_listing(scenario, fees.surcharge)),
        takeover=takeover_terms(scenario),
        partial=partial_rule(scenario),
        cross=shares_margins(scenario) and max(listing_counts(scenario)) > 1,
        order=CLOSING_ORDERS.index(scenario.control.closing_order),
    )


def closing_terms(scenario: Scenario, rule: MarketRule, draws: Streams) -> ClosingTerms:
    """Derive the constants of the closing sequence."""
    exchange, backstop = scenario.exchange, scenario.backstop
    sequence = CLOSINGS.index(exchange.closing)
    closing = Closing(
        sequence=sequence,
        keepers=exchange.engine == "keepers",
        multiple=backstop.takeover_multiple,
        fall=backstop.takeover_fall,
        sale=float(-np.expm1(-scenario.minutes / backstop.unloading)),
        replaces=sequence == ADL_FIRST or backstop.regime == "adl",
    )
    unsold = UnsoldTerms(
        ranking_code(scenario.loss.ranking), float(scenario.trader.haircut_reaction), np.uint64(draws.key("loss"))
    )
    return ClosingTerms(rule, make_tariff(scenario), closing, unsold)


def takeover_terms(scenario: Scenario) -> Takeover | None:
    """Derive when vaults take positions over; None where they never do."""
    control = scenario.control
    return Takeover(control.takeover, control.takeover_cap or np.inf) if control.takeover else None


def capital_terms(scenario: Scenario, structure: Structure) -> CapitalTerms:
    """Derive the constants of the capital phase."""
    provider, minutes = scenario.provider, scenario.minutes
    flat = structure.charges_premium and not (scenario.reinsurance.prices or scenario.choice.active)
    return CapitalTerms(
        vault=np.array(by_listing(scenario, scenario.exchange.fee_to_vault)),
        fund=np.array(by_listing(scenario, scenario.exchange.fee_to_fund)),
        own_share=np.full(len(structure.capital), float(structure.own_share)),
        holds=structure.holds_capital,
        premium=scenario.backstop.premium_rate if flat else 0.0,
        minutes=minutes,
        speed=per_step(provider.withdrawal, minutes),
        back=per_step(provider.return_rate, minutes),
        sensitivity=provider.fund_sensitivity,
        pool_of=structure.pool_of,
        target=target_size(scenario.fund.target_ratio, structure.paid_in),
        vaults=min(provider.vaults, sum(listing_counts(scenario))),
        cooldown=provider.cooldown / minutes,
        exit=per_step(provider.exit_rate, minutes),
        wealth=provider.wealth_sensitivity,
        strain=np.zeros(sum(listing_counts(scenario))),
    )


def make_scratch(accounts: Accounts, owners: Owners, tables: KernelTables, pots: int) -> Scratch:
    """Return the room a run of that size needs.

    Parameters
    ----------
    accounts, owners, tables : of the run; the number of their rows is read.
    pots : how many there are.
    """
    rows, keepers, listings = len(accounts.size), tables.keepers.shape[0], tables.exchange.shape[0]
    return Scratch(
        rows=np.zeros(rows, np.int32),
        jobs=make_jobs(rows, keepers, listings),
        capacity=np.zeros((keepers, listings)),
        room=make_room(rows // listings),
        layers=make_layer_room(tables.protocol.shape[0], pots, listings),
        owners=make_owner_room(len(owners.partner)),
    )
