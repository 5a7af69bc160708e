"""The schedule of a step: the phases in order, as data.

Every phase is one or more **acts**, kernels ``act(tables, terms, shock, t)`` on the run's tables, the constants of the
phase, and the row of the tape at step t. An act does its work and returns False, or leaves it to Python and returns
True where there is anything to do: own agents, the waterfall, contagion, funds that are managed, a reinsurance market.
:meth:`model.engine.engine.Engine.step`, the compiled run (:mod:`model.engine.run`) and the table of phases in the ODD
protocol read ``PHASES``.

A phase that a researcher's own subclass overrides runs in Python, whole; the rest stays compiled around it.
"""

from typing import NamedTuple

from agents.account.account import recount
from agents.core.audit import reconcile_all
from agents.core.books import Venue
from agents.core.chain import Link
from agents.core.kernel import inline, kernel, lean_kernel
from agents.core.ledger import CLEARING, DEFICIT, WATERFALL, Book
from agents.core.table import Protocols
from agents.exchange.exchange import Funding, charge_funding
from model.backstop.loss_regime.chain import LossTerms, is_carried, place_all, ready, settle_all, settles
from model.market.auction import Auction, auction
from model.market.confidence import Nerves, feel
from model.market.control import Adaptation, adjust_terms
from model.market.fee import CapitalTerms, settle_capital
from model.market.liquidation import liquidate
from model.market.market import MarketRule, price, shock
from model.market.order_clearing import trade
from model.measure.record import write_step
from model.network.contagion import BEYOND_TREASURIES, PAID, pay_debts
from model.state.table import Shock, Tables
from model.state.terms import Due, LiquidationTerms, TradeTerms


@lean_kernel
def apply_shocks(tables: Tables, terms: Due, row: Shock, t: int) -> bool:
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
def set_prices(tables: Tables, terms: MarketRule, row: Shock, t: int) -> bool:
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
def advance_funding(tables: Tables, terms: Funding, row: Shock, t: int) -> bool:
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
def hold_auction(tables: Tables, terms: Auction, row: Shock, t: int) -> bool:
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
def trade_all(tables: Tables, terms: TradeTerms, row: Shock, t: int) -> bool:
    """Let traders decide and the market fill their orders.

    Parameters
    ----------
    tables : of the run; accounts, blocks, exchange, market, book and the room `rows` are written.
    terms : constants of market and traders.
    row : of the tape; oracle errors are read.
    t : present step.
    """
    trade(
        accounts=tables.accounts, blocks=tables.blocks, exchange=tables.exchange, market=tables.market,
        book=tables.book, rules=terms.market, tiers=tables.tiers, habit=terms.habit, keys=terms.keys, fee=terms.fee,
        step=t, oracle_error=row.oracle_error, acting=tables.rows,
    )  # fmt: skip
    return False


@kernel
def liquidate_all(tables: Tables, terms: LiquidationTerms, row: Shock, t: int) -> bool:
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


@inline
def any_of(book: Book, account: int) -> bool:
    """Tell whether any protocol has a balance on an account."""
    found, balance = False, book.balance
    for i in range(balance.shape[1]):
        found |= balance[account, i] != 0.0
    return found


@lean_kernel
def look_for_deficits(tables: Tables, terms: Due, row: Shock, t: int) -> bool:
    """Leave deficits to the layers of the waterfall.

    Parameters
    ----------
    tables : of the run; balances are read.
    terms, row, t : not used.

    Returns
    -------
    Whether there is a deficit.
    """
    return any_of(tables.book, DEFICIT)


@inline
def to_be_placed(tables: Tables) -> bool:
    """Tell whether the layers have left anything to the loss regimes."""
    found, owed = False, tables.losses.owed
    for i in range(owed.shape[0]):
        found |= owed[i] > 0.0
    return found


@kernel
def place_losses(tables: Tables, terms: LossTerms, row: Shock, t: int) -> bool:
    """Let regime and fallback collect what the layers have left; the rest is bad debt.

    Parameters
    ----------
    tables : of the run; accounts, blocks, exchange, book, protocol and what regimes remember are written.
    terms : constants of the regimes.
    row : not used.
    t : present step.

    Returns
    -------
    Whether Python has to, as a regime is in Python or is yet to be compiled.
    """
    if not to_be_placed(tables):
        return False
    if not ready(terms):
        return True
    venue = Venue(tables.accounts, tables.blocks, tables.exchange, tables.book, tables.tiers)
    place_all(venue, tables.protocol, tables.regimes, terms, tables.room, tables.losses, t)
    return False


@kernel
def settle_losses(tables: Tables, terms: LossTerms, row: Shock, t: int) -> bool:
    """Let the regimes do what is due at the end of the phase, and reconcile rows and ledger where anything moved.

    Parameters
    ----------
    tables : of the run; accounts, blocks, exchange, book, losses and what regimes remember are written.
    terms : constants of the regimes.
    row : not used.
    t : present step.

    Returns
    -------
    Whether Python has to, as a regime is in Python or is yet to be compiled.
    """
    book, losses = tables.book, tables.losses
    carried = tables.carried[0] or is_carried(book.balance)
    if settles(terms, carried, t):
        if not ready(terms):
            return True
        venue = Venue(tables.accounts, tables.blocks, tables.exchange, book, tables.tiers)
        losses.moved[0] |= settle_all(venue, tables.regimes, terms, tables.room, carried, t)
    if losses.moved[0]:
        recount(tables.accounts, tables.blocks, tables.exchange)
        reconcile_all(book, tables.exchange, WATERFALL)
    tables.carried[0] = is_carried(book.balance)
    losses.moved[0] = False
    for i in range(losses.owed.shape[0]):
        losses.owed[i] = 0.0
    return False


