"""Liquidity providers: owners of the protocols' vaults, who may run.

The vault takes the other side of every trade and earns a share of the fees; its equity is

    E = cash value + vault contracts · (mark − funding index)                                  (1)

A row is the stake of one owner in one vault: a share s of it is worth s E. The owner redeems there when its strain
exceeds its tolerance τ, lowered where the protocol's backstop is thin (by up to σ of it, h the fund's health):

    (1 − share price) + losses elsewhere / all it put in + strain  >  τ (1 − σ (1 − h)⁺)       (2)

Losses elsewhere are those of the same owner's other stakes, and the protocol's strain is volatility's and alarm's
(:mod:`model.market.confidence`). A running provider redeems a fraction of its shares each step; where the vault has a
cooldown it asks for all of them, waits in the queue, bears what losses come meanwhile, and is paid at the price of the
day, or takes the request back when calm has returned. Where a vault lets out no more than a part of its equity a step,
the queue is paid first come first served. It puts money back slowly when the strain is below half of that.
Depth follows the shares outstanding, so a run thins the market for everybody. Units: USD, shares.

References: Goldstein and Pauzner (2004), J. Economic Theory 119:151, on contagion through investors' wealth; cooldowns
of Hyperliquid's HLP (4 days) and of Drift's vault (13 days).
"""

from typing import Protocol

import numpy as np

from agents.core.column import Column, RowAgent
from agents.core.kernel import rule
from agents.core.ledger import PROVIDER, VAULT, Book, pay
from agents.core.rank import descending
from agents.core.table import Exchanges, Protocols, Providers


class LiquidityProvider(RowAgent):
    """The stake of one provider of liquidity in the vault of one listing."""

    listing = Column("i8", "index", "listing whose vault it supplies")
    owner = Column("i8", "index", "who owns the stake; owners of several vaults have several rows")
    shares = Column("f8", "shares, >= 0", "vault shares owned")
    cash = Column("f8", "USD, >= 0", "money outside the vault")
    tolerance = Column("f8", "1, > 0", "fall of the share price that makes it run")
    deposited = Column("f8", "USD", "deposits less redemptions")
    start = Column("f8", "USD, >= 0", "put in at the start")
    requested = Column("f8", "shares, >= 0", "asked to be redeemed, waiting in the queue")
    wait = Column("f8", "steps", "time the request still has to wait; below zero, time since it was due")

    def after_change(self) -> None:
        """Book a change of cash made from Python as money from or to the outside world."""
        self.model.after_provider_change()


class ProviderTerms(Protocol):
    """The constants of a run that providers read (``Terms`` of :mod:`model.market.fee`)."""

    @property
    def speed(self) -> float:
        """Fraction of a stake redeemed per step by who runs."""

    @property
    def back(self) -> float:
        """Fraction of cash put back per step in calm."""

    @property
    def sensitivity(self) -> float:
        """Falls of the share price that a fund without money counts for."""

    @property
    def cooldown(self) -> float:
        """Steps between asking and being paid."""

    @property
    def exit(self) -> float:
        """Part of its equity that a vault lets out in a step; 1: no limit."""


@rule
def vault_equity(cash_value: float, contracts: float, mark: float, funding_index: float) -> float:
    """Return the vault's equity (1), USD.

    Parameters
    ----------
    cash_value : USD, either sign, of the vault in the ledger.
    contracts : short < 0, that the vault holds.
    mark : USD per contract, > 0.
    funding_index : USD per contract, funding owed by a long so far.
    """
    return cash_value + contracts * (mark - funding_index)


@rule
def runs(strain: float, tolerance: float, fund_health: float, sensitivity: float) -> bool:
    """Tell whether a provider redeems, by (2).

    Parameters
    ----------
    strain : left side of (2), 0 at the start.
    fund_health : backstop behind the protocol over its start, 1 at the start.
    sensitivity : how far an empty backstop lowers tolerance: to (1 − sensitivity) of it.
    """
    missing = 1.0 - min(max(fund_health, 0.0), 1.0)
    return strain > tolerance * (1.0 - sensitivity * missing)


