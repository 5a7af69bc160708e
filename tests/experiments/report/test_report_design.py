"""Claims about what a sweep's report adds for its design: maps, frontiers, indices, and no machine's places."""

import csv
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.cli import paper
from experiments.cli.main import main
from experiments.plan.plan import read_plan
from experiments.report.build import build
from experiments.report.strip_paths import bare
from experiments.run.sweep.run import sweep
from model.scenario.episode import CRASHES
from model.scenario.registry import REGIMES, STRUCTURES
from tests.support.sweep_plan import plan_of

BASE = 'replications = 4\nprocess = "gbm"\nseries = false\n'
MAP = (
    "[fields]\nprice.severity = [0.5, 1.0, 1.5]\nprice.severity_correlation = [0.0, 1.0]\n"
    '[across]\nbackstop.structure = ["isolated", "pooled"]\n'
)
PAIRS = (
    "[fields]\nprice.severity = [0.8, 1.2]\n"
    '[across]\nbackstop.structure = ["isolated", "pooled"]\nbackstop.regime = ["adl", "bad_debt"]\n'
)
SAMPLED = (
    '[design]\nkind = "saltelli"\npoints = 8\n[fields]\nprice.severity_correlation = { low = 0.0, high = 1.0 }\n'
    "trader.attention = { low = 0.0, high = 1.0 }\nbackstop.pooled_share = { low = 0.0, high = 1.0 }\n"
)
KINDS = [
    ("waterfall", MAP, {"phase.svg", "map.csv", "structures.tex"}),
    ("waterfall", PAIRS, {"frontier.svg", "structures.tex", "regimes.csv"}),
    ("ishigami", SAMPLED, {"sensitivity-y.svg", "sensitivity.csv"}),
]


@pytest.mark.parametrize(
    ("runner", "text", "names"), [KINDS[0], *(pytest.param(*kind, marks=pytest.mark.slow) for kind in KINDS[1:])]
)
def test_a_report_has_what_the_design_allows_and_is_the_same_when_built_again(tmp_path, runner, text, names):
    sweep(plan_of(tmp_path, BASE + text, runner), tmp_path / "out", quiet=True)
    first, second = (build(tmp_path / "out", tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    others = {name for _, _, group in KINDS for name in group} - names
    assert names <= {path.name for path in first} and not others & {path.name for path in first}
    assert not any(str(tmp_path) in path.read_text() for path in first if path.suffix in {".html", ".txt", ".tex"})


def test_structures_are_compared_pair_by_pair_with_the_first(tmp_path):
    sweep(plan_of(tmp_path, BASE + PAIRS, "waterfall"), tmp_path / "out", quiet=True)
    build(tmp_path / "out", tmp_path / "report")
    with (tmp_path / "report" / "tables" / "structures.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "uncovered"]
    assert [(row["group"], row["backstop.structure"]) for row in rows] == [("0.8", "pooled"), ("1.2", "pooled")]
    # One pool never leaves more uncovered, and the regime, which does nothing here, is no replication.
    assert all(float(row["mean"]) < 0.0 and row["number"] == "4" for row in rows)


@pytest.mark.parametrize(
    ("word", "told"),
    [("/a/b/c.csv", "c.csv"), ("exposure.file=/a/b.csv", "exposure.file=b.csv"), ("a/b=1/2", "a/b=1/2"), ("/", "/"),
     ("C:\\x\\y.csv", "y.csv"), ("--out", "--out")],
)  # fmt: skip
def test_files_are_called_by_their_names(word, told):
    assert bare({"words": [word]}) == {"words": [told]}


def test_the_reduced_paper_has_every_point_of_the_whole():
    whole, reduced = (tomllib.loads((paper.PLANS / f"{name}.toml").read_text()) for name in ("plan", "reduced"))
    assert {name for name in whole.keys() | reduced.keys() if whole.get(name) != reduced.get(name)} == {
        "replications", "set",
    }  # fmt: skip
    plan = read_plan(paper.PLANS / "plan.toml")
    points = [plan.design[index] for index in range(len(plan.design))]
    structures, regimes = ({point[f"backstop.{name}"] for point in points} for name in ("structure", "regime"))
    assert structures <= set(STRUCTURES) and regimes <= set(REGIMES)
    assert (len(structures), len(regimes)) == (8, 12)
    assert {point["price.episode"] for point in points} == set(CRASHES)
    assert len(points) == len(structures) * len(regimes) * len(CRASHES)


def test_the_paper_is_one_command(tmp_path, monkeypatch):
    text = BASE + "[set]\ntrader.number = 20\nprotocol.number = 3\nsteps = 4\nprovider.number = 2\n"
    text += '[across]\nbackstop.structure = ["pooled"]\n[fields]\nbackstop.regime = ["adl", "bad_debt"]\n'
    (tmp_path / "reduced.toml").write_text(text)
    monkeypatch.setattr(paper, "PLANS", Path(tmp_path))
    result = CliRunner().invoke(main, ["paper", "--reduced", "--quiet", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "report" / "index.html").exists()
