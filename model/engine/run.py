"""The run as machine code: the schedule, step after step, until something only Python can do is due.

``advance`` runs the acts of :data:`model.schedule.ACTS` from where the clock stands. Where one is left to Python it
returns in the middle of the step; Python does that act and calls again. So a calm run is a few calls, and in a crash
the waterfall is Python's while all around it stays compiled. It gives bit for bit what
:meth:`model.ecosystem.Ecosystem.step` gives, because both call the same kernels.

The work of one call is bounded (``SHARE``), so that an interrupt is heard.
"""

from typing import Any

import numpy as np

from agents.core.chain import chain
from agents.core.kernel import kernel
from model.price.tape import Tape
from model.schedule import ACTS
from model.state.table import Constants, Tables, constants_of, shock_of, tables_of

SHARE = 1 << 26
"""Accounts times steps that one call of ``advance`` goes through at most: some tenths of a second."""
act_from = chain([act for _, _, act in ACTS])


@kernel
def advance(
    tables: Tables, constants: Constants, tape: Tape, stops: np.ndarray, clock: np.ndarray, last: int
) -> bool:
    """Run acts from the clock on, up to the step `last`, excluded; return whether Python has something to do.

    Parameters
    ----------
    tables, constants, tape : of the run.
    stops : (acts,) bool, which acts are Python's at every step.
    clock : (2,) int64, step and act; moved on to the act that Python has to do.
    last : step before which to end.
    """
    t, at, acts = clock[0], clock[1], stops.shape[0]
    while t < last:
        at = act_from(at, stops, tables, constants, shock_of(tape, t), t)
        if at < acts:
            break
        t, at = t + 1, 0
    clock[0], clock[1] = t, at
    return t < last


def switched_on(ecosystem: Any) -> set[str]:
    """Return the acts in which Python has something to do at every step, whatever happens."""
    begins = ecosystem.structure.begins or ecosystem.waterfall.handler.begins
    watched = ecosystem.waterfall.trigger.watches or ecosystem.succession.deleverages
    found = {
        "step_agents": bool(ecosystem.own_agents()),
        "absorb_deficits": begins or watched or ecosystem.fund.revalues,
        "manage_funds": ecosystem.fund.active,
        "manage_reinsurance": ecosystem.reinsurance.active,
        "watch_prices": ecosystem.control.breaker is not None,
    }
    return {name for name, on in found.items() if on}


def own_phases(ecosystem: Any, base: type) -> set[str]:
    """Return the phases that the ecosystem's class has of its own."""
    kind = type(ecosystem)
    return {phase for phase, _, _ in ACTS if getattr(kind, phase) is not getattr(base, phase)}


def run_compiled(ecosystem: Any, base: type, last: int) -> None:
    """Run an ecosystem up to the step `last`, excluded, compiled as far as can be.

    Parameters
    ----------
    ecosystem : a :class:`model.ecosystem.Ecosystem` or an object of a subclass.
    base : the class whose phases the compiled ones are.
    last : step before which to end.
    """
    tables, constants, clock = tables_of(ecosystem), constants_of(ecosystem), np.array([ecosystem.clock, 0])
    own, share = own_phases(ecosystem, base), max(SHARE // len(tables.rows), 1)
    while clock[0] < last:
        on = switched_on(ecosystem)
        stops = np.array([phase in own or act in on for phase, act, _ in ACTS])
        due = advance(tables, constants, ecosystem.tape, stops, clock, min(clock[0] + share, last))
        ecosystem.stand_at(int(clock[0]), int(clock[1]), int(tables.rounds[0]))
        if due:
            clock[1] = do(ecosystem, int(clock[1]), own)


def do(ecosystem: Any, at: int, own: set[str]) -> int:
    """Run an act, or the phase it belongs to where the ecosystem has that of its own; return the act to go on with."""
    phase, act, _ = ACTS[at]
    getattr(ecosystem, phase if phase in own else act)()
    return next((n for n in range(at + 1, len(ACTS)) if ACTS[n][0] != phase or phase not in own), len(ACTS))
