"""The reference workload in C (``reference.c``, next to this file), and how fast the engine is beside it.

C is compiled where a compiler is at hand, for the machine at hand as numba does, and works on a copy of the engine's
own columns. Both take the same path, which every race checks. They run in turns, each timed by the CPU time of its
thread; of the ratios of all turns the median counts, for other work on the machine meets both alike.
"""

import ctypes
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import thread_time

import numpy as np

from experiments.benchmark.reference import advance, make_state, run
from experiments.benchmark.workload import BURN_IN, SEED, Keys, Series, State, draw_keys, empty_series, log_returns

SOURCE = Path(__file__).with_name("reference.c")
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
TURNS = 101
BUDGET = 20_000_000  # account-steps of a turn
LEAST_STEPS, MOST_STEPS = 100, 2_000  # of a turn
TOLERANCE = 1e-9  # relative

type Program = Callable[[State, Series], float]
"""Runs the steps after the burn-in, changes the state, fills the series and returns its CPU time, s."""


class StateOfC(ctypes.Structure):
    """``State`` of ``reference.c``."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("number", "groups")),
        *((name, ctypes.c_void_p) for name in State._fields[1:]),
        *((name, ctypes.c_uint64) for name in Keys._fields),
    )


def compiler() -> list[str] | None:
    """Return the command of the C compiler, ``CC`` or else ``cc``; None where there is none."""
    command = shlex.split(os.environ.get("CC", "")) or ["cc"]
    return command if shutil.which(command[0]) else None


def compiled() -> ctypes.CDLL | None:
    """Return ``reference.c`` compiled for this machine; None where that cannot be done."""
    command = compiler()
    if command is None:
        return None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = str(Path(folder) / "reference.so")
        made = subprocess.run([*command, *FLAGS, "-o", library, str(SOURCE)], capture_output=True, check=False)
        return ctypes.CDLL(library) if made.returncode == 0 else None  # once loaded, the file is not needed


def program_of_c(library: ctypes.CDLL, keys: Keys, factors: np.ndarray) -> Program:
    """Return the program in C."""

    def go(state: State, series: Series) -> float:
        columns = (column.ctypes.data for column in state[1:])
        theirs = StateOfC(state.number, state.highest.shape[1], *columns, *(int(key) for key in keys))
        steps = ctypes.c_int64(BURN_IN), ctypes.c_void_p(factors.ctypes.data), ctypes.c_int64(len(factors))
        arguments = (ctypes.byref(theirs), *steps, *(ctypes.c_void_p(column.ctypes.data) for column in series))
        start = thread_time()
        library.run(*arguments)
        return thread_time() - start

    return go


def program_of_engine(keys: Keys, factors: np.ndarray) -> Program:
    """Return the program of the engine."""

    def go(state: State, series: Series) -> float:
        start = thread_time()
        run(state, keys, BURN_IN, factors, series)
        return thread_time() - start

    return go


def check_same(engine: Series, c: Series) -> None:
    """Make sure that both took the same path.

    Raises
    ------
    RuntimeError : if a step has another price or fund, or other liquidations or rounds.
    """
    for name, ours, theirs in zip(Series._fields, engine, c, strict=True):
        exact = ours.dtype.kind == "i"
        if not np.allclose(ours, theirs, rtol=0.0 if exact else TOLERANCE, atol=0.0):
            raise RuntimeError(f"engine and C differ in {name}")


def c_ratio(number: int, turns: int = TURNS) -> float | None:
    """Return the engine's speed over that of C on the same steps with `number` accounts; None without a compiler.

    Raises
    ------
    RuntimeError : if they part.
    """
    library = compiled()
    if library is None:
        return None
    keys, returns = draw_keys(SEED), log_returns(SEED, BURN_IN + timed_steps(number))
    state, factors = make_state(number, keys), np.exp(returns[BURN_IN:])
    advance(state, keys, 0, returns[:BURN_IN])
    programs = program_of_engine(keys, factors), program_of_c(library, keys, factors)
    series = empty_series(len(factors)), empty_series(len(factors))
    ratios = []
    for _ in range(turns):
        engine, c = (program(state.copied(), into) for program, into in zip(programs, series, strict=True))
        ratios.append(c / engine)
    check_same(*series)
    return median(ratios)


def timed_steps(number: int) -> int:
    """Return the steps of a turn."""
    return int(np.clip(BUDGET // number, LEAST_STEPS, MOST_STEPS))
