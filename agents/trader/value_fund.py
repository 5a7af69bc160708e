r"""Value-investing funds: they buy what is below its value, with borrowed money up to a limit.

A fund holds q >= 0 contracts and cash C (a loan where negative), so that at price p its wealth is W(p) = C + q p. With
value V, aggression β and maximal leverage λ it wants, at any price, to hold contracts worth

    p D(p) = min(β (1 − p/V)⁺, λ) · W(p)⁺                                                      (1)

At the limit it must sell when the price falls: there dD/dp = −λ C / p² > 0, since C < 0. That is a margin call of a
venue that asks for an initial margin 1/λ at every step. Investors judge by an average of returns and move

    r ← (1 − a) r + a (W / W₋ − 1),        F = max(b (r − r_b), −1) · W                        (2)

USD into the fund (out where negative), W₋ its wealth at the end of the step before. Below a fraction of the wealth it
began with a fund is bankrupt: it sells out in the next auction, what is left goes to its investors, and a new fund with
the same aggression takes its place after some steps. Its account is an ordinary one (:mod:`agents.account.account`):
posted collateral, liquidation and losses below bankruptcy are the exchange's.

Source: Thurner, Farmer and Geanakoplos (2012), Leverage causes fat tails and clustered volatility, Quantitative Finance
12:695-707. Their mispricing is V − p with V = 1, here relative to V.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import equity_of, touch
from agents.core.column import Column, RowAgent
from agents.core.kernel import inline, rule
from agents.core.ledger import OUTSIDE, TRADER, WALLET, WHOLE, Book, pay, transfer
from agents.core.table import Accounts, Blocks, Exchanges, ValueFunds
from agents.exchange.exchange import put_collateral

TRADING = -1


class Mandate(NamedTuple):
    """What all funds have in common: the parameters of the same names in the scenario's value-fund section."""

    leverage: float  # 1, maximal
    wealth: float  # USD, that a fund begins with
    benchmark: float  # 1 per step, performance at which investors neither add nor withdraw
    sensitivity: float  # 1, part of wealth added per unit of performance above it
    memory: float  # 1, weight of the newest return in performance
    ruin: float  # 1, share of its first wealth below which a fund is bankrupt
    absence: int  # steps until a new fund takes a bankrupt one's place


class ValueFund(RowAgent):
    """One value-investing fund."""

    account = Column("i8", "row", "its account among the traders'")
    aggression = Column("f8", "1, > 0", "leverage per unit of relative mispricing")
    wealth = Column("f8", "USD", "wealth at the end of the last step, flows included")
    performance = Column("f8", "1 per step", "average return investors go by")
    cash = Column("f8", "USD, a loan < 0", "wealth less contracts at the price, as of the last auction")
    back = Column("i8", "step", "step at whose end a new fund takes its place, -1 while it trades")
    failures = Column("f8", "bankruptcies", "bankruptcies so far")


@rule
def wanted_leverage(aggression: float, price: float, value: float, limit: float) -> float:
    """Return leverage (1), min(β (1 − p/V)⁺, λ).

    Parameters
    ----------
    aggression : 1, > 0, leverage per unit of relative mispricing.
    price, value : USD per contract, > 0.
    limit : 1, maximal leverage.
    """
    return min(aggression * max(1.0 - price / value, 0.0), limit)


@rule
def wanted_contracts(
    aggression: float, price: float, value: float, limit: float, cash: float, held: float
) -> float:  # fmt: skip
    """Return the demand (1) in contracts, zero where wealth is not positive.

    Parameters
    ----------
    aggression : 1, > 0, leverage per unit of relative mispricing.
    price, value : USD per contract, > 0.
    limit : 1, maximal leverage.
    cash : USD, a loan < 0.
    held : contracts >= 0, that it has.
    """
    return wanted_leverage(aggression, price, value, limit) * max(cash + held * price, 0.0) / price


@rule
def average_return(average: float, memory: float, newest: float) -> float:
    """Return the performance (2), (1 − a) r + a · newest return."""
    return (1.0 - memory) * average + memory * newest


@rule
def flow(performance: float, benchmark: float, sensitivity: float, wealth: float) -> float:
    """Return what investors add (2), USD, negative where they withdraw: at most all there is.

    Parameters
    ----------
    performance, benchmark : 1 per step, average return, and that at which nothing is moved.
    sensitivity : 1, part of wealth added per unit of performance above the benchmark.
    wealth : USD, of the fund.
    """
    return max(sensitivity * (performance - benchmark), -1.0) * max(wealth, 0.0)


@rule
def post_all(accounts: Accounts, blocks: Blocks, book: Book, row: int, i: int) -> None:
    """Post all money of an account's owner as collateral.

    Parameters
    ----------
    accounts, blocks, book : tables of the run; wallet, collateral and ledger are written.
    row : the account's row.
    i : its protocol.
    """
    amount = accounts.wallet[row]
    if amount > 0.0:
        put_collateral(accounts, blocks, row, amount)
        pay(book, WALLET, TRADER, i, amount)


