"""The value-investing funds of a run: their accounts, their first money, and the constants of their auction.

Their accounts are guest accounts (:mod:`agents.account.account`): only the auction trades for them. A run without
them pays nothing.
"""

import numpy as np

from agents.account.account import GUEST
from agents.core.ledger import WALLET, Ledger
from agents.core.table import Accounts
from agents.trader.value_fund import Mandate, make_value_funds
from model.market.auction import Auction
from model.scenario import Scenario
from model.scenario.extent import by_listing, listing_counts, listing_traders
from model.scenario.parameter import per_item


def make_auction(scenario: Scenario, value: np.ndarray) -> Auction | None:
    """Return the constants of the auction; None where there are no funds. `value` (assets,) USD per contract."""
    terms = scenario.value_fund
    if not terms.number:
        return None
    mandate = Mandate(**{name: getattr(terms, name) for name in Mandate._fields})
    fee = np.array(by_listing(scenario, scenario.exchange.trading_fee))
    return Auction(mandate, value, terms.supply / value, fee)


class ValueInvesting:
    """Funds and auction of one run.

    Parameters
    ----------
    scenario : its value_fund section is read.
    value : (assets,) USD per contract, what funds hold an asset to be worth at the start.
    accounts : of the run, written: the funds' are opened with money from outside.
    ledger : through which it comes in.

    Attributes
    ----------
    funds : the funds' records, listing by listing.
    terms : constants of their auction; None where there are none.
    """

    def __init__(self, scenario: Scenario, value: np.ndarray, accounts: Accounts, ledger: Ledger) -> None:
        terms, listings = scenario.value_fund, sum(listing_counts(scenario))
        self.terms = make_auction(scenario, value)
        slots, traders = len(accounts.size) // listings, np.array(listing_traders(scenario))
        first = np.arange(listings) * slots + traders + scenario.trader.reserve
        rows = (first[:, None] + np.arange(terms.number)).ravel()
        self.funds = make_value_funds(rows, np.tile(per_item(terms.aggression, terms.number), listings), terms.wealth)
        if terms.number:
            accounts.status[rows], accounts.wallet[rows] = GUEST, terms.wealth
            accounts.leverage[rows] = terms.leverage
            ledger.enter(WALLET, terms.wealth * np.bincount(rows // slots, minlength=listings))
