"""Claims about the frontier: who is on it, and that the command draws and tells it."""

import json

import numpy as np
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments.command_line import main
from experiments.phase.frontier import undominated

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


def test_the_command_draws_every_pair(tmp_path):
    chosen = ("--structure", "isolated", "--structure", "pooled", "--regime", "adl", "--regime", "bad_debt")
    settings = [word for setting in SMALL for word in ("--set", setting)]
    options = ("--replications", "2", "--capital", "backstop.capital_ratio=0.001,0.01", "--json", "--process", "gbm")
    result = CliRunner().invoke(main, ["frontier", *chosen, *settings, *options, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert len(rows) == 8 and any(row["best"] for row in rows)
    # The mean of the worst one of two runs has no interval but the number of runs it rests on.
    assert all((row["low"], row["high"], row["tail_runs"], row["number"]) == (None, None, 1, 2) for row in rows)
    assert {path.suffix for path in (tmp_path / "out").glob("frontier.*")} == {".png", ".pdf", ".svg", ".csv"}
    wrong = CliRunner().invoke(main, ["frontier", "--structure", "poold", "--out", str(tmp_path / "no")])
    assert wrong.exit_code == 2 and "pooled" in wrong.stderr and not (tmp_path / "no").exists()
