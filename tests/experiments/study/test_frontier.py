"""Claims about the frontier: who is on it, and that the command draws and tells it."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.cli.main import main
from experiments.results.sweep.table import REGIME, STRUCTURE
from experiments.study.comparison.callable_capital import callable_capital
from experiments.study.phase.frontier import RATIO, arrangements, undominated, with_callable
from tests.support.world import small

SMALL = ("trader.number=20", "protocol.number=3", "steps=6", "provider.number=2")


def test_the_frontier_by_hand():
    amounts = np.array([[1.0, 5.0], [2.0, 5.0], [2.0, 1.0], [1.0, 5.0], [3.0, 0.5]])
    assert undominated(amounts).tolist() == [True, False, True, True, True]


@given(arrays(float, (9, 3), elements=st.integers(0, 4).map(float)))
def test_each_that_is_off_the_frontier_is_beaten_by_one_on_it(amounts):
    best = undominated(amounts)
    assert best.any()
    for row in amounts[~best]:
        assert any((row >= other).all() and (row > other).any() for other in amounts[best])


def runs(structure, ratio, callable_, uncovered):
    """Return eight runs of an arrangement; the scenario's capital is 7.2M for each 0.0075 of open interest."""
    return pd.DataFrame(
        {STRUCTURE: structure, REGIME: "adl", RATIO: ratio, "capital": ratio * 960e6, "callable_capital": callable_,
         "uncovered": np.linspace(0.0, uncovered, 8), "deficit": 1e7, "borne_winners": 0.0}
    )  # fmt: skip


def test_a_mutual_and_a_pool_of_the_same_callable_capital_stand_at_the_same_place():
    table = pd.concat([runs("mutual", 0.0075, 7.2e6, 1e6), runs("pooled", 0.0075, 7.2e6, 1e6)])
    mutual, pooled = arrangements(table)
    assert mutual.callable_capital == pooled.callable_capital == 7.2e6
    assert mutual.best and pooled.best


def test_a_mutual_that_calls_beyond_its_capital_is_not_the_best_of_that_capital():
    """7.2M of contributions and as much again twice over in assessments do what 14.4M in a pool do as well."""
    table = pd.concat(
        [runs("mutual", 0.0075, 21.6e6, 0.0), runs("pooled", 0.0075, 7.2e6, 3e6), runs("pooled", 0.015, 14.4e6, 0.0)]
    )
    mutual, small_pool, large_pool = arrangements(table)
    assert mutual.capital == small_pool.capital == pytest.approx(7.2e6)
    assert not mutual.best and small_pool.best and large_pool.best


def test_callable_capital_is_the_runs_own_or_else_the_scenarios():
    """3 protocols, 1.5 % of their interest; a quarter of treasuries of 2 % is skin; a survivor is assessed twice."""
    base = small(protocol__open_interest=(100e6,), protocol__treasury_ratio=0.02, protocol__skin_in_the_game=0.25)
    changes = {"backstop.structure": "mutual", "backstop.assessment": 2.0}
    assert callable_capital(base) == pytest.approx(4.5e6 + 1.5e6)
    assert callable_capital(base.replace({"backstop.structure": "pooled"})) == pytest.approx(6e6)
    assert callable_capital(base.replace({"backstop.structure": "none"})) == pytest.approx(1.5e6)
    assert callable_capital(base.replace(changes)) == pytest.approx(4.5e6 + 6e6)  # treasuries are less than 0.5M + 3M
    assert callable_capital(base.replace(changes | {"backstop.assessment": 0.5})) == pytest.approx(4.5e6 + 3.75e6)
    table = pd.concat([runs("pooled", 0.01, 1.0, 0.0), runs("pooled", 0.02, 1.0, 0.0)])
    assert with_callable(table, base, (STRUCTURE, RATIO)) is table
    found = with_callable(table.drop(columns="callable_capital"), base, (STRUCTURE, RATIO))
    assert sorted(set(found["callable_capital"])) == pytest.approx([3e6 + 1.5e6, 6e6 + 1.5e6])


def test_the_command_draws_every_pair(tmp_path):
    chosen = ("--structure", "isolated", "--structure", "pooled", "--regime", "adl", "--regime", "bad_debt")
    settings = [word for setting in SMALL for word in ("--set", setting)]
    options = ("--replications", "2", "--capital", "backstop.capital_ratio=0.001,0.01", "--json", "--process", "gbm")
    result = CliRunner().invoke(main, ["frontier", *chosen, *settings, *options, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert len(rows) == 8 and any(row["best"] for row in rows)
    assert len({row["callable_capital"] for row in rows if row["ratio"] == 0.01}) == 1
    assert all(row["callable_capital"] > row["capital"] for row in rows)  # with skin in the game
    # The mean of the worst one of two runs has no interval but the number of runs it rests on.
    assert all((row["low"], row["high"], row["tail_runs"], row["number"]) == (None, None, 1, 2) for row in rows)
    assert {path.suffix for path in (tmp_path / "out").glob("frontier.*")} == {".png", ".pdf", ".svg", ".csv"}
    wrong = CliRunner().invoke(main, ["frontier", "--structure", "poold", "--out", str(tmp_path / "no")])
    assert wrong.exit_code == 2 and "pooled" in wrong.stderr and not (tmp_path / "no").exists()
