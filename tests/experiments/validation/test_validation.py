"""The validation suite: every claim passes by code and by file, the file is covered, and the page is current."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import binomtest

from experiments.cli.main import main
from experiments.run.process_pool import WorkerPool
from experiments.statistics.statistic import Interval
from experiments.statistics.verdict import HIT, MISS, VAGUE
from experiments.validation import report
from experiments.validation.claim import CLAIMS, Claim, agrees, judge, looked_up, simulated
from experiments.validation.episode import record
from experiments.validation.suite import NOT_RUN, claims, row, verdict
from tests.support.environment import SHARED, present

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SUITE = list(claims())
PAGE = (ROOT / report.PAGE).read_text(encoding="utf-8")
REGENERATE = "docs/validation.md is out of date: backstop validate --data ../shared/data --write"
# What stands in the file and is an input, not a result, or prose: 'about 18 %' has no number of its own.
NO_RESULT = {"clawback"}


LONG = {"kurtosis at leverage 10 over that at 1: about 3", "probability of ruin ever of a fund of 0, loading 100 %"}
"""Claims of a minute and more, judged by pytest -m slow."""


def judged(chosen):
    data = SHARED / "data"
    return [judge(one, None, data if data.exists() else None) for one in chosen]


@pytest.fixture(scope="module")
def findings():
    return judged(one for one in SUITE if one.name not in LONG)


def test_every_claim_passes(findings):
    assert [row(finding) for finding in findings if finding.passed is False] == []


@pytest.mark.slow
def test_every_long_claim_passes_as_the_page_says():
    chosen = [one for one in SUITE if one.name in LONG]
    assert len(chosen) == len(LONG)
    told = [row(finding) for finding in judged(chosen)]
    assert "FAIL" not in [one["verdict"] for one in told]
    assert [line for line in lines(told) if line not in PAGE] == []


def test_only_what_needs_data_is_not_run(findings):
    assert all(finding.claim.needs for finding in findings if verdict(finding) == NOT_RUN)


def test_the_code_states_what_the_file_of_published_numbers_states(published):
    for one in SUITE:
        if one.key:
            filed = looked_up(published, one.key)
            filed = list(filed) if isinstance(filed, list) else filed
            assert agrees(one._replace(absolute=1e-12), one.published, filed), one.key


def test_every_family_of_the_file_is_claimed(published):
    assert set(published) - NO_RESULT == {one.key.partition("/")[0] for one in SUITE if one.key}


def test_claims_have_different_names():
    names = [(one.family, one.name) for one in SUITE]
    assert len(set(names)) == len(names) == len(CLAIMS)


@pytest.mark.parametrize(
    ("ours", "passes"), [(2.0, True), (2.09, True), (2.11, False), (float("nan"), False), ([2.0, 2.0], False)]
)
def test_a_number_passes_within_its_tolerance_alone(ours, passes):
    assert judge(Claim("f", "n", "s", 2.0, lambda: ours, absolute=0.1)).passed is passes


@pytest.mark.parametrize(
    ("low", "high", "passes"), [(1.5, 2.9, True), (2.1, 3.0, False), (1.0, 1.9, False), (1.0, 3.0, None)]
)
def test_an_interval_passes_if_it_holds_the_value(low, high, passes):
    assert judge(Claim("f", "n", "s", 2.0, lambda: Interval(2.0, low, high, 9))).passed is passes
    numbers = Interval(*np.array([2.0, low, high]), 9)
    assert judge(Claim("f", "n", "s", np.float64(2.0), lambda: numbers)).passed is passes


def test_a_simulated_probability_has_an_exact_interval():
    """2 of 200: [-0.008, 0.028] by Student, from 0.0005 on by Clopper and Pearson at 99 %."""
    found = simulated(np.arange(200) < 2)
    assert (found.mean, found.number) == (0.01, 200)
    assert (found.low, found.high) == pytest.approx(tuple(binomtest(2, 200).proportion_ci(0.99)))
    assert verdict(judge(Claim("f", "n", "s", 0.0165, lambda: found))) == VAGUE


def lines(rows):
    """Lines of the page that tell of claims, without the heading of their table."""
    return report.markdown(
        [{name: text for name, text in one.items() if name != "family"} for one in rows]
    ).splitlines()[2:]


def test_the_page_is_current(findings):
    present(SHARED / "data" / "hyperliquid_2025_10_10")
    told = lines([row(finding) for finding in findings])
    assert [line for line in told if line not in PAGE] == [], REGENERATE
    claimed = report.section(PAGE, "claims")
    rows = sum(line.startswith("| ") for line in claimed.splitlines()) - 2 * claimed.count("\n### ")
    assert rows == len(SUITE), REGENERATE
    assert claimed.startswith(f"{len(SUITE)} claims: "), REGENERATE
    without = report.page(report.Report([], {}), PAGE)
    assert without.replace(report.section(without, "claims"), claimed) == PAGE, REGENERATE


def run(monkeypatch, claims_left, *arguments):
    monkeypatch.setattr("experiments.validation.suite.claims", lambda: claims_left)
    return CliRunner().invoke(main, ["validate", *arguments])


def test_a_failure_is_exit_code_one_and_is_named(monkeypatch):
    wrong = Claim("Family", "two is three", "nobody", 3.0, lambda: 2.0)
    done = run(monkeypatch, [*SUITE[:2], wrong])
    assert done.exit_code == 1
    assert "two is three" in done.stdout and "FAIL" in done.stdout and "2 pass, 1 FAIL" in done.stdout


def test_the_readme_counts_the_claims():
    told = re.search(r"puts (\d+) published results.*?(\w+) more with", README, re.DOTALL)
    needing = sum(bool(one.needs) for one in SUITE)
    assert (int(told[1]), told[2]) == (len(SUITE) - needing, {2: "two"}[needing])


def test_the_document_has_every_claim(monkeypatch):
    done = run(monkeypatch, SUITE[:3], "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["claims"], told["pass"]) == (3, 3)
    assert told["findings"][0]["published"] == [3, 4, 7]


def test_oracles_take_the_place_of_the_code(monkeypatch, tmp_path):
    (tmp_path / "published.json").write_text('{"clearing": {"cases": [{"payments": [3, 4, 8]}]}}')
    done = run(monkeypatch, SUITE[:1], "--oracles", str(tmp_path))
    assert done.exit_code == 1 and "3, 4, 8" in done.stdout


@pytest.mark.parametrize("content", [None, "no JSON", "{}"])
def test_bad_oracles_are_one_line(monkeypatch, tmp_path, content):
    if content is not None:
        (tmp_path / "published.json").write_text(content)
    done = run(monkeypatch, SUITE[:1], "--oracles", str(tmp_path))
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1 and "published.json" in done.stderr


def test_a_section_that_was_not_run_is_kept():
    first = report.page(report.Report([], {"facts": [{"fact": "kurtosis", "ours": "3", "verdict": "miss"}]}))
    assert "kurtosis" in report.page(report.Report([], {}), first)


def test_a_row_per_recorded_fact_of_an_episode(monkeypatch):
    facts = record.FACTS["2021-05-19"]
    monkeypatch.setattr(record, "FACTS", {"2021-05-19": facts})
    rows = [one for one in record.episode_rows(2, WorkerPool(1)) if one["episode"] == "2021-05-19"]
    assert [(one["fact"], one["runs"]) for one in rows] == [(fact.name, "2") for fact in facts]
    ours = np.mean([record.found("2021-05-19", {}, number) for number in (0, 1)], axis=0)
    assert [one["ours"] for one in rows] == [f"{value:.3g}" for value in ours]


def test_only_hits_are_counted_as_hits():
    told = [{"verdict": verdict} for verdict in (VAGUE, HIT, MISS, VAGUE)]
    assert report.tally(told) == "4 facts: 1 hit; 1 miss; 2 too vague to tell"
