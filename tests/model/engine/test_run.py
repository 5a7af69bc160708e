"""The compiled run gives, bit for bit, what stepping from Python gives, whatever is switched on."""

import mesa
import numpy as np
import pytest
from hypothesis import given, settings

from agents.core.ledger import LedgerError
from model.ecosystem import Ecosystem
from model.schedule import ACTS, PHASES
from tests.model.whole.test_conservation import scenarios
from tests.support.arrangement import BOOKS, MAKERS, OWNERS
from tests.support.environment import INTERPRETED
from tests.support.world import REGIMES, STRUCTURES, crash, run, small

POOR = {"backstop__capital_ratio": 1e-4}
MARKET = {"backstop__structure": "pooled", "backstop__premium_rate": 1.0, **POOR}
VARIANTS = {
    "a fallback": {"backstop__regime": "adl", "loss__fallback": "frozen_debt", **POOR},
    "the previous mark": {"backstop__regime": "adl", "loss__close_price": "previous_mark", **POOR},
    "windows": {"backstop__regime": "clawback", "loss__fallback": "tear_up", "loss__window": 7.0, **POOR},
    "a drawdown trigger": {"backstop__trigger": "drawdown", "backstop__trigger_window": 5.0},
    "a whole trigger": {"backstop__structure": "pooled", "backstop__trigger": "whole"},
    "sub-limits in a window": {"backstop__structure": "capped", "backstop__sublimit_window": 7.0, **POOR},
    "reinstatements": {"backstop__structure": "reinsured", "backstop__reinstatements": (2,), **POOR},
    "assessments that take time": {"backstop__structure": "mutual", "reinsurance__assessment_delay": 5.0, **POOR},
    "defaults": {"protocol__treasury_ratio": 1e-5, "exposure__graph": "ring", "exposure__weight": 1.0, **POOR},
    "defaulters that are dead": {"exposure__resolution": "dead", "protocol__treasury_ratio": 0.0, **POOR},
    "defaulters that come back": {
        "exposure__resolution": "recapitalised", "exposure__resolution_delay": 5.0, "protocol__treasury_ratio": 0.0,
        **POOR,
    },
    "funds in base assets": {"fund__base_share": 0.5, "backstop__structure": "partial"},
    "recalls": {"fund__lent_share": 0.5, "fund__recall_delay": 3.0, "fund__recall_haircut": 0.1, **POOR},
    "recalls at once": {"fund__lent_share": 0.5, "fund__recall_delay": 0.0, "fund__recall_haircut": 0.1},
    "contributions": {"fund__contribution_rate": (5.0,), "fund__replenishment": 0.5, "fund__target_ratio": 2.0},
    "disputes": {**MARKET, "reinsurance__assessment_delay": 4.0, "reinsurance__dispute_probability": 0.5},
    "parametric claims": {**MARKET, "reinsurance__claims": "parametric"},
    "capital providers": {**MARKET, "reinsurance__providers": 3, "reinsurance__joining": 0.5},
    "choices": {**MARKET, "choice__leverage": True, "choice__membership": True, "choice__epoch": 5.0},
    "confidence": {"confidence__panic": True, "provider__volatility_sensitivity": 0.1, **POOR},
    "terms that adapt": {"control__fee_health": 1.0, "control__margin_volatility": 1.0, **POOR},
    "circuit breakers": {"control__breaker_move": 0.02, "control__breaker_liquidations": True},
    "a takeover": {"control__takeover": 0.67},
    "margin tiers": {
        "exchange__tier_bound": (1e5, 1e6, 1e7), "exchange__tier_maintenance": (0.01, 0.02, 0.05),
        "exchange__tier_initial": (0.02, 0.04, 0.1), "control__partial_by_tier": True, "control__takeover": 0.2,
        "backstop__regime": "adl", "loss__ranking": "okx", **POOR,
    },
    "closed vaults": {"protocol__vault_closure": "deleverage", "protocol__vault_ratio": 0.002},
    "value funds": {"value_fund__number": 2},
    "markets of their own": {"asset__shared_market": False},
    "a book at each venue": {name.replace(".", "__"): value for name, value in BOOKS.items()} | POOR,
    "market makers": {name.replace(".", "__"): value for name, value in (BOOKS | MAKERS).items()} | POOR,
    "owners at several venues": {name.replace(".", "__"): value for name, value in OWNERS.items()} | POOR,
}  # fmt: skip


class Stepped(Ecosystem):
    """An ecosystem that is always stepped, because its step is its own."""

    def step(self):
        super().step()


def differences(one, other):
    """Series and metrics in which two runs differ in a single bit."""
    series, more = one.series(), other.series()
    summary, again = one.summary(), other.summary()
    assert series.keys() == more.keys() and summary.keys() == again.keys()
    found = [name for name in series if not np.array_equal(series[name], more[name], equal_nan=True)]
    found += [name for name in summary if not np.array_equal(summary[name], again[name], equal_nan=True)]
    arrays = zip(one.accounts, other.accounts, strict=True)
    return found + ["accounts"] * (not all(np.array_equal(a, b) for a, b in arrays))


