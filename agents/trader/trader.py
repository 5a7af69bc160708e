"""Traders: leveraged accounts that look at their margin now and then, and sometimes trade.

In a step each trader looks at its account with probability a (attention), which rises with the market's stress; who
only looks is not drawn (:mod:`agents.trader.attention`). One who looks

1. where it is alarmed beyond its nerve, a fixed trait, and the market's recent move is not in its favour, closes its
   position, which returns the collateral to the wallet, outside the exchange, and stays away while that lasts
   (:mod:`agents.protocol.confidence`);
2. else, where its margin ratio e / (|q| p) is below ``stop_buffer`` maintenance margins, stops out, tops up from its
   wallet, or sits still, each a fixed trait of the person;
3. otherwise trades with probability ``turnover`` towards the position its strategy wants, within its leverage
   appetite, λ (e + w) / p contracts with wealth e + w, and what the venue's tiers allow on that wealth
   (:mod:`agents.account.margin_tier`), in orders small next to the market's depth.

A flat trader with money left enters again by the same rule; one without money has left. Orders wait in the account
until the market fills all of them together, so nobody's decision depends on who came first.

Latencies: the median reaction recorded on 10 October 2025 was nine minutes, a = 0.074 a minute.
"""

import numpy as np

from agents.account.account import Account, fails
from agents.account.cross_margin import share_of
from agents.account.margin_tier import allowed_notional, initial_rate
from agents.account.position import equity
from agents.core.kernel import inline, kernel, rule
from agents.core.ledger import TRADER, WALLET, Book, pay
from agents.core.random import key_of, uniform
from agents.core.table import Accounts, Blocks, Exchanges, Markets, Tiers
from agents.exchange.exchange import put_collateral
from agents.trader.attention import is_alarmed, thin_test
from agents.trader.habit import Habit, Keys
from agents.trader.strategy import STRATEGIES, wanted_position
from agents.trader.strategy.view import View

DUST = 1.0
LEAST_LEVERAGE = 0.01


class Trader(Account):
    """A leveraged account that acts by itself: the population's rules on one row."""

    def step(self) -> None:
        """Decide as the population does in the present step: nothing unless this trader acts now."""
        if self.row in self.model.acting():
            self.model.decide(np.array([self.row], dtype=np.int64))

    @property
    def listing(self) -> int:
        """Index of the listing the account trades."""
        return self.row // self.model.slots_per_listing

    @property
    def protocol(self) -> int:
        """Index of the protocol whose listing that is."""
        return int(self.model.exchange.protocol[self.listing])

    @property
    def strategy_name(self) -> str:
        """Name of the trader's strategy."""
        return list(STRATEGIES)[self.strategy]

    @property
    def equity(self) -> float:
        """Collateral plus unrealised profit less funding owed, USD."""
        exchange = self.model.exchange
        owed = float(exchange.funding_index[self.listing]) - self.entry_funding
        return equity(self.collateral, self.size, self.entry_price, float(exchange.mark[self.listing]), owed)

    def before_change(self) -> None:
        """Note the account's value, so that a change from Python can be booked in the ledger."""
        self.model.before_account_change(self.row)

    def after_change(self) -> None:
        """Book a change made from Python as money from or to the outside world."""
        self.model.after_account_change(self.row)


@rule
def protocol_at(row: int, slots: int, guess: int) -> int:
    """Return row // slots without a division, from the protocol of a row nearby (a division costs 20 ns)."""
    while row >= (guess + 1) * slots:
        guess += 1
    while row < guess * slots:
        guess -= 1
    return guess


@inline
def deposit(accounts: Accounts, blocks: Blocks, book: Book, row: int, protocol: int, wish: float) -> None:
    """Post up to `wish` USD more collateral from the wallet.

    Parameters
    ----------
    accounts, blocks, book : tables of the run; wallet, collateral and ledger are written.
    row : the account's row.
    protocol : index.
    wish : USD; nothing is posted where it is not above zero.
    """
    amount = min(max(wish, 0.0), accounts.wallet[row])
    if amount > 0.0:
        put_collateral(accounts, blocks, row, amount)
        pay(book, WALLET, TRADER, protocol, amount)


