"""``backstop network``: central protocols, waves, the bound and cross-holdings, told to a user."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from model.network.analysis.holding_report import holding_report, read_holdings
from model.network.reader.edge_list import EdgeListError

SMALL = ["--set", "trader.number=20", "--set", "steps=10", "--set", "protocol.number=3", "--workers", "1"]
CHAIN = "protocol_0 protocol_1 1.5e6\nprotocol_1,protocol_2,2e6  # a chain\n"
NAMES = ["a", "b", "c"]


def told(tmp_path, *words, code=0):
    """Return the command's document, or its errors where it ends with another code."""
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["network", *SMALL, "--quiet", "--json", "--out", str(out), *words])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if code == 0 else done.stderr


def test_a_chain_of_debts_falls_in_waves_and_leaves_a_folder(tmp_path):
    """Protocols have $2M, $1M and $0.3M. 1 cannot pay its $2M without what 0 owes it; nobody needs 2."""
    (tmp_path / "debts.txt").write_text(CHAIN)
    found = told(tmp_path, "--edges", str(tmp_path / "debts.txt"), "--default-probability", "0.1")
    assert [row["falls_with_it"] for row in found["protocols"]] == [[[1]], [], []]
    assert found["debts"][0][1] == 1.5e6 and found["runs"] is None
    assert found["protocols"][0]["debtrank"] == max(row["debtrank"] for row in found["protocols"])
    assert found["amplification_bound"] > 1.0
    assert {"manifest.json", "figures"} == {path.name for path in (tmp_path / "out").iterdir()}
    assert (tmp_path / "out" / "figures" / "network.png").stat().st_size > 1_000


def test_defaults_are_counted_in_runs(tmp_path):
    """A hit of all its open interest lets protocol 1 fail of its own loss in every run; 0 and 2 stand without debts."""
    hit = ["--set", "shock.hit_share=1.0", "--set", "shock.hit_protocol=1", "--set", "shock.hit_minute=2"]
    found = told(tmp_path, *hit, "--process", "gbm", "--replications", "2", "--set", "exposure.graph=none")
    causes = {"own loss": 1.0, "exposure": 0.0, "debts": 0.0}
    assert found["runs"] == {"replications": 2, "defaults": 1.0, "by_wave": [1.0], "by_cause": causes}
    for key in ("default_probability", "own_default_probability"):
        assert [row[key] for row in found["protocols"]] == [0.0, 1.0, 0.0]


def test_debts_that_nobody_can_pay_are_told_and_named(tmp_path):
    """Protocol 0 owes 5M and has 2M: it is told before the run, and fails for its debts when 1 fails of a loss."""
    (tmp_path / "debts.txt").write_text("protocol_0,protocol_1,5e6\n")
    hit = ["--set", "shock.hit_share=1.0", "--set", "shock.hit_protocol=1", "--set", "shock.hit_minute=2"]
    words = [*hit, "--process", "gbm", "--edges", str(tmp_path / "debts.txt"), "--replications", "1"]
    found = told(tmp_path, *words)
    [line] = found["notices"]
    assert "protocol_0 owes $5,000,000" in line and "cannot pay all" in line
    assert found["runs"]["by_cause"] == {"own loss": 1.0, "exposure": 0.0, "debts": 1.0}
    assert [row["own_default_probability"] for row in found["protocols"]] == [0.0, 1.0, 0.0]
    loud = CliRunner().invoke(main, ["network", *SMALL, "--out", str(tmp_path / "loud"), *words])
    assert f"note: {line}" in loud.stderr


def test_cross_holdings_are_read_valued_and_fail_in_waves(tmp_path):
    path = tmp_path / "held.txt"
    path.write_text("a b 0.5\nb c 0.5\n")
    held = read_holdings(path, NAMES)
    assert held.tolist() == [[0.0, 0.5, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]
    found = holding_report(held, np.array([1.0, 1.0, 1.0]), 0.9, 0.5)
    assert found.value.sum() == pytest.approx(3.0)
    assert found.value == pytest.approx([1.75, 0.75, 0.5])
    assert found.foreign == pytest.approx([0.75 / 1.75, 0.25 / 0.75, 0.0])
    assert found.waves[2] == [[0, 1, 2]] and found.waves[0] == [[0]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("a b", "part missing"), ("a b 1.5", "part 1.5"), ("a c 0.6\nb c 0.4", "c: 1 of it is held"), ("a d 1", "d")],
)
def test_faulty_holdings_are_refused(tmp_path, text, problem):
    path = tmp_path / "held.txt"
    path.write_text(text)
    with pytest.raises(EdgeListError, match=problem):
        read_holdings(path, NAMES)


def test_problems_are_told_at_once(tmp_path):
    found = told(tmp_path, "--holdings", str(tmp_path / "missing.txt"), code=2)
    assert "--holdings" in found and "missing.txt" in found
