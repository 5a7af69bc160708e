"""Claims about the result folder: whole or said to be unfinished, gone on with by its own words, never overwritten."""

import json
import math
import multiprocessing

import numpy as np
import pytest

from experiments.plan.options import ConfigurationError
from experiments.plan.resources import FolderError, free_path, place_problem
from experiments.results.folder import RUNNING, ResultFolder, plain
from experiments.results.parquet import column_names, read_table
from experiments.results.run import Run
from experiments.results.run_store import RunStore

STEPS = 7


def run(replication, arrangement="pooled", **metrics):
    series = {"price": np.linspace(1, 2, STEPS, dtype=np.float32) + replication}
    return Run(arrangement, "pooled", "adl", replication, {"uncovered": 1.5 * replication, **metrics}, series)


def add(folder, *runs):
    for one in runs:
        folder.runs.add(one.replication, str(one.replication), one)


def status(place):
    return json.loads((place / "manifest.json").read_text())["status"]


def test_a_finished_folder_holds_a_row_per_run_and_a_row_per_step(tmp_path):
    with ResultFolder(tmp_path / "out") as folder:
        for replication in range(3):
            add(folder, run(replication, "pooled"), run(replication, "isolated"))
        folder.finish({"status": "complete", "value": math.nan})
    runs, series = read_table(tmp_path / "out" / "runs"), read_table(tmp_path / "out" / "series")
    assert runs.column("uncovered").to_pylist() == [0.0, 0.0, 1.5, 1.5, 3.0, 3.0]
    assert runs.column("cell").to_pylist() == ["pooled", "isolated"] * 3
    assert series.num_rows == 6 * STEPS
    assert series.column("step").to_pylist() == list(range(STEPS)) * 6
    assert series.column("price").to_numpy()[-1] == pytest.approx(4.0)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["status"], manifest["value"]) == ("complete", None)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_is_left_where_nothing_was_finished(tmp_path):
    with pytest.raises(RuntimeError, match="broken"), ResultFolder(tmp_path / "out"):
        raise RuntimeError("broken")
    assert list(tmp_path.iterdir()) == []


def test_what_was_finished_outlives_what_broke(tmp_path):
    with pytest.raises(RuntimeError, match="broken"), ResultFolder(tmp_path / "out", "a", {"b": [1, 2.5]}) as folder:
        add(folder, run(0))
        raise RuntimeError("broken")
    assert status(tmp_path / "out") == RUNNING
    with ResultFolder(tmp_path / "out", "a", {"b": [1, 2.5]}) as folder:
        found = folder.runs.find("pooled", "0")
        assert found == run(0)._replace(series={}) and len(folder) == 1 and folder.finished is None
        add(folder, run(0), run(1))
        folder.finish({})
    assert status(tmp_path / "out") == "complete"
    assert read_table(tmp_path / "out" / "runs")["replication"].to_pylist() == [0, 1]
    assert read_table(tmp_path / "out" / "series").num_rows == 2 * STEPS


def test_numbers_come_back_bit_for_bit(tmp_path):
    odd = run(0, a=math.nan, b=math.inf, c=-0.0, d=5e-324)
    for runs in ([odd], [odd, run(1)]):
        place = tmp_path / str(len(runs))
        place.mkdir()
        store = RunStore(place)
        for one in runs:
            store.add(0, str(one.replication), one)
        store.flush()
        found = RunStore(place).find("pooled", "0")
        assert list(found.summary) == list(odd.summary)
        assert np.array(list(found.summary.values())).tobytes() == np.array(list(odd.summary.values())).tobytes()


def test_a_part_that_is_not_what_was_written_is_moved_aside(tmp_path):
    with ResultFolder(tmp_path / "out") as folder:
        add(folder, run(0), run(1))
        folder.flush()
        add(folder, run(2))
        folder.finish({})
    part = sorted((tmp_path / "out" / "runs").iterdir())[0]
    part.write_bytes(part.read_bytes()[:-9])
    with ResultFolder(tmp_path / "out") as folder:
        assert [folder.runs.find("pooled", name) is None for name in "012"] == [True, True, False]
        assert "moved to" in folder.runs.lines[0]
        add(folder, run(0), run(1))
        assert not folder.unchanged
        folder.finish({})
    assert sorted(read_table(tmp_path / "out" / "runs")["replication"].to_pylist()) == [0, 1, 2]
    assert read_table(tmp_path / "out" / "series").num_rows == 3 * STEPS


