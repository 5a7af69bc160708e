"""Folders as the explore view reads them: those of comparisons and of sweeps, paired, mapped, and refused in words."""

import json

import numpy as np
import pytest

from experiments.app.chart.phase import phase_diagram
from experiments.app.explore import result as explore
from experiments.app.explore.result import names, phase, read
from experiments.app.server.server import RESULTS
from experiments.app.view.explore import contrasts_of
from experiments.run.sweep.run import sweep
from experiments.study.phase.axis import read_axis
from experiments.study.phase.diagram import read_diagram
from experiments.study.phase.run import grid_plan

X, Y = "price.severity", "price.severity_correlation"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the folder of a small sweep, ``map``, in it."""
    axes = read_axis("--y", f"{Y}=0,0.3"), read_axis("--x", f"{X}=0.75:3.75:3")
    across = {"backstop.structure": ("isolated", "pooled"), "backstop.regime": ("bad_debt",)}
    settings = ("protocol.number=4", "protocol.open_interest=[100.0]")
    plan = grid_plan({"settings": settings, "process": "gbm"}, axes, across, 5, False)
    place = tmp_path_factory.mktemp("results")
    sweep(plan._replace(runner="sweep_runner:waterfall"), place / "map", quiet=True)
    return place


@pytest.fixture
def swept(folder, monkeypatch):
    monkeypatch.setenv(RESULTS, str(folder))
    return read("map")


def test_a_sweep_is_opened_with_an_arrangement_per_arrangement(swept):
    assert names() == ["map"]
    assert swept.arrangements == ["isolated", "pooled"]
    assert set(swept.axes) == {X, Y}
    assert "uncovered" in swept.metrics
    assert len(swept.values("pooled", "uncovered")) == 2 * 3 * 5


def test_runs_of_a_sweep_are_paired_world_by_world(swept, folder):
    found = read_diagram(folder / "map", X, Y, ("isolated", "pooled"), "uncovered")
    grid = phase(swept, (X, Y), "uncovered", ("isolated", "pooled"), 2.0)
    assert (tuple(grid.xs), tuple(grid.ys)) == (found.xs, found.ys)
    for x, y, mean in grid.points:
        assert mean == pytest.approx(2.0 * found.difference[int(y), int(x)])
    assert swept.pairs("uncovered")[0].summary.mean == pytest.approx(found.difference.mean())


def test_the_map_of_one_arrangement_is_the_mean_of_its_runs(swept):
    grid = phase(swept, (X, Y), "uncovered", ("pooled", ""))
    assert np.mean([mean for *_, mean in grid.points]) == pytest.approx(swept.interval("pooled", "uncovered").mean)


def test_a_signed_map_has_nil_in_the_middle_and_a_key_of_both_signs(swept):
    grid = phase(swept, (X, Y), "uncovered", ("isolated", "pooled"))
    scale = phase_diagram("map", X, Y, grid, True).option["visualMap"]
    assert scale["min"] == -scale["max"] < 0
    assert scale["inRange"]["color"] == ["$b", "$panel", "$a"]
    assert dict(contrasts_of(swept.arrangements))["isolated less pooled"] == ("isolated", "pooled")


@pytest.mark.parametrize("manifest", ["", "{}", json.dumps({"format": "backstop sweep 1", "fields": []})])
def test_a_folder_that_cannot_be_read_is_refused_in_words(tmp_path, monkeypatch, manifest):
    monkeypatch.setenv(RESULTS, str(tmp_path))
    (tmp_path / "broken" / "runs").mkdir(parents=True)
    (tmp_path / "broken" / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(ValueError, match="broken: cannot be read"):
        explore.read("broken")
    with pytest.raises(ValueError, match="no such result folder"):
        explore.read("../broken")
