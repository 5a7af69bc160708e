"""`validate --cases`: cases of a file next to the functions of a run, of any inputs, and what a file may not say."""

import json
import math
import re
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.validation.case import allocation, capital, network, position, venue
from experiments.validation.case.evaluate import evaluate
from experiments.validation.case.file import Case
from experiments.validation.case.page import case_section
from experiments.validation.case.registry import built
from experiments.validation.case.verdict import AGREE, DIFFER, NOT_RUN, compared
from tests.support.environment import SHARED, present
from tests.support.own_case import OWN, filed, run

ORACLES = SHARED / "oracles"
CALLED = {
    "clearing": (network, "settle"),
    "clearing_phase_transition": (network, "failing"),
    "debtrank": (network, "debtrank"),
    "sybil_split": (allocation, "allot"),
    "adl_queue": (allocation, "adl_close"),
    "socialized_loss": (allocation, "socialized_loss"),
    "clawback": (allocation, "clawback_rate"),
    "withdrawal_run": (allocation, "first_come"),
    "liquidation_prices": (venue, "liquidation_price"),
    "insurance_fund_delta": (venue, "fund_delta"),
    "funding_rate": (venue, "funding_rate"),
    "constant_product": (venue, "pool_output"),
    "impact": (venue, "square_root_law"),
    "delta_neutral_fund": (position, "liquidation_price"),
    "self_dealing_drain": (position, "fund_delta"),
    "open_interest_cap": (position, "skew_cap"),
    "episode_arithmetic": (position, "bankruptcy_price"),
    "margin_tiers": (position, "maintenance_rate"),
    "synthetic_dollar_run": (position, "revaluation"),
    "layers": (capital, "excess_of_loss"),
    "ccp_waterfall": (capital, "waterfall"),
    "risk_measures": (capital, "expected_shortfall"),
}
"""The function of a run that a topic's adapter calls."""


def told(folder: Path, content) -> list[tuple[str, str, str]]:
    return [(row.output, row.verdict, row.why) for row in evaluate(filed(folder, content))]


@pytest.mark.parametrize("name", ["published.json", "published_2.json"])
def test_what_is_built_agrees_with_the_shared_files(name):
    path = present(ORACLES / name)
    rows, published = evaluate(path), json.loads(path.read_text(encoding="utf-8"))
    assert [row for row in rows if row.verdict == DIFFER] == []
    assert list(dict.fromkeys(row.topic for row in rows)) == list(published)
    assert {row.topic for row in rows if row.verdict == AGREE} <= set(built())
    assert sum(row.verdict == AGREE for row in rows) >= 17
    unbuilt = [row for row in rows if row.topic not in built()]
    assert {(row.verdict, row.why) for row in unbuilt} == {(NOT_RUN, "not built yet")}


def test_every_case_of_the_shared_file_is_told():
    path = present(ORACLES / "published_2.json")
    filed = {(name, case["id"]) for name, topic in json.loads(path.read_bytes()).items() for case in topic["cases"]}
    assert {(row.topic, row.case) for row in evaluate(path) if row.case} == filed


def test_every_topic_gives_what_is_computed_by_hand(tmp_path):
    rows = evaluate(filed(tmp_path, OWN))
    assert [row for row in rows if row.verdict != AGREE] == []
    assert set(OWN) == set(CALLED) == set(built())


def test_every_output_that_is_built_is_computed_by_hand(tmp_path):
    gives = {(name, key) for name, adapters in built().items() for one in adapters for key in one.gives}
    ten = ("clearing_phase_transition", "two_isolated_complete_blocks_of_5")
    assert gives - {ten} == {(row.topic, row.output) for row in evaluate(filed(tmp_path, OWN))}


@pytest.mark.parametrize("name", CALLED)
def test_an_adapter_calls_the_function_of_a_run(name, monkeypatch, tmp_path):
    module, function = CALLED[name]
    found = getattr(module, function)

    def spoilt(*given, **named):
        value = found(*given, **named)
        if name == "clearing":
            return value._replace(payments=value.payments + 1.0)
        if name == "sybil_split":
            given[-1].given[:] += 1.0
        return None if value is None else value * 0.5

    monkeypatch.setattr(module, function, spoilt)
    assert DIFFER in {row.verdict for row in evaluate(filed(tmp_path, {name: OWN[name]}))}


@given(
    st.lists(st.integers(1, 10**6), min_size=2, max_size=8), st.integers(0, 10**7), st.integers(0, 10**6),
)  # fmt: skip
def test_a_queue_by_size_of_any_accounts(tmp_path_factory, sizes, asked, off):
    """What is closed of the first: what the larger ones leave of the order."""
    larger = sum(size for size in sizes[1:] if size > sizes[0])
    closed = min(max(asked - larger, 0), sizes[0])
    case = {"ranking": "absolute size", "sizes": sizes, "to_close": asked, "closed_of_account_0": closed + off}
    [row] = evaluate(filed(tmp_path_factory.mktemp("queue"), {"sybil_split": {"tolerance": 1e-6, "cases": [case]}}))
    assert (row.verdict, row.difference) == (DIFFER if off else AGREE, off)


