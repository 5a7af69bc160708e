"""The compiled schedule on a GPU: the functions of :mod:`model.schedule` in one kernel, a run a thread.

numba-cuda compiles a function of numba's for the GPU where a kernel calls it, so the rules are those of the CPU, line
by line. Around them is what :func:`model.engine.code.advance` does: acts from where the clock stands, step after step,
until one is Python's. Four things are the GPU's own:

- tables, constants and tape are made of a run's two rows of bytes (:mod:`experiments.benchmark.gpu.gpu_layout`);
- arrays that a rule makes lie in a room of the thread's, emptied before every act; nobody counts who uses them;
- acts that call kernels by address are Python's whenever they are due;
- products and sums are not joined into one operation, which would round otherwise (``fma=0``).

What is used of numba-cuda's insides is that of version 0.30.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import cuda, types
from numba.core.typing import signature
from numba.cuda import cgutils, config, nvvmutils, ufuncs  # type: ignore[attr-defined]  # numba's own has no cgutils
from numba.cuda.cudadrv import nvvm
from numba.cuda.descriptor import cuda_target
from numba.cuda.extending import intrinsic
from numba.cuda.mathimpl import get_unary_impl_for_fn_and_ty
from numba.cuda.memory_management.nrt_context import NRTContext
from numba.cuda.np import ufunc_db

from agents.core.chain import Link, tables_code
from agents.core.kernel import lean_kernel
from agents.core.ledger import DEFICIT
from experiments.benchmark.gpu.gpu_layout import STATE, Layout, Leaf, World
from model.backstop.layer.table import LayerTerms
from model.backstop.loss_regime.chain import LossTerms, is_carried, settles
from model.schedule import ACTS
from model.schedule.loss_act import any_of, to_be_collected
from model.state.act_tables import DescentTables, LossTables
from model.state.table import Shock, shock_of
from model.state.terms import Terms

ROOM = 1 << 18  # bytes of arrays that one act of one run may make
THREADS = 8_192  # at most, at a time

Array = np.ndarray
type Inside = Any  # of numba, whose parts have no types


@lean_kernel
def deficits_are_left(tables: DescentTables, terms: LayerTerms, row: Shock, t: int) -> bool:
    """Leave deficits to Python: the descent is called by an address of the CPU's machine code.

    Parameters
    ----------
    tables : of the run; balances are read.
    terms : whether the layers have something to do in every step.
    row, t : not used.
    """
    return terms.always or any_of(tables.book, DEFICIT)


@lean_kernel
def losses_are_left(tables: LossTables, terms: LossTerms, row: Shock, t: int) -> bool:
    """Leave to Python what the layers have left: the regimes are called by addresses of the CPU's machine code.

    Parameters
    ----------
    tables : of the run; losses are read.
    terms, row, t : not used.
    """
    return to_be_collected(tables.losses)


@lean_kernel
def settlements_are_due(tables: LossTables, terms: LossTerms, row: Shock, t: int) -> bool:
    """Leave to Python the end of phase 6, where a regime has something to do or anything moved.

    Parameters
    ----------
    tables : of the run; losses, balances and whether a debt is carried are read.
    terms : constants of the regimes.
    row : not used.
    t : present step.
    """
    return tables.losses.moved[0] or settles(terms, tables.carried[0] or is_carried(tables.book.balance), t)


BY_ADDRESS = {"ask_layers": deficits_are_left, "collect_losses": losses_are_left, "settle_losses": settlements_are_due}
"""Acts that call kernels by their address, and what the GPU asks in their place."""


class Rooms(NRTContext):
    """How arrays that rules make come by their memory.

    Attributes
    ----------
    address, counters : where the rooms and their counters begin.
    """

    address = counters = 0

    def incref(self, builder: Inside, typ: Inside, value: Inside) -> None:
        """Count nothing."""

    def decref(self, builder: Inside, typ: Inside, value: Inside) -> None:
        """Count nothing."""

    def meminfo_alloc_aligned(self, builder: Inside, size: Inside, align: Inside) -> Inside:
        """Return where `size` bytes are free, aligned to 16; the beginning of the room where it is full."""
        whole = size.type
        used, most = (_counter(builder, at) for at in (0, 1))
        first = builder.load(used)
        end = _plus(builder, first, builder.and_(_plus(builder, size, 15), whole(-16)))
        builder.store(end, used)
        builder.store(builder.select(builder.icmp_signed(">", end, builder.load(most)), end, builder.load(most)), most)
        offset = builder.select(builder.icmp_signed(">", end, whole(ROOM)), whole(0), first)
        room = _plus(builder, builder.mul(_thread(builder), whole(ROOM)), Rooms.address)
        return builder.inttoptr(_plus(builder, room, offset), cgutils.voidptr_t)

    def meminfo_data(self, builder: Inside, meminfo: Inside) -> Inside:
        """Return the address itself."""
        return meminfo


def _plus(builder: Inside, one: Inside, other: Inside) -> Inside:
    return builder.add(one, one.type(other) if isinstance(other, int) else other)


def _thread(builder: Inside) -> Inside:
    return builder.sext(nvvmutils.get_global_id(builder, 1), cgutils.intp_t)


def _counter(builder: Inside, which: int) -> Inside:
    """Return where the bytes that a thread's room has in use are counted, or (1) the most that ever were."""
    thread = _thread(builder)
    address = _plus(builder, builder.mul(thread, thread.type(16)), Rooms.counters + 8 * which)
    return builder.inttoptr(address, thread.type.as_pointer())


