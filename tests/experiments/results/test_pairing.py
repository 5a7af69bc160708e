"""Innocents and saved: hand-made worlds, and what must hold in all."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.console import Console

from experiments.results.run import Run
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.innocents import compare_members, pairings
from experiments.study.comparison.table import mean_table, pairing_table

# Three worlds of three protocols. World 0: isolation leaves protocol 0 uncovered, the pool nobody. World 1: the pool
# runs out and takes 1 and 2 with it. World 2: both leave 0 uncovered, the pool also 1.
ISOLATED = [[5e6, 0, 0], [9e6, 0, 0], [4e6, 0, 0]]
POOLED = [[0, 0, 0], [3e6, 1e6, 1e6], [2e6, 1e6, 0]]
losses = arrays(np.float64, (5, 3), elements=st.sampled_from([0.0, 1e-3, 1e6, np.nan]))


def comparison_of(**arrangements):
    found = Comparison(list(arrangements), range(3))
    for arrangement, worlds in arrangements.items():
        for replication, world in enumerate(worlds):
            if world is None:
                found.add(Run(arrangement, arrangement, "adl", replication, {}, {}, failure="broken"))
                continue
            members = {f"uncovered_{i}": float(value) for i, value in enumerate(world)}
            found.add(
                Run(arrangement, arrangement, "adl", replication, {"uncovered": float(sum(world)), **members}, {})
            )
    return found


def paired(comparison):
    return pairings(comparison.pairs, comparison.metrics, comparison.values)


def shown(table):
    console = Console(file=io.StringIO(), width=150)
    console.print(table)
    return console.file.getvalue()


def test_innocents_and_saved_are_counted_world_by_world():
    counts = compare_members(np.array(ISOLATED, dtype=float), np.array(POOLED, dtype=float))
    assert counts.tolist() == [[0, 1], [2, 0], [1, 0]]


def test_a_pair_has_the_mean_of_its_worlds_and_says_which_way():
    [pair] = paired(comparison_of(isolated=ISOLATED, pooled=POOLED))
    assert (pair.a, pair.b) == ("isolated", "pooled")
    assert (pair.innocents.mean, pair.innocents.number) == (1.0, 3)
    assert pair.saved.mean == pytest.approx(1 / 3)
    assert np.isnan(pair.innocents.low)  # three worlds are too few for an interval
    [back] = paired(comparison_of(pooled=POOLED, isolated=ISOLATED))
    assert (back.innocents.mean, back.saved.mean) == (pair.saved.mean, pair.innocents.mean)


def test_a_world_that_failed_in_either_arrangement_is_left_out():
    [pair] = paired(comparison_of(isolated=[ISOLATED[0], None, ISOLATED[2]], pooled=POOLED))
    assert (pair.innocents.mean, pair.saved.mean, pair.innocents.number) == (0.5, 0.5, 2)


@given(losses, losses)
def test_saved_less_innocents_is_the_fall_in_the_number_uncovered(first, second):
    """And turning a pair round swaps the two; a world with a missing value has neither."""
    counts = compare_members(first, second)
    fall = (first > 0).sum(axis=1) - (second > 0).sum(axis=1)
    known = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    assert (counts[known, 1] - counts[known, 0]).tolist() == fall[known].tolist()
    assert np.array_equal(counts[:, ::-1], compare_members(second, first), equal_nan=True)
    assert np.isnan(counts[~known]).all()
    assert (compare_members(first[known], first[known]) == 0).all()


def test_document_and_table_name_every_pair():
    comparison = comparison_of(isolated=ISOLATED, pooled=POOLED, none=ISOLATED)
    pairing = comparison.document()["pairing"]
    assert [(pair["a"], pair["b"]) for pair in pairing] == list(comparison.pairs)
    told = {"mean": 1.0, "n": 3, "events": 2, "kind": "count", "method": "none"}
    assert {name: pairing[0]["innocents"][name] for name in told} == told
    text = shown(pairing_table(comparison))
    assert text.count("isolated") == 2 and "innocents" in text and "0.333" in text


def test_runs_that_do_not_report_their_protocols_have_no_pairing():
    comparison = Comparison(["a", "b"], [0])
    comparison.add(Run("a", "a", "adl", 0, {"uncovered": 1.0}, {}))
    assert paired(comparison) == []


def test_the_tail_of_the_uncovered_loss_is_told():
    """Of three worlds the 95 % tail is the worst: 9, and 5 with the pool; without a finished run there is none.

    A quantile of three has no upper end, and an expected shortfall no interval but the number of runs it rests on.
    """
    comparison = comparison_of(isolated=ISOLATED, pooled=POOLED, none=[None] * 3)
    risk = comparison.document()["risk"]
    told = {"level": 0.95, "value_at_risk": 9e6, "expected_shortfall": pytest.approx(9e6)}
    assert {name: risk["isolated"][name] for name in told} == told
    assert risk["isolated"]["value_at_risk_ci95"] == [5e6, pytest.approx(np.nan, nan_ok=True)]
    assert np.isnan(risk["isolated"]["expected_shortfall_ci95"]).all()
    assert (risk["isolated"]["tail_runs"], risk["isolated"]["n"]) == (1, 3)
    assert risk["pooled"]["expected_shortfall"] == pytest.approx(5e6)
    assert risk["none"]["value_at_risk"] is None and risk["none"]["expected_shortfall"] is None
    [line] = [line for line in shown(mean_table(comparison)).splitlines() if "worst 5%" in line]
    assert "9.00 (worst 1 of 3)" in line and "5.00 (worst 1 of 3)" in line and "n/a" in line
