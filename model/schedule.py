"""The schedule of a step: the phases in order, as data.

Every phase is one or more **acts**, ``act(tables, constants, shock, t)`` on the run's tables, constants and row of the
tape at step t. An act does its work in machine code and returns False, or it leaves it to Python and returns True
where there is anything to do: own agents, the waterfall, contagion, funds that are managed, a reinsurance market.
:meth:`model.ecosystem.Ecosystem.step`, the compiled run (:mod:`model.engine.run`) and the table of phases in the ODD
protocol read ``PHASES``.

A phase that a researcher's own subclass overrides runs in Python, whole; the rest stays compiled around it.
"""

from collections.abc import Callable
from typing import NamedTuple

from agents.core.kernel import part, rule
from agents.core.ledger import BAD_DEBT, DEFICIT, FROZEN_DEBT, TREASURY, Book
from agents.core.table import Protocols
from agents.exchange.exchange import charge_funding
from agents.protocol.protocol import DEFAULTED
from model.market.auction import auction
from model.market.confidence import feel
from model.market.control import adjust_terms
from model.market.fee import settle_capital
from model.market.liquidation import liquidate
from model.market.market import price, shock
from model.market.order_clearing import trade
from model.measure.record import write_step
from model.network.contagion import DUST
from model.state.table import Adaptation, Auction, Constants, Mood, Nerves, Shock, Tables

type Act = Callable[[Tables, Constants, Shock, int], bool]


