"""Topics about contagion: clearing vectors, the phase transition of contagion, DebtRank."""

import numpy as np

from experiments.validation.case.kind import above_zero, amounts, count, from_zero, numbers, one_of, rows, within_unit
from experiments.validation.case.registry import Found, Given, topic
from experiments.validation.contagion import failing
from model.network.analysis.debtrank import VARIANTS, additional_stress, debtrank
from model.network.clearing import settle

SHAPES = ("ring", "complete", "half_ring_half_complete", "two_isolated_complete_blocks_of_5")
MOST_BANKS = 1_000


@topic(
    "clearing", ("payments", "equity", "defaults"), {"L": rows(), "e": amounts},
    {"alpha": within_unit, "beta": within_unit, "outside": amounts},
)  # fmt: skip
def cleared(given: Given) -> Found:
    """Debts ``L[i][j]`` of i to j are settled out of the assets `e`; banks are counted from 0."""
    outcome = settle(
        given["L"], given["e"], given.get("alpha", 1.0), given.get("beta", 1.0), outside=given.get("outside")
    )
    return {"payments": outcome.payments, "equity": outcome.equity, "defaults": np.flatnonzero(outcome.default)}


@topic(
    "clearing_phase_transition", SHAPES,
    {"n": count(MOST_BANKS), "a": from_zero, "v": from_zero, "y": above_zero, "eps": from_zero},
)  # fmt: skip
def failed(given: Given) -> Found:
    """Count who fails in networks of `n` banks when one return falls by `eps`; in the last one there are ten."""
    setting = {name: given[name] for name in ("n", "a", "v", "y")}
    shapes = SHAPES if given["n"] == 10 else SHAPES[:3]
    return {shape: failing(shape, given["eps"], **setting) for shape in shapes}


DISTRESS = {"leverage_matrix": rows(), "initial_distress": numbers}
VARIANT = {"variant": one_of(*VARIANTS)}


def distress(given: Given) -> np.ndarray:
    """Return the final distress; the leverage is given, so buffers are 1."""
    leverage = given["leverage_matrix"]
    return debtrank(leverage, np.ones(len(leverage)), given["initial_distress"], given.get("variant", "linear"))


@topic("debtrank", ("final_distress",), DISTRESS, VARIANT)
def final_distress(given: Given) -> Found:
    """Holder i's exposure to issuer j over i's capital is ``leverage_matrix[i][j]``."""
    return {"final_distress": distress(given)}


@topic("debtrank", ("additional_stress",), {**DISTRESS, "weight": amounts}, VARIANT)
def added_stress(given: Given) -> Found:
    """Weigh the distress added."""
    return {"additional_stress": additional_stress(distress(given), given["initial_distress"], given["weight"])}
