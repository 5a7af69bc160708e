"""Claims about sensitivity: published indices are found, and what cannot be analysed is refused."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol

from experiments.cli.main import main
from experiments.plan.design import Terms, morris, saltelli
from experiments.plan.problem import SweepError
from experiments.run.sweep.run import sweep
from experiments.study.sensitivity.analysis import DUMMY, sensitivity
from experiments.study.sensitivity.resample import half_widths, morris_effects, sobol_indices
from tests.support.sweep_plan import GRID, plan_of

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


def ishigami(x):
    """Return Ishigami's function at (points, 3) coordinates in [0, 1]."""
    angle = np.pi * (2.0 * x - 1.0)
    return np.sin(angle[:, 0]) + 7.0 * np.sin(angle[:, 1]) ** 2 + 0.1 * angle[:, 2] ** 4 * np.sin(angle[:, 0])


def problem():
    return {"num_vars": 3, "names": list(FIELDS), "bounds": [[0.0, 1.0]] * 3}


def test_indices_are_those_of_salib():
    x = saltelli(Terms("saltelli", points=64, seed=3), 3)
    y = ishigami(x)
    found = salib_sobol.analyze(problem(), y, calc_second_order=False)
    ours = sobol_indices(y.reshape(-1, 5), np.arange(64))
    assert ours[0] == pytest.approx(found["S1"])
    assert ours[1] == pytest.approx(found["ST"])
    path = morris(Terms("morris", points=12, seed=3), 3)
    wanted = salib_morris.analyze(problem(), path, ishigami(path), num_levels=4)["mu_star"]
    [effects] = morris_effects(path)(ishigami(path).reshape(-1, 4), np.arange(12))
    assert effects == pytest.approx(np.asarray(wanted))


def test_intervals_hold_known_indices_though_every_value_is_noisy():
    """Ishigami with noise of half its own spread in each of 10 replications, 20 designs of 128 base points.

    Intervals over design points alone are shorter; those over points and replications hold the index in nine of ten
    cases and more.
    """
    held, shorter = [], []
    for seed in range(20):
        x = saltelli(Terms("saltelli", points=128, seed=seed), 3)
        rng = np.random.default_rng(seed)
        runs = ishigami(x)[:, None] + 1.9 * rng.normal(size=(len(x), 10))
        found = sobol_indices(runs.mean(axis=1).reshape(-1, 5), np.arange(128))
        half = half_widths(runs, 5, sobol_indices, resamples=100)
        points_only = half_widths(np.repeat(runs.mean(axis=1)[:, None], 2, axis=1), 5, sobol_indices, resamples=100)
        held.append(np.abs(found - [FIRST, TOTAL]) <= half)
        shorter.append(points_only < half)
    assert np.mean(held) >= 0.9
    assert np.mean(shorter) > 0.8


def test_one_replication_tells_nothing_of_its_noise():
    x = saltelli(Terms("saltelli", points=16), 3)
    assert np.isnan(half_widths(ishigami(x)[:, None], 5, sobol_indices)).all()


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
