"""Claims about ``--accounts FILE``: a study runs on the file's book, keeps its digest, and goes on with no other."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.app.session.configuration import from_toml
from experiments.cli.main import main
from experiments.plan.identity import file_digest
from experiments.plan.plan import read_plan
from experiments.plan.problem import SweepError
from experiments.report.method import of_comparison
from experiments.results.parquet import read_table
from model.engine.account_table import write_accounts
from model.engine.engine import Engine
from model.scenario import Scenario, ScenarioError

pytestmark = pytest.mark.usefixtures("no_figures")

ROOT = Path(__file__).resolve().parents[3]
SMALL = (
    "protocol.number=2",
    "protocol.listings=[1]",
    "steps=6",
    "provider.number=2",
    "keeper.number=2",
    "minutes=30",
    "price.process=gbm",
)
SET = [word for setting in SMALL for word in ("--set", setting)]


def invoke(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def compared(out, *more):
    common = ("--structure", "isolated", "--replications", 2, "--workers", 1, "--out", out)
    return invoke("compare", *SET, *common, *more)


@pytest.fixture
def book(tmp_path):
    changes = {name: json.loads(value) if value != "gbm" else value for name, value in (s.split("=") for s in SMALL)}
    write_accounts(Engine(Scenario().replace(changes | {"trader.number": 12})), tmp_path / "book.csv")
    return tmp_path / "book.csv"


def test_a_study_runs_on_the_accounts_of_the_file_and_keeps_its_digest(tmp_path, book):
    done, drawn = (
        compared(tmp_path / "out", "--accounts", book),
        compared(tmp_path / "drawn", "--set", "trader.number=12"),
    )
    assert (done.exit_code, drawn.exit_code) == (0, 0), done.output
    assert "24 positions of 24 owners in book.csv" in done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert list(manifest["files"]) == [str(book)] and manifest["files"][str(book)].startswith("sha256:")
    assert manifest["asked"]["scenario.trader.accounts"] == json.dumps(manifest["files"][str(book)])
    assert manifest["world"]["accounts"] == {"file": "book.csv", "positions": 24, "owners": 24}
    for name in ("deficit", "uncovered"):
        columns = [read_table(tmp_path / folder / "runs").column(name).to_numpy() for folder in ("out", "drawn")]
        np.testing.assert_array_equal(*columns)
    assert invoke("reproduce", tmp_path / "out", "--runs", 2).exit_code == 0
    assert "2 protocols with the accounts of book.csv (sha256:" in of_comparison(manifest)


def test_workers_give_what_one_process_gives(tmp_path, book):
    for workers in (1, 2):
        assert compared(tmp_path / str(workers), "--accounts", book, "--workers", workers).exit_code == 0
    one, two = (read_table(tmp_path / name / "runs").to_pandas() for name in "12")
    metrics = [name for name in one.columns if one[name].dtype == float and not name.startswith("seconds")]
    keys = ["cell", "replication"]
    one, two = (found.sort_values(keys)[metrics].reset_index(drop=True) for found in (one, two))
    np.testing.assert_array_equal(one.to_numpy(), two.to_numpy())


def test_a_folder_goes_on_with_the_same_file_alone(tmp_path, book):
    assert compared(tmp_path / "out", "--accounts", book).exit_code == 0
    other = tmp_path / "other.csv"
    lines = book.read_text().splitlines()
    other.write_text("\n".join([lines[0], *lines[:0:-1]]))
    done = compared(tmp_path / "out", "--accounts", other)
    assert done.exit_code == 2 and "scenario.trader.accounts" in done.stderr
    book.write_text(other.read_text())
    file_digest.cache_clear()
    for done, code in ((invoke("reproduce", tmp_path / "out"), 1), (compared(tmp_path / "out", "--accounts", book), 2)):
        assert done.exit_code == code and any(word in done.stderr for word in ("trader.accounts", "is not the file"))


def test_every_problem_of_a_file_is_a_line_and_nothing_is_run(tmp_path):
    (tmp_path / "bad.csv").write_text("owner,venue,size,collateral\na,1,0,1\nb,9,1,-1\n")
    done = compared(tmp_path / "out", "--accounts", tmp_path / "bad.csv", "--prices", tmp_path / "absent.csv")
    lines = done.stderr.splitlines()
    assert done.exit_code == 2 and not (tmp_path / "out").exists() and any("absent.csv" in line for line in lines)
    done = compared(tmp_path / "out", "--accounts", tmp_path / "bad.csv")
    fields = [line.split(": ")[2:4] for line in done.stderr.splitlines()]
    assert fields == [["venue", "row 2"], ["size", "row 1"], ["collateral", "row 2"]]


def test_what_the_file_overrules_is_refused_and_what_it_makes_idle_is_noted(tmp_path, book):
    done = compared(tmp_path / "out", "--accounts", book, "--set", "trader.number=5")
    assert done.exit_code == 2 and "trader.number 5 5 and trader.accounts" in done.stderr
    done = compared(tmp_path / "out", "--accounts", book, "--set", "trader.long_share=0.6")
    assert "trader.long_share does nothing in isolated: trader.accounts gives the accounts" in done.stderr


def test_a_plan_names_the_file_next_to_itself(tmp_path, book):
    text = 'replications = 2\naccounts = "book.csv"\n[set]\n' + "".join(f"{setting}\n" for setting in SMALL[:-1])
    text += 'price.process = "gbm"\n[fields]\n"backstop.capital_ratio" = [0.01, 0.02]\n'
    (tmp_path / "plan.toml").write_text(text)
    plan = read_plan(tmp_path / "plan.toml")
    assert plan.base.trader.accounts == str(book.absolute())
    done = invoke("sweep", tmp_path / "plan.toml", "--out", tmp_path / "out", "--workers", 1)
    assert done.exit_code == 0 and "24 positions of 24 owners in book.csv" in done.stderr
    (tmp_path / "plan.toml").write_text(text.replace("book.csv", "absent.csv"))
    with pytest.raises(SweepError, match="no such file"):
        read_plan(tmp_path / "plan.toml")


def test_open_interest_follows_the_first_price_of_every_point(tmp_path, book):
    scenario = Scenario().replace(
        {
            "price.process": "gbm",
            "protocol.number": 2,
            "protocol.listings": [1],
            "trader.accounts": str(book),
            "steps": 1,
        }
    )
    doubled = scenario.replace({"asset.initial_price": tuple(2.0 * price for price in scenario.asset.initial_price)})
    one, two = (Engine(of).protocol.open_interest for of in (scenario, doubled))
    np.testing.assert_allclose(two, 2.0 * one)


def test_the_page_names_no_file_of_accounts():
    with pytest.raises(ScenarioError, match="files are uploaded"):
        from_toml('[trader]\naccounts = "secret.csv"\n')


def test_the_book_of_the_guide_runs_as_it_says(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "guide" / "accounts.md").read_text(encoding="utf-8")
    for name, kind in (("venues.toml", "toml"), ("book.csv", "csv")):
        (tmp_path / name).write_text(re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[0])
    monkeypatch.chdir(tmp_path)
    few = ("--set", "steps=3", "--replications", "2", "--workers", "1", "--structure", "pooled", "--out", "out")
    done = invoke("compare", "--accounts", "book.csv", "--scenario", "venues.toml", *few)
    assert done.exit_code == 0, done.output
    notes = [line for line in done.stderr.splitlines() if "trader.accounts: " in line]
    assert "7 positions of 5 owners in book.csv" in done.stderr
    assert [word in line for line, word in zip(notes, ("Aster BTC: longs 120, shorts 108.5", "Aster ETH"), strict=True)]
