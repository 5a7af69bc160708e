"""What a file of `validate --cases` may not say: each is a line with its place, and exit code 2."""

import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from tests.support.own_case import OWN, PAIR, run

CLEARING = {"L": PAIR, "e": [1, 2], "payments": [2, 1]}


def of_clearing(**changed):
    return {"clearing": {"tolerance": 1e-9, "cases": [{"id": "q", **CLEARING, **changed}]}}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("no JSON", "no JSON that can be used: Expecting value"),
        ("", "no JSON that can be used: Expecting value"),
        ("[" * 10**5, "deeper than can be read"),
        ('{"a": {"cases": [{"x": NaN}]}}', "NaN is no finite number"),
        ('{"a": {"cases": [{"x": -1e999}]}}', "-1e999 is no finite number"),
        (f'{{"a": {"9" * 6000}}}', "is no finite number"),
        ('{"a": {"cases": [{"x": 1, "x": 2}]}}', "'x' stands twice in one object"),
        ('{"a": {"cases": [{"x": ["\\ud800"]}]}}', "no JSON that can be used"),
        ([], "an object with a topic or more is needed"),
        ({}, "an object with a topic or more is needed"),
        ({"clearing": 1}, "clearing: an object is needed"),
        ({"clearing": {"cases": []}}, "clearing: cases: a list of one case or more is needed"),
        ({"clearing": {"cases": {}}}, "clearing: cases: a list of one case or more is needed"),
        ({"clearing": {"cases": [1]}}, "clearing, 1: an object is needed"),
        ({"clearing": {"cases": [CLEARING], "tolerance": -1}}, "clearing: tolerance: -1: a number of 0 or more"),
        (
            {"clearing": {"cases": [CLEARING], "tolerance": "1e-9"}},
            "clearing: tolerance: '1e-9': a number of 0 or more",
        ),
        ({"clearing": {"cases": [CLEARING], "tolerance": True}}, "clearing: tolerance: True: a number of 0 or more"),
        (of_clearing(tolerance=[]), "clearing, q: tolerance: []: a number of 0 or more"),
        (of_clearing(id=[]), "clearing, []: id: []: a text or a number is needed"),
        ({"a": {"cases": [{"id": "q"}, {"id": "q"}]}}, "a, q: the id of two cases"),
        (of_clearing(L=[[0, 1], [1]]), "clearing, q: L: [[0, 1], [1]]: as many rows as columns are needed"),
        (of_clearing(L=[[0, -1], [1, 0]]), "clearing, q: liabilities must be finite and not negative"),
        (of_clearing(e=[1, "2"]), "clearing, q: e: [1, '2']: a list of numbers is needed"),
        (of_clearing(e=[1, -2]), "clearing, q: e: [1, -2]: a list of numbers of 0 or more is needed"),
        (of_clearing(e=[1, 2, 3]), "clearing, q: external_assets must have shape (2,)"),
        (of_clearing(alpha=2), "clearing, q: alpha: 2: a number from 0 to 1 is needed"),
        ({"sybil_split": {"cases": [{**OWN["sybil_split"]["cases"][0], "ranking": "size"}]}}, "allowed: absolute size"),
        (
            {"withdrawal_run": {"cases": [{"assets": 1, "share_first": 1, "rest_get": 0}]}},
            "some must run and some must",
        ),
        (
            {"layers": {"cases": [{"dist": "exp(0)", "attachment": 0, "limit": 1, "expected": 0}]}},
            "allowed: lognormal(",
        ),
        ({"risk_measures": {"cases": [{"losses": [1], "level": 2, "var": 0}]}}, "level 2.0: allowed: between 0 and 1"),
        (
            {"socialized_loss": {"cases": [{**OWN["socialized_loss"]["cases"][0], "losers": [{"lots": 1}]}]}},
            "a list of objects with lots, collateral is needed",
        ),
        (
            {"clearing_phase_transition": {"n": 1e9, "cases": [{"a": 1, "v": 1, "y": 1, "eps": 0, "ring": 0}]}},
            "n: 1000000000.0: a whole number from 1 to 1,000 is needed",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_exit_code_two_and_a_line(content, problem, tmp_path):
    done = run(tmp_path, content)
    assert (done.exit_code, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert all(line.startswith(f"error: {tmp_path / 'own.json'}: ") for line in lines)
    assert [line for line in lines if problem in line], lines


def test_all_problems_of_all_cases_are_told_at_once(tmp_path):
    content = {"clearing": {"cases": [{**CLEARING, "e": 1, "alpha": -1}, {**CLEARING, "L": 3}]}, **of_clearing(e=[])}
    content["funding_rate"] = {"cases": [{"P": "much", "F": 0}, {"P": 0, "F": 0.01}]}
    lines = run(tmp_path, content).stderr.splitlines()
    assert len(lines) == 2 and ["clearing, q: e" in lines[0], "funding_rate, 1: P" in lines[1]] == [True, True]


def test_a_file_that_is_not_there_is_a_line(tmp_path):
    for place in (tmp_path / "none.json", tmp_path):
        done = CliRunner().invoke(main, ["validate", "--cases", str(place)])
        assert done.exit_code == 2 and done.stderr.startswith(f"error: {place}: ")
