"""A researcher's own reporter is a metric like any other, in every worker, and never anything else by mistake."""

import itertools
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.plan.arrangement import Arrangement, Kept
from experiments.plan.identity import file_digest
from experiments.plan.options import ConfigurationError
from experiments.plan.plan import point_identities, read_plan
from experiments.plan.plan_file import Typed
from experiments.plan.plug_in import read_reporters
from experiments.results.parquet import read_table
from experiments.results.sweep.rows import FAILED
from experiments.run.recorded import identified
from experiments.run.run import run_arrangement
from model.measure.kind import is_metric
from tests.support.world import crash, run, small

ROOT = Path(__file__).resolve().parents[3]
SOURCE = '''"""What runs of my project report."""


def steps(model):
    return model.clock


def two(model, other):
    return 1.0


def text(model):
    return "much"


def raising(model):
    raise KeyError("nothing there")


def late(model):
    return 1.0 / (model.replication - 1)


number = 3
'''
PLAN = """
replications = 2
process = "gbm"
[set]
trader.number = 20
protocol.number = 3
steps = 6
provider.number = 2
[fields]
backstop.structure = ["isolated", "pooled"]
[reporters]
steps_done = "{module}:steps"
"""
WORDS = (
    "compare --process gbm --structure pooled --replications 2 --set protocol.number=2 --set trader.number=20 "
    "--set steps=5 --set provider.number=2 --series none"
)
numbers = itertools.count()


def invoke(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The name of a module in the current folder, a project of one's own."""
    name = f"own_metrics_{next(numbers)}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    return name


def test_a_comparison_has_its_numbers_and_goes_on_only_with_the_same_function(tmp_path, module):
    words = [*WORDS.split(), "--workers", 1, "--out", "out"]
    own = ("--reporter", f"steps_done={module}:steps")
    result = invoke(*words, *own, "--json")
    assert result.exit_code == 0, result.output
    arrangement = json.loads(result.stdout)["cells"]["pooled"]["steps_done"]
    assert (arrangement["mean"], arrangement["n"]) == (5.0, 2)
    assert read_table(tmp_path / "out" / "runs", ["steps_done"])["steps_done"].to_pylist() == [5.0, 5.0]
    asked = json.loads(invoke("query", "out", "SELECT sum(steps_done) AS n FROM runs", "--json").stdout)
    assert asked == [{"n": 10.0}]
    assert not list((tmp_path / "out" / "series").glob("*")), "series are kept though none were asked for"
    assert "steps_done, reported" in invoke(*words, *own).stdout
    assert invoke(*words).exit_code == 2
    (tmp_path / f"{module}.py").write_text(SOURCE + "\n# another version\n")
    file_digest.cache_clear()
    refused = invoke(*words, *own)
    assert refused.exit_code == 2 and "reporters.steps_done.source" in refused.stderr


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("deficit={}:steps", "deficit is the name of a metric"),
        ("cause_3={}:steps", "cause_3 is the name of a metric"),
        ("replication={}:steps", "replication is the name of a metric or column"),
        ("x={}:missing", "has no attribute 'missing'"),
        ("x=no_such_module_of_mine:steps", "No module named"),
        ("x={}", "allowed is NAME=MODULE:FUNCTION"),
        ("a b={}:steps", "allowed is NAME=MODULE:FUNCTION"),
        ("x={}:two", "no function of one argument"),
        ("x={}:number", "no function of one argument"),
    ],
)
def test_what_cannot_be_called_is_one_line_before_anything_runs(tmp_path, module, said, why):
    result = invoke(*WORDS.split(), "--out", "out", "--reporter", said.format(module))
    assert result.exit_code == 2 and why in result.stderr
    assert len(result.stderr.splitlines()) == 1 and "command line: --reporter:" in result.stderr
    assert not (tmp_path / "out").exists()


def test_two_functions_of_one_name_are_refused(module):
    with pytest.raises(ConfigurationError, match="x is given twice"):
        read_reporters([f"x={module}:steps", f"x={module}:late"])


