"""The value-investing funds of a run: their accounts, their first money, and the constants of their auction.

Their accounts are guest accounts (:mod:`agents.account.account`): only the auction trades for them. A run without
them pays nothing.
"""

from typing import Any

import numpy as np

from agents.account.account import GUEST
from agents.core.ledger import SET_UP, WALLET
from agents.trader.value_fund import Mandate, make_value_funds
from model.market.auction import Auction
from model.scenario import Scenario
from model.scenario.parameter import per_item


def make_auction(scenario: Scenario, value: np.ndarray) -> Auction | None:
    """Return the constants of the auction; None where there are no funds. `value` (assets,) USD per contract."""
    terms = scenario.value_fund
    if not terms.number:
        return None
    mandate = Mandate(**{name: getattr(terms, name) for name in Mandate._fields})
    return Auction(mandate, value, terms.supply / value, scenario.exchange.trading_fee)


class ValueInvesting:
    """Funds and auction of one run.

    Parameters
    ----------
    ecosystem : whose tables it works on.

    Attributes
    ----------
    funds : the funds' records, protocol by protocol.
    terms : constants of their auction; None where there are none.
    """

    def __init__(self, ecosystem: Any) -> None:
        scenario = ecosystem.scenario
        terms, members = scenario.value_fund, len(ecosystem.exchange)
        self.ecosystem = ecosystem
        self.terms = make_auction(scenario, np.array(ecosystem.tape.initial_price))
        first = np.arange(members) * ecosystem.slots_per_protocol + scenario.trader.number + scenario.trader.reserve
        rows = (first[:, None] + np.arange(terms.number)).ravel()
        self.funds = make_value_funds(rows, np.tile(per_item(terms.aggression, terms.number), members), terms.wealth)
        if terms.number:
            self._open(rows, terms.wealth)

    def _open(self, rows: np.ndarray, wealth: float) -> None:
        """Open the funds' accounts with money from outside."""
        eco = self.ecosystem
        eco.accounts.status[rows], eco.accounts.wallet[rows] = GUEST, wealth
        eco.accounts.leverage[rows] = eco.scenario.value_fund.leverage
        eco.ledger.enter(WALLET, wealth * np.bincount(rows // eco.slots_per_protocol, minlength=len(eco.exchange)))
        eco.reconcile(SET_UP)
