"""The burden of a run's deficit: who bore which share, and how unequally.

Every USD of deficit D ends somewhere, so the shares add up to 1 (all are 0 where nothing was lost):

    D = Σ layers + traders + vault + frozen + bad debt                                          (1)

Layers are the protocols' columns ``paid_*``: own fund, skin in the game, pool and so on, and the treasury where it pays
bad debt; after them what paid such debt later or in default: recalled money (``late``), ``claims``, ``outsiders`` who
recapitalised, and the ``creditors``, protocols whose money clearing gave to customers. What a tear-up cut from
customers and vault of a failed protocol is theirs, ``customers`` and ``vault``. What the loss regime and its fallback
collected is split: on **winners** whatever they took from accounts, less what was above the need (levies reach every
open position, so "winners" are then all who paid); on **frozen** debt what still awaits repayment; and on the **vault**
the rest, fees that repaid frozen debt included; late money that repaid frozen debt is a layer and not collected.
**Flat-leverage winners** had positions smaller than their equity, leverage below 1 at the start: those whom a ranking
by leverage should spare, and 10 October 2025 did not (median leverage 0.43).

Gini coefficient and top share are taken over the accounts that paid. Units: USD, shares and fractions in [0, 1].
"""

import numpy as np

from agents.core.ledger import BAD_DEBT, FROZEN_DEBT
from agents.core.table import Accounts, Protocols
from agents.trader.strategy import STRATEGIES

HEDGER = list(STRATEGIES).index("hedger")
FLAT = 1.0
LAYER = "paid_"
REGIMES = ("regime", "fallback")

Array = np.ndarray
Metrics = dict[str, float]


def gini(values: Array) -> float:
    """Return the Gini coefficient of non-negative values; 0 for none or for all zero."""
    ordered = np.sort(values)
    total = ordered.sum()
    if not total > 0:
        return 0.0
    rank = np.arange(1, len(ordered) + 1)
    return float(2.0 * (rank * ordered).sum() / (len(ordered) * total) - (len(ordered) + 1) / len(ordered))


def top_share(values: Array, count: int) -> float:
    """Return the share of the `count` largest in the sum; 0 where the sum is zero."""
    total = values.sum()
    return float(np.sort(values)[::-1][:count].sum() / total) if total > 0 else 0.0


def burden_metrics(accounts: Accounts, protocol: Protocols, balance: Array, leverage: Array) -> Metrics:
    """Return who bore the deficit, how concentrated it was among accounts, and what regimes did to them.

    Parameters
    ----------
    accounts, protocol : tables of a run.
    balance : (accounts of the ledger, protocols) USD.
    leverage : (rows,) at the start of the run, before haircuts lowered it.
    """
    flat = float(accounts.haircut[leverage < FLAT].sum())
    return {
        **concentration(accounts.haircut, flat),
        **shares(protocol, balance, float(accounts.haircut.sum()), flat),
        **intrusion(accounts, protocol),
    }


def concentration(haircut: Array, flat: float) -> Metrics:
    """Return how much accounts bore, (rows,) USD, how many they were, how unequally; `flat` USD of flat leverage."""
    borne = haircut[haircut > 0]
    return {
        "haircut": float(borne.sum()),
        "haircut_accounts": float(len(borne)),
        "haircut_gini": gini(borne),
        "haircut_top10": top_share(borne, 10),
        "haircut_low_leverage_share": flat / float(borne.sum()) if len(borne) else 0.0,
    }


def shares(protocol: Protocols, balance: Array, haircut: float, flat: float) -> Metrics:
    """Return the shares of the deficit by (1), named ``borne_*``.

    Parameters
    ----------
    protocol : table with ``deficit``, ``overshoot`` and a column ``paid_*`` per layer.
    balance : (accounts of the ledger, protocols) USD.
    haircut, flat : USD taken from all accounts, and from those of flat leverage.
    """
    paid = {name.removeprefix(LAYER): float(protocol[name].sum()) for name in _layers(protocol)}
    collected = sum(paid.pop(name) for name in REGIMES) - float(protocol.thawed.sum())
    torn_up = paid["customers"], paid.pop("providers")
    winners = min(max(haircut - torn_up[0] - float(protocol.overshoot.sum()), 0.0), collected)
    frozen = min(float(-balance[FROZEN_DEBT].sum()), collected - winners)
    amounts = {
        **paid,
        "winners": winners,
        "flat_winners": winners * flat / haircut if haircut > 0 else 0.0,
        "vault": collected - winners - frozen + torn_up[1],
        "frozen": frozen,
        "bad_debt": float(-balance[BAD_DEBT].sum()),
    }
    deficit = float(protocol.deficit.sum())
    return {f"borne_{name}": amount / deficit if deficit > 0 else 0.0 for name, amount in amounts.items()}


def intrusion(accounts: Accounts, protocol: Protocols) -> Metrics:
    """Return what regimes did to accounts beyond taking money: greatest cut, overshoot, positions and hedges closed."""
    closed = accounts.deleveraged > 0
    return {
        "largest_cut": float(accounts.cut.max(initial=0.0)),
        "overshoot": float(protocol.overshoot.sum()),
        "deleveraged": float(accounts.deleveraged.sum()),
        "deleveraged_accounts": float(closed.sum()),
        "hedges_broken": float((closed & (accounts.strategy == HEDGER)).sum()),
    }


def _layers(protocol: Protocols) -> list[str]:
    return [name for name in protocol.dtype.names if name.startswith(LAYER)]