@given(st.floats(-1e12, 1e12).filter(lambda x: abs(x) > 1e-12), st.integers(1, 11))
def test_without_a_tolerance_the_digits_printed_count(ours, digits):
    case = Case("t", "c", {}, (), None)
    printed = f"{ours:.{digits}e}"
    assert compared(case, "x", read(printed), ours).verdict == AGREE
    unit = 10.0 ** (int(printed.partition("e")[2]) - digits)
    assert compared(case, "x", read(printed), ours + 1.6 * unit).verdict == DIFFER


def read(printed):
    from experiments.validation.case.file import _number  # noqa: PLC0415

    return _number(printed)


@pytest.mark.parametrize(
    ("published", "ours", "tolerance", "verdict"),
    [
        (1.0, 1.1, 0.1, AGREE),
        (1.0, 1.11, 0.1, DIFFER),
        (100.0, 100.2, 0.1, DIFFER),
        (1.33333333333, 4.0 / 3.0, 1e-12, AGREE),
        (1.3333333333, 4.0 / 3.0, 1e-12, DIFFER),
        (2340254.16688, 2340254.166882589, 1e-9, AGREE),
        (0.0, 1e-13, 1e-12, AGREE),
        (2, 2, 0, AGREE),
        (2, 3, 0, DIFFER),
        (1.0, math.nan, 1.0, DIFFER),
        (1.0, math.inf, 1.0, DIFFER),
        ([1, 2], [1, 2.4], 0.5, AGREE),
        ([1, 2], [1, 2.6], 0.5, DIFFER),
        ([1, 2], [1], 0.5, DIFFER),
        ([[1], [2]], [[1], [2]], 0, AGREE),
        ({"a": 1}, {"a": 1}, 0, AGREE),
        ({"a": 1}, {"b": 1}, 0, DIFFER),
        (True, True, 1.0, AGREE),
        (True, False, 1.0, DIFFER),
        (True, 1.0, 1.0, DIFFER),
        (1, True, 1.0, DIFFER),
        ("long", "long", 0, AGREE),
        ("long", "short", 0, DIFFER),
        (None, None, 0, AGREE),
        (None, 3, 9, DIFFER),
        (3, None, 9, DIFFER),
    ],
)
def test_what_agrees(published, ours, tolerance, verdict):
    assert compared(Case("t", "c", {}, (), tolerance), "x", published, ours).verdict == verdict


def test_the_number_furthest_beyond_what_is_allowed_is_told():
    row = compared(Case("t", "c", {}, (), 1e-9), "x", [1e6, 1.0], [1e6 + 1e-7, 1.0 + 5e-8])
    assert row.verdict == DIFFER and row.difference == pytest.approx(5e-8)


def test_a_case_may_have_a_tolerance_of_its_own(tmp_path):
    cases = [{"P": 0, "F": 0.02, "tolerance": 0.1}, {"P": 0, "F": 0.02}]
    rows = evaluate(filed(tmp_path, {"funding_rate": {"tolerance": 1e-3, "cases": cases}}))
    assert [(row.verdict, row.tolerance) for row in rows] == [(AGREE, 0.1), (DIFFER, 1e-3)]


def test_a_wrong_number_is_exit_code_one_and_is_named(tmp_path):
    wrong = {"id": "mine", "P": 0.02, "F": 0.03}
    done = run(tmp_path, {"funding_rate": {"tolerance": 1e-3, "cases": [wrong, {"P": 0, "F": 0.01}]}})
    assert done.exit_code == 1
    assert done.stderr == "differs: funding_rate, mine: F: published 0.03, ours 0.01\n"
    assert "DIFFER" in done.stdout and done.stdout.endswith("1 agree, 1 differ, 0 not run\n")


def test_a_wrong_number_of_the_shared_file_is_found(tmp_path):
    content = json.loads(present(ORACLES / "published_2.json").read_bytes())
    content["sybil_split"]["cases"][1]["after_split_of_account_0_in_three"]["closed_of_account_0"] += 1e-9
    done = run(tmp_path, content)
    assert done.exit_code == 1
    assert done.stderr.startswith("differs: sybil_split, SY-2: after_split_of_account_0_in_three.closed_of_account_0: ")


