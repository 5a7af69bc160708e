"""Backstop's packages never come from the current folder, in this process or in a worker."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.results.parquet import read_table

SMALL = ["protocol.number=3", "trader.number=20", "provider.number=2", "steps=6"]
PLAN = """
replications = 2
process = "gbm"
[set]
trader.number = 20
protocol.number = 3
provider.number = 2
steps = 6
[fields]
backstop.structure = ["isolated", "pooled"]
"""


def backstop(folder, *words):
    command = [sys.executable, "-m", "backstop_command", *map(str, words), "--quiet"]
    environment = {**os.environ, "PYTHONPATH": "."}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def here(*words):
    """Run the same in this process, which stands where Backstop is."""
    result = CliRunner().invoke(main, [*map(str, words), "--workers", "1", "--quiet"])
    assert result.exit_code == 0, result.output


@pytest.fixture
def mesa_folder(tmp_path):
    """A folder with modules of a user's own under all three names, which tell that they were imported."""
    place = tmp_path / "mesa"
    (place / "experiments").mkdir(parents=True)
    for name in ("agents.py", "model.py", "experiments/__init__.py"):
        (place / name).write_text("open('imported', 'w').close()\n", encoding="utf-8")
    return place


def test_a_plan_in_a_mesa_folder_is_refused_by_its_own_line_and_nothing_there_is_imported(mesa_folder):
    (mesa_folder / "plan.toml").write_text(PLAN + "no.such = [1]\n", encoding="utf-8")
    done = backstop(mesa_folder, "sweep", "plan.toml", "--workers", 2)
    assert done.returncode == 2 and "unknown name" in done.stderr and "Traceback" not in done.stderr
    assert not (mesa_folder / "imported").exists()


@pytest.mark.slow
def test_a_comparison_in_a_mesa_folder_is_the_same_as_anywhere(mesa_folder, tmp_path):
    small = [word for setting in SMALL for word in ("--set", setting)]
    words = ["compare", "--process", "gbm", "--replications", 2, *small]
    done = backstop(mesa_folder, *words, "--workers", 2, "--out", "out")
    assert done.returncode == 0, done.stderr
    here(*words, "--out", tmp_path / "out")
    assert not (mesa_folder / "imported").exists()
    one, other = (read_table(folder / "out" / "runs").to_pandas() for folder in (mesa_folder, tmp_path))
    assert one.equals(other) and len(one) == 8  # values: two parts may have dictionaries of their own


@pytest.mark.slow
def test_a_sweep_in_a_mesa_folder_is_the_same_as_anywhere(mesa_folder, tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    done = backstop(mesa_folder, "sweep", tmp_path / "plan.toml", "--workers", 2, "--out", "out")
    assert done.returncode == 0, done.stderr
    here("sweep", tmp_path / "plan.toml", "--out", tmp_path / "out")
    assert not (mesa_folder / "imported").exists()
    one, other = (read_table(folder / "out" / "runs").sort_by("run") for folder in (mesa_folder, tmp_path))
    assert one.select(["run", "uncovered", "deficit"]).equals(other.select(["run", "uncovered", "deficit"]))
