"""Phase 5: liquidation rounds. Flag → keepers choose → fills move the price → re-mark → again.

All positions served in a round are filled together, at the average of the path their joint flow makes, so a round does
not depend on the order of accounts. Rounds go on until nobody is flagged whom a keeper will serve. What closing a part
leaves is in :mod:`model.market.liquidation.failing`; where a venue closes accounts by a sequence of its own, without
keepers or with the backstop before a sale, phase 5 is :mod:`model.market.liquidation.sequence`.
"""

import numpy as np

from agents.account.account import total
from agents.core.kernel import inline
from agents.core.ledger import Book
from agents.core.rank import descending
from agents.core.table import Accounts, Blocks, Exchanges, Keepers, Markets, Tiers
from agents.exchange.control.takeover import sweep
from agents.exchange.keeper import Jobs, assign_row, set_capacity
from model.market.liquidation.failing import Tariff, end_liquidations, find_failing, liquidate_part, to_sell
from model.market.market import MarketRule, mark_all, move_all


def make_jobs(rows: int, keepers: int, protocols: int) -> Jobs:
    """Return room for one round's assignments: every row once, and once more where a keeper's capacity ends."""
    room = rows + keepers * protocols
    return Jobs(np.zeros(room, np.int32), np.zeros(room, np.int16), np.zeros(room))


@inline
def assign(
    accounts: Accounts, exchange: Exchanges, keepers: Keepers, remaining: np.ndarray, tiers: Tiers, tariff: Tariff,
    gas: float, step: int, flagged: np.ndarray, found: int, jobs: Jobs,
) -> int:  # fmt: skip
    """Let keepers choose among the flagged rows, largest notional of each protocol first; return the number of jobs.

    Parameters
    ----------
    accounts, exchange, keepers : tables of the run; the step of a partial liquidation is written.
    remaining : (keepers, protocols) USD left to each keeper; written.
    tiers : the schedule of margins.
    tariff : bounty and rule of partial liquidation.
    gas : USD per liquidation, >= 0, before a keeper's own multiple.
    step : present step.
    flagged : (rows,) accounts, the first `found` of them, in order of slot.
    found : number of flagged accounts.
    jobs : written, from the first on.
    """
    slots = accounts.size.shape[0] // exchange.shape[0]
    count = first = 0
    while first < found:
        i = flagged[first] // slots
        last = first
        while last < found and flagged[last] // slots == i:
            last += 1
        rows = flagged[first:last].copy()
        keeper = 0
        for position in descending(np.abs(accounts.size[rows])):
            row = rows[position]
            wanted = to_sell(accounts, exchange, tiers, tariff, row, i, step)
            before = count
            keeper, count = assign_row(
                keepers=keepers, remaining=remaining, protocol=i, size=wanted, mark=exchange.mark[i],
                bounty=tariff.bounty[i], gas=gas, row=row, first=keeper, jobs=jobs, count=count,
            )  # fmt: skip
            if count > before and wanted < abs(accounts.size[row]):
                accounts.partial_step[row] = step + 1
        first = last
    return count


@inline
def execute(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, keepers: Keepers, book: Book,
    rules: MarketRule, tariff: Tariff, gas: float, jobs: Jobs, count: int,
) -> None:  # fmt: skip
    """Fill one round's jobs together: joint flow, one price path per asset, then each part.

    Parameters
    ----------
    accounts, blocks, exchange, market, keepers, book : tables of the run, written.
    rules : constants of the market.
    tariff : bounty and surcharge.
    gas : USD per liquidation, >= 0, before a keeper's own multiple.
    jobs : the round's liquidations, the first `count` of them.
    count : number of jobs.
    """
    slots = accounts.size.shape[0] // exchange.shape[0]
    for k in range(market.shape[0]):
        market.flow[k] = 0.0
    for job in range(count):
        row = jobs.row[job]
        market.flow[exchange.book[row // slots]] -= np.sign(accounts.size[row]) * jobs.contracts[job]
    move_all(market, rules)
    for job in range(count):
        liquidate_part(
            accounts=accounts, blocks=blocks, exchange=exchange, market=market, keepers=keepers, book=book,
            tariff=tariff, gas=gas, row=jobs.row[job], keeper=jobs.keeper[job], contracts=jobs.contracts[job],
        )  # fmt: skip


@inline
def liquidate(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, keepers: Keepers, book: Book,
    tiers: Tiers, rules: MarketRule, tariff: Tariff, gas: float, step: int, factor: np.ndarray,
    oracle_error: np.ndarray, remaining: np.ndarray, flagged: np.ndarray, jobs: Jobs,
) -> int:  # fmt: skip
    """Run liquidation rounds until nobody flagged is served; return the number of rounds.

    Parameters
    ----------
    accounts, blocks, exchange, market, keepers, book : tables of the run, written.
    tiers : the schedule of margins.
    rules : constants of the market.
    tariff : what liquidation costs and how far it goes.
    gas : USD per liquidation, >= 0, before a keeper's own multiple.
    step : present step.
    factor : (protocols,) share of keepers' capacity left, in [0, 1].
    oracle_error : (listings,) 1, relative error of the mark, > -1.
    remaining : (keepers, protocols) USD, room for what is left to each keeper.
    flagged : (rows,) room for accounts below maintenance margin.
    jobs : room for one round's liquidations.
    """
    done = 0
    found = find_failing(accounts, blocks, exchange, book, tiers, tariff, flagged)
    if found > 0:
        set_capacity(keepers, exchange, factor, remaining)
    found = sweep(
        accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, tiers=tiers,
        terms=tariff.takeover, flagged=flagged, found=found,
    )  # fmt: skip
    while found > 0 and done < tariff.rounds:
        count = assign(
            accounts=accounts, exchange=exchange, keepers=keepers, remaining=remaining, tiers=tiers, tariff=tariff,
            gas=gas, step=step, flagged=flagged, found=found, jobs=jobs,
        )  # fmt: skip
        if count == 0:
            break
        execute(
            accounts=accounts, blocks=blocks, exchange=exchange, market=market, keepers=keepers, book=book, rules=rules,
            tariff=tariff, gas=gas, jobs=jobs, count=count,
        )  # fmt: skip
        mark_all(market, exchange, oracle_error)
        total(accounts, blocks, exchange)
        found = find_failing(accounts, blocks, exchange, book, tiers, tariff, flagged)
        found = sweep(
            accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, tiers=tiers,
            terms=tariff.takeover, flagged=flagged, found=found,
        )  # fmt: skip
        done += 1
    end_liquidations(accounts, exchange, market, keepers, book, flagged, found)
    return done
