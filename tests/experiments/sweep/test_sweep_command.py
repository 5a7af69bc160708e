"""Claims about ``backstop sweep`` and the commands that read its folder."""

import functools
import itertools
import json
import operator
import subprocess
from importlib.util import find_spec

import pytest
from click.testing import CliRunner

from experiments.benchmark.sweep import memory
from experiments.cli.main import main
from experiments.plan.shard import Shard
from experiments.run.sweep.chunk import Product
from experiments.run.sweep.chunk_size import GROWTH, TARGET, ChunkSize
from experiments.run.sweep.run import sweep
from tests.support.sweep_plan import GRID, plan_of

SMALL = """
replications = 2
process = "gbm"
[set]
trader.number = 20
protocol.number = 3
steps = 6
provider.number = 2
[fields]
backstop.structure = ["isolated", "pooled"]
"""


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished sweep of a real scenario."""
    place = tmp_path_factory.mktemp("sweep")
    (place / "plan.toml").write_text(SMALL)
    result = invoke("sweep", place / "plan.toml", "--out", place / "out")
    assert result.exit_code == 0, result.output
    assert "complete: 4 of 4 runs" in result.stderr and "runs/s" in result.stderr
    return place / "out"


def test_started_again_it_has_nothing_to_do(done):
    result = invoke("sweep", done.parent / "plan.toml", "--out", done)
    assert result.exit_code == 0 and "complete: 4 of 4 runs" in result.stderr


def test_results_are_asked_in_sql(done):
    sql = 'SELECT run, "backstop.structure" AS s, deficit FROM results ORDER BY run'
    found = json.loads(invoke("query", done, sql, "--json").stdout)
    assert [row["s"] for row in found] == ["isolated", "pooled"] * 2
    assert "24" in invoke("query", done, "SELECT count(*) AS n FROM series").stdout
    wrong = invoke("query", done, "SELECT nothing FROM runs")
    assert wrong.exit_code == 2 and len(wrong.stderr.splitlines()) == 1


def test_every_table_is_exported(done, tmp_path):
    result = invoke("export", done, "--csv", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    counts = {path.stem: len(path.read_text().splitlines()) - 1 for path in tmp_path.iterdir()}
    assert counts == {"plan": 4, "runs": 4, "series": 24}


def test_runs_are_made_again_from_the_folder_alone(done):
    result = invoke("reproduce", done)
    assert result.exit_code == 0, result.output
    assert "4 runs made again: they are the same" in result.stdout


def test_a_run_that_cannot_be_made_again_is_named(done, tmp_path):
    plan = plan_of(tmp_path)
    sweep(plan, tmp_path / "out", quiet=True)
    result = invoke("reproduce", tmp_path / "out", "--runner", "sweep_runner:raising")
    assert result.exit_code == 1
    assert "run 2: traders differs" in result.stderr and "run 7: status differs" in result.stderr
    assert "run 0" not in result.stderr


def test_a_part_that_cannot_be_read_is_one_line(tmp_path):
    sweep(plan_of(tmp_path), tmp_path / "out", quiet=True)
    part = next((tmp_path / "out" / "runs").iterdir())
    part.write_bytes(part.read_bytes()[:-20])
    own = ("--runner", "sweep_runner:tiny")
    for command in (("query", tmp_path / "out", "SELECT * FROM runs"), ("reproduce", tmp_path / "out", *own)):
        result = invoke(*command)
        assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1, result.output
        assert result.stderr.startswith("error: ")


@pytest.mark.parametrize("command", [("query", "SELECT 1"), ("export", "--csv"), ("reproduce",)])
def test_a_folder_that_is_no_sweeps_is_refused(tmp_path, command):
    result = invoke(command[0], tmp_path, *command[1:])
    assert result.exit_code == 2 and "is not the folder of a sweep" in result.stderr


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--scheduler", "tcp://127.0.0.1:1"), "cannot be reached"),
        (("--slurm",), "sbatch" if find_spec("dask_jobqueue") else "dask-jobqueue"),
        (("--slurm", "--scheduler", "tcp://127.0.0.1:1"), "one of the two"),
        (("--shard", "5/4"), "I/N"),
    ],
)
def test_workers_that_cannot_be_had_are_one_line(tmp_path, monkeypatch, options, word):
    monkeypatch.setattr("experiments.run.sweep.dask_cluster.REACH", 1)
    (tmp_path / "plan.toml").write_text(SMALL)
    result = invoke("sweep", tmp_path / "plan.toml", "--out", tmp_path / "out", *options)
    assert result.exit_code == 2 and word in result.stderr
    # The world may have been said before.
    assert len([line for line in result.stderr.splitlines() if line.startswith("error: ")]) == 1


def test_many_runs_need_a_yes_and_nothing_is_written_without(tmp_path):
    (tmp_path / "plan.toml").write_text(GRID.replace("replications = 2", "replications = 5000"))
    result = invoke("sweep", tmp_path / "plan.toml", "--out", tmp_path / "out")
    assert result.exit_code == 2 and "--yes" in result.stderr
    assert not (tmp_path / "out").exists()


def test_the_job_file_is_a_shell_script_of_shards(tmp_path):
    (tmp_path / "plan.toml").write_text(SMALL)
    text = invoke("sweep", tmp_path / "plan.toml", "--sbatch", "--workers", 16, "--out", tmp_path / "out").stdout
    assert "#SBATCH --array=1-16" in text and '--shard "$SLURM_ARRAY_TASK_ID/16"' in text
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
    assert not (tmp_path / "out").exists()


def test_the_benchmark_reads_the_memory_of_a_sweep():
    found = memory(400, 1)
    assert len(found["megabytes_by_tenth"]) == 10 and found["runs"] == 400


def test_shards_are_a_partition():
    for runs in (1, 7, 30):
        shares = [[run for run in range(runs) if Shard(place, 4).holds(run)] for place in range(1, 5)]
        assert sorted(functools.reduce(operator.iadd, shares, [])) == list(range(runs))
        assert [len(share) for share in shares] == [Shard(place, 4).size(runs) for place in range(1, 5)]


def test_chunks_grow_to_what_their_target_is_worth():
    pace, sizes = ChunkSize(), []
    for _ in range(6):
        sizes.append(pace.size(100_000, 2))
        pace.learn(Product(b"", b"", 1, (), 0.01))
    assert sizes[0] == 1 and sizes[-1] == TARGET / 0.01
    assert all(after <= GROWTH * before for before, after in itertools.pairwise(sizes))
