"""The value-investing funds of a run: their accounts, their first money, and their auction in phase 4.

Their accounts are guest accounts (:mod:`agents.account.account`): only the auction trades for them. A run without
them pays nothing.
"""

from typing import Any

import numpy as np

from agents.account.account import GUEST
from agents.core.column import bare
from agents.core.fast_call import FastCall
from agents.core.ledger import SET_UP, WALLET
from agents.trader.value_fund import Mandate, make_value_funds
from model.market.auction import auction
from model.scenario.parameter import per_item


class ValueInvesting:
    """Funds and auction of one run.

    Parameters
    ----------
    ecosystem : whose tables it works on.

    Attributes
    ----------
    funds : the funds' records, protocol by protocol.
    """

    def __init__(self, ecosystem: Any) -> None:
        scenario = ecosystem.scenario
        terms, members = scenario.value_fund, len(ecosystem.exchange)
        self.ecosystem, self._auction = ecosystem, FastCall(auction)
        self.mandate = Mandate(**{name: getattr(terms, name) for name in Mandate._fields})
        self.value = np.array(ecosystem.tape.initial_price)
        self.supply = terms.supply / self.value
        first = np.arange(members) * ecosystem.slots_per_protocol + scenario.trader.number + scenario.trader.reserve
        rows = (first[:, None] + np.arange(terms.number)).ravel()
        self.funds = make_value_funds(rows, np.tile(per_item(terms.aggression, terms.number), members), terms.wealth)
        self._table = bare(self.funds)
        if terms.number:
            self._open(rows, terms.wealth)

    def _open(self, rows: np.ndarray, wealth: float) -> None:
        """Open the funds' accounts with money from outside."""
        eco = self.ecosystem
        eco.accounts.status[rows], eco.accounts.wallet[rows] = GUEST, wealth
        eco.accounts.leverage[rows] = eco.scenario.value_fund.leverage
        eco.ledger.enter(WALLET, wealth * np.bincount(rows // eco.slots_per_protocol, minlength=len(eco.exchange)))
        eco.reconcile(SET_UP)

    def trade(self, oracle_error: np.ndarray, step: int) -> None:
        """Run the auction, if there are funds."""
        if len(self.funds):
            eco, tables = self.ecosystem, self.ecosystem.tables
            self._auction(
                eco.accounts, tables.blocks, tables.exchange, tables.protocol, tables.market, eco.ledger.book,
                self._table, self.mandate, self.value, self.supply, eco.scenario.exchange.trading_fee,
                oracle_error, step,
            )  # fmt: skip
            eco.ledger.stop_if_broken(step)