@rule
def worth(accounts: Accounts, exchange: Exchanges, row: int, i: int) -> float:
    """Return equity and wallet of an account at the mark, USD.

    Parameters
    ----------
    accounts, exchange : tables of the run, read.
    row : the account's row.
    i : its protocol.
    """
    return equity_of(accounts, row, exchange.mark[i], exchange.funding_index[i]) + accounts.wallet[row]


@rule
def settle_to_mark(accounts: Accounts, blocks: Blocks, exchange: Exchanges, row: int, i: int) -> None:
    """Turn unrealised profit into collateral: equity stays, the entry becomes the mark. Cash values do not change.

    Collateral is never negative: a loss beyond it is carried in the entry price, as after any fill.

    Parameters
    ----------
    accounts, blocks, exchange : tables of the run; collateral, entry, level and realised profit are written.
    row : the account's row.
    i : its protocol.
    """
    settled = worth(accounts, exchange, row, i) - accounts.wallet[row]
    posted = max(settled, 0.0)
    accounts.realised[row] += posted - accounts.collateral[row]
    accounts.collateral[row] = posted
    accounts.entry_price[row], accounts.entry_funding[row] = exchange.mark[i], exchange.funding_index[i]
    if settled < 0.0 and accounts.size[row] != 0.0:
        accounts.entry_price[row] -= settled / accounts.size[row]
    touch(accounts, blocks, row)


@rule
def add_money(accounts: Accounts, blocks: Blocks, book: Book, row: int, i: int, amount: float) -> None:
    """Let investors add money to a fund's collateral, or withdraw it, USD.

    Parameters
    ----------
    accounts, blocks, book : tables of the run; collateral and ledger are written.
    row : the account's row.
    i : its protocol.
    amount : USD, withdrawn < 0.
    """
    accounts.collateral[row] += amount
    transfer(book, OUTSIDE, WHOLE, TRADER, i, amount)
    touch(accounts, blocks, row)


@inline
def judge_fund(
    accounts: Accounts,
    blocks: Blocks,
    exchange: Exchanges,
    book: Book,
    funds: ValueFunds,
    mandate: Mandate,
    h: int,
    i: int,
    step: int,
) -> None:
    """Update a trading fund's performance; let its investors move money, or declare it bankrupt.

    Parameters
    ----------
    accounts, blocks, exchange, book, funds : tables of the run; account, ledger and the fund's record are written.
    mandate : what all funds have in common.
    h : the fund's row.
    i : protocol its account is at.
    step : present step.
    """
    row = funds.account[h]
    settle_to_mark(accounts, blocks, exchange, row, i)
    wealth = accounts.collateral[row] + accounts.wallet[row]
    if wealth <= mandate.ruin * mandate.wealth:
        funds.back[h], funds.wealth[h] = step + mandate.absence, wealth
        funds.failures[h] += 1.0
    else:
        post_all(accounts, blocks, book, row, i)
        funds.performance[h] = average_return(funds.performance[h], mandate.memory, wealth / funds.wealth[h] - 1.0)
        added = flow(funds.performance[h], mandate.benchmark, mandate.sensitivity, wealth)
        add_money(accounts, blocks, book, row, i, added)
        funds.wealth[h] = wealth + added


@inline
def replace_fund(
    accounts: Accounts,
    blocks: Blocks,
    exchange: Exchanges,
    book: Book,
    funds: ValueFunds,
    mandate: Mandate,
    h: int,
    i: int,
    step: int,
) -> None:
    """Pay a bankrupt fund that has sold out to its investors, and let a new one begin when the time has come.

    Parameters
    ----------
    accounts, blocks, exchange, book, funds : tables of the run; account, ledger and the fund's record are written.
    mandate : what all funds have in common.
    h : the fund's row.
    i : protocol its account is at.
    step : present step.
    """
    row = funds.account[h]
    if accounts.size[row] == 0.0:
        post_all(accounts, blocks, book, row, i)
        add_money(accounts, blocks, book, row, i, -accounts.collateral[row])
        funds.wealth[h] = 0.0
        if step >= funds.back[h]:
            add_money(accounts, blocks, book, row, i, mandate.wealth)
            funds.back[h], funds.performance[h], funds.wealth[h] = TRADING, 0.0, mandate.wealth


def make_value_funds(rows: np.ndarray, aggression: np.ndarray, wealth: float) -> ValueFunds:
    """Return the funds' records at the start; `rows` of their accounts and `aggression`, (funds,)."""
    funds = ValueFund.make_table(len(rows))
    funds.account[:], funds.aggression[:], funds.wealth[:], funds.back[:] = rows, aggression, wealth, TRADING
    return funds
