"""What a loss regime works on: the accounts of all protocols, their exchanges, vaults and the ledger, in one bundle."""

from typing import Any, NamedTuple


class Venue(NamedTuple):
    """State that loss regimes read and change; kernels take it whole."""

    accounts: Any  # agents.account.account.Accounts, columns of (rows,)
    blocks: Any  # structured array, (rows / BLOCK,)
    exchange: Any  # structured array, (protocols,)
    book: Any  # agents.core.ledger.Book