@rule
def content(
    requested: float, deposited: float, strain: float, tolerance: float, fund_health: float, sensitivity: float
) -> bool:  # fmt: skip
    """Tell whether a provider stays as it is: nothing asked for, nothing to put back, and no reason to run.

    Parameters
    ----------
    requested : shares >= 0, waiting in the queue.
    deposited : USD, deposits less redemptions.
    strain : left side of (2), falls of the share price.
    tolerance : 1, > 0, fall of the share price that makes it run.
    fund_health : 1, backstop behind the protocol over its start.
    sensitivity : 1, how far an empty backstop lowers tolerance.
    """
    return requested <= 0.0 and deposited >= 0.0 and not runs(strain, tolerance, fund_health, sensitivity)


@rule
def profit(shares: float, price: float, deposited: float, start: float) -> float:
    """Return what a stake has gained since the start, USD; a vault below water owes its owners nothing.

    Parameters
    ----------
    shares : >= 0, owned.
    price : USD per share.
    deposited : USD, deposits less redemptions.
    start : USD >= 0, put in at the start.
    """
    return shares * max(price, 0.0) - deposited - start


@rule
def loss_elsewhere(own: float, whole: float, start: float) -> float:
    """Return the losses of an owner's other stakes over all it put in at the start, >= 0.

    Parameters
    ----------
    own, whole : profit of this stake and of all stakes of the owner, USD.
    start : put in at the start, all stakes, USD.
    """
    return max(own - whole, 0.0) / start if start > 0.0 else 0.0


@rule
def redeem(providers: Providers, vault: Exchanges, book: Book, row: int, shares: float, price: float) -> None:
    """Redeem shares (negative: buy) at `price` USD each.

    Parameters
    ----------
    providers, vault, book : tables of the run; shares, cash, deposits and ledger are written.
    row : the stake's row.
    shares : redeemed, bought < 0.
    price : USD per share, > 0.
    """
    i = providers.listing[row]
    amount = shares * price
    providers.shares[row] -= shares
    providers.cash[row] += amount
    providers.deposited[row] -= amount
    vault.vault_shares[i] -= shares
    pay(book, VAULT, PROVIDER, i, amount)


@rule
def leave(
    providers: Providers, vault: Exchanges, book: Book, row: int, price: float, speed: float, cooldown: float,
    capped: bool,
) -> None:  # fmt: skip
    """Redeem a fraction `speed` of a stake; where there is a queue ask for all of it, and be paid later.

    Parameters
    ----------
    cooldown : steps, 0 for none.
    capped : whether the vault lets out only so much a step.
    """
    if cooldown <= 0.0 and not capped:
        redeem(providers, vault, book, row, providers.shares[row] * speed, price)
    elif providers.requested[row] <= 0.0:
        providers.requested[row], providers.wait[row] = providers.shares[row], cooldown


@rule
def queue(providers: Providers, vault: Exchanges, book: Book, row: int, price: float, calm: bool, capped: bool) -> None:
    """Move a waiting request on by a step: taken back in calm, paid when its time has come, or in its turn.

    Parameters
    ----------
    providers, vault, book : tables of the run; the request is written, and what redeeming moves.
    row : the stake's row.
    price : USD per share, > 0.
    calm : whether the provider no longer wants its money back.
    capped : whether the vault lets out only so much a step: a request that is due then waits for its turn.
    """
    if calm:
        providers.requested[row] = providers.wait[row] = 0.0
        return
    providers.wait[row] = providers.wait[row] - 1.0 if capped else max(providers.wait[row] - 1.0, 0.0)
    if providers.wait[row] <= 0.0 and not capped:
        redeem(providers, vault, book, row, min(providers.requested[row], providers.shares[row]), price)
        providers.requested[row] = 0.0


