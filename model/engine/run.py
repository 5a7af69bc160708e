"""The run: compiled step after step, until something only Python can do is due.

Where an act is left to Python (:mod:`model.schedule`), the compiled run returns in the middle of the step; Python does
that act and calls again. So a calm run is a few calls, and in a crash the waterfall is Python's while all around it
stays compiled. It gives bit for bit what :meth:`model.engine.engine.Engine.step` gives: both call the same kernels.

The work of one call is bounded (``SHARE``), so that an interrupt is heard.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from model.backstop.fund import FundManagement
from model.backstop.structure.base import Structure
from model.backstop.waterfall import Waterfall
from model.engine.code import Code
from model.measure.record import Record
from model.price.tape import Tape
from model.reinsurance.market import ReinsuranceMarket
from model.schedule import ACTS
from model.state.table import Tables
from model.state.terms import Terms

SHARE = 1 << 26
"""Accounts times steps that one call goes through at most: some tenths of a second."""


class Run(Protocol):
    """What is read of a :class:`model.engine.engine.Engine`."""

    clock: int
    code: Code
    fund: FundManagement
    kernel_tables: Tables
    record: Record
    reinsurance: ReinsuranceMarket
    rules: Terms
    structure: Structure
    tape: Tape
    waterfall: Waterfall

    def own_agents(self) -> Sequence[object]:
        """Return the agent sets of a researcher's own classes."""

    def stand_at(self, step: int, act: int) -> None:
        """Note where the run has come to; raise what a kernel found wrong."""


def switched_on(ecosystem: Run) -> set[str]:
    """Return the acts in which Python has something to do at every step, whatever happens."""
    waterfall = ecosystem.waterfall
    watches = ecosystem.structure.begins or waterfall.handler.begins or waterfall.trigger.watches
    own = watches and not waterfall.layer_terms.compiled
    found = {
        "step_agents": bool(ecosystem.own_agents()),
        "value_funds": ecosystem.fund.revalues,
        "ask_layers": own,
        "manage_funds": ecosystem.fund.active,
        "manage_reinsurance": ecosystem.reinsurance.active,
    }
    return {name for name, on in found.items() if on}


def own_phases(ecosystem: Run, base: type) -> set[str]:
    """Return the phases that the ecosystem's class has of its own."""
    kind = type(ecosystem)
    return {phase for phase, _, _ in ACTS if getattr(kind, phase) is not getattr(base, phase)}


def run_compiled(ecosystem: Run, base: type, last: int) -> None:
    """Run an ecosystem up to the step `last`, excluded, compiled as far as can be.

    Parameters
    ----------
    ecosystem : of the class `base` or a subclass.
    base : the class whose phases the compiled ones are.
    last : step before which to end.
    """
    clock, own = np.array([ecosystem.clock, 0]), own_phases(ecosystem, base)
    share, tape = max(SHARE // len(ecosystem.kernel_tables.rows), 1), ecosystem.tape
    share = min(share, len(ecosystem.record.protocol))
    advance, entries = ecosystem.code.run()
    while clock[0] < last:
        on = switched_on(ecosystem)
        stops = np.array([phase in own or act in on for phase, act, _ in ACTS])
        until = min(clock[0] + share, last)
        due = advance(ecosystem.kernel_tables, ecosystem.rules, tape, stops, entries, clock, until)
        ecosystem.stand_at(int(clock[0]), int(clock[1]))
        if due:
            clock[1] = do(ecosystem, int(clock[1]), own)


def do(ecosystem: Run, at: int, own: set[str]) -> int:
    """Run an act, or the phase it belongs to where the ecosystem has that of its own; return the act to go on with."""
    phase, act, _ = ACTS[at]
    getattr(ecosystem, phase if phase in own else act)()
    return next((n for n in range(at + 1, len(ACTS)) if ACTS[n][0] != phase or phase not in own), len(ACTS))