@pytest.mark.parametrize(
    ("name", "why"),
    [("raising", "KeyError: 'nothing there'"), ("text", "returned 'much', a str: allowed is a number")],
)
def test_a_reporter_that_raises_or_returns_no_number_fails_the_run_by_name(module, name, why):
    arrangement = Arrangement(
        "x", "isolated", "adl", small(steps=2), kept=Kept(reporters=read_reporters([f"x={module}:{name}"]))
    )
    done = run_arrangement(arrangement, 0)
    assert done.summary == {} and f"reporter x ({module}:{name}): {why}" in done.failure.splitlines()[-1]


def test_the_page_on_reporters_says_what_works(tmp_path, monkeypatch):
    """Its file is a project's, and its number that of the finished model."""
    page = (ROOT / "docs" / "extend" / "reporter.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (said,) = set(re.findall(r"--reporter (\S+:\S+)", page))
    (tmp_path / "largest_payer.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    scenario = crash(backstop__regime="equity_haircut", backstop__capital_ratio=1e-4)
    done = run_arrangement(
        Arrangement("x", "isolated", "equity_haircut", scenario, kept=Kept(reporters=read_reporters([said]))), 1
    )
    paid = run(scenario, 1).accounts.haircut
    assert paid.any() and done.summary["largest_payer"] == paid.max() / paid.sum()


def test_runs_with_a_reporter_are_other_runs(module):
    arrangement = Arrangement("x", "isolated", "adl", small())
    own = arrangement._replace(kept=Kept(reporters=read_reporters([f"x={module}:steps"])))
    assert identified([(arrangement, 0)]) != identified([(own, 0)])


def test_a_sweep_records_them_and_reproduces_them_once_they_are_named(tmp_path, module):
    (tmp_path / "plan.toml").write_text(PLAN.format(module=module))
    own = ("--reporter", f"inverse={module}:late")
    result = invoke("sweep", "plan.toml", "--out", "out", "--workers", 2, *own)
    assert result.exit_code == 1, "the second replication divides by zero"
    rows = read_table(tmp_path / "out" / "runs").sort_by("run").to_pylist()
    assert [row["steps_done"] for row in rows] == [6.0, 6.0, None, None]
    assert [row["inverse"] for row in rows][:2] == [-1.0, -1.0]
    assert all(row["status"] == FAILED and "reporter inverse" in row["failure"] for row in rows[2:])
    refused = invoke("sweep", "plan.toml", "--out", "out")
    assert refused.exit_code == 2 and "reporters.inverse" in refused.stderr
    unnamed = invoke("reproduce", "out", *own)
    assert unnamed.exit_code == 2 and f"say --reporter steps_done={module}:steps" in unnamed.stderr
    again = invoke("reproduce", "out", "--runs", 1, *own, "--reporter", f"steps_done={module}:steps")
    assert again.exit_code == 0, again.output


def test_a_plan_with_a_reporter_has_other_runs_and_every_shard_has_it(tmp_path, module):
    (tmp_path / "plan.toml").write_text(PLAN.format(module=module))
    added = Typed((f"late={module}:late",))
    plain, own = read_plan(tmp_path / "plan.toml"), read_plan(tmp_path / "plan.toml", typed=added)
    assert [one.name for one in own.kept.reporters] == ["steps_done", "late"]
    assert not set(point_identities(plain, "plan")) & set(point_identities(own, "plan"))
    said = ("--reporter", f"late={module}:late", "--series", "totals")
    job = invoke("sweep", "plan.toml", "--sbatch", "--workers", 2, *said).stdout
    assert f"--reporter late={module}:late --series totals" in job


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"reinsurance__premium": "risk_based", "backstop__structure": "reinsured", "choice__leverage": True,
         "reinsurance__provider_share": 0.2},
        {"reinsurance__claims": "parametric", "backstop__structure": "pooled"},
    ],
)  # fmt: skip
def test_every_metric_of_a_run_is_known_as_one(changes):
    """Otherwise a reporter could take its name before anybody noticed."""
    assert [name for name in run(small(steps=3, **changes)).summary() if not is_metric(name)] == []
