"""Acts of phases 8 and 9: confidence, fees and providers, risk controls, the record (:mod:`model.schedule`)."""

from agents.core.kernel import kernel, lean_kernel
from agents.exchange.control.circuit_breaker import BreakerTerms
from model.market.confidence import Nerves, feel
from model.market.control import Adaptation, adjust_terms, watch_prices
from model.market.fee import CapitalTerms, settle_capital
from model.measure.record import write_step
from model.state import act_tables as given
from model.state.table import Shock
from model.state.terms import DebtTerms


@kernel
def update_confidence(tables: given.BackingTables, terms: Nerves, row: Shock, t: int) -> bool:
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
def settle_accounts(tables: given.CapitalTables, terms: CapitalTerms, row: Shock, t: int) -> bool:
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
def adapt_terms(tables: given.BackingTables, terms: Adaptation, row: Shock, t: int) -> bool:
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


@kernel
def see_prices(tables: given.BreakerTables, terms: BreakerTerms, row: Shock, t: int) -> bool:
    """Let the circuit breakers see the prices of the step.

    Parameters
    ----------
    tables : of the run; halts of exchanges and what breakers remember are written.
    terms : constants of the breakers.
    row, t : not used.
    """
    watch_prices(tables.exchange, tables.market, tables.breaker, terms)
    return False


@lean_kernel
def write_record(tables: given.RecordTables, terms: DebtTerms, row: Shock, t: int) -> bool:
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