@part
def apply_shocks(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Apply the tape to fundamentals, spreads and exploits."""
    shock(tables.market, tables.exchange, tables.protocol, tables.book, row.log_return, row.spread, row.exploit)
    return False


@part
def set_prices(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Set mid and mark prices; stop where one is out of range."""
    market, exchange, book = tables.market, tables.exchange, tables.book
    price(market, exchange, tables.protocol, book, constants.market, row.depth, row.oracle_error)
    return book.breach[0] >= 0.0


@part
def set_funding(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Advance the funding index."""
    terms = constants.funding
    charge_funding(tables.exchange, tables.market, terms.interest, terms.clamp, terms.cap, terms.minutes)
    return False


@part
def always_in_python(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Leave to Python what a run has switched on (:func:`model.engine.run.stops`), and that alone."""
    return False


@rule
def auction_where_there_are_funds(
    tables: Tables, row: Shock, t: int, fee: float, terms: Auction | None
) -> None:
    """Hold the value funds' auction; no funds, no auction, and no code for it."""
    if terms is None:
        return
    auction(
        tables.accounts, tables.blocks, tables.exchange, tables.protocol, tables.market, tables.book, tables.funds,
        terms.mandate, terms.value, terms.supply, fee, row.oracle_error, t,
    )  # fmt: skip


@part
def hold_auction(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Hold the value funds' auction, if there are funds."""
    auction_where_there_are_funds(tables, row, t, constants.fee, constants.auction)
    return False


@part
def trade_all(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Let traders decide and the market fill their orders."""
    trade(
        tables.accounts, tables.blocks, tables.exchange, tables.market, tables.book, constants.market, constants.habit,
        constants.keys, constants.fee, t, row.oracle_error, tables.rows,
    )  # fmt: skip
    return False


@part
def liquidate_all(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Run the liquidation rounds."""
    tables.rounds[0] = liquidate(
        tables.accounts, tables.blocks, tables.exchange, tables.market, tables.keepers, tables.book, constants.market,
        constants.tariff, row.gas, t, row.keeper, row.oracle_error, tables.capacity, tables.rows, tables.jobs,
    )  # fmt: skip
    return False


@rule
def any_of(book: Book, account: int) -> bool:
    """Tell whether any protocol has a balance on an account."""
    found, balance = False, book.balance
    for i in range(balance.shape[1]):
        found |= balance[account, i] != 0.0
    return found


@part
def absorb_deficits(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Leave deficits, carried debt and the end of a regime's window to the waterfall."""
    first, second = constants.periods
    settles = (first > 0 and (t + 1) % first == 0) or (second > 0 and (t + 1) % second == 0)
    carried = any_of(tables.book, FROZEN_DEBT) or tables.carried[0]
    return settles or carried or any_of(tables.book, DEFICIT)


@rule
def may_pay_or_fail(book: Book, protocol: Protocols) -> bool:
    """Tell whether bad debt is there that a treasury pays some of, or that a protocol not yet in default owes."""
    found, balance = False, book.balance
    for i in range(balance.shape[1]):
        debt = -balance[BAD_DEBT, i]
        stands = protocol.halted[i] == 0 and (protocol.status[i] != DEFAULTED or protocol.halt_step[i] >= 0)
        found |= min(balance[TREASURY, i], debt) != 0.0 or (debt > DUST and stands)
    return found


@rule
def any_halted(protocol: Protocols) -> bool:
    """Tell whether any protocol is halted."""
    found = False
    for i in range(protocol.shape[0]):
        found |= protocol.halted[i] != 0
    return found


@part
def clear_exposures(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Leave bad debt, and halted protocols that may trade again, to contagion."""
    tables.carried[0] = any_of(tables.book, FROZEN_DEBT)
    if constants.resumes and any_halted(tables.protocol):
        return True
    return any_of(tables.book, BAD_DEBT) and may_pay_or_fail(tables.book, tables.protocol)


@rule
def feel_if_anybody_does(tables: Tables, t: int, mood: Mood | None, nerves: Nerves | None) -> None:
    """Set alarm and strain; where nobody listens there is no code for it."""
    if mood is None or nerves is None:
        return
    feel(
        tables.exchange, tables.market, tables.protocol, tables.book.balance, tables.backing, mood.tied, mood.news,
        mood.known, mood.alarm, mood.strain, t, nerves.minutes, nerves.panic, nerves.volatility, nerves.thin_fund,
        nerves.neighbour, nerves.unpaid, nerves.half_life, nerves.trader, nerves.provider,
    )  # fmt: skip


@part
def update_confidence(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Set alarm and strain of every protocol."""
    feel_if_anybody_does(tables, t, tables.mood, constants.nerves)
    return False


@part
def settle_accounts(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Share fees, collect premiums, serve providers."""
    settle_capital(
        tables.exchange, tables.protocol, tables.providers, tables.pool, tables.book, tables.backing, constants.capital
    )
    return False


@rule
def adapt_where_venues_do(tables: Tables, terms: Adaptation | None) -> None:
    """Set the venues' terms; where they stay as they are there is no code for it."""
    if terms is None:
        return
    exchange, market, protocol = tables.exchange, tables.market, tables.protocol
    adjust_terms(exchange, market, protocol, tables.book, tables.backing, terms.rules, terms.start)


@part
def adapt_terms(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Let terms follow fund health and volatility."""
    adapt_where_venues_do(tables, constants.adaptation)
    return False


@part
def write_record(tables: Tables, constants: Constants, row: Shock, t: int) -> bool:
    """Write the series of the step and audit the ledger; stop where it does not balance."""
    write_step(
        tables.market, tables.exchange, tables.protocol, tables.book, tables.rounds[0], tables.ecosystem[t],
        tables.asset[t], tables.member[t],
    )  # fmt: skip
    return tables.book.breach[0] >= 0.0


class Phase(NamedTuple):
    """A phase of a step."""

    name: str  # method of the ecosystem that runs it in Python, whole
    acts: dict[str, Act]  # method that runs a part of it in Python → the same compiled, or what tells if it is due


PHASES = (
    Phase("apply_shocks", {"apply_shocks": apply_shocks}),
    Phase("set_prices", {"set_prices": set_prices}),
    Phase("charge_funding", {"charge_funding": set_funding}),
    Phase("trade", {"step_agents": always_in_python, "hold_auction": hold_auction, "trade_all": trade_all}),
    Phase("liquidate", {"liquidate": liquidate_all}),
    Phase("absorb_deficits", {"absorb_deficits": absorb_deficits}),
    Phase("clear_exposures", {"clear_exposures": clear_exposures}),
    Phase(
        "settle_capital",
        {
            "update_confidence": update_confidence,
            "settle_accounts": settle_accounts,
            "manage_funds": always_in_python,
            "manage_reinsurance": always_in_python,
            "adapt_terms": adapt_terms,
            "watch_prices": always_in_python,
        },
    ),
    Phase("write_record", {"write_record": write_record}),
)
ACTS = [(phase.name, name, act) for phase in PHASES for name, act in phase.acts.items()]
"""Every act in order, with its phase and the method that runs it in Python."""
