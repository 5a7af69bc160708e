"""Tape and population are drawn once for arrangements run one after the other, and are those drawn anew."""

from unittest import mock

import numpy as np
import pytest

from model.engine.engine import Engine
from model.price import tape
from model.scenario import Scenario
from model.state import population

SMALL = Scenario().replace({"steps": 30, "trader.number": 40, "protocol.number": 3})
ARRANGEMENTS = [
    {"backstop.structure": one, "backstop.regime": other}
    for one in ("isolated", "pooled")
    for other in ("adl", "bad_debt")
]


def clear():
    """Forget what was drawn."""
    tape._last.cache_clear()
    population._last.cache_clear()


def test_arrangements_share_what_is_drawn_and_the_next_replication_does_not():
    clear()
    with (
        mock.patch.object(tape, "draw_tape", wraps=tape.draw_tape) as drawn,
        mock.patch.object(population, "drawn_for", wraps=population.drawn_for) as filled,
    ):
        for replication in (0, 1):
            for changes in ARRANGEMENTS:
                Engine(SMALL.replace(changes), replication)
    assert drawn.call_count == filled.call_count == 2


@pytest.mark.parametrize("changes", ARRANGEMENTS)
def test_a_run_after_another_arrangement_is_the_run_alone(changes):
    clear()
    alone = Engine(SMALL.replace(changes), 0)
    alone.run()
    clear()
    Engine(SMALL.replace({"backstop.structure": "none"}), 0).run()  # which changes its own accounts
    after = Engine(SMALL.replace(changes), 0)
    after.run()
    assert alone.summary() == after.summary()
    assert all(np.array_equal(a, b) for a, b in zip(alone.accounts, after.accounts, strict=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 9}, {"steps": 29}, {"minutes": 2.0}, {"shock.oracle_intensity": 50.0}, {"price.slow_sd": 0.9},
        {"asset.maintenance_ratio": 0.4}, {"protocol.open_interest": (1e8, 2e8, 3e8)}, {"trader.size_tail": 2.5},
    ],
)  # fmt: skip
def test_another_world_is_drawn_anew(changes):
    clear()
    Engine(SMALL, 0)
    after = Engine(SMALL.replace(changes), 0)
    clear()
    alone = Engine(SMALL.replace(changes), 0)
    assert all(np.array_equal(a, b) for a, b in zip(alone.tape, after.tape, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(alone.accounts, after.accounts, strict=True))
