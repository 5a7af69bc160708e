"""Liquidity providers: owners of a protocol's vault, who may run.

The vault takes the other side of every trade and earns a share of the fees; its equity is

    E = cash value + vault contracts · (mark − funding index)                                  (1)

A provider with a share s of the vault owns s E. It runs when the share price has fallen from its start by more than
its tolerance, lowered where the protocol's backstop is thin; a running provider redeems a fraction of its shares each
step and puts money back slowly when the price has recovered. Depth follows the shares outstanding, so a run thins the
market for everybody. Units: USD, shares.
"""

from typing import Any

from agents.column import Column, RowAgent
from agents.kernel import rule
from agents.ledger import PROVIDER, VAULT, pay


class LiquidityProvider(RowAgent):
    """One provider of liquidity to one protocol's vault."""

    protocol = Column("i8", "index", "protocol whose vault it supplies")
    shares = Column("f8", "shares, >= 0", "vault shares owned")
    cash = Column("f8", "USD, >= 0", "money outside the vault")
    tolerance = Column("f8", "1, > 0", "fall of the share price that makes it run")
    deposited = Column("f8", "USD", "deposits less redemptions")

    def after_change(self) -> None:
        """Book a change of cash made from Python as money from or to the outside world."""
        self.model.after_provider_change()


@rule
def vault_equity(cash_value: float, contracts: float, mark: float, funding_index: float) -> float:
    """Return the vault's equity (1), USD."""
    return cash_value + contracts * (mark - funding_index)


@rule
def runs(share_price: float, tolerance: float, fund_health: float, sensitivity: float) -> bool:
    """Tell whether a provider redeems.

    Parameters
    ----------
    share_price : relative to the start, 1 at the start.
    fund_health : backstop behind the protocol over its start, 1 at the start.
    sensitivity : how far an empty backstop lowers tolerance: to (1 − sensitivity) of it.
    """
    missing = 1.0 - min(max(fund_health, 0.0), 1.0)
    return 1.0 - share_price > tolerance * (1.0 - sensitivity * missing)


@rule
def redeem(providers: Any, vault: Any, book: Any, row: int, shares: float, price: float) -> None:
    """Redeem shares (negative: buy) at `price` USD each."""
    i = providers.protocol[row]
    amount = shares * price
    providers.shares[row] -= shares
    providers.cash[row] += amount
    providers.deposited[row] -= amount
    vault.shares[i] -= shares
    pay(book, VAULT, PROVIDER, i, amount)


@rule
def provider_step(
    providers: Any,
    vault: Any,
    book: Any,
    row: int,
    equity: float,
    health: float,
    speed: float,
    back: float,
    sensitivity: float,
) -> None:
    """Let one provider redeem, put money back, or wait, as it must while its protocol is halted.

    Parameters
    ----------
    vault : the protocols' records, with `shares` outstanding; a share was worth 1 USD at the start.
    equity : what the vault can pay out of, USD.
    speed, back : fraction redeemed, fraction of cash put back, per step.
    """
    i = providers.protocol[row]
    price = equity / max(vault.shares[i], 1.0)
    if price <= 0.0 or vault.halted[i] > 0:
        return
    if runs(price, providers.tolerance[row], health, sensitivity):
        redeem(providers, vault, book, row, providers.shares[row] * speed, price)
    elif providers.deposited[row] < 0.0 and not runs(price, 0.5 * providers.tolerance[row], health, sensitivity):
        redeem(
            providers,
            vault,
            book,
            row,
            -min(providers.cash[row], -providers.deposited[row]) * back / price,
            price,
        )