@rule
def queue_of(providers: Providers) -> np.ndarray:
    """Return the rows whose requests are due, longest due first, equals in order of row; n log n steps."""
    due, count = np.empty(providers.shape[0], np.int64), 0
    for row in range(providers.shape[0]):
        if providers.requested[row] > 0.0 and providers.wait[row] < 0.5:
            due[count] = row
            count += 1
    return due[:count][descending(-providers.wait[due[:count]])]


@rule
def serve_request(
    providers: Providers, vault: Exchanges, book: Book, row: int, open_profit: float, room: float
) -> float:  # fmt: skip
    """Pay one request out of `room` USD, the last one in part; return what is left for the next.

    Parameters
    ----------
    providers, vault, book : tables of the run; the request is written, and what redeeming moves.
    row : the stake's row.
    open_profit : USD, either sign, what the vault's contracts have gained beyond its cash value.
    room : USD > 0, that the vault may still let out in this step.
    """
    i = providers.listing[row]
    price = (book.balance[VAULT, i] + open_profit) / max(vault.vault_shares[i], 1.0)
    if price <= 0.0:
        return 0.0
    asked = min(providers.requested[row], providers.shares[row])
    paid = min(asked, room / price)
    redeem(providers, vault, book, row, paid, price)
    providers.requested[row] = asked - paid
    return room - paid * price if paid == asked else 0.0


@rule
def serve_queues(
    providers: Providers, vault: Exchanges, protocol: Protocols, book: Book, open_profit: np.ndarray, rate: float
) -> None:
    """Pay requests that are due, first come first served, up to a part `rate` of each vault's equity.

    Parameters
    ----------
    providers, vault, book : tables of the run, written.
    protocol : who is halted, read.
    open_profit : (listings,) what each vault's contracts have gained beyond its cash value, USD.
    rate : 1 per step, part of its equity that a vault lets out.
    """
    room = np.zeros(open_profit.shape[0])
    for i in range(room.shape[0]):
        halted = protocol.halted[vault.protocol[i]]
        room[i] = rate * max(book.balance[VAULT, i] + open_profit[i], 0.0) if halted == 0 else 0.0
    for row in queue_of(providers):
        i = providers.listing[row]
        if room[i] > 0.0:
            room[i] = serve_request(providers, vault, book, row, open_profit[i], room[i])


@rule
def provider_step(
    providers: Providers, vault: Exchanges, book: Book, row: int, equity: float, health: float, strain: float,
    terms: ProviderTerms,
) -> None:  # fmt: skip
    """Let one provider of a vault whose protocol trades redeem, put money back, or wait.

    Parameters
    ----------
    vault : the listings' records, with shares outstanding; a share was worth 1 USD at the start.
    equity : what the vault can pay out of, USD.
    strain : what presses the owner next to the price of this share, in falls of it.
    terms : `speed`, `back`, fraction redeemed, fraction of cash put back, per step; `sensitivity`; `cooldown`, steps;
        `exit`, part of its equity a vault lets out in a step, 1 for no limit.
    """
    i = providers.listing[row]
    price = equity / max(vault.vault_shares[i], 1.0)
    if price <= 0.0:
        return
    pressed, tolerance = 1.0 - price + strain, providers.tolerance[row]
    calm = not runs(pressed, 0.5 * tolerance, health, terms.sensitivity)
    if providers.requested[row] > 0.0:
        queue(providers, vault, book, row, price, calm, terms.exit < 1.0)
    elif runs(pressed, tolerance, health, terms.sensitivity):
        leave(
            providers=providers, vault=vault, book=book, row=row, price=price, speed=terms.speed,
            cooldown=terms.cooldown, capped=terms.exit < 1.0,
        )  # fmt: skip
    elif providers.deposited[row] < 0.0 and calm:
        back = min(providers.cash[row], -providers.deposited[row]) * terms.back
        redeem(providers, vault, book, row, -back / price, price)
