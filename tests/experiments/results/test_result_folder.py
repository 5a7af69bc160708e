"""Claims about the result folder: whole or absent, never overwritten, readable."""

import json
import math

import numpy as np
import pytest

from experiments.plan.resources import FolderError, free_path, place_problem
from experiments.results.folder import ResultFolder, plain
from experiments.results.parquet import PART, ROW_GROUP, Parts, column_names, read_table, series_table
from experiments.results.run import Run

STEPS = 7


def run(replication, cell="pooled", **metrics):
    series = {"price": np.linspace(1, 2, STEPS, dtype=np.float32) + replication}
    return Run(cell, "pooled", "adl", replication, {"uncovered": 1.5 * replication, **metrics}, series)


def test_a_finished_folder_holds_a_row_per_run_and_a_row_per_step(tmp_path):
    with ResultFolder(tmp_path / "out") as folder:
        for replication in range(3):
            folder.add(run(replication, "pooled"))
            folder.add(run(replication, "isolated"))
        folder.finish({"status": "complete", "value": math.nan})
    runs, series = read_table(tmp_path / "out" / "runs"), read_table(tmp_path / "out" / "series")
    assert runs.column("uncovered").to_pylist() == [0.0, 0.0, 1.5, 1.5, 3.0, 3.0]
    assert runs.column("cell").to_pylist() == ["pooled", "isolated"] * 3
    assert series.num_rows == 6 * STEPS
    assert series.column("step").to_pylist() == list(range(STEPS)) * 6
    assert series.column("price").to_numpy()[-1] == pytest.approx(4.0)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == {
        "status": "complete",
        "value": None,
    }
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_is_left_where_it_was_not_finished(tmp_path):
    with pytest.raises(RuntimeError, match="broken"), ResultFolder(tmp_path / "out") as folder:
        folder.add(run(0))
        raise RuntimeError("broken")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_appears_only_when_whole(tmp_path):
    with ResultFolder(tmp_path / "out") as folder:
        folder.add(run(0))
        folder.flush()
        assert not (tmp_path / "out").exists()
        folder.finish({})
        assert (tmp_path / "out" / "manifest.json").exists()


def test_an_existing_result_is_never_overwritten(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text("mine")
    with pytest.raises(FolderError, match=r"exists already.*out-2"):
        ResultFolder(tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").read_text() == "mine"
    assert free_path(tmp_path / "out") == tmp_path / "out-2"


def test_a_result_that_appeared_meanwhile_is_not_overwritten(tmp_path):
    with pytest.raises(FolderError), ResultFolder(tmp_path / "out") as folder:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "other").touch()
        folder.finish({})
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["other"]


def test_an_empty_folder_may_be_filled(tmp_path):
    with ResultFolder(tmp_path) as folder:
        folder.finish({})
    assert (tmp_path / "manifest.json").exists()


def test_a_place_below_a_file_is_named_as_the_problem(tmp_path):
    (tmp_path / "file").touch()
    assert "cannot be written" in str(place_problem(tmp_path / "file" / "out"))
    with pytest.raises(FolderError, match="cannot be written"):
        ResultFolder(tmp_path / "file" / "out")
    assert place_problem(tmp_path / "new" / "out") is None
    assert not (tmp_path / "new").exists()


def test_metrics_that_differ_between_runs_are_null_where_absent(tmp_path):
    with ResultFolder(tmp_path / "out") as folder:
        folder.add(run(0))
        folder.add(run(1, extra=2.0))
        folder.finish({})
    assert read_table(tmp_path / "out" / "runs").column("extra").to_pylist() == [None, 2.0]


def test_a_long_table_is_split_and_reads_back_in_order(tmp_path, monkeypatch):
    assert ROW_GROUP < PART
    monkeypatch.setattr("experiments.results.parquet.ROW_GROUP", 2 * STEPS)
    monkeypatch.setattr("experiments.results.parquet.PART", 4 * STEPS)
    parts = Parts(tmp_path / "series")
    for replication in range(9):
        parts.add(series_table(run(replication)))
    parts.close()
    assert len(list((tmp_path / "series").iterdir())) == 3
    assert read_table(tmp_path / "series", ["replication"])[0].to_pylist() == sorted([*range(9)] * STEPS)
    assert {"cell", "step", "price"} <= set(column_names(tmp_path / "series"))


def test_json_holds_no_number_that_is_not_finite():
    assert plain({"a": (math.nan, math.inf, 1.0), 2: {"b": np.float64(0.5)}}) == {
        "a": [None, None, 1.0],
        "2": {"b": 0.5},
    }