def test_what_is_not_known_reads_not_run(tmp_path):
    content = {
        "warp": {"tolerance": 1, "cases": [{"id": "a", "x": 1}, {"id": "b", "x": 2}]},
        "funding_rate": {
            "clam": 1,
            "tolerance": 1e-9,
            "cases": [{"prem": 1, "F": 1}, {"P": 0, "F": 0.01, "G": [1]}, {"FF": 2}],
        },
    }
    assert told(tmp_path, content) == [
        ("", NOT_RUN, "not built yet"),
        ("", NOT_RUN, "not built yet"),
        ("prem", NOT_RUN, "not known here"),
        ("F", NOT_RUN, "needs P"),
        ("F", AGREE, ""),
        ("G", NOT_RUN, "not known here"),
        ("", NOT_RUN, "no output that is built; FF (did you mean 'F'?)"),
        ("clam", NOT_RUN, "not known here (did you mean 'clamp'?)"),
    ]
    done = run(tmp_path, content)
    assert done.exit_code == 0 and "not run, not built yet: warp (2 cases)" in done.stdout
    assert done.stdout.endswith("1 agree, 0 differ, 7 not run\n")


def test_an_output_that_the_inputs_do_not_have_reads_not_run(tmp_path):
    case = {"n": 4, "a": 1.5, "v": 1.4, "y": 5, "eps": 0, "two_isolated_complete_blocks_of_5": 0}
    [(_, *rest)] = told(tmp_path, {"clearing_phase_transition": {"cases": [case]}})
    assert rest == [NOT_RUN, "not given for these inputs"]


@pytest.mark.parametrize("words", [["--write"], ["--facts"], ["--workers", "2"], ["--oracles", "."], ["--data", "."]])
def test_other_options_are_refused(words, tmp_path):
    done = run(tmp_path, OWN, *words)
    assert done.exit_code == 2
    assert f"--cases goes with --json alone, not with {words[0]}" in done.stderr


def test_the_document_has_every_row(tmp_path):
    content = {**OWN, "warp": {"cases": [{"id": 4, "x": None}]}}
    done = run(tmp_path, content, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (told["agree"], told["differ"], told["not run"]) == (len(told["rows"]) - 1, 0, 1)
    assert told["rows"][0] == {
        "topic": "clearing", "case": "one fails", "output": "payments", "published": [2, 1], "ours": [2.0, 1.0],
        "difference": 0.0, "allowed": told["rows"][0]["allowed"], "tolerance": 1e-9, "verdict": AGREE, "why": "",
    }  # fmt: skip
    assert told["rows"][-1]["case"] == "4"


def test_what_is_not_finite_is_null_in_the_document(monkeypatch, tmp_path):
    monkeypatch.setattr(venue, "funding_rate", lambda *_: math.nan)
    done = run(tmp_path, {"funding_rate": {"cases": [{"P": 0, "F": 0}]}}, "--json")
    [row] = json.loads(done.stdout)["rows"]
    assert (done.exit_code, row["ours"], row["difference"], row["verdict"]) == (1, None, None, DIFFER)


def test_signs_that_steer_a_terminal_or_a_style_are_told_as_they_are(tmp_path):
    case = {"id": "[red]\u001b[31m\n", "P": 0, "F": 1, "[bold]": 2}
    done = run(tmp_path, {"funding_rate": {"cases": [case]}, "[u]": {"cases": [{"a": 1}]}})
    assert "\u001b" not in done.output and done.exit_code == 1
    for text in ("[red]\\x1b[31m\\n", "[bold]", "[u] (1 case)"):
        assert text in done.stdout
    assert len(done.stderr.splitlines()) == 1


def test_a_topic_without_cases_has_them_in_its_lists_or_is_one(tmp_path):
    content = {
        "funding_rate": {"clamp": 0, "low": [{"P": 1, "F": 1}], "high": [{"P": 2, "F": 2}, {"P": 3, "F": 3}]},
        "impact": {"Y": 1, "sigma": 1, "Q_over_V": 4, "impact": 2, "note": "whole"},
    }
    rows = evaluate(filed(tmp_path, content))
    assert [row.case for row in rows] == ["low 1", "high 1", "high 2", "1"]
    assert {row.verdict for row in rows} == {AGREE}


def test_an_output_that_a_topic_states_holds_for_all_its_cases(tmp_path):
    rows = evaluate(filed(tmp_path, {"funding_rate": {"F": 0.01, "cases": [{"P": 0, "id": "a"}, {"P": 1, "id": "b"}]}}))
    assert [(row.case, row.verdict) for row in rows] == [("a", AGREE), ("b", DIFFER)]


def test_the_example_of_the_page_agrees_and_the_page_names_every_topic(tmp_path):
    section = case_section()
    example = re.search(r"```json\n(.*?)```", section, re.DOTALL)[1]
    assert {row.verdict for row in evaluate(filed(tmp_path, json.loads(example)))} == {AGREE}
    keys = chain.from_iterable(one.gives for adapters in built().values() for one in adapters)
    assert [key for key in (*built(), *keys) if f"`{key}`" not in section] == []
