"""Claims about sensitivity: published indices are found, and what cannot be analysed is refused."""

import json

import pytest
from click.testing import CliRunner
from sweep_plan import GRID, plan_of

from experiments.command_line import main
from experiments.sensitivity.analysis import DUMMY, sensitivity
from experiments.sweep.execution import sweep
from experiments.sweep.problem import SweepError

PLAN = """
replications = 2
process = "gbm"
series = false
[design]
kind = "{kind}"
points = {points}
[fields]
price.severity_correlation = {{ low = 0.0, high = 1.0 }}
trader.attention = {{ low = 0.0, high = 1.0 }}
backstop.pooled_share = {{ low = 0.0, high = 1.0 }}
[across]
backstop.structure = ["isolated", "pooled"]
"""
FIELDS = ("price.severity_correlation", "trader.attention", "backstop.pooled_share")
# Ishigami and Homma (1990) with a = 7, b = 0.1, in closed form.
FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)


def swept(place, kind, points):
    plan = plan_of(place, PLAN.format(kind=kind, points=points), "ishigami")
    sweep(plan, place / "out", quiet=True)
    return place / "out"


def of(found, index, group="isolated"):
    return [item for item in found if (item.name, item.group) == (index, group)]


def test_sobol_indices_are_those_in_closed_form(tmp_path):
    found = sensitivity(swept(tmp_path, "saltelli", 256), "y")
    for index, wanted in (("S1", FIRST), ("ST", TOTAL)):
        items = of(found, index)
        assert tuple(item.field for item in items) == FIELDS
        for item, value in zip(items, wanted, strict=True):
            assert item.value == pytest.approx(value, abs=1.6 * item.half_width + 0.01)
            assert item.half_width < 0.25
    assert [item.value for item in of(found, "ST")] == [item.value for item in of(found, "ST", "pooled")]


def test_morris_sees_the_field_that_acts_through_others_only(tmp_path):
    found = sensitivity(swept(tmp_path, "morris", 24), "y")
    assert all(item.value > 1.0 for item in of(found, "mu_star"))
    # The third field's effects change sign with the first: they spread.
    assert of(found, "sigma")[2].value > 1.0
    assert len(of(found, "PAWN")) == 4


def test_pawn_sets_fields_apart_from_one_that_does_nothing(tmp_path):
    found = {item.field: item.value for item in of(sensitivity(swept(tmp_path, "latin_hypercube", 512), "y"), "PAWN")}
    assert found[DUMMY] < min(found[name] for name in FIELDS[:2])


def test_the_command_tells_draws_and_refuses(tmp_path):
    folder = swept(tmp_path, "morris", 4)
    result = CliRunner().invoke(main, ["sensitivity", str(folder), "--metric", "y", "--json"])
    assert result.exit_code == 0, result.output
    assert len(json.loads(result.stdout)) == 2 * 3 * 2
    assert {path.suffix for path in (folder / "sensitivity").iterdir()} == {".png", ".pdf", ".svg", ".csv"}
    with pytest.raises(SweepError, match="same at every point"):
        sensitivity(folder, "still")
    max((folder / "runs").iterdir(), key=lambda part: part.stat().st_size).unlink()
    with pytest.raises(SweepError, match="run the rest first"):
        sensitivity(folder, "y")


def test_a_grid_has_no_indices(tmp_path):
    sweep(plan_of(tmp_path, GRID), tmp_path / "out", quiet=True)
    with pytest.raises(SweepError, match="allowed for indices"):
        sensitivity(tmp_path / "out", "traders")
