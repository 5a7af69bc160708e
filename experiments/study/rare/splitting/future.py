"""One past, many futures: a run that is sent on again and again from points of its own, each time on other draws.

:meth:`model.engine.saved_run.SavedRun.branch` builds another run for every future. Here one run serves them all: its
state is put back (:meth:`Future.put`), and from the present step on it meets the shocks and draws of another
replication
(:meth:`Future.meet`), bit for bit as the branch would,

    tape_t = tape_t as it was for t < now, of the other replication from now on,               (1)

and all keys from which kernels hash their draws are the other replication's. Nothing is set up again: the tape's rows
are overwritten in place, so every part of the run that looks at them sees the new ones.

Rows before the present step are left as they are. No phase looks back at them; what has been is in the state.
"""

import numpy as np

from agents.core.memory import leaves
from model.engine.engine import Engine
from model.engine.run import run_compiled
from model.engine.saved_run import ROWS, rebuilt
from model.measure.series import ALL, Choice, resolved
from model.price.streams import Streams
from model.price.tape import Tape, draw_tape
from model.scenario import Scenario
from model.state.state import Series, State
from model.state.terms import ClosingTerms, maker_terms, trader_keys

type Point = tuple[np.ndarray, ...]
"""The state of a run at one moment, as :meth:`Future.point` copies it."""


class Future:
    """A run whose later shocks and draws can be exchanged in place.

    Parameters
    ----------
    scenario : all parameters.
    replication : whose draws the set-up takes, and the steps until others are met.
    tape : shocks; none: those of the replication. It is copied.
    kept : the series that are kept, all unless others are chosen.

    Attributes
    ----------
    run : the ecosystem, always the same one.
    """

    def __init__(self, scenario: Scenario, replication: int, tape: Tape | None = None, kept: Choice = (ALL,)) -> None:
        self._rows = [np.array(array, order="C") for array in tape or draw_tape(scenario, replication)]
        seen = Tape(*(array.view() for array in self._rows))  # sealed by the run, while the rows can be written
        self.run = rebuilt(Engine, scenario, replication, replication, seen, resolved(kept, scenario.protocol.number))
        state: State = self.run.state
        self._tables = list(state.series)  # which are copied as far as they have got
        self._live = [
            array for _, array in leaves(state._replace(series=Series(*(table[:0] for table in state.series))))
        ]

    @property
    def clock(self) -> int:
        """Steps done so far."""
        return self.run.clock

    def until(self, step: int) -> None:
        """Run up to a step, excluded, compiled as far as can be."""
        run_compiled(self.run, Engine, min(step, self.run.horizon))

    def point(self) -> Point:
        """Return a copy of the present state."""
        rows = self.clock + 1
        return (*(array.copy() for array in self._live), *(table[:rows].copy() for table in self._tables))

    def put(self, point: Point) -> None:
        """Go to a point of a run of the same set-up, by a future with the same scenario and replication."""
        for array, value in zip(self._live, point, strict=False):
            array[...] = value
        for table, value in zip(self._tables, point[len(self._live) :], strict=True):
            table[: len(value)], table[len(value) :] = value[: len(table)], 0.0

    def meet(self, replication: int, tape: Tape | None = None) -> None:
        """Meet the shocks and draws of another replication from the present step on (1).

        Parameters
        ----------
        replication : whose draws.
        tape : shocks, as long as the run's, in place of those that the replication draws.
        """
        other = tape or draw_tape(self.run.scenario, replication)
        for name, rows, drawn in zip(Tape._fields, self._rows, other, strict=True):
            if name in ROWS:
                rows[self.clock :] = drawn[self.clock :]
        self.run.tape = self.run.tape  # the row of the present step is looked up again
        self.run.replication = replication
        self._hash_by(Streams(self.run.scenario.seed, replication))

    def _hash_by(self, draws: Streams) -> None:
        """Give every part that hashes its draws the keys of other streams."""
        run, key = self.run, np.uint64(draws.key("loss"))
        trade, loss = run.rules.trade, run.rules.loss
        keys = trader_keys(Streams(draws.seed, run.origin), draws)
        first, fallback = (regime._replace(key=key) for regime in (loss.first, loss.fallback))
        succession = run.succession.terms
        run.succession.terms = succession and succession._replace(key=key)
        run.rules = run.rules._replace(
            trade=trade._replace(keys=keys),
            loss=loss._replace(first=first, fallback=fallback),
            succession=run.succession.terms,
            closing=run.rules.closing and with_key(run.rules.closing, key),
            makers=maker_terms(run.scenario, run.rules.price, draws),
        )
        for regime in (run.regime, run.regime.first, run.regime.fallback):
            regime.key = key
        if run.reinsurance.active:
            run.reinsurance.draw_by(draws)


def with_key(terms: ClosingTerms, key: np.uint64) -> ClosingTerms:
    """Return the constants of a closing sequence whose random rankings are drawn by `key`."""
    return terms._replace(unsold=terms.unsold._replace(key=key))