def both(scenario, replication=0):
    """The same run stepped from Python and compiled."""
    stepped, compiled = Stepped(scenario, replication), Ecosystem(scenario, replication)
    stepped.run()
    compiled.run()
    return stepped, compiled


FIRST = {"isolated", "pooled", "mutual"}
"""Structures that are tried at once; the others with the slow tests, and their summaries with the stored ones."""


@pytest.mark.parametrize(
    "structure", [pytest.param(name, marks=[] if name in FIRST else pytest.mark.slow) for name in STRUCTURES]
)
def test_structures_and_regimes(structure):
    for regime in REGIMES:
        changes = {"backstop__structure": structure, "backstop__regime": regime, **POOR}
        assert differences(*both(crash(steps=30, **changes))) == [], regime


COMPILED_APART = {"confidence", "terms that adapt", "a takeover", "value funds", "market makers"}
"""What has kernels of its own, some ten seconds to compile: interpreted, and with the slow tests."""


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(name, marks=[] if INTERPRETED or name not in COMPILED_APART else pytest.mark.slow)
        for name in VARIANTS
    ],
)
def test_whatever_is_switched_on(variant):
    stepped, compiled = both(crash(**VARIANTS[variant]))
    assert differences(stepped, compiled) == []


def test_variants_differ_from_what_is_switched_off():
    """Else nothing would have been switched on."""
    plain = {str(sorted(off.items())): run(crash(**off)).summary() for off in ({}, POOR)}
    for variant, changes in VARIANTS.items():
        if variant in COMPILED_APART and not INTERPRETED:
            continue
        summary = run(crash(**changes)).summary()
        assert all(summary != other for other in plain.values()), variant


@pytest.mark.slow
@settings(max_examples=300)
@given(changes=scenarios)
def test_random_scenarios(changes):
    scenario = crash(**{name.replace(".", "__"): value for name, value in changes.items()})
    assert differences(*both(scenario)) == []


class Buyer(mesa.Agent):
    """A researcher's own agent: it buys at every step what it can see is cheap."""

    def __init__(self, model):
        super().__init__(model)
        self.seen = []

    def step(self):
        self.seen.append((self.model.clock, float(self.model.market.mid[0])))
        self.model.exchange.interest_cap[0] = 1e9 - len(self.seen)


def test_own_agents_act_in_phase_4_of_every_step():
    runs = []
    for kind in (Stepped, Ecosystem):
        ecosystem = kind(crash(**POOR))
        buyer = Buyer(ecosystem)
        ecosystem.run()
        runs.append((ecosystem, buyer))
    (stepped, one), (compiled, other) = runs
    assert differences(stepped, compiled) == []
    assert one.seen == other.seen and [t for t, _ in one.seen] == list(range(40))


class Halved(Ecosystem):
    """A researcher's own phases: funding once more, and a waterfall that is counted."""

    calls = 0

    def charge_funding(self):
        super().charge_funding()
        super().charge_funding()

    def absorb_deficits(self):
        self.calls += 1
        super().absorb_deficits()


def test_own_phases_are_called_at_every_step():
    stepped, compiled = Halved(crash(**POOR)), Halved(crash(**POOR))
    stepped.run_for(stepped.horizon)
    compiled.run()
    assert differences(stepped, compiled) == [] and stepped.calls == compiled.calls == 40
    assert differences(stepped, run(crash(**POOR)))


def test_a_run_goes_on_where_steps_have_come_to():
    stepped, compiled = Ecosystem(crash(**POOR)), Ecosystem(crash(**POOR))
    stepped.run_for(40)
    compiled.run_for(13)
    compiled.run()
    assert differences(stepped, compiled) == []
    assert compiled.clock == compiled.steps == compiled.time == 40 and not compiled.running


def test_what_is_wrong_stops_the_run_with_the_same_words():
    words = []
    for kind in (Stepped, Ecosystem):
        ecosystem = kind(small())
        ecosystem.run_for(5)
        ecosystem.accounts.wallet[0] += 1e6
        ecosystem.tables.blocks["stale"][0] = 1
        with pytest.raises(LedgerError) as caught:
            ecosystem.run()
        words.append(str(caught.value))
    assert words[0] == words[1] and "at step 5" in words[0]


def test_a_calm_run_is_left_to_python_nowhere(monkeypatch):
    """What makes it fast: no act of a calm run with all defaults is Python's."""
    ecosystem = Ecosystem(small())
    for name in {act for _, act, _ in ACTS} | {phase.name for phase in PHASES}:
        monkeypatch.setattr(ecosystem, name, None)
    ecosystem.run()
    assert ecosystem.clock == 40


def test_treasuries_that_pay_bad_debt_are_left_to_python_nowhere(monkeypatch):
    """Only a debt beyond a treasury is contagion's."""
    scenario = crash(backstop__regime="bad_debt", protocol__treasury_ratio=0.1, **POOR)
    stepped, compiled = (kind(scenario) for kind in (Stepped, Ecosystem))
    stepped.run()
    monkeypatch.setattr(compiled, "clear_exposures", None)
    compiled.run()
    assert differences(stepped, compiled) == [] and compiled.protocol.paid_treasury.sum() > 0.0
