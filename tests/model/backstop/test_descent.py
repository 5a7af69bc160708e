"""The compiled descent gives what the layers in Python give, bit for bit, and a run calls it without Python."""

import numpy as np
import pytest

from agents.core.ledger import DEFICIT, TREASURY
from agents.core.memory import same
from model.backstop.layer.choice import treaty_of
from model.backstop.structure.base import Structure
from model.engine import run as engine_run
from model.engine.engine import Engine
from model.schedule import ACTS
from tests.support.world import crash, small

WINDOW = {"backstop__sublimit_window": 5.0, "backstop__sublimit": (0.1, 0.3, 2.0)}
LAYERS = {
    "backstop__quota_share": 0.3,
    "backstop__retention": (0.2, 1.0),
    "backstop__limit": (0.1, 0.4),
    "backstop__reinstatements": (1.0, 2.0),
}
STOP = {"backstop__stop_loss_retention": 0.2, "backstop__stop_loss_limit": 0.5, "backstop__quota_share": 1.0}
STRUCTURES = [
    *((name, {}) for name in ("none", "isolated", "pooled", "partial", "capped", "clustered", "reinsured", "mutual")),
    ("capped", WINDOW),
    ("capped", {"backstop__capped_share": 0.5, "backstop__sublimit_window": 2.5}),
    ("clustered", {"backstop__cluster": (0, 0, 1)}),
    ("reinsured", LAYERS),
    ("reinsured", STOP),
]
CASES = ("pro_rata", "none", 4), ("first_come", "backstop", 10), ("entitlement_first", "none", 4)
BARE = {"trader__number": 0, "exposure__graph": "none", "steps": 40, "backstop__trigger_window": 10.0}


def blow(rng: np.random.Generator, members: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return losses of a step, and of them exploits and vaults, (members,) USD."""
    if rng.random() < 0.4:
        return np.zeros(members), np.zeros(members), np.zeros(members)
    loss = rng.uniform(0.0, 10 ** rng.uniform(4.0, 7.5), members) * (rng.random(members) < rng.random())
    exploit, vault = (loss * rng.random(members) * (rng.random() < 0.5) for _ in range(2))
    return loss, exploit, vault


def hit(engine: Engine, step: int, losses: tuple[np.ndarray, ...], arrival: np.ndarray, drain: np.ndarray) -> list:
    """Let losses arise and the layers be asked; return what is owed."""
    balance = engine.ledger.balance
    balance[DEFICIT] = -losses[0]
    engine.exchange["exploit_loss"][:], engine.exchange["vault_deficit"][:] = losses[1:]
    balance[TREASURY] -= drain  # some are below zero then
    engine.protocol["status"][:] = 0
    engine.protocol["status"][1] = step % 7 == 3
    engine.protocol["halted"][2] = step % 5 == 4
    owed = engine.waterfall.ask(engine.venue, engine.ledger, engine.protocol, engine.pool, arrival, step)
    return owed.tolist()


@pytest.mark.compiled
@pytest.mark.parametrize("trigger", ["exhausted", "drawdown", "whole"])
@pytest.mark.parametrize(("structure", "terms"), STRUCTURES)
def test_kernel_and_python_agree_in_every_bit(structure, terms, trigger):
    """Random losses over 30 steps: status, treasuries, order of arrival and owners change; all state is the same."""
    rng = np.random.default_rng([len(terms), STRUCTURES.index((structure, terms)), len(trigger)])
    steps = 0
    for settlement, cover, members in CASES:
        choices = {"backstop__settlement": settlement, "backstop__vault_cover": cover, "backstop__trigger": trigger}
        scenario = small(**BARE, **choices, **terms, backstop__structure=structure, protocol__number=members)
        compiled, plain = Engine(scenario), Engine(scenario)
        assert compiled.waterfall.layer_terms.compiled
        plain.waterfall.layer_terms = plain.waterfall.layer_terms._replace(compiled=False)
        for engine in (compiled, plain):
            engine.structure.outside[:] = 1e5 * engine.structure.shares
        for step in range(30):
            losses, arrival = blow(rng, members), np.round(rng.random(members), 2)
            drain = rng.uniform(0.0, 1e6, members) * (rng.random() < 0.1)
            owed = [hit(engine, step, losses, arrival, drain) for engine in (compiled, plain)]
            assert owed[0] == owed[1]
            assert same(compiled.state, plain.state), step
            steps += bool(losses[0].any())
    assert steps > 30


def test_a_run_leaves_the_layers_to_python_only_until_they_are_compiled(monkeypatch):
    """Of all deficits of a crash Python sees the first at most, where the layers had yet to be compiled."""
    left, do = [], engine_run.do
    monkeypatch.setattr(engine_run, "do", lambda run, at, own: left.append(ACTS[at][1]) or do(run, at, own))
    engine = Engine(crash())
    engine.run()
    assert engine.summary()["deficit"] > 0.0
    assert left.count("ask_layers") <= 1


def test_rules_in_python_stay_in_python():
    """A structure that overrides what the layers ask of it is asked; one that does not has a rule of kernels."""

    class Halved(Structure):
        def due(self, deficit, claim, step):
            return claim / 2.0

    class Named(Structure):
        own_share = 0.25

    capital, terms = np.ones(3), small().backstop
    assert treaty_of(Halved(terms, capital)) is None and treaty_of(Named(terms, capital)) is not None
    patched = Named(terms, capital)
    patched.due = Halved.due
    assert treaty_of(patched) is None


@pytest.mark.parametrize(
    ("structure", "changes"),
    [
        ("pooled", {"reinsurance__assessment_delay": 5.0}),
        ("mutual", {"reinsurance__assessment_delay": 5.0}),
        ("pooled", {"fund__lent_share": 0.5, "fund__recall_delay": 0.0}),
    ],
)
def test_what_takes_the_place_of_a_rule_is_not_passed_over(structure, changes):
    """A market of claims, late calls and loans recalled at once are asked, though every rule is a kernel's."""
    engine = Engine(small(backstop__structure=structure, **changes))
    assert not engine.waterfall.layer_terms.compiled
