"""Claims about the map of who wins: theory's line and identity are found where theory holds, and files are made."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.figure.vector import save_vector
from experiments.plan.problem import SweepError
from experiments.run.sweep.run import sweep
from experiments.study.phase.axis import read_axis
from experiments.study.phase.diagram import read_diagram
from experiments.study.phase.diagram_figure import draw
from experiments.study.phase.run import grid_plan

X, Y = "price.severity", "price.severity_correlation"
PAIR = ("isolated", "pooled")
SMALL = ("trader.number=20", "protocol.number=3", "steps=6", "provider.number=2")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A map of four protocols whose treasuries equal their funds: the line lies at total deficit twice the capital."""
    axes = read_axis("--y", f"{Y}=0,0.3"), read_axis("--x", f"{X}=0.75:3.75:4")
    settings = ("protocol.number=4", "protocol.open_interest=[100.0]", "protocol.treasury_ratio=0.01")
    options = {"settings": settings, "process": "gbm"}
    across = {"backstop.structure": PAIR, "backstop.regime": ("bad_debt",)}
    plan = grid_plan(options, axes, across, 30, False)._replace(runner="sweep_runner:waterfall")
    folder = tmp_path_factory.mktemp("phase") / "out"
    sweep(plan, folder, quiet=True)
    return folder


def test_the_pool_wins_in_defaults_below_the_line_and_isolated_funds_above(swept):
    found = read_diagram(swept, X, Y, PAIR, "defaults")
    assert found.xs == (0.75, 1.75, 2.75, 3.75) and found.ys == (0.0, 0.3) and found.number == 30
    assert found.strain == pytest.approx(np.array([[0.375, 0.875, 1.375, 1.875]] * 2))
    assert (found.difference[found.decided & (found.strain < 1.0)] > 0).all()
    assert (found.difference[found.decided & (found.strain > 1.0)] < 0).all()
    assert found.decided[0].all() and not found.identity


def test_uncovered_loss_is_called_an_identity_where_nothing_feeds_back(swept):
    found = read_diagram(swept, X, Y, PAIR, "uncovered")
    assert found.identity == 8 and (found.difference >= -1e-12).all()


def test_a_map_is_the_same_bytes_each_time(swept, tmp_path):
    diagrams = [read_diagram(swept, X, Y, PAIR, metric) for metric in ("uncovered", "defaults")]
    first, second = (save_vector(draw, tmp_path / name, diagrams) for name in ("first", "second"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    titles = [panel.get_title("left") for panel in draw(diagrams).axes]
    assert ["identity" in title for title in titles if title] == [True, False]


def test_an_unknown_metric_or_pair_is_refused(swept):
    with pytest.raises(SweepError, match="nothing"):
        read_diagram(swept, X, Y, PAIR, "nothing")
    with pytest.raises(SweepError, match="no paired runs"):
        read_diagram(swept, X, Y, ("isolated", "partial"), "uncovered")


@pytest.mark.parametrize(
    "text", ["price.severty=1,2", "price.severity=2:1:3", "price.severity=", "price.severity=a:b:c"]
)
def test_a_bad_axis_says_what_is_allowed(text):
    with pytest.raises(SweepError, match="allowed is FIELD=low:high:levels"):
        read_axis("--x", text)


def test_the_command_runs_draws_and_does_nothing_twice(tmp_path):
    axes = ("--x", "backstop.capital_ratio=0.001:0.1:2:log", "--y", "trader.attention=0.1,0.2", "--replications", 2)
    settings = [word for setting in SMALL for word in ("--set", setting)]
    command = ["phase", "--process", "gbm", *axes, *settings, "--out", tmp_path / "out", "--json"]
    first, second = (CliRunner().invoke(main, [str(word) for word in command]) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, first.output
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert len(json.loads(first.stdout)) == 8
    with (tmp_path / "out" / "phase.csv").open() as file:
        assert {row["winner"] for row in csv.DictReader(file)} <= {"none", *PAIR}
    assert {path.name for path in (tmp_path / "out").glob("phase.*")} == {
        f"phase.{kind}" for kind in ("png", "pdf", "svg", "csv")
    }
