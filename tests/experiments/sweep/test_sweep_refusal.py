"""Claims about plans and places that cannot be: one line for each problem, nothing built, nothing written."""

import itertools
import os

import pytest

from experiments.plan.plan import read_plan
from experiments.plan.problem import SweepError
from experiments.plan.resources import place_problem
from experiments.results.sweep.folder import enter
from experiments.results.sweep.query import connect
from tests.support.sweep_plan import GRID, plan_of

KEYS = {
    "scenario": str, "episode": str, "process": str, "prices": str, "seed": int, "preset": str, "set": dict,
    "design": dict, "fields": dict, "across": dict, "point": None, "replications": int, "first_replication": int,
    "series": bool,
}  # fmt: skip
VALUES = {
    "5": int,
    "5.5": float,
    '"x"': str,
    "true": bool,
    "[5]": list,
    "{a = 1}": dict,
    "nan": float,
    "[[1], {}]": list,
}
WRONG = [
    (key, text) for (key, kind), (text, held) in itertools.product(KEYS.items(), VALUES.items()) if held is not kind
]


@pytest.mark.parametrize(("key", "text"), WRONG)
def test_a_plan_key_of_a_wrong_kind_is_named(tmp_path, key, text):
    path = tmp_path / "plan.toml"
    path.write_text(f"{key} = {text}\n")
    with pytest.raises(SweepError) as caught:
        read_plan(path)
    assert all("\n" not in line for line in caught.value.problems)
    assert any(key in line for line in caught.value.problems)


@pytest.mark.parametrize("levels", [10**9, 10**30])
def test_levels_beyond_reason_are_refused_at_once(tmp_path, levels):
    path = tmp_path / "plan.toml"
    path.write_text(f'process = "gbm"\n[fields]\ntrader.number = {{low = 5, high = 9, levels = {levels}}}\n')
    with pytest.raises(SweepError, match="1000000 at most"):
        read_plan(path, allow_many=True)


@pytest.mark.parametrize("number", [10**8, 10**30])
def test_a_plan_of_too_many_runs_is_refused_even_with_a_yes(tmp_path, number):
    path = tmp_path / "plan.toml"
    path.write_text(GRID.replace("replications = 2", f"replications = {number}"))
    with pytest.raises(SweepError, match=r"runs are more than|in all"):
        read_plan(path, allow_many=True)


@pytest.mark.parametrize("name", ["", "/", "..", "."])
def test_a_place_without_a_name_is_one_line(name):
    from pathlib import Path  # noqa: PLC0415

    assert "the name of a folder" in place_problem(Path(name))


def test_a_folder_whose_path_is_not_utf8_is_refused(tmp_path):
    """DuckDB reads paths in UTF-8 only, so no sweep begins that nobody could query."""
    folder = tmp_path / os.fsdecode(b"f\xff")
    for begin in (lambda: enter(folder, plan_of(tmp_path), "plan"), lambda: connect(folder)):
        with pytest.raises(SweepError, match=r"f\\xff: a byte of the path is not UTF-8"):
            begin()
    assert not folder.exists()
