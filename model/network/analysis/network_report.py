"""What the exposure network of a run looks like before anything fails: central nodes, and how much it can amplify.

A protocol's outside assets are its treasury, its own fund and what its customers, traders and providers, have placed
with it; to the customers it owes what they placed. Its buffer is its treasury, the capital that absorbs losses on
exposures. With these DebtRank (:mod:`model.network.analysis.centrality`) tells whose default would hit the others
hardest, and the bound of Glasserman and Young (:mod:`model.network.analysis.amplification`) how much the ties can add
to expected losses.
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from agents.core.ledger import FUND, TREASURY, Ledger
from agents.core.table import Exchanges, Matrix
from model.network.analysis.amplification import amplification_bound, connectivity
from model.network.analysis.centrality import Centrality, centrality
from model.network.clearing import settle
from model.network.contagion import Contagion
from model.scenario import Scenario
from model.scenario.section.exposure import ExposureSection

LEAST_BUFFER = 1.0


class Indebted(Protocol):
    """What the report reads of a :class:`model.engine.engine.Engine`."""

    ledger: Ledger
    exchange: Exchanges

    @property
    def contagion(self) -> Contagion:
        """Who owes whom."""

    @property
    def scenario(self) -> Scenario:
        """All parameters."""

    def vault_equity(self) -> np.ndarray:
        """Return each vault's equity, (protocols,) USD."""


class NetworkReport(NamedTuple):
    """The exposures of P protocols."""

    centrality: Centrality  # measures of every protocol
    connectivity: np.ndarray  # (P,) 1, part of its debts that each owes to other protocols
    amplification_bound: float  # 1, largest ratio of expected losses with ties to those without
    waves: list[list[list[int]]]  # for each protocol, who fails in which wave when its treasury is lost

    @property
    def most_central(self) -> int:
        """Index of the protocol whose default hits the others hardest."""
        return self.centrality.most_central()


def network_report(ecosystem: Indebted, default_probability: ArrayLike) -> NetworkReport:
    """Return the report on an ecosystem's exposures as they are now.

    Parameters
    ----------
    ecosystem : a :class:`model.engine.engine.Engine`, as a rule before its first step.
    default_probability : (P,) in [0, 1], that a protocol fails of its own losses, from a pilot or a guess.
    """
    owed, balance = ecosystem.contagion.liabilities, ecosystem.ledger.own
    rules, customers = ecosystem.scenario.exposure, customers_claims(ecosystem)
    assets = balance[TREASURY] + balance[FUND] + customers
    return NetworkReport(
        centrality(owed, np.maximum(balance[TREASURY], LEAST_BUFFER)),
        connectivity(owed, customers),
        amplification_bound(owed, assets, customers, default_probability),
        [_waves(owed, balance[TREASURY], i, rules) for i in range(len(customers))],
    )


def customers_claims(ecosystem: Indebted) -> np.ndarray:
    """Return what traders and providers have placed with each protocol, (P,) USD >= 0."""
    claims = np.maximum(ecosystem.exchange.collateral + ecosystem.vault_equity(), 0.0)
    return np.bincount(ecosystem.exchange.protocol, claims, ecosystem.ledger.own.shape[1])


def _waves(owed: Matrix, treasury: np.ndarray, failed: int, rules: ExposureSection) -> list[list[int]]:
    """Return who fails in which wave when `failed` loses its treasury and owes customers as much again."""
    alone = np.arange(len(treasury)) == failed
    debt = np.where(alone, treasury + owed[:, failed].sum() + LEAST_BUFFER, 0.0)
    left = np.where(alone, 0.0, treasury)
    return settle(owed, left, rules.alpha, rules.beta, debt, rules.seniority).by_wave()
