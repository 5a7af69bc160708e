"""Phase 8: fees, premiums and liquidity providers.

Trading fees are shared among vault, backstop and treasury; liquidation fees go to the backstop. What the backstop
receives is split between a member's own fund and its pool as the structure splits capital; what would lift it above its
target size goes to the treasury. Members pay the pool's premium from their funds; providers redeem or come back. What
else a fund does, if it does, is in :mod:`model.backstop.fund`. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.audit import money_there, reconcile
from agents.core.kernel import inline, rule
from agents.core.ledger import (
    CAPITAL,
    FUND,
    LENT,
    LIQUIDATION_FEE,
    OUTSIDE,
    POOL,
    PROVIDER,
    TRADING_FEE,
    TREASURY,
    VAULT,
    WHOLE,
    Book,
    Code,
    check,
    pay,
    transfer,
)
from agents.core.table import Exchanges, Pools, Protocols, Providers
from agents.protocol.standby import Backing, healths
from agents.provider.liquidity_provider import (
    content,
    loss_elsewhere,
    profit,
    provider_step,
    serve_queues,
    vault_equity,
)
from agents.provider.vault_closing import cancel_shares, settle_vaults
from agents.reinsurer.reinsurer import collect_premium


class CapitalTerms(NamedTuple):
    """Constants of the capital phase."""

    vault: np.ndarray  # (listings,) share of a trading fee that goes to the vault
    fund: np.ndarray  # (listings,) share of a trading fee that goes to fund and pool
    own_share: np.ndarray  # (members,) of that, the share that stays in the own fund
    holds: bool  # whether there are funds or pools
    premium: float  # 1 per year of open interest, 0 where none is flat
    minutes: float  # length of a step
    speed: float  # 1 per step, share of a stake withdrawn by who runs
    back: float  # 1 per step, share of a withdrawal that returns
    sensitivity: float  # 1, of providers to the health of funds
    pool_of: np.ndarray  # (members,) index of each one's pool
    target: np.ndarray  # (members,) USD, size above which a fund takes no contributions
    vaults: int  # vaults a provider has stakes in
    cooldown: float  # steps between asking and being paid
    exit: float  # 1 per step, most that may leave a vault; 1 for no limit
    wealth: float  # 1, of providers to losses elsewhere
    strain: np.ndarray  # (listings,) what providers hear of others, written by the confidence phase


@rule
def contribute(
    book: Book, protocol: Protocols, pool: Pools, entitlement: np.ndarray, p: int, account: Code, i: int,
    amount: float, terms: CapitalTerms,
) -> None:  # fmt: skip
    """Split income of the backstop between own fund and pool; what exceeds the target size is the treasury's.

    Parameters
    ----------
    book, protocol, pool : of the run; balances, income and contributions are written.
    entitlement : (members,) USD, what each owns of its pool; written.
    p : protocol.
    account, i : of the ledger and its column, that the income is on: a listing.
    amount : USD, >= 0.
    terms : constants.
    """
    if not terms.holds:
        transfer(book, account, i, OUTSIDE, WHOLE, amount)
        return
    held = book.balance[FUND, p] + book.balance[LENT, p] + entitlement[p]
    spill = min(amount, max(held + amount - terms.target[p], 0.0))
    transfer(book, account, i, TREASURY, p, spill)
    shared = (amount - spill) * (1.0 - terms.own_share[p])
    transfer(book, account, i, FUND, p, amount - spill - shared)
    transfer(book, account, i, POOL, terms.pool_of[p], shared)
    pool.contributions[terms.pool_of[p]] += shared
    entitlement[p] += shared
    protocol.income[p] += amount - spill


@inline
def share_fees(
    book: Book, exchange: Exchanges, protocol: Protocols, pool: Pools, entitlement: np.ndarray, i: int,
    terms: CapitalTerms,
) -> None:  # fmt: skip
    """Distribute one listing's fees of this step.

    Parameters
    ----------
    book, protocol, pool : of the run; balances, income and contributions are written.
    exchange : whose listing it is, read.
    entitlement : (members,) USD, what each owns of its pool; written.
    i : listing.
    terms : constants.
    """
    p = exchange.protocol[i]
    fees = book.balance[TRADING_FEE, i]
    to_vault, to_fund = fees * terms.vault[i], fees * terms.fund[i]
    pay(book, TRADING_FEE, VAULT, i, to_vault)
    contribute(
        book=book, protocol=protocol, pool=pool, entitlement=entitlement, p=p, account=TRADING_FEE, i=i,
        amount=to_fund, terms=terms,
    )  # fmt: skip
    transfer(book, TRADING_FEE, i, TREASURY, p, book.balance[TRADING_FEE, i])
    contribute(
        book=book, protocol=protocol, pool=pool, entitlement=entitlement, p=p, account=LIQUIDATION_FEE, i=i,
        amount=book.balance[LIQUIDATION_FEE, i], terms=terms,
    )  # fmt: skip
    book.balance[TRADING_FEE, i] = book.balance[LIQUIDATION_FEE, i] = 0.0


@inline
def losses_elsewhere(
    exchange: Exchanges, providers: Providers, book: Book, open_profit: np.ndarray, weight: float
) -> np.ndarray:
    """Return what losses in other vaults add to the strain of each stake, (stakes,) falls of the share price.

    Parameters
    ----------
    exchange, providers, book : of the run, read.
    open_profit : (listings,) USD, what each vault's contracts have gained beyond its cash value.
    weight : 1, >= 0, of providers to losses elsewhere.
    """
    listings, owners, shares = providers.listing, providers.owner, providers.shares
    deposits, starts, number = providers.deposited, providers.start, open_profit.shape[0]
    gained, start, found = np.zeros(owners.shape[0]), np.zeros(owners.shape[0]), np.zeros(owners.shape[0])
    price = np.zeros(number)
    for i in range(number):
        price[i] = (book.balance[VAULT, i] + open_profit[i]) / max(exchange.vault_shares[i], 1.0)
    for row in range(owners.shape[0]):
        found[row] = profit(shares[row], price[listings[row]], deposits[row], starts[row])
        gained[owners[row]] += found[row]
        start[owners[row]] += starts[row]
    for row in range(owners.shape[0]):
        found[row] = weight * loss_elsewhere(found[row], gained[owners[row]], start[owners[row]])
    return found


@inline
def serve_providers(
    exchange: Exchanges, protocol: Protocols, providers: Providers, book: Book, backing: Backing, terms: CapitalTerms
) -> None:
    """Let every provider redeem, come back or wait, and compare their cash with its control account.

    Parameters
    ----------
    exchange, protocol, providers, book : of the run; stakes, vault shares and balances are written.
    backing : the structure's, read.
    terms : constants.
    """
    number = exchange.shape[0]
    cash, open_profit, health = np.zeros(number), np.zeros(number), healths(book.balance, protocol, backing)
    wealth = np.zeros(providers.shape[0])
    for i in range(number):
        open_profit[i] = vault_equity(0.0, exchange.vault_size[i], exchange.mark[i], exchange.funding_index[i])
    if terms.vaults > 1:
        wealth = losses_elsewhere(exchange, providers, book, open_profit, terms.wealth)
    listings, money, tolerance = providers.listing, providers.cash, providers.tolerance
    requested, deposited, shares = providers.requested, providers.deposited, exchange.vault_shares
    closed, halted, owner = exchange.vault_closed, protocol.halted, exchange.protocol
    balance, strain, sensitivity = book.balance, terms.strain, terms.sensitivity
    for row in range(listings.shape[0]):
        i = listings[row]
        p = owner[i]
        if closed[i] > 0.0 or halted[p] > 0:
            continue
        equity, pressed = balance[VAULT, i] + open_profit[i], strain[i] + wealth[row]
        fall = 1.0 - equity / max(shares[i], 1.0) + pressed
        if not content(requested[row], deposited[row], fall, tolerance[row], health[p], sensitivity):
            provider_step(
                providers=providers, vault=exchange, book=book, row=row, equity=equity, health=health[p],
                strain=pressed, terms=terms,
            )  # fmt: skip
    if terms.exit < 1.0:
        serve_queues(providers, exchange, protocol, book, open_profit, terms.exit)
    for row in range(listings.shape[0]):
        cash[listings[row]] += money[row]
    there = money_there(book.balance)
    for i in range(number):
        check(book, CAPITAL, PROVIDER, i, cash[i] - book.balance[PROVIDER, i], there)


@inline
def settle_capital(
    exchange: Exchanges, protocol: Protocols, providers: Providers, pool: Pools, book: Book, backing: Backing,
    terms: CapitalTerms,
) -> None:  # fmt: skip
    """Run phase 8 for every protocol and every provider.

    Parameters
    ----------
    exchange, protocol, providers, pool, book : of the run, written.
    backing : the structure's; its entitlements are written.
    terms : constants.
    """
    members, entitlement = protocol.shape[0], backing.entitlement
    for i in range(exchange.shape[0]):
        share_fees(book, exchange, protocol, pool, entitlement, i, terms)
    if terms.premium > 0.0:
        paid = np.zeros(members)
        collect_premium(book, exchange, pool, terms.pool_of, paid, terms.premium, terms.minutes)
        for i in range(members):
            entitlement[i] += paid[i]
    cancel_shares(exchange, providers)
    serve_providers(exchange, protocol, providers, book, backing, terms)
    settle_vaults(exchange, book)
    reconcile(book, exchange, CAPITAL)