@rule
def answer_margin(
    trait: float, habit: Habit, size: float, own: float, mark: float, leverage: float
) -> tuple[float, float]:
    """Return (order, deposit wished) of a trader close to liquidation: stop out, top up, or sit still.

    Parameters
    ----------
    trait : uniform in (0, 1), fixed for the person.
    habit : shares of those who stop out and top up.
    size : contracts, short < 0.
    own : USD, equity.
    mark : USD per contract, > 0.
    leverage : 1, > 0, that the trader will take.

    Returns
    -------
    Order, contracts, sale < 0; deposit wished, USD, either sign.
    """
    if trait < habit.stop_share:
        return -size, 0.0
    if trait < habit.stop_share + habit.top_up_share:
        return 0.0, abs(size) * mark / leverage - own
    return 0.0, 0.0


@rule
def sliced(order: float, largest: float) -> float:
    """Return an order cut to ± `largest` contracts."""
    return min(max(order, -largest), largest)


@inline
def wish(
    accounts: Accounts, exchange: Exchanges, market: Markets, habit: Habit, row: int, i: int, draw: float
) -> float:
    """Return the position the trader's strategy wants, contracts.

    Parameters
    ----------
    accounts, exchange, market : tables of the run, read.
    habit : tilt and scales of the strategies.
    row : the account's row.
    i : its protocol.
    draw : uniform in (0, 1), for strategies that draw.
    """
    k = exchange.book[i]
    view = View(
        anchor=accounts.anchor[row],
        gap=np.log(market.fundamental[k] / market.mid[k]),
        momentum=market.momentum[k],
        funding_rate=exchange.funding_rate[i],
        draw=draw,
        tilt=habit.tilt,
        trend_scale=habit.trend_scale,
        value_scale=habit.value_scale,
        carry_scale=habit.carry_scale,
    )
    return wanted_position(accounts.strategy[row], view)


@rule
def appetite(leverage: float, initial_margin: float) -> float:
    """Return the leverage a trader will take: its own, at most the venue's, never zero."""
    return max(min(leverage, 1.0 / initial_margin), LEAST_LEVERAGE)


@inline
def trade_towards_wish(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, tiers: Tiers, habit: Habit,
    row: int, i: int, own: float, draw: float,
) -> None:  # fmt: skip
    """Set the order of a trader who trades: towards its wish, within its means, sliced.

    Parameters
    ----------
    accounts, blocks, exchange, market, book : tables of the run; order, wallet, collateral and ledger are written.
    tiers : the schedule of margins.
    habit : what traders have in common.
    row : the account's row.
    i : its protocol.
    own : USD, equity at the mark.
    draw : uniform in (0, 1), for strategies that draw.
    """
    mark, size, first = exchange.mark[i], accounts.size[row], exchange.initial_margin[i]
    wealth = own + accounts.wallet[row]
    means = allowed_notional(appetite(accounts.leverage[row], first) * wealth, wealth, first, tiers) / mark
    target = sliced(wish(accounts, exchange, market, habit, row, i, draw), means)
    order = sliced(target - size, habit.participation * market.depth[exchange.book[i]])
    if means * mark > DUST and abs(order) * mark > DUST:
        accounts.order[row], notional = order, abs(size + order) * mark
        leverage = appetite(accounts.leverage[row], initial_rate(first, notional, tiers))
        deposit(accounts, blocks, book, row, i, notional / leverage - own)


