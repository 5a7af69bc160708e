"""What a loss regime works on: the accounts of all protocols, their exchanges, vaults and the ledger, in one bundle."""

from typing import NamedTuple

from agents.core.ledger import Book
from agents.core.table import Accounts, Blocks, Exchanges, Tiers


class Venue(NamedTuple):
    """State that loss regimes read and change; kernels take it whole."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    book: Book
    tiers: Tiers
