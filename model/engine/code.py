"""The machine code of a run: of every act of a step, and of the whole run, for the types of its tables.

Of which type each of some sixty arrays is numba finds out at every call. Here it is found out once for all runs of the
same types, and every call goes straight to the machine code.

``advance`` runs the acts of :data:`model.schedule.ACTS` from where the clock stands, step after step, and returns where
one is left to Python.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.core import config

from agents.core.books import Venue
from agents.core.chain import chain, entry, kind_of, tables_of
from agents.core.kernel import kernel
from model.backstop.layer.descent import ask_layers
from model.backstop.layer.table import LayerTerms
from model.backstop.loss_regime.chain import KERNELS, LossTerms
from model.price.tape import Tape
from model.schedule import ACTS
from model.state.table import Tables, shock_of
from model.state.terms import Terms

Array = np.ndarray
act_from = chain([link for _, _, link in ACTS])


@kernel
def advance(tables: Tables, terms: Terms, tape: Tape, stops: Array, entries: Array, clock: Array, last: int) -> bool:
    """Run acts from the clock on, up to the step `last`, excluded; return whether Python has something to do.

    Parameters
    ----------
    tables, terms, tape : of the run.
    stops : (acts,) bool, which acts are Python's at every step.
    entries : (acts, 2) int64, of the kernels (:func:`agents.core.chain.call_at`).
    clock : (2,) int64, step and act; moved on to the act that Python has to do.
    last : step before which to end.
    """
    t, at, acts = clock[0], clock[1], stops.shape[0]
    while t < last:
        at = act_from(at, stops, entries, tables, terms, shock_of(tape, t), t)
        if at < acts:
            break
        t += 1
        at = 0
    clock[0], clock[1] = t, at
    return t < last


class Code:
    """Machine code for runs of the same types; what is not asked for is not compiled.

    Parameters
    ----------
    tables, terms, tape : of such a run.
    """

    def __init__(self, tables: Tables, terms: Terms, tape: Tape) -> None:
        self.interpreted = bool(config.DISABLE_JIT)  # type: ignore[attr-defined]
        self._acts: dict[int, Callable[..., bool]] = {}
        self._run: tuple[Callable[..., bool], Array] | None = None
        if not self.interpreted:
            row, step = numba.typeof(shock_of.py_func(tape, 0)), numba.int64
            kinds = {name: numba.typeof(value) for name, value in terms._asdict().items()}
            parts = [link.act and numba.typeof(tables_of(tables, link.tables)) for _, _, link in ACTS]
            self._types = [(part, kinds[link.terms], row, step) for part, (_, _, link) in zip(parts, ACTS, strict=True)]
            self._whole = numba.typeof(tables), numba.typeof(terms), numba.typeof(tape)
            venue = Venue(tables.accounts, tables.blocks, tables.exchange, tables.book, tables.tiers)
            balance, tape_row = tables.book.balance, shock_of.py_func(tape, 0).priority
            books = balance, tables.exchange, tables.protocol, tables.pool
            asked = *books, tables.layers, terms.layers, tables.layer_room, tape_row, tables.losses.owed, 0
            self._layers = tuple(map(numba.typeof, asked))
            self._loss = [numba.typeof(of) for of in (venue, tables.regimes[0], terms.loss.first, tables.room)]
            self._entries: dict[Any, tuple[int, int]] = {}
        self._present = [getattr(terms, link.terms) is not None for _, _, link in ACTS]

    def act(self, at: int) -> Callable[..., bool] | None:
        """Return the kernel of an act, to be called with tables, terms, row and step; None where there is none."""
        link = ACTS[at][2]
        if link.act is None or not self._present[at]:
            return None
        if at not in self._acts:
            self._acts[at] = link.act if self.interpreted else _compiled(link.act, self._types[at])
        return self._acts[at]

    def aim(self, terms: LossTerms) -> None:
        """Write the addresses of a run's regimes into their constants; compile them, if they are not."""
        if self.interpreted:
            terms.entry[:] = 1
            return
        table, memory, rule, room = self._loss
        step, protocol, residual = numba.int64, numba.int64, numba.float64
        of = (table, memory, rule, room, protocol, residual, step), (table, memory, rule, room, step)
        for number, which in zip(terms.number.ravel(), np.ndindex(terms.number.shape), strict=True):
            if number >= 0:
                terms.entry[which] = self._entry(KERNELS[number], of[which[1]])

    def aim_layers(self, terms: LayerTerms) -> None:
        """Write the address of the descent into a run's constants; compile it, if it is not."""
        terms.entry[:] = (1, 1) if self.interpreted else self._entry(ask_layers, self._layers)

    def _entry(self, kernel: Any, types: tuple[Any, ...]) -> tuple[int, int]:
        """Return what a kernel is called by for arguments of these types."""
        if kernel not in self._entries:
            self._entries[kernel] = entry(kernel, types)
        return self._entries[kernel]

    def run(self) -> tuple[Callable[..., bool], Array]:
        """Return ``advance``, and the entries to call it with."""
        if self._run is None:
            entries = np.zeros((len(ACTS), 2), np.int64)
            if self.interpreted:
                self._run = advance, entries
            else:
                for at, (_, _, link) in enumerate(ACTS):
                    if link.act is not None and self._present[at]:
                        entries[at] = entry(link.act, self._types[at])
                further = map(numba.typeof, (np.zeros(1, bool), entries, entries[0], 0))
                self._run = _compiled(advance, (*self._whole, *further)), entries
        return self._run


def _compiled(kernel: Any, types: tuple[Any, ...]) -> Callable[..., bool]:
    """Return what a kernel is for arguments of these numba types, compiled if it was not."""
    kernel.compile(types)
    found: Callable[..., bool] = kernel.get_overload(types)
    return found


_known: dict[Any, Code] = {}


def code_for(tables: Tables, terms: Terms, tape: Tape) -> Code:
    """Return the machine code for a run of these tables, constants and tape."""
    kind = kind_of((tables, terms, tape))
    if kind not in _known:
        _known[kind] = Code(tables, terms, tape)
    return _known[kind]
