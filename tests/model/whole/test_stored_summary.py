"""Summaries of every structure with every loss regime stay as they are stored in ``summaries.json``.

Where an intended change moves numbers, store them again, in a commit of its own that says why::

    python -m tests.model.whole.test_stored_summary

A world of four protocols with small funds goes through eleven hours of 10 October 2025 in steps of ten minutes: every
run has deficits, most are not covered by funds, and value funds trade. Two seeds, 1 and 2. Numbers agree to 1e-12 of
their size; across processors and versions of numerical libraries the last bits of a sum or a logarithm may differ.
"""

import json
import math
from functools import cache
from pathlib import Path

import pytest

from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.registry import REGIMES, STRUCTURES

STORED = Path(__file__).with_name("summaries.json")
SEEDS = (1, 2)
WORLD = {
    "price.process": "episode",
    "price.episode": "2025-10-10",
    "minutes": 10.0,
    "steps": 64,
    "trader.number": 32,
    "value_fund.number": 2,
    "provider.number": 4,
    "protocol.number": 4,
    "protocol.listings": (1,),
    "keeper.number": 4,
    "backstop.capital_ratio": 0.003,
}


def summary(structure: str, regime: str, seed: int) -> dict[str, float]:
    """Summary of one run."""
    changes = WORLD | {"backstop.structure": structure, "backstop.regime": regime, "seed": seed}
    ecosystem = Ecosystem(Scenario().replace(changes), 0)
    ecosystem.run()
    return {name: float(value) for name, value in ecosystem.summary().items()}


@cache
def stored() -> dict[str, list[float | str | None]]:
    """Numbers of every run in the order of ``metrics``, none for what is not a number."""
    return json.loads(STORED.read_text(encoding="utf-8"))


def plain(value: float) -> float | str | None:
    """A number as JSON has it."""
    return None if math.isnan(value) else float(f"{value:.14g}") if math.isfinite(value) else str(value)


def differences(found: dict[str, float], wanted: list[float | str | None]) -> dict[str, tuple[float, float]]:
    """Metric → found, wanted, where they differ."""
    pairs = zip(stored()["metrics"], wanted, strict=True)
    numbers = {name: math.nan if value is None else float(value) for name, value in pairs}
    assert list(found) == list(numbers)
    return {
        name: (found[name], number)
        for name, number in numbers.items()
        if found[name] != pytest.approx(number, rel=1e-12, abs=1e-12, nan_ok=True)
    }


@pytest.mark.compiled
@pytest.mark.parametrize("structure", STRUCTURES)
def test_summaries_are_the_stored_ones(structure):
    runs = [(f"{structure}/{regime}/{seed}", summary(structure, regime, seed)) for regime in REGIMES for seed in SEEDS]
    assert {name: apart for name, found in runs if (apart := differences(found, stored()[name]))} == {}


def test_the_stored_runs_are_all_and_have_something_to_keep():
    names = {f"{structure}/{regime}/{seed}" for structure in STRUCTURES for regime in REGIMES for seed in SEEDS}
    assert stored().keys() - {"metrics"} == names
    deficit, uncovered = (stored()["metrics"].index(name) for name in ("deficit", "uncovered"))
    assert all(stored()[name][deficit] > 0.0 for name in names)
    assert len({tuple(stored()[name]) for name in names}) > 0.6 * len(names)
    assert sum(stored()[name][uncovered] > 0.0 for name in names) > len(names) / 2


def test_a_number_that_moves_is_seen():
    name = next(name for name in stored() if name != "metrics")
    found = dict(zip(stored()["metrics"], (math.nan if v is None else float(v) for v in stored()[name]), strict=True))
    moved = found | {"deficit": found["deficit"] * (1.0 + 1e-11)}
    assert differences(found, stored()[name]) == {} and list(differences(moved, stored()[name])) == ["deficit"]


def store() -> None:
    """Write the summaries of all runs."""
    runs = {(s, r, seed): summary(s, r, seed) for s in STRUCTURES for r in REGIMES for seed in SEEDS}
    lines = [f'"metrics": {json.dumps(list(next(iter(runs.values()))))}']
    lines += [f'"{s}/{r}/{n}": {json.dumps([plain(v) for v in found.values()])}' for (s, r, n), found in runs.items()]
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    store()
