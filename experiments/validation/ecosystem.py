"""Claims put to the whole model, reduced by configuration to the setting of the source."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from agents.core.ledger import TREASURY
from experiments.statistics.statistic import Interval
from experiments.validation.claim import SEED, claim, simulated
from experiments.validation.contagion import ACEMOGLU, ACEMOGLU_COUNTS, DUFFIE_ZHU, TEN, WIDE, normal_change
from model.ecosystem import Ecosystem
from model.scenario import Scenario

WHOLE, NETTED = "Phase transition, by the whole model", "Netting, by the whole model"
MILLION = 1e6
GENERATED: dict[str, dict[str, Any]] = {
    "ring": {"exposure.graph": "ring", "exposure.degree": 1},
    "complete": {"exposure.graph": "complete"},
    "two_isolated_complete_blocks_of_5": {"exposure.graph": "blocks", "exposure.blocks": 2},
}
BARE: dict[str, Any] = {
    "trader.number": 0,
    "provider.number": 0,
    "keeper.number": 0,
    "backstop.structure": "none",
    "backstop.regime": "bad_debt",
    "protocol.skin_in_the_game": 0.0,
    "protocol.open_interest": (100.0 * MILLION,),
    "protocol.listings": (1,),
    "steps": 1,
}


def bare(terms: dict[str, Any], protocols: int, replication: int = 0) -> Ecosystem:
    """Return an ecosystem of balance sheets and debts only: nobody trades, nobody pays for others."""
    return Ecosystem(Scenario().replace(BARE | {"seed": SEED, "protocol.number": protocols} | terms), replication)


def hit(ecosystem: Ecosystem, loss: ArrayLike) -> Ecosystem:
    """Let protocols lose `loss`, (protocols,) USD, and make a step."""
    ecosystem.tape = ecosystem.tape._replace(exploit=np.array([loss]))
    ecosystem.step()
    return ecosystem


def defaults(shape: str, shock: float, *, n: float, a: float, v: float, y: float) -> float:
    """Return how many protocols default in one step: treasuries of a, exploits of v and, at the first, v + `shock`.

    There are no traders, hence no market, and nobody pays; a − ε against v is a against v + ε.

    Parameters
    ----------
    shape : of the exposure graph.
    shock : ε, in millions of USD.
    n : number of protocols.
    a, v, y : treasury, exploit and debt of each, in millions of USD.
    """
    loss = np.full(int(n), v * MILLION)
    loss[0] += shock * MILLION
    terms = {"protocol.treasury_ratio": a / 100.0, "exposure.weight": y / a}
    return float(hit(bare(terms | GENERATED[shape], int(n)), loss).protocol.status.sum())


for _shape in GENERATED:
    for _case, (_shock, _count) in enumerate(zip((0.35, 0.55, 1.001), ACEMOGLU_COUNTS[_shape], strict=True)):
        claim(
            WHOLE, f"protocols of 10 in default, {_shape.replace('_', ' ')}, shock {_shock}", _count, ACEMOGLU,
            key=f"clearing_phase_transition/cases/{_case}/{_shape}",
        )(lambda shape=_shape, shock=_shock: defaults(shape, shock, **TEN))  # fmt: skip

for _words, _shock, _counts in (("3 % below", 9.7, [19, 1]), ("1 % above", 10.1, [20, 20])):
    claim(
        WHOLE, f"protocols of 20 in default, ring and complete, {_words} n (a − v)", _counts,
        f"{ACEMOGLU}, propositions 4 and 6",
    )(lambda shock=_shock: [defaults(shape, shock, **WIDE) for shape in ("ring", "complete")])  # fmt: skip


def unpaid(n: int, classes: int, cleared: int, world: int) -> float:
    """Return what the surviving half of n protocols lose on claims on the other half, in claims of one class.

    Anyone who fails pays nothing. The loss is scaled to what one protocol has at stake with all others.

    Parameters
    ----------
    n : protocols, half of which fail.
    classes : of claims.
    cleared : of these, those that are netted by a central counterparty.
    world : which draw of the claims.
    """
    failing, weight, interest = np.arange(n) < n // 2, 0.1, BARE["protocol.open_interest"][0]
    terms = {"exposure.graph": "netted", "exposure.classes": classes, "exposure.cleared": cleared}
    terms |= {"exposure.weight": weight, "exposure.alpha": 0.0, "exposure.beta": 0.0, "protocol.treasury_ratio": 1.0}
    ecosystem = bare(terms, n, world)
    owed = ecosystem.contagion.liabilities
    whole = interest + owed.sum(axis=0) - owed.sum(axis=1)
    left = hit(ecosystem, np.where(failing, 10.0 * interest, 0.0)).ledger.own[TREASURY]
    pairs = failing.sum() * (~failing).sum()
    return float((whole - left)[~failing].sum() / (weight * interest) * (n - 1) ** 2 / pairs)


def loss_change(n: int, classes: int, worlds: int = 60) -> Interval:
    """Return how that loss changes when one class is cleared."""
    return simulated([unpaid(n, classes, 1, world) - unpaid(n, classes, 0, world) for world in range(worlds)])


for _n, _classes in ((20, 2), (10, 8)):
    _side = "more" if _classes > _n**2 / (4 * (_n - 1)) else "less"
    claim(
        NETTED, f"change of losses on failed protocols by clearing one class, N = {_n}, K = {_classes} ({_side})",
        normal_change(_n, _classes), DUFFIE_ZHU,
    )(lambda n=_n, classes=_classes: loss_change(n, classes))  # fmt: skip
