"""Edges of definitions: every public function of networks, risk and allocation refuses what its source excludes."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from model.backstop.loss_regime import adl_close, adl_score, capped_pro_rata, clawback_rate, socialized_loss
from model.measure.risk import expected_shortfall, normal_risk, pareto_risk, student_risk, value_at_risk
from model.network.analysis.amplification import amplification_bound, connectivity, net_worth, system_loss
from model.network.analysis.centrality import centrality, impact
from model.network.analysis.cross_holding import cross_holdings_dependency, cross_holdings_value
from model.network.analysis.holding_report import holding_report
from model.network.clearing import additional_stress, clearing_vector, debtrank, settle
from model.network.netting import bilateral_exposure, cleared_exposure, net_debts

OWED = np.array([[0.0, 1.0, 0.5], [0.2, 0.0, 0.0], [0.0, 2.0, 0.0]])
HELD = np.array([[0.0, 0.5, 0.0], [0.2, 0.0, 0.3], [0.0, 0.1, 0.0]])
ONE, TWO = [1.0, 2.0, 3.0], [5.0, 6.0, 7.0]
HALF = [0.5, 0.2, 0.0]
DEBTS = {"liabilities": OWED, "external_assets": ONE, "alpha": 0.5, "beta": 0.5, "outside": HALF}
BOUND = {"liabilities": OWED, "outside_assets": TWO, "outside": HALF, "default_probability": HALF}
SHOCKED = {"liabilities": OWED, "outside_assets": TWO, "outside": HALF}
CLAIMS = np.array([OWED - OWED.T, OWED.T - OWED])
FUNCTIONS = {
    "clearing_vector": (clearing_vector, DEBTS),
    "settle": (settle, DEBTS),
    "debtrank": (debtrank, {"exposures": OWED, "buffers": ONE, "initial_distress": HALF}),
    "debtrank 2012": (
        lambda **given: debtrank(**given, variant="2012"),
        {"exposures": OWED, "buffers": ONE, "initial_distress": HALF},
    ),
    "additional_stress": (additional_stress, {"final": [0.6, 0.3, 0.1], "initial": HALF, "weights": ONE}),
    "cross_holdings_dependency": (cross_holdings_dependency, {"holdings": HELD}),
    "cross_holdings_value": (
        cross_holdings_value,
        {"holdings": HELD, "assets": ONE, "thresholds": HALF, "failure_costs": HALF},
    ),
    "holding_report": (
        holding_report,
        {"holdings": HELD, "assets": np.array(ONE), "threshold": 0.5, "failure_cost": 0.1},
    ),
    "centrality": (centrality, {"liabilities": OWED, "buffers": ONE}),
    "impact": (impact, {"liabilities": OWED, "buffers": ONE}),
    "connectivity": (connectivity, {"liabilities": OWED, "outside": HALF}),
    "amplification_bound": (amplification_bound, BOUND),
    "net_worth": (net_worth, SHOCKED),
    "system_loss": (system_loss, SHOCKED | {"shock": ONE}),
}
MATRICES = ("liabilities", "exposures", "holdings")
UNIT = ("default_probability", "initial_distress", "final", "initial")
NUMBERS = ("alpha", "beta", "threshold", "failure_cost")
MATRIX_FAULTS = {
    "not square": lambda m: m[:2],
    "one row": lambda m: m[0],
    "negative": lambda m: -m,
    "undefined": lambda m: np.where(m == 0.5, np.nan, m),
    "infinite": lambda m: np.where(m == 0.5, np.inf, m),
    "owes itself": lambda m: m + 0.01 * np.eye(len(m)),
    "empty": lambda m: m[:0, :0],
}
COLUMN_FAULTS = {
    "too short": lambda c: c[:2],
    "too long": lambda c: [*c, 0.5],
    "one number": lambda c: 0.5,
    "a table": lambda c: [c],
    "negative": lambda c: [-0.1, *c[1:]],
    "undefined": lambda c: [np.nan, *c[1:]],
    "infinite": lambda c: [np.inf, *c[1:]],
}
NUMBER_FAULTS = {"negative": -0.1, "above one": 1.1, "undefined": np.nan, "a list": [0.5, 0.5]}


def faults():
    """Yield (function, argument, fault, wrong value) for every argument of every function."""
    for name, (_, given) in FUNCTIONS.items():
        for argument, value in given.items():
            if argument in MATRICES:
                found = {fault: spoil(np.asarray(value)) for fault, spoil in MATRIX_FAULTS.items()}
            elif argument in NUMBERS:
                found = NUMBER_FAULTS
            else:
                found = {fault: spoil(list(value)) for fault, spoil in COLUMN_FAULTS.items()}
                found |= {"above one": [1.1, *list(value)[1:]]} if argument in UNIT else {}
                found |= {"zero": [0.0, *list(value)[1:]]} if argument == "buffers" else {}
            for fault, wrong in found.items():
                yield pytest.param(name, argument, wrong, id=f"{name}-{argument}-{fault}")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_right_is_taken_as_array_list_or_sparse_matrix(name):
    function, given = FUNCTIONS[name]
    matrices = [argument for argument in given if argument in MATRICES]
    expected = function(**given)
    for form in (csr_array, lambda m: m.tolist()):
        found = function(**given | {argument: form(np.asarray(given[argument])) for argument in matrices})
        np.testing.assert_array_equal(np.asarray(found[0]), np.asarray(expected[0])) if isinstance(
            expected, tuple
        ) else np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(("name", "argument", "wrong"), list(faults()))
def test_what_the_source_excludes_is_refused_in_one_line_that_names_it(name, argument, wrong):
    """Shapes, signs, numbers that are none, the diagonal, ranges, systems of nobody: alike in every function."""
    function, given = FUNCTIONS[name]
    with pytest.raises(ValueError, match=r"\w") as refused:
        function(**given | {argument: wrong})
    assert "\n" not in str(refused.value)
    sized_by_it = {"weights": ("final", "initial")}  # a wrong length shows in what is compared with it
    assert any(word in str(refused.value) for word in (argument, *sized_by_it.get(argument, ())))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: settle(OWED, ONE, seniority="junior"), "senior, pari_passu"),
        (lambda: centrality(OWED, ONE, "2015"), "linear, 2012"),
        (lambda: debtrank(OWED, ONE, HALF, rounds=-1), "rounds"),
        (lambda: debtrank(OWED, ONE, HALF, rounds=1.5), "rounds"),
        (lambda: additional_stress(HALF, HALF, [0.0, 0.0, 0.0]), "weights"),
        (lambda: cross_holdings_dependency([[0.0, 1.0], [0.0, 0.0]]), "outside holders"),
        (lambda: cross_holdings_value([[0.0, 0.7], [1.2, 0.0]], ONE[:2], ONE[:2], ONE[:2]), "outside holders"),
        (lambda: amplification_bound(OWED, [0.0] * 3, HALF, HALF), "outside_assets"),
        (lambda: system_loss(OWED, TWO, HALF, [5.1, 0.0, 0.0]), "shock"),
        (lambda: bilateral_exposure(np.zeros((0, 3, 3))), "claims"),
        (lambda: bilateral_exposure(np.zeros((2, 0, 0))), "claims"),
        (lambda: bilateral_exposure(np.where(CLAIMS > 0.7, np.nan, CLAIMS)), "claims"),
        (lambda: bilateral_exposure([[[0.0, np.inf], [-np.inf, 0.0]]]), "claims"),
        (lambda: bilateral_exposure([np.eye(2)]), "antisymmetric"),
        (lambda: cleared_exposure(CLAIMS, 2), "cleared"),
        (lambda: cleared_exposure(CLAIMS, -1), "cleared"),
        (lambda: net_debts(CLAIMS, 3), "cleared"),
        (lambda: net_debts(CLAIMS, 0.5), "cleared"),
        (lambda: value_at_risk([1.0, np.nan], 0.9), "losses"),
        (lambda: expected_shortfall([1.0], 0.0), "level"),
        (lambda: normal_risk(np.inf, 0.9), "sd"),
        (lambda: normal_risk(1.0, 0.9, np.nan), "mean"),
        (lambda: student_risk(1.0, 0.9, np.inf), "degrees"),
        (lambda: student_risk(1.0, 0.9, 4.0, np.inf), "mean"),
        (lambda: pareto_risk(np.inf, 0.9), "exponent"),
        (lambda: pareto_risk(2.0, 0.9, np.inf), "minimum"),
        (lambda: capped_pro_rata([-1.0, 1.0], 1.0, 1.0), "weights"),
        (lambda: capped_pro_rata([1.0, np.inf], 1.0, 1.0), "weights"),
        (lambda: capped_pro_rata([1.0, 1.0], [1.0, -1.0], 1.0), "caps"),
        (lambda: capped_pro_rata([1.0, 1.0], [1.0, np.nan], 1.0), "caps"),
        (lambda: capped_pro_rata([1.0, 1.0], 1.0, -1.0), "amount"),
        (lambda: capped_pro_rata([1.0, 1.0], 1.0, np.nan), "amount"),
        (lambda: adl_close([np.nan, 1.0], [1.0, 1.0], 1.0), "scores"),
        (lambda: adl_close([2.0, 1.0], [1.0, np.inf], 1.0), "sizes"),
        (lambda: adl_close([2.0, 1.0], [1.0, 1.0], -1.0), "quantity"),
        (lambda: adl_close([2.0, 1.0], [1.0, 1.0, 1.0], 1.0), "."),
        (lambda: adl_score("bitmex", entry=0.0, mark=1.0, equity=1.0), "entry"),
        (lambda: adl_score("bitmex", entry=1.0, mark=-1.0, equity=1.0), "mark"),
        (lambda: adl_score("okx", entry=1.0, mark=1.0, equity=1.0, maintenance=0.0), "maintenance"),
        (lambda: adl_score("bitmex", entry=1.0, mark=1.0, equity=np.nan), "equity"),
        (lambda: socialized_loss([1.0, -1.0], 1.0, 2.0), "gains"),
        (lambda: socialized_loss([1.0, 1.0], -1.0, 2.0), "collected"),
        (lambda: socialized_loss([1.0, 1.0], 1.0, 1.5), "owed"),
        (lambda: clawback_rate(-1.0, 0.0, [1.0]), "loss"),
        (lambda: clawback_rate(1.0, -1.0, [1.0]), "fund"),
        (lambda: clawback_rate(1.0, 0.0, [np.nan]), "profits"),
    ],
)
def test_what_has_no_meaning_is_refused(call, message):
    with pytest.raises(ValueError, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_a_protocol_alone_is_a_network():
    """One that owes nobody: everything is defined, nothing spreads."""
    alone = [[0.0]]
    assert settle(alone, [1.0], outside=[2.0]).default.tolist() == [True]
    assert debtrank(alone, [1.0], [0.5]).tolist() == [0.5]
    assert cross_holdings_dependency(alone).tolist() == [[1.0]]
    assert impact(alone, [1.0]).tolist() == [0.0]
    assert amplification_bound(alone, [1.0], [1.0], [0.5]) == pytest.approx(1.5)
