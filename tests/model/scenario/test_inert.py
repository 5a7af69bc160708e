"""Choices that do nothing are told, in every structure, and only they; a mutual's calls take their time."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from experiments.cli.main import main
from experiments.plan.notice import notes
from model.scenario import Scenario
from model.scenario.check.alike import alike_structures, pots
from model.scenario.check.inert import RULES, WITHOUT_POOL, inert_choices
from model.scenario.parameter import declarations
from tests.model.whole.test_conservation import assert_books_close
from tests.support.bench import Bench
from tests.support.world import CRASH, STRUCTURES, crash, run, small

pytestmark = pytest.mark.usefixtures("no_figures")

CHOICES = {
    "reinsurance.premium": "expected_loss",
    "reinsurance.charge_all": True,
    "reinsurance.cycle": 10.0,
    "reinsurance.claims": "parametric",
    "reinsurance.assessment_delay": 3.0,
    "reinsurance.dispute_probability": 1.0,
    "reinsurance.retrocession_share": 0.4,
    "reinsurance.providers": 3,
    "choice.membership": True,
    "fund.replenishment": 0.5,
    "fund.lent_share": 0.6,
    "fund.base_share": 0.6,
    "backstop.pooled_share": 0.9,
    "backstop.sublimit": (0.05,),
    "backstop.clusters": 3,
    "backstop.ceded_share": 0.9,
    "backstop.retention": (0.2,),
    "backstop.assessment": 0.1,
    "backstop.premium_rate": 5.0,
}
WORLD = {"backstop.capital_ratio": 1e-3, "backstop.regime": "bad_debt", "choice.epoch": 5.0, "reinsurance.review": 2.0,
         "reinsurance.joining": 0.2, "backstop.premium_rate": 2.0, "protocol.treasury_ratio": 0.01}  # fmt: skip
COUNTS = ("imbalance", "members_end", "claims_made", "claims_open", "claims_lapsed", "claims_refused")


def outcome(structure, changes):
    """Return the run's summary without what only counts what was switched on, and its balances."""
    ecosystem = run(Scenario().replace(CRASH | WORLD | {"backstop.structure": structure} | changes))
    found = {name: value for name, value in ecosystem.summary().items() if name not in COUNTS}
    record = ecosystem.record
    return found, [ecosystem.ledger.balance, record.ecosystem, record.protocol]


@pytest.mark.parametrize("structure", STRUCTURES)
def test_what_is_told_to_do_nothing_does_nothing_and_the_rest_does_something(structure):
    """To the last bit where it is told; otherwise some balance or metric differs, in a crash that empties funds."""
    plain, before = outcome(structure, {})
    assert plain["deficit"] > 0
    for choice, value in CHOICES.items():
        scenario = Scenario().replace(CRASH | WORLD | {"backstop.structure": structure, choice: value})
        told = any(line.startswith(f"{choice} ") for line in inert_choices(scenario))
        changed, after = outcome(structure, {choice: value})
        common = plain.keys() & changed.keys()
        same = all(map(np.array_equal, before, after)) and all(plain[name] == changed[name] for name in common)
        assert same == told, (structure, choice)


def test_every_rule_names_parameters_that_exist():
    known = {declared.name for declared in declarations(Scenario)}
    assert {name for rule in RULES for name in rule.names} <= known
    assert set(WITHOUT_POOL) < set(STRUCTURES)


def test_defaults_choose_nothing():
    for structure in STRUCTURES:
        assert inert_choices(Scenario().replace({"backstop.structure": structure})) == []


def test_one_line_a_choice_in_a_comparison():
    """What only one structure reads is told where it is alone; what needs a pool, of all without one, in one line."""
    changes = {"reinsurance.retrocession_share": 0.2, "backstop.pooled_share": 0.2, "backstop.assessment": 1.0}
    compared = [
        Scenario().replace({**changes, "backstop.structure": name}) for name in ("isolated", "mutual", "partial")
    ]
    assert inert_choices(*compared) == [
        "reinsurance.retrocession_share does nothing in isolated, mutual: it has no pool"
    ]
    assert len(inert_choices(compared[0])) == 3


def test_notes_are_on_the_terminal_and_in_the_manifest(tmp_path):
    out = tmp_path / "out"
    words = ["compare", "--process", "gbm", "--structure", "pooled", "--premium", "flat", "--premium", "expected_loss"]
    words += ["--set", "trader.number=20", "--set", "steps=5", "--replications", "2", "--workers", "1"]
    done = CliRunner().invoke(main, [*words, "--out", str(out)])
    assert done.exit_code == 0, done.output
    [line] = [line for line in done.stderr.splitlines() if line.startswith("note: ")]
    assert "reinsurance.premium does nothing in pooled: only `reinsured` charges premiums" in line
    assert json.loads((out / "manifest.json").read_text())["notices"] == [line.removeprefix("note: ")]


def test_structures_that_are_alike_are_named():
    """By default two pairs nearly are; at the ends of their parameters some are the same, as runs show."""
    lines = alike_structures(Scenario(), STRUCTURES)
    assert [line.split()[0] for line in lines] == ["reinsured", "clustered"]
    assert notes(Scenario(), ("isolated", "pooled", "reinsured")) == []
    ends = {"backstop.pooled_share": 1.0, "backstop.sublimit": (1.0,), "backstop.clusters": 1}
    terms = Scenario().replace(ends)
    assert pots(terms.backstop, terms.protocol.number) == 1
    same = [line for line in alike_structures(terms, STRUCTURES) if "by another name" in line]
    assert [line.split()[0] for line in same] == ["partial", "capped", "clustered"]
    pooled = outcome("pooled", ends)[0]
    for name in ("partial", "capped", "clustered"):
        assert outcome(name, ends)[0] == pooled


@given(st.lists(st.lists(st.floats(0.0, 6.0), min_size=3, max_size=3), min_size=1, max_size=5))
def test_partial_and_reinsured_pay_alike_without_premium_and_income(losses):
    """Half and half, and a layer that begins where the own fund ends: equal while the pool of 50 suffices."""
    partial, reinsured = (Bench(name, [50.0, 30.0, 20.0]) for name in ("partial", "reinsured"))
    for step, hits in enumerate(losses):
        for bench in (partial, reinsured):
            bench.lose(np.array(hits), step)
    assert reinsured.protocol.paid_fund == pytest.approx(partial.protocol.paid_fund, abs=1e-9)
    assert reinsured.protocol.paid_pool == pytest.approx(partial.protocol.paid_pool, abs=1e-9)


def test_members_stay_in_a_pool_of_default_price():
    """Cover at 0.5 % a year is worth 0.2 % of claims and a tenth of the capital it saves: nobody leaves at once."""
    terms = {"backstop__structure": "reinsured", "choice__membership": True, "choice__epoch": 10.0}
    assert run(small(**terms)).summary()["members_end"] == 3
    assert run(small(**terms, reinsurance__capital_charge=0.0)).summary()["members_end"] == 0


def test_calls_on_members_take_the_assessment_delay():
    """At once the treasuries pay in the step of the loss; later they pay the debt that is open then, and no other."""
    common = {"backstop__structure": "mutual", "backstop__regime": "bad_debt", "backstop__capital_ratio": 1e-2}
    once = run(crash(**common))
    late = run(crash(**common, reinsurance__assessment_delay=5.0))
    assert once.summary()["paid_assessment"] > 0
    assert late.summary()["paid_assessment"] > 0
    assert late.summary()["uncovered"] > once.summary()["uncovered"]
    assert late.protocol.assessed.sum() == pytest.approx(late.protocol.paid_assessment.sum())
    assert_books_close(late)