@intrinsic
def empty_room(context: Inside) -> Inside:
    """Forget the arrays that rules made."""

    def _code(target, builder, typed, values):  # type: ignore[no-untyped-def]
        builder.store(cgutils.intp_t(0), _counter(builder, 0))
        return target.get_dummy_value()

    return signature(types.none), _code


class Gpu:
    """The rows of many runs in a GPU's memory.

    Parameters
    ----------
    layout : of the runs.
    worlds : of the runs; the types of the first are those of all.
    lanes : runs in a warp of 32 threads; the other threads do nothing.
    """

    def __init__(self, layout: Layout, worlds: Sequence[World], lanes: int) -> None:
        self.kernel, self.lanes = kernel_for(layout, worlds[0]), lanes
        self.rows = [cuda.device_array((len(worlds), size), np.uint8) for size in layout.sizes]
        self.spans = cuda.to_device(layout.table())

    def write(self, run: int, row: int, room: Array) -> None:
        """Copy `room`, (bytes,), to the state or the rest of a run."""
        self.rows[row][run].copy_to_device(room)

    def read(self, run: int, row: int, room: Array) -> None:
        """Copy the state or the rest of a run to `room`, (bytes,)."""
        self.rows[row][run].copy_to_host(room)

    def launch(self, runs: Array, stops: Array, clocks: Array, last: int) -> None:
        """Take `runs` on, each until an act is Python's or the step is `last`; `clocks` of those runs are written.

        Parameters
        ----------
        runs : (some,) int64, which ones.
        stops : (runs, acts) bool, which acts are Python's at every step.
        clocks : (runs, 2) int64, step and act of every run.
        last : step before which to end.

        Raises
        ------
        MemoryError : where a rule made more arrays than a room holds.
        """
        moved, stopped = cuda.to_device(clocks), cuda.to_device(stops)
        for part in np.array_split(runs, -(-len(runs) // THREADS)):
            blocks = -(-len(part) // self.lanes)
            self.kernel[blocks, self.lanes](*self.rows, self.spans, cuda.to_device(part), stopped, moved, last)
        moved.copy_to_host(clocks)
        if rooms()[1].copy_to_host()[:, 1].max() > ROOM:
            raise MemoryError(f"the rules of one act made more than {ROOM} bytes of arrays on the GPU")


def has_device() -> bool:
    """Tell whether there is a GPU."""
    return bool(cuda.is_available())


def device_name() -> str:
    """Return the name of the GPU."""
    return str(cuda.get_current_device().name)


@cache
def rooms() -> tuple[Any, Any]:
    """Return the rooms of all threads, (THREADS, ROOM), and their counters, (THREADS, 2), on the GPU."""
    return cuda.device_array((THREADS, ROOM), np.uint8), cuda.to_device(np.zeros((THREADS, 2), np.int64))


_kernels: dict[str, Any] = {}


def kernel_for(layout: Layout, world: World) -> Inside:
    """Return the kernel for runs of a kind, to be called as :meth:`Gpu.launch` does."""
    if not _kernels:
        supply_functions()
        keep_products_apart()
        give_rooms(*(array.device_ctypes_pointer.value for array in rooms()))
    text, names = source(layout, world)
    known = text + str([leaf.kind for leaf in layout.leaves])
    if known not in _kernels:
        exec(text, names)
        _kernels[known] = names["launch"]
    return _kernels[known]


def source(layout: Layout, world: World) -> tuple[str, dict[str, Any]]:
    """Return the source of a kernel, and the names it uses."""
    names: dict[str, Any] = {"cuda": cuda, "shock_of": shock_of, "empty_room": empty_room}
    names |= {f"act_{at}": BY_ADDRESS.get(name, link.act) for at, (_, name, link) in enumerate(ACTS)}
    names |= {f"tables_{at}": link.tables for at, (_, _, link) in enumerate(ACTS)}
    leaves = iter(enumerate(layout.leaves))
    made = {name: _made(value, leaves, names) for name, value in world._asdict().items()}
    acts = "\n".join(_call(at, link, world.terms) for at, (_, _, link) in enumerate(ACTS))
    text = f"""
def step_from(first, stops, tables, terms, row, t):
{acts}
    return {len(ACTS)}

step_from = cuda.jit(device=True, lto=False)(step_from)

def launch(states, rests, spans, runs, stops, clocks, last):
    thread = cuda.grid(1)
    if thread < runs.shape[0]:
        run = runs[thread]
        state, rest = states[run], rests[run]
        tables, terms, tape = {made["tables"]}, {made["terms"]}, {made["tape"]}
        t, at = clocks[run, 0], clocks[run, 1]
        while t < last:
            at = step_from(at, stops[run], tables, terms, shock_of(tape, t), t)
            if at < {len(ACTS)}:
                break
            t += 1
            at = 0
        clocks[run, 0], clocks[run, 1] = t, at

launch = cuda.jit(lto=False)(launch)
"""
    return text, names


def _made(value: Any, leaves: Iterator[tuple[int, Leaf]], names: dict[str, Any]) -> str:
    """Return an expression that makes a bundle of its rows."""
    if value is None:
        return "None"
    if not isinstance(value, tuple):
        return _leaf(*next(leaves), names)
    parts = ", ".join(_made(part, leaves, names) for part in value)
    if not hasattr(value, "_fields"):
        return f"({parts},)"
    names[type(value).__name__] = type(value)
    return f"{type(value).__name__}({parts})"


def _leaf(at: int, leaf: Leaf, names: dict[str, Any]) -> str:
    """Return an expression that makes a leaf of its row."""
    names[f"kind_{at}"] = leaf.kind
    row = "state" if leaf.row == STATE else "rest"
    flat = f"{row}[spans[{at}, 0]:spans[{at}, 1]].view(kind_{at})"
    if not leaf.shape:
        return f"{flat}[0]"
    shape = ", ".join(f"spans[{at}, {2 + axis}]" for axis in range(len(leaf.shape)))
    return flat if len(leaf.shape) == 1 else f"{flat}.reshape(({shape}))"


def _call(at: int, link: Link, terms: Terms) -> str:
    """Return the lines that call one act, or only stop at it."""
    if link.act is None or getattr(terms, link.terms) is None:
        return f"    if first <= {at} and stops[{at}]:\n        return {at}"
    called = f"act_{at}({tables_code(f'tables_{at}', link.tables)}, terms.{link.terms}, row, t)"
    return f"    if first <= {at}:\n        empty_room()\n        if stops[{at}] or {called}:\n            return {at}"


def supply_functions() -> None:
    """Give numba-cuda the functions of NumPy on single numbers that it lacks."""
    known = ufuncs.ufunc_db()
    ufunc_db._lazy_init_db()
    for function, loops in ufunc_db._ufunc_db.items():
        known.setdefault(function, loops)
    for function, rule in ((np.exp, math.exp), (np.expm1, math.expm1), (np.log1p, math.log1p), (np.sqrt, math.sqrt)):
        known[function] = {"d->d": get_unary_impl_for_fn_and_ty(rule, types.float64)}


def give_rooms(address: int, counters: int) -> None:
    """Let arrays that rules make lie in rooms from `address` on, whose counters are at `counters`."""
    vars(config).update(CUDA_ENABLE_NRT=True, CUDA_LOW_OCCUPANCY_WARNINGS=False)
    Rooms.address, Rooms.counters = address, counters
    context = cuda_target.target_context
    context.nrt = Rooms(context, True)


def keep_products_apart() -> None:
    """Let no product and sum be joined."""
    plain = nvvm.compile_ir
    nvvm.compile_ir = lambda code, **options: plain(code, **options, fma=False)
