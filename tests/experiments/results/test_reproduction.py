"""Claims about runs made again: of a comparison all of them, pilot and series too, and what cannot be is told."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.results.parquet import read_table
from experiments.results.sweep.rows import about_series, encoded
from experiments.results.sweep.store import Store

SMALL = ("trader.number=20", "protocol.number=3", "steps=12", "provider.number=2", "minutes=60")
SET = [word for setting in SMALL for word in ("--set", setting)]


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def compared(place, *more):
    words = [*SET, "--structure", "isolated", "--structure", "pooled", "--replications", 3, *more]
    done = invoke("compare", *words, "--workers", 1, "--quiet", "--out", place)
    assert done.exit_code == 0, done.output
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.study.comparison.run.draw_all", lambda *_: [])
        infinite = ("--set", "market.depth_multiplier=inf", "--process", "gbm")
        return compared(tmp_path_factory.mktemp("compare") / "out", *infinite)


def test_all_runs_of_a_comparison_are_made_again_and_those_of_its_pilot(folder):
    done = invoke("reproduce", folder, "--runs", 1000)
    there = read_table(folder / "runs").num_rows + read_table(folder / "pilot" / "runs").num_rows
    assert done.exit_code == 0 and done.stdout == f"{there} runs made again: they are the same, bit for bit\n"
    assert there == 3 * 3 + 4


def test_a_series_that_differs_is_named(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "out")
    store = Store(tmp_path / "out")
    [part] = store.committed()
    series = pq.read_table(store.series / part.name)
    column = series.column_names[-1]
    values = pa.array(series.column(column).to_numpy() + 1.0, pa.float32())
    series = series.set_column(series.num_columns - 1, column, values)
    runs, changed = pq.read_table(part), encoded(series)
    part.unlink()
    store.commit(0, encoded(runs.replace_schema_metadata(about_series(changed))), changed)
    done = invoke("reproduce", tmp_path / "out", "--runs", 1)
    assert done.exit_code == 1 and f"series: {column} differs" in done.stderr


def test_another_version_of_the_code_is_said_and_a_run_of_unknown_making_is_one_line(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest | {"code": "0123"}))
    done = invoke("reproduce", tmp_path / "out", "--runs", 1)
    assert done.exit_code == 0 and "made by version 0123, this is" in done.stderr
    store = Store(tmp_path / "out" / "pilot")
    [part] = store.committed()
    runs = pq.read_table(part)
    part.unlink()
    store.commit(0, encoded(runs.drop_columns(["changes"]).replace_schema_metadata(about_series(b""))), b"")
    done = invoke("reproduce", tmp_path / "out", "--runs", 1000)
    assert done.exit_code == 1 and len(done.stderr.splitlines()) == 1 and "does not say what" in done.stderr


@pytest.mark.usefixtures("no_figures")
def test_a_price_file_that_has_changed_is_refused_and_the_same_one_read_again(tmp_path):
    rows = "".join(f"{1_706_745_600_000 + i * 3_600_000},{100 + i % 5},106,99,{101 + i % 4}\n" for i in range(30))
    (tmp_path / "BTC.csv").write_text(f"timestamp,open,high,low,close\n{rows}")
    out = compared(tmp_path / "out", "--prices", tmp_path / "BTC.csv")
    assert invoke("reproduce", out, "--runs", 2).exit_code == 0
    manifest = json.loads((out / "manifest.json").read_text())
    asked = manifest["asked"]["scenario.price.files"]
    changed = manifest | {"asked": manifest["asked"] | {"scenario.price.files": asked.replace("sha256:", "sha256:0")}}
    (out / "manifest.json").write_text(json.dumps(changed))
    done = invoke("reproduce", out)
    assert done.exit_code == 1 and "is not the file that the study read" in done.stderr
    assert len(done.stderr.splitlines()) == 1