@inline
def heed_margin(
    accounts: Accounts,
    blocks: Blocks,
    exchange: Exchanges,
    book: Book,
    tiers: Tiers,
    habit: Habit,
    key: np.uint64,
    row: int,
    i: int,
    slot: int,
    own: float,
) -> None:
    """Let a trader close to liquidation stop out, top up, or sit still.

    Parameters
    ----------
    accounts, blocks, exchange, book : tables of the run; order, wallet, collateral and ledger are written.
    tiers : the schedule of margins.
    habit : shares of those who stop out and top up.
    key : of the traits of the protocol's traders.
    row : the account's row.
    i : its protocol.
    slot : the account's place among those of the protocol.
    own : USD, equity at the mark.
    """
    mark, size = exchange.mark[i], accounts.size[row]
    leverage = appetite(accounts.leverage[row], initial_rate(exchange.initial_margin[i], abs(size) * mark, tiers))
    order, asked = answer_margin(uniform(key, 0, slot), habit, size, own, mark, leverage)
    accounts.order[row] = order
    deposit(accounts, blocks, book, row, i, asked)


@inline
def decide_all(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, tiers: Tiers, habit: Habit,
    keys: Keys, step: int, rows: np.ndarray,
) -> None:  # fmt: skip
    """Let the traders in `rows` decide, one after the other; each sees the market as it was before any of them.

    Columns are taken out of their tables before the loop: taking them inside costs two atomic operations each, ten
    times the cost of a decision itself.

    Parameters
    ----------
    accounts, blocks, exchange, market, book : tables of the run; orders, wallets, collateral and ledger are written.
    tiers : the schedule of margins.
    habit : what traders have in common.
    keys : of the traders' random numbers.
    step : present step.
    rows : (n,) rows of the accounts that act: one that has no reason to close or to heed its margin trades.
    """
    slots = accounts.size.shape[0] // exchange.shape[0]
    sizes, levels = accounts.size, accounts.level
    collaterals, entries, fundings = accounts.collateral, accounts.entry_price, accounts.entry_funding
    marks, indices, alarms = exchange.mark, exchange.funding_index, exchange.alarm
    books, moves, cross = exchange.book, market.momentum, accounts.cross
    i = 0
    for row in rows:
        i = protocol_at(row, slots, i)
        slot, size, trait = row - i * slots, sizes[row], key_of(keys.trait, i)
        if cross[row] != 0 and size != 0.0:
            own, needed = share_of(accounts, exchange, tiers, row, i)
            thin = own < habit.stop_buffer * needed
        else:
            own = equity(collaterals[row], size, entries[row], marks[i], indices[i] - fundings[row])
            thin = fails(thin_test(exchange, habit, i), size, levels[row], tiers)
        if is_alarmed(alarms[i], size, moves[books[i]], trait, slot):
            accounts.order[row] = -size
        elif thin:
            heed_margin(
                accounts=accounts, blocks=blocks, exchange=exchange, book=book, tiers=tiers, habit=habit, key=trait,
                row=row, i=i, slot=slot, own=own,
            )  # fmt: skip
        else:
            draw = uniform(key_of(keys.trade, i), step, slot)
            trade_towards_wish(
                accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, tiers=tiers, habit=habit,
                row=row, i=i, own=own, draw=draw,
            )  # fmt: skip


@kernel
def decide(
    accounts: Accounts,
    blocks: Blocks,
    exchange: Exchanges,
    market: Markets,
    book: Book,
    tiers: Tiers,
    habit: Habit,
    keys: Keys,
    step: int,
    rows: np.ndarray,
) -> None:
    """Let the traders in `rows` decide, for single agents, by the rule of the population.

    Parameters
    ----------
    accounts, blocks, exchange, market, book : tables of the run; orders, wallets, collateral and ledger are written.
    tiers : the schedule of margins.
    habit : what traders have in common.
    keys : of the traders' random numbers.
    step : present step.
    rows : (n,) rows of the accounts that act.
    """
    decide_all(
        accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, tiers=tiers, habit=habit,
        keys=keys, step=step, rows=rows,
    )  # fmt: skip