def test_a_finished_folder_stays_as_it_is(tmp_path):
    with ResultFolder(tmp_path / "out", "a", {"b": 1}) as folder:
        add(folder, run(0))
        folder.finish({"told": 1})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with ResultFolder(tmp_path / "out", "a", {"b": 1}) as folder:
        assert folder.unchanged and folder.finished["told"] == 1
        add(folder, run(0))
        folder.finish({"told": 2})
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_result_of_other_words_is_never_overwritten(tmp_path):
    with ResultFolder(tmp_path / "out", "a", {"b": {"c": 1}}) as folder:
        add(folder, run(0))
        folder.finish({})
    with pytest.raises(FolderError, match=r"other words \(b.c 1 there, 2 here\): exists already.*out-2"):
        ResultFolder(tmp_path / "out", "a", {"b": {"c": 2}})
    with pytest.raises(FolderError, match=r"other words \(study a there, z here\)"):
        ResultFolder(tmp_path / "out", "z", {"b": {"c": 1}})
    assert read_table(tmp_path / "out" / "runs").num_rows == 1


def test_a_result_of_other_code_is_refused(tmp_path, monkeypatch):
    with ResultFolder(tmp_path / "out") as folder:
        add(folder, run(0))
    monkeypatch.setattr("experiments.results.folder.code_version", lambda: "later")
    with pytest.raises(FolderError, match=r"of the code, this is later: exists already"):
        ResultFolder(tmp_path / "out")


def test_what_is_no_study_is_never_overwritten(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text("mine")
    with pytest.raises(FolderError, match=r"exists already.*out-2"):
        ResultFolder(tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").read_text() == "mine"
    assert free_path(tmp_path / "out") == tmp_path / "out-2"
    assert "exists already" in str(place_problem(tmp_path / "out"))


def refused(place, said):
    try:
        ResultFolder(place)
    except FolderError as error:
        said.put(str(error))


def test_two_commands_do_not_write_into_one_folder(tmp_path):
    with ResultFolder(tmp_path / "out") as folder:
        add(folder, run(0))
        folder.flush()
        context = multiprocessing.get_context("spawn")
        said = context.Queue()
        other = context.Process(target=refused, args=(tmp_path / "out", said))
        other.start()
        assert "another command is writing there" in said.get(timeout=60)
        other.join()


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
        add(folder, run(0), run(1, extra=2.0))
        folder.finish({})
    assert read_table(tmp_path / "out" / "runs").column("extra").to_pylist() == [None, 2.0]
    with ResultFolder(tmp_path / "out") as folder:
        assert "extra" not in folder.runs.find("pooled", "0").summary


def test_a_long_table_is_split_and_reads_back_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.results.run_store.ROWS", 3 * STEPS)
    with ResultFolder(tmp_path / "out") as folder:
        add(folder, *map(run, range(9)))
        folder.finish({})
    series = tmp_path / "out" / "series"
    assert len(list(series.iterdir())) == 3
    assert read_table(series, ["replication"])[0].to_pylist() == sorted([*range(9)] * STEPS)
    assert {"cell", "step", "price"} <= set(column_names(series))


def test_json_holds_no_number_that_is_not_finite():
    assert plain({"a": (math.nan, math.inf, 1.0), 2: {"b": np.float64(0.5)}}) == {
        "a": [None, None, 1.0],
        "2": {"b": 0.5},
    }


def grown(place, number, grows=lambda before: before == 2):
    return ResultFolder(place, "a", {"b": 1, "replications": number}, grows=grows)


def test_more_replications_extend_a_finished_folder_and_fewer_or_others_are_refused(tmp_path):
    with grown(tmp_path / "out", 2) as folder:
        add(folder, run(0), run(1))
        folder.finish({"told": 2})
    with pytest.raises(ConfigurationError, match="wrong"), grown(tmp_path / "out", 3) as folder:
        assert folder.finished is None and len(folder) == 2
        manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
        assert manifest["status"] == RUNNING and manifest["asked"]["replications"] == "3"
        raise ConfigurationError(["wrong"])
    assert read_table(tmp_path / "out" / "runs").num_rows == 2  # what was finished is never removed
    for number, grows in ((2, lambda before: True), (4, lambda before: False)):
        with pytest.raises(FolderError, match="other words \\(replications 3 there"):
            grown(tmp_path / "out", number, grows)
    with pytest.raises(FolderError, match="other words"):
        ResultFolder(tmp_path / "out", "a", {"b": 2, "replications": 4}, grows=lambda before: True)


def test_a_finished_folder_may_be_read_with_its_own_words_after_it_has_grown(tmp_path):
    for number in (2, 3, 3):
        with grown(tmp_path / "out", number) as folder:
            add(folder, *map(run, range(number)))
            folder.finish({"told": number})
    assert folder.unchanged and folder.finished["told"] == 3
    assert read_table(tmp_path / "out" / "runs")["replication"].to_pylist() == [0, 1, 2]
