"""Acts of phases 1 to 5: shocks, prices, funding, trade, liquidations (:mod:`model.schedule`)."""

from agents.account.account import total
from agents.core.books import Venue
from agents.core.kernel import kernel, lean_kernel
from agents.exchange.exchange import Funding, charge_funding
from model.backstop.loss_regime.unsold import replace_sales
from model.market.auction import Auction, auction
from model.market.liquidation.inventory import unload
from model.market.liquidation.keeper_round import liquidate
from model.market.liquidation.sequence import Failing, close_failing
from model.market.market import MarketRule, price, shock
from model.market.market_making import make_markets
from model.market.order_clearing import trade
from model.state import act_tables as given
from model.state.table import Shock
from model.state.terms import ClosingTerms, DebtTerms, LiquidationTerms, MakerTerms, TradeTerms


@lean_kernel
def apply_shocks(tables: given.PriceTables, terms: DebtTerms, row: Shock, t: int) -> bool:
    """Apply the tape to fundamentals, spreads and exploits.

    Parameters
    ----------
    tables : of the run; market, exchange and book are written.
    terms, t : not used.
    row : of the tape; returns, spreads and exploits are read.
    """
    shock(tables.market, tables.exchange, tables.protocol, tables.book, row.log_return, row.spread, row.exploit)
    return False


@lean_kernel
def set_prices(tables: given.PriceTables, terms: MarketRule, row: Shock, t: int) -> bool:
    """Set mid and mark prices; stop where one is out of range.

    Parameters
    ----------
    tables : of the run; market, exchange and book are written.
    terms : constants of the market.
    row : of the tape; depth and oracle errors are read.
    t : not used.

    Returns
    -------
    Whether a breach was found, which stops the run.
    """
    market, exchange, book = tables.market, tables.exchange, tables.book
    price(market, exchange, tables.protocol, book, terms, row.depth, row.oracle_error)
    return book.breach[0] >= 0.0


@lean_kernel
def advance_funding(tables: given.FundingTables, terms: Funding, row: Shock, t: int) -> bool:
    """Advance the funding index.

    Parameters
    ----------
    tables : of the run; exchange is written.
    terms : constants of the funding rate.
    row, t : not used.
    """
    charge_funding(tables.exchange, tables.market, terms)
    return False


@kernel
def hold_auction(tables: given.AuctionTables, terms: Auction, row: Shock, t: int) -> bool:
    """Hold the value funds' auction; stop where a price is out of range.

    Parameters
    ----------
    tables : of the run; accounts, blocks, exchange, market, book and funds are written.
    terms : constants of the auction.
    row : of the tape; oracle errors are read.
    t : present step.

    Returns
    -------
    Whether a breach was found, which stops the run.
    """
    auction(
        accounts=tables.accounts, blocks=tables.blocks, exchange=tables.exchange, protocol=tables.protocol,
        market=tables.market, book=tables.book, funds=tables.funds, terms=terms, oracle_error=row.oracle_error, step=t,
    )  # fmt: skip
    return tables.book.breach[0] >= 0.0


@lean_kernel
def trade_all(tables: given.TradeTables, terms: TradeTerms, row: Shock, t: int) -> bool:
    """Let traders decide and the market fill their orders.

    Parameters
    ----------
    tables : of the run; all but `protocol` and `tiers` are written, `rows` and `owner_room` as room.
    terms : constants of market and traders.
    row : of the tape; oracle errors are read.
    t : present step.
    """
    trade(
        accounts=tables.accounts, blocks=tables.blocks, exchange=tables.exchange, protocol=tables.protocol,
        market=tables.market, book=tables.book, owners=tables.owners, room=tables.owner_room, rules=terms.market,
        tiers=tables.tiers, habit=terms.habit, keys=terms.keys, fee=terms.fee, transfers=terms.transfers, step=t,
        oracle_error=row.oracle_error, acting=tables.rows,
    )  # fmt: skip
    return False


@kernel
def liquidate_all(tables: given.LiquidationTables, terms: LiquidationTerms, row: Shock, t: int) -> bool:
    """Run the liquidation rounds.

    Parameters
    ----------
    tables : of the run; accounts, blocks, exchange, market, keepers, book, rounds and scratch space are written.
    terms : constants of market and liquidation.
    row : of the tape; gas, keepers' capacity and oracle errors are read.
    t : present step.
    """
    tables.rounds[0] = liquidate(
        accounts=tables.accounts, blocks=tables.blocks, exchange=tables.exchange, market=tables.market,
        keepers=tables.keepers, book=tables.book, tiers=tables.tiers, rules=terms.market, tariff=terms.tariff,
        gas=row.gas, step=t, factor=row.keeper, oracle_error=row.oracle_error, remaining=tables.capacity,
        flagged=tables.rows, jobs=tables.jobs,
    )  # fmt: skip
    return False


@kernel
def close_in_sequence(tables: given.ClosingTables, terms: ClosingTerms, row: Shock, t: int) -> bool:
    """Close failing accounts by the closing sequence, winners against what is unsold; sell what backstops hold.

    Parameters
    ----------
    tables : of the run; all but backing and the schedule of margins are written.
    terms : constants of market, liquidation and sequence.
    row : of the tape; gas, keepers' capacity and oracle errors are read.
    t : present step.
    """
    failing = Failing(
        accounts=tables.accounts, blocks=tables.blocks, exchange=tables.exchange, market=tables.market,
        keepers=tables.keepers, protocol=tables.protocol, book=tables.book, tiers=tables.tiers,
    )  # fmt: skip
    tables.rounds[0] = close_failing(
        failing, tables.backing, rules=terms.market, tariff=terms.tariff, closing=terms.closing, gas=row.gas, step=t,
        factor=row.keeper, oracle_error=row.oracle_error, remaining=tables.capacity, flagged=tables.rows,
        jobs=tables.jobs,
    )  # fmt: skip
    venue = Venue(tables.accounts, tables.blocks, tables.exchange, tables.book, tables.tiers)
    if replace_sales(venue, terms.unsold, tables.room, t):
        tables.losses.moved[0] = True
        total(tables.accounts, tables.blocks, tables.exchange)
    unload(tables.exchange, tables.market, tables.book, terms.market, terms.closing, row.oracle_error)
    return False


@kernel
def make_all_markets(tables: given.MakerTables, terms: MakerTerms, row: Shock, t: int) -> bool:
    """Let market makers take their part of the fills, leave or return, and sell off.

    Parameters
    ----------
    tables : of the run, written.
    terms : constants of market and makers.
    row : of the tape; oracle errors are read.
    t : present step.
    """
    make_markets(
        market=tables.market, exchange=tables.exchange, book=tables.book, makers=tables.makers,
        inventory=tables.inventory, rules=terms.market, conduct=terms.conduct, oracle_error=row.oracle_error, step=t,
    )  # fmt: skip
    return False
