"""Claims about a sweep's folder that was damaged: what is not what was written never passes for a result."""

import json
import os
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.plan.problem import SweepError
from experiments.results.sweep.folder import enter
from experiments.results.sweep.retry import HIDDEN
from experiments.results.sweep.rows import encoded
from experiments.results.sweep.table import run_table
from experiments.run.sweep.run import sweep
from tests.experiments.sweep.test_sweep import both, rows
from tests.support.sweep_plan import GRID, plan_of


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder whose sweeps make parts of five runs each; the runs with 13 traders fail until they are mended."""
    monkeypatch.setattr("experiments.run.sweep.chunk_size.ChunkSize.size", lambda self, left, workers: 5)
    return tmp_path


@pytest.fixture
def failed(place, monkeypatch):
    sweep(plan_of(place, runner="raising"), place / "out", quiet=True)
    monkeypatch.setattr("sweep_runner.raising", __import__("sweep_runner").tiny)
    return place / "out"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("experiments.run.sweep.chunk_size.ChunkSize.size", lambda self, left, workers: 5)
        sweep(plan_of(folder, name="other"), folder / "whole", quiet=True)
    return folder / "whole", both(folder / "whole")


@pytest.fixture
def truth(place, whole):
    """What all runs are, of which the folder ``whole`` holds an undamaged copy."""
    shutil.copytree(whole[0], place / "whole")
    return whole[1]


def parts(folder, table="runs"):
    return sorted((folder / table).glob("part-*.parquet"))


def falsified(part):
    """Change a number in a part in such a way that it is as readable as before."""
    table = pq.read_table(part)
    changed = table.set_column(
        table.column_names.index("traders"), "traders", pa.array([99.0] * table.num_rows, pa.float64())
    )
    part.write_bytes(encoded(changed))


def told(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if "moved to" in line]


@pytest.mark.parametrize("hidden", [False, True])
def test_retrying_failed_runs_makes_no_sound_part_of_a_false_one(place, failed, truth, capsys, hidden):
    part = parts(failed)[0]
    falsified(part)
    if hidden:  # as one that was killed in the middle of a retry left it
        part.rename(part.with_name(HIDDEN + part.name))
    outcome = sweep(plan_of(place, runner="raising"), failed, retry=True)
    assert outcome.complete and outcome.failed_before == 0
    assert both(failed) == truth
    lines = told(capsys)
    assert len(lines) == 1 and part.name in lines[0]
    assert (failed / "aside" / f"runs-{part.name}").exists()


def test_a_false_series_is_not_written_anew(place, failed, truth, capsys):
    series = parts(failed, "series")[1]
    content = bytearray(series.read_bytes())
    content[200] ^= 1
    series.write_bytes(content)
    assert sweep(plan_of(place, runner="raising"), failed, retry=True).complete
    assert both(failed) == truth and len(told(capsys)) == 1


def test_a_part_that_is_there_twice_counts_once(place, truth, capsys):
    out = place / "whole"
    part = parts(out)[0]
    for table in ("runs", "series"):
        shutil.copy(out / table / part.name, out / table / part.name.replace("1of1", "2of2"))
    assert sweep(plan_of(place, name="other"), out).complete
    assert both(out) == truth and "there already" in told(capsys)[0]


def test_a_part_of_another_plan_is_moved_aside(place, truth, capsys):
    other = plan_of(place, GRID.replace("[fields]", "seed = 5\n[fields]"), name="foreign")
    sweep(other, place / "foreign", quiet=True)
    foreign = parts(place / "foreign")[1]
    out = place / "whole"
    for table in ("runs", "series"):
        parts(out, table)[1].unlink()
        shutil.copy(place / "foreign" / table / foreign.name, out / table / foreign.name)
    assert sweep(plan_of(place, name="other"), out).complete
    assert both(out) == truth
    assert "another plan" in told(capsys)[0]


def test_what_is_no_part_is_left_alone(place, truth):
    out = place / "whole"
    (out / "runs" / "notes.txt").write_text("mine")
    (out / "runs" / "part-1of1-mine.parquet").mkdir()
    sweep(plan_of(place, name="other"), out, quiet=True)
    assert (out / "runs" / "notes.txt").read_text() == "mine"
    assert rows(out)["run"] == list(range(10))


LOSSES = {
    "lost": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
}


@pytest.mark.parametrize(
    ("name", "loss"),
    [("manifest.json", "lost"), ("manifest.json", "half"), ("plan.parquet", "empty"), ("both", "half")],
)
def test_a_lost_or_torn_manifest_or_plan_is_made_again_and_no_run_is(place, truth, capsys, name, loss):
    out = place / "whole"
    names = ["manifest.json", "plan.parquet"] if name == "both" else [name]
    held = {file: (out / file).read_bytes() for file in names}
    for file in names:
        LOSSES[loss](out / file)
    outcome = sweep(plan_of(place, name="other"), out)
    assert outcome.finished == 0 and outcome.complete and both(out) == truth
    lines = [line for line in capsys.readouterr().err.splitlines() if "made again" in line]
    assert [line.partition(":")[0] for line in lines] == [str(out / file) for file in names]
    if "plan.parquet" in names:
        assert (out / "plan.parquet").read_bytes() == held["plan.parquet"]
    told = json.loads((out / "manifest.json").read_text())
    assert told["plan_sha256"] and told["runs"] == 10
    assert ask(out, "SELECT count(*) FROM results") == "10"


def ask(folder, sql):
    result = CliRunner().invoke(main, ["query", str(folder), sql])
    assert result.exit_code == 0, result.output
    return result.stdout.split()[-1]


def test_a_folder_without_a_manifest_whose_runs_are_of_another_plan_is_left_alone(place, truth):
    out = place / "whole"
    (out / "manifest.json").unlink()
    before = sorted(path.name for path in out.rglob("*"))
    with pytest.raises(SweepError, match="another plan"):
        sweep(plan_of(place, GRID.replace("= 2", "= 1"), name="fewer"), out, quiet=True)
    assert sorted(path.name for path in out.rglob("*")) == before


def test_a_manifest_of_a_newer_version_is_told_and_kept(place, truth):
    path = place / "whole" / "manifest.json"
    text = path.read_text().replace("backstop sweep 1", "backstop sweep 9")
    path.write_text(text)
    with pytest.raises(SweepError, match="this version of the program reads 'backstop sweep 1'"):
        sweep(plan_of(place, name="other"), place / "whole", quiet=True)
    assert path.read_text() == text


@pytest.mark.parametrize("spoil", ["falsified", "twice", "foreign plan"])
def test_what_is_not_sound_is_not_asked(place, truth, spoil):
    out = place / "whole"
    part = parts(out)[0]
    if spoil == "falsified":
        falsified(part)
    elif spoil == "twice":
        for table in ("runs", "series"):
            shutil.copy(out / table / part.name, out / table / part.name.replace("1of1", "2of2"))
    else:
        sweep(plan_of(place, GRID.replace("11,", "10,"), name="p"), place / "p", quiet=True)
        shutil.copy(place / "p" / "plan.parquet", out / "plan.parquet")
    result = CliRunner().invoke(main, ["query", str(out), "SELECT count(*) FROM runs"])
    assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1
    assert "starting the sweep again" in result.stderr


def test_what_a_folder_names_is_never_called(place, truth, monkeypatch):
    (place / "evil_runner.py").write_text("import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n")
    monkeypatch.syspath_prepend(place)
    path = place / "whole" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["plan"]["runner"] = "evil_runner:run"
    path.write_text(json.dumps(manifest))
    result = CliRunner().invoke(main, ["reproduce", str(place / "whole")])
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
    assert "plan.runner: 'evil_runner:run'" in result.stderr and "--runner" in result.stderr
    assert "evil_runner" not in sys.modules and not (place / "ran").exists()
    named = CliRunner().invoke(main, ["reproduce", str(place / "whole"), "--runner", "sweep_runner:tiny"])
    assert named.exit_code == 0, named.output
    wrong = CliRunner().invoke(main, ["reproduce", str(place / "whole"), "--runner", "nowhere:run"])
    assert wrong.exit_code == 2 and len(wrong.stderr.splitlines()) == 1


def test_a_name_in_a_folder_is_a_name_and_no_sql(place, truth):
    with pytest.raises(SweepError, match="not found"):
        run_table(place / "whole", ['point" FROM (SELECT 1 AS point, 2 AS replication, 3 AS status) --'])


def test_a_folder_may_be_called_anything(place, truth):
    odd = place / "a[1]*?'x\";--"
    shutil.move(place / "whole", odd)
    assert ask(odd, "SELECT count(*) FROM results") == "10"
    result = CliRunner().invoke(main, ["export", str(odd), "--csv"])
    assert result.exit_code == 0, result.output
    assert {path.name for path in (odd / "csv").iterdir()} == {"plan.csv", "runs.csv", "series.csv"}


def test_a_folder_that_vanishes_ends_the_sweep_in_one_line(place):
    def vanish():
        shutil.rmtree(place / "gone", ignore_errors=True)
        return False

    with pytest.raises(SweepError, match="cannot be written") as caught:
        sweep(plan_of(place), place / "gone", stop=vanish, quiet=True)
    assert len(caught.value.problems) == 1 and caught.value.code == 1


def test_a_folder_that_cannot_be_written_ends_the_sweep_in_one_line(place, truth, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr("os.open", denied)
    with pytest.raises(SweepError, match="Permission denied") as caught:
        sweep(plan_of(place, name="other"), place / "whole", quiet=True)
    assert len(caught.value.problems) == 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="files are not known by their handles here")
def test_the_manifest_and_plan_are_seen_on_the_disk_before_the_folder_appears(place, monkeypatch):
    seen, real = [], os.fsync

    def fsync(handle):
        seen.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    enter(place / "new", plan_of(place), "plan")
    assert seen[0] == "plan.parquet" and seen[1].startswith(".manifest.json") and place.name in seen
