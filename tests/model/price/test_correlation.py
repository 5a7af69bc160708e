"""Correlations between assets: a matrix or loadings on factors in place of one number, checked and drawn as given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.price.process.innovation import by_loading, by_matrix, innovations, price_innovations
from model.price.streams import Streams
from model.price.tape import draw_tape
from model.scenario import Scenario, ScenarioError
from model.scenario.check.correlation import lower_factor, matrix_problems
from model.scenario.check.unused import unused

MATRIX = [[1.0, 0.8, -0.3], [0.8, 1.0, 0.1], [-0.3, 0.1, 1.0]]
LOADING = [[0.9, 0.1], [0.9, -0.1], [0.3, 0.8]]


def problem(changes) -> str:
    """Return why `changes` are refused, in one line."""
    with pytest.raises(ScenarioError) as caught:
        Scenario().replace({"price.process": "gbm"} | changes, "given")
    [line] = caught.value.problems
    return line


def test_the_factor_of_two_assets_by_hand():
    assert lower_factor([[1.0, 0.6], [0.6, 1.0]]) == [[1.0, 0.0], [0.6, 0.8]]
    assert lower_factor([[1.0, 1.0], [1.0, 1.0]]) == [[1.0, 0.0], [1.0, 0.0]]
    assert lower_factor([[1.0, 2.0], [2.0, 1.0]]) is None


@given(arrays(float, (4, 2), elements=st.floats(-1.0, 1.0)))
def test_every_matrix_that_some_assets_have_is_allowed_and_factored(draws):
    """Of full rank or not: R = V Vᵀ with rows of unit length."""
    rows = np.where(np.abs(draws).max(axis=1, keepdims=True) < 1e-3, 1.0, draws)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    matrix = rows @ rows.T
    np.fill_diagonal(matrix, 1.0)
    assert list(matrix_problems(matrix.tolist())) == []
    lower = np.array(lower_factor(matrix.tolist()))
    assert lower @ lower.T == pytest.approx(matrix, abs=1e-5)
    assert (np.triu(lower, 1) == 0.0).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"asset.correlation_matrix": [[1.0, 0.5]]}, "row 0 has 2 values for 1 rows: a square matrix is needed"),
        ({"asset.correlation_matrix": [[1, 0.5, 0], [0.4, 1, 0], [0, 0, 1]]}, "row 1 has 0.4 at 0, row 0 has 0.5 at 1"),
        ({"asset.correlation_matrix": [[1, 0, 0], [0, 0.9, 0], [0, 0, 1]]}, "row 1 has 0.9 on the diagonal: 1 is"),
        ({"asset.correlation_matrix": [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]}, "not positive semidefinite"),
        ({"asset.correlation_matrix": [[1.0, 0.5], [0.5, 1.0]]}, "has 2 rows, and none for XRP; allowed: one for each"),
        ({"asset.correlation_matrix": [[1, 7], [7, 1]]}, "7, 7: allowed: -1 to 1 (a correlation)"),
        ({"asset.correlation_matrix": [[True]]}, "a number is needed"),
        ({"asset.factor_loading": [[0.8, 0.7], [0.1, 0.1], [0.1, 0.1]]}, "row 0: the squares sum to 1.13: at most 1"),
        ({"asset.factor_loading": [[0.8], [0.1, 0.1], [0.1]]}, "rows differ in length"),
        ({"asset.factor_loading": [[0.8], [0.1]]}, "has 2 rows, and none for XRP"),
        ({"asset.factor_loading": LOADING, "asset.correlation_matrix": MATRIX}, "both say how assets correlate"),
        ({"asset.factor_loading": LOADING, "asset.correlation": 0.5}, "factor_loading and correlation both say"),
    ],
)
def test_what_is_no_correlation_is_refused_in_one_line(changes, said):
    assert said in problem(changes)


def test_drawn_innovations_correlate_as_the_matrix_says():
    scenario = Scenario().replace({"price.process": "gbm", "asset.correlation_matrix": MATRIX})
    z = price_innovations(scenario, Streams(1, 0), 200_000)
    assert np.corrcoef(z.T) == pytest.approx(np.array(MATRIX), abs=0.01)
    assert z.mean(axis=0) == pytest.approx(0.0, abs=0.01) and z.std(axis=0) == pytest.approx(1.0, abs=0.01)


def test_drawn_innovations_correlate_as_the_loadings_say():
    scenario = Scenario().replace({"price.process": "gbm", "asset.factor_loading": LOADING})
    z = price_innovations(scenario, Streams(1, 0), 200_000)
    loading = np.array(LOADING)
    wanted = loading @ loading.T
    np.fill_diagonal(wanted, 1.0)
    assert np.corrcoef(z.T) == pytest.approx(wanted, abs=0.01)
    assert z.std(axis=0) == pytest.approx(1.0, abs=0.01)


def test_one_factor_says_the_same_by_number_and_by_loading():
    plain = innovations(Streams(3, 1), "price", 0.36, 50, 3)
    assert by_loading(Streams(3, 1), "price", np.full((3, 1), 0.6), 50) == pytest.approx(plain, rel=1e-12)


def test_unit_matrix_leaves_assets_their_own_draws():
    z = by_matrix(Streams(3, 1), "price", np.eye(3).tolist(), 50)
    plain = innovations(Streams(3, 1), "price", 0.0, 50, 3)
    assert (z[:, 1:] == plain[:, 1:]).all()


def test_a_row_goes_with_its_asset_wherever_that_stands():
    changes = {"price.process": "gbm", "asset.correlation_matrix": MATRIX}
    asset = Scenario().replace(changes).asset
    assert asset.matrix(("XRPUSDT", "BTCUSDT")) == ((1.0, -0.3), (-0.3, 1.0))
    assert asset.lacking(2, ("XRPUSDT", "BTCUSDT")) == ["XRPUSDT"]


def test_rows_beyond_the_assets_are_told():
    changes = {"price.process": "gbm", "asset.correlation_matrix": np.eye(4).tolist()}
    assert unused(Scenario().replace(changes)) == [
        "asset.correlation_matrix has 4 values for 3 assets: the last 1 are not used"
    ]


@pytest.mark.parametrize("process", ["gbm", "garch", "jump_diffusion", "stochastic_volatility", "noise_demand"])
def test_every_process_takes_the_matrix(process):
    changes = {"price.process": process, "steps": 30, "asset.correlation_matrix": [[1.0] * 3] * 3}
    moves = draw_tape(Scenario().replace(changes), 0).log_return
    assert np.isfinite(moves).all() and np.abs(moves).max() > 0.0


def test_a_scenario_with_rows_is_written_and_read_again():
    scenario = Scenario().replace({"price.process": "gbm", "asset.correlation_matrix": MATRIX})
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario
