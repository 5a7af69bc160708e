"""Frozen debt: nobody pays, and nobody can withdraw until fees have repaid the debt.

While debt is open, money that went to wallets in a step goes back to the owners' collateral, and all fees of the
protocol repay the debt before anybody else gets a share (Perp v2 ``CH_IIC``: a liquidation that the fund cannot pay
reverts, the debt stays, withdrawals wait). When it is repaid, accounts without a position get their collateral back.
Units: USD.
"""

import numpy as np

from agents.account.account import BLOCK, touch
from agents.core.books import Venue
from agents.core.kernel import kernel
from agents.core.ledger import FROZEN_DEBT, LIQUIDATION_FEE, TRADER, TRADING_FEE, WALLET, pay
from model.backstop.loss_regime.carried import CarriedDebt


class FrozenDebt(CarriedDebt):
    """Withdrawals are gated while debt is open; fees repay it."""

    def serve(self, venue: Venue, protocol: int, withdrawn: np.ndarray) -> None:
        """Put withdrawals back, repay debt from fees, and open the gate where none is left."""
        put_back(venue, protocol, withdrawn)
        balance = venue.book.balance
        for fees in (LIQUIDATION_FEE, TRADING_FEE):
            paid = min(balance[fees, protocol], -balance[FROZEN_DEBT, protocol])
            balance[fees, protocol] -= paid
            balance[FROZEN_DEBT, protocol] += paid
        if not balance[FROZEN_DEBT, protocol] < 0.0:
            self.release(venue, protocol)

    def release(self, venue: Venue, protocol: int) -> None:
        """Open the gate."""
        open_gate(venue, protocol)


@kernel
def put_back(venue: Venue, protocol: int, amounts: np.ndarray) -> None:
    """Move `amounts`, (slots,) USD, from wallets to collateral."""
    accounts, first = venue.accounts, protocol * amounts.shape[0]
    for slot in range(amounts.shape[0]):
        if amounts[slot] > 0.0:
            row = first + slot
            accounts.wallet[row] -= amounts[slot]
            accounts.collateral[row] += amounts[slot]
            pay(venue.book, WALLET, TRADER, protocol, amounts[slot])
            touch(accounts, venue.blocks, row)


def open_gate(venue: Venue, protocol: int) -> None:
    """Return the collateral of accounts without a position to their wallets."""
    accounts, slots = venue.accounts, len(venue.accounts.size) // len(venue.exchange)
    first = protocol * slots
    held = accounts.collateral[first : first + slots]
    rows = first + np.flatnonzero((accounts.size[first : first + slots] == 0.0) & (held > 0.0))
    freed = accounts.collateral[rows]
    accounts.wallet[rows] += freed
    accounts.collateral[rows] = 0.0
    venue.blocks["stale"][rows // BLOCK] = 1
    venue.book.balance[TRADER, protocol] -= freed.sum()
    venue.book.balance[WALLET, protocol] += freed.sum()
