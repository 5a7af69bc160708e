"""Triggers: when a deficit is kept from the funds."""

import numpy as np
import pytest

from agents.core.ledger import DEFICIT, FUND, OUTSIDE, TREASURY
from model.backstop.trigger.base import Means
from model.backstop.trigger.drawdown import Peaks, spare_fallen
from model.ecosystem import Ecosystem
from model.scenario.registry import TRIGGERS
from tests.support.world import STRUCTURES, crash, run, small

WORTH = 0.015 * 6e7
BARE = {
    "protocol__open_interest": (6e7,),
    "protocol__skin_in_the_game": 0.0,
    "trader__number": 0,
    "backstop__regime": "bad_debt",
    "exposure__graph": "none",
}


def hit(ecosystem, deficits):
    """Send deficits, in multiples of a fund, down the waterfall."""
    owed = np.array(deficits) * WORTH
    ecosystem.ledger.balance[DEFICIT] -= owed
    ecosystem.ledger.balance[OUTSIDE, 0] += owed.sum()
    ecosystem.absorb_deficits()


def funds(ecosystem):
    """Return own funds, entitlements and capital on call, in multiples of a fund at the start."""
    balance, structure = ecosystem.ledger.balance, ecosystem.structure
    on_call = structure.assessable(balance[TREASURY], ecosystem.protocol.assessed)
    return (balance[FUND] + structure.entitlement + on_call) / WORTH


def test_a_fund_has_fallen_at_the_drop():
    """At 70 % of the peak or below; an empty fund that was never full has not."""
    fund, peak = np.array([71.0, 70.0, 10.0, 0.0]), np.array([100.0, 100.0, 100.0, 0.0])
    spared = np.zeros(4, bool)
    spare_fallen(Peaks(np.array([peak, fund]), fund, np.array([2])), 0.3, spared)
    assert spared.tolist() == [False, True, True, False]


@pytest.mark.parametrize("structure", ["isolated", "pooled", "mutual"])
def test_drawdown_spares_what_is_left(structure):
    """A loss of 20 % is paid, one of 15 % too, the next passes the fund, which stands at 65 %."""
    ecosystem = Ecosystem(small(backstop__structure=structure, backstop__trigger="drawdown", **BARE))
    for loss in (0.2, 0.15, 0.3):
        hit(ecosystem, [loss, 0.0, 0.0])
    assert funds(ecosystem) == pytest.approx([0.65, 1.0, 1.0])
    assert ecosystem.protocol.uncovered / WORTH == pytest.approx([0.3, 0.0, 0.0])
    assert ecosystem.protocol.exhausted_step.tolist() == [0, -1, -1]


def test_a_spared_fund_is_not_called_upon_for_others():
    """Member 0 has fallen by half: the others' loss of 1.4 is paid by the third alone."""
    ecosystem = Ecosystem(small(backstop__structure="mutual", backstop__trigger="drawdown", **BARE))
    hit(ecosystem, [0.5, 0.0, 0.0])
    hit(ecosystem, [0.1, 1.4, 0.0])
    assert funds(ecosystem) == pytest.approx([0.5, 0.0, 0.6])
    assert ecosystem.protocol.uncovered / WORTH == pytest.approx([0.1, 0.0, 0.0])


def test_a_peak_leaves_its_window():
    """Two minutes after the fall the peak is the present fund, which then pays again."""
    terms = {"backstop__trigger": "drawdown", "backstop__trigger_window": 2.0}
    ecosystem = Ecosystem(small(**terms, **BARE))
    hit(ecosystem, [0.5, 0.0, 0.0])
    hit(ecosystem, [0.1, 0.0, 0.0])
    assert funds(ecosystem)[0] == pytest.approx(0.5)
    hit(ecosystem, [0.0, 0.0, 0.0])
    hit(ecosystem, [0.1, 0.0, 0.0])
    assert funds(ecosystem)[0] == pytest.approx(0.4)


def test_whole_takes_all_or_nothing():
    """A deficit of 1.2 funds is not touched by an isolated fund, whole by a pool of three."""
    alone = Ecosystem(small(backstop__trigger="whole", **BARE))
    hit(alone, [1.2, 0.9, 0.0])
    assert funds(alone) == pytest.approx([1.0, 0.1, 1.0])
    assert alone.protocol.uncovered / WORTH == pytest.approx([1.2, 0.0, 0.0])
    shared = Ecosystem(small(backstop__trigger="whole", backstop__structure="pooled", **BARE))
    hit(shared, [1.2, 0.9, 0.0])
    assert funds(shared).sum() == pytest.approx(0.9)
    assert not shared.protocol.uncovered.any()


@pytest.mark.parametrize("structure", ["pooled", "mutual"])
def test_what_one_is_promised_the_next_cannot_have(structure):
    """Of two claims on the same pool that together exceed it, the one that arrives first is paid whole."""
    ecosystem = Ecosystem(small(backstop__trigger="whole", backstop__structure=structure, **BARE))
    order = np.argsort(ecosystem.tape.priority[0][:2])
    hit(ecosystem, [1.9, 1.9, 0.0])
    assert ecosystem.protocol.uncovered[order[0]] == 0.0
    assert ecosystem.protocol.uncovered[order[1]] / WORTH == pytest.approx(1.9)


def test_whole_asks_the_treaty():
    """A sub-limit too small for the claim sends it to the regime whole."""
    terms = {"backstop__trigger": "whole", "backstop__structure": "capped", "backstop__sublimit": 0.2}
    ecosystem = Ecosystem(small(**terms, **BARE))
    hit(ecosystem, [0.7, 0.5, 0.0])
    assert ecosystem.protocol.uncovered / WORTH == pytest.approx([0.7, 0.0, 0.0])


def test_whole_by_hand():
    """Own 10 each, pool 5: needs of 0, 4, 4 in the order 2, 1, 0; the first of the two takes the promise."""
    promised, none = np.array([0.0, 4.0, 4.0]), np.zeros(3)
    arrival = np.array([0.9, 0.5, 0.1])
    means = Means(np.full(3, 10.0), np.array([5.0]), np.zeros(3, int), promised, arrival, none, none)
    trigger = TRIGGERS["whole"](small().backstop)
    assert trigger.spared(np.array([9.0, 14.0, 14.0]), means).tolist() == [False, True, False]


@pytest.mark.parametrize("structure", STRUCTURES)
def test_whole_never_pays_in_part(structure):
    """Step by step, what is uncovered of a protocol is nothing or its deficit."""
    terms = {"backstop__structure": structure, "backstop__trigger": "whole", "backstop__capital_ratio": 1e-3}
    series = run(crash(**terms)).series()
    for i in range(3):
        deficit, uncovered = series[f"deficit_{i}"], np.diff(series[f"uncovered_{i}"], prepend=0.0)
        part = np.minimum(np.abs(uncovered), np.abs(uncovered - deficit))
        assert part == pytest.approx(np.zeros(40), abs=1e-6 * (1.0 + deficit.max()))


def test_triggers_do_not_change_a_run_without_deficits():
    """In a calm run every trigger is the default, to the last bit."""
    runs = [run(small(backstop__trigger=name)).summary() for name in TRIGGERS]
    assert runs[0]["deficit"] == 0.0
    assert runs[0] == runs[1] == runs[2]