@inline
def any_halted(protocol: Protocols) -> bool:
    """Tell whether any protocol is halted."""
    found, halted = False, protocol.halted
    for i in range(protocol.shape[0]):
        found |= halted[i] != 0
    return found


@kernel
def clear_debts(tables: Tables, terms: Due, row: Shock, t: int) -> bool:
    """Let treasuries pay bad debt; leave debts beyond them, and halted protocols that may trade again, to contagion.

    Parameters
    ----------
    tables : of the run; protocol and book are written.
    terms : whether halted protocols may trade again.
    row, t : not used.

    Returns
    -------
    Whether contagion has anything to do.
    """
    book, exchange = tables.book, tables.exchange
    if terms.resumes and any_halted(tables.protocol):
        return True
    found = pay_debts(book.balance, tables.protocol)
    if found == PAID:
        recount(tables.accounts, tables.blocks, exchange)
        reconcile_all(book, exchange, CLEARING)
    return found == BEYOND_TREASURIES


@kernel
def update_confidence(tables: Tables, terms: Nerves, row: Shock, t: int) -> bool:
    """Set alarm and strain of every protocol.

    Parameters
    ----------
    tables : of the run; mood and the alarm of exchanges are written.
    terms : constants of confidence.
    row : not used.
    t : present step.
    """
    balance, backing = tables.book.balance, tables.backing
    feel(
        exchange=tables.exchange, market=tables.market, protocol=tables.protocol, balance=balance, backing=backing,
        mood=tables.mood, nerves=terms, step=t,
    )  # fmt: skip
    return False


@kernel
def settle_accounts(tables: Tables, terms: CapitalTerms, row: Shock, t: int) -> bool:
    """Share fees, collect flat premiums, serve liquidity providers.

    Parameters
    ----------
    tables : of the run; exchange, protocol, providers, pool, book and entitlements to pools are written.
    terms : constants of the phase.
    row, t : not used.
    """
    book, backing = tables.book, tables.backing
    settle_capital(tables.exchange, tables.protocol, tables.providers, tables.pool, book, backing, terms)
    return False


@kernel
def adapt_terms(tables: Tables, terms: Adaptation, row: Shock, t: int) -> bool:
    """Let the venues' terms follow fund health and volatility.

    Parameters
    ----------
    tables : of the run; the terms of exchanges are written.
    terms : terms at the start, and how they adapt.
    row, t : not used.
    """
    exchange, market, protocol = tables.exchange, tables.market, tables.protocol
    adjust_terms(exchange, market, protocol, tables.book, tables.backing, terms.rules, terms.start)
    return False


@lean_kernel
def write_record(tables: Tables, terms: Due, row: Shock, t: int) -> bool:
    """Write the series of the step and audit the ledger; stop where it does not balance.

    Parameters
    ----------
    tables : of the run; the rows of the step in ecosystem, asset and member, and book, are written.
    terms, row : not used.
    t : present step.

    Returns
    -------
    Whether a breach was found, which stops the run.
    """
    member = tables.member[t % tables.member.shape[0]]  # which holds all steps, or the latest
    write_step(
        market=tables.market, exchange=tables.exchange, protocol=tables.protocol, book=tables.book,
        rounds=tables.rounds[0], ecosystem=tables.ecosystem[t], asset=tables.asset[t], members=member,
    )  # fmt: skip
    return tables.book.breach[0] >= 0.0


class Phase(NamedTuple):
    """A phase of a step."""

    name: str  # method of the ecosystem that runs it whole
    acts: dict[str, Link]  # method that runs a part of it → the kernel that does it, or tells whether it is due


IN_PYTHON = Link(None, "due")
PHASES = (
    Phase("apply_shocks", {"apply_shocks": Link(apply_shocks, "due")}),
    Phase("set_prices", {"set_prices": Link(set_prices, "price")}),
    Phase("charge_funding", {"charge_funding": Link(advance_funding, "funding")}),
    Phase(
        "trade",
        {
            "step_agents": IN_PYTHON,
            "hold_auction": Link(hold_auction, "auction"),
            "trade_all": Link(trade_all, "trade"),
        },
    ),
    Phase("liquidate", {"liquidate": Link(liquidate_all, "liquidation")}),
    Phase(
        "absorb_deficits",
        {
            "ask_layers": Link(look_for_deficits, "due"),
            "place_losses": Link(place_losses, "loss"),
            "settle_losses": Link(settle_losses, "loss"),
        },
    ),
    Phase("clear_exposures", {"clear_exposures": Link(clear_debts, "due")}),
    Phase(
        "settle_capital",
        {
            "update_confidence": Link(update_confidence, "confidence"),
            "settle_accounts": Link(settle_accounts, "capital"),
            "manage_funds": IN_PYTHON,
            "manage_reinsurance": IN_PYTHON,
            "adapt_terms": Link(adapt_terms, "control"),
            "watch_prices": IN_PYTHON,
        },
    ),
    Phase("write_record", {"write_record": Link(write_record, "due")}),
)
ACTS = [(phase.name, name, link) for phase in PHASES for name, link in phase.acts.items()]
"""Every act in order: its phase, the method that runs it in Python, and its kernel."""
