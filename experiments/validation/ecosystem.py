"""Claims put to the whole model, reduced by configuration to the setting of the source."""

from typing import Any

import numpy as np

from experiments.validation.claim import claim
from experiments.validation.contagion import ACEMOGLU, ACEMOGLU_COUNTS, TEN
from model.ecosystem import Ecosystem
from model.scenario import Scenario

WHOLE = "Phase transition, by the whole model"
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
    "steps": 1,
}


def defaults(shape: str, shock: float) -> float:
    """Return how many protocols default in one step: treasuries of a, exploits of v and, at the first, v + `shock`.

    There are no traders, hence no market, and nobody pays; a − ε against v is a against v + ε.
    """
    n, a, v = int(TEN["n"]), TEN["a"], TEN["v"]
    terms: dict[str, Any] = {
        "protocol.number": n,
        "protocol.treasury_ratio": a / 100.0,
        "exposure.weight": TEN["y"] / a,
    }
    ecosystem = Ecosystem(Scenario().replace(BARE | terms | GENERATED[shape]))
    loss = np.full((1, n), v * MILLION)
    loss[0, 0] += shock * MILLION
    ecosystem.tape = ecosystem.tape._replace(exploit=loss)
    ecosystem.step()
    return float(ecosystem.protocol.status.sum())


for _shape in GENERATED:
    for _case, (_shock, _count) in enumerate(zip((0.35, 0.55, 1.001), ACEMOGLU_COUNTS[_shape], strict=True)):
        claim(
            WHOLE, f"protocols of 10 in default, {_shape.replace('_', ' ')}, shock {_shock}", _count, ACEMOGLU,
            key=f"clearing_phase_transition/cases/{_case}/{_shape}",
        )(lambda shape=_shape, shock=_shock: defaults(shape, shock))  # fmt: skip
