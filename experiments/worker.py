"""Who runs the replications: this process, or several beside it.

A task is one replication in all cells, so that the cells share its tape and its compiled code. Results come
back in order of replication whatever the number of workers, and no run knows who ran it. The first
replication is always run here: it compiles the kernels once, and the workers load them from the cache.

Workers are started afresh (forkserver, or spawn where there is none) because a fork copies the locks of
running threads. They ignore Ctrl-C, which is the parent's to handle. A run that raises is a failed run; a
worker that dies makes failed runs of what it had in hand.
"""

import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    import numpy as np
    from numpy.typing import NDArray

    from experiments.cell import Cell

# Replications per message: enough to hide its cost, few enough that Ctrl-C and the progress bar are prompt.
CHUNK = 4
# Seconds between two looks at the wish to stop while waiting for a worker.
PATIENCE = 0.2


class Run(NamedTuple):
    """One finished or failed run.

    `summary` maps a metric to its number, `series` a name to (T,) numbers; both are empty where `failure`,
    the traceback as text, is given.
    """

    cell: str
    structure: str
    regime: str
    replication: int
    summary: dict[str, float]
    series: dict[str, "NDArray[np.float32]"]
    failure: str | None = None


type Outcome = tuple[dict[str, float], dict[str, "NDArray[np.float32]"]]
type Chunk = tuple[Sequence[int], Future[list[Run]]]


def run_cell(cell: "Cell", replication: int) -> Run:
    """Run `replication` of `cell`; an exception makes it a failed run."""
    key = (cell.name, cell.structure, cell.regime, replication)
    try:
        return Run(*key, *_simulate(cell, replication))
    except Exception:
        return Run(*key, {}, {}, failure=traceback.format_exc())


def replicate(
    cells: Sequence["Cell"],
    replications: Sequence[int],
    workers: int,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Run]:
    """Yield the runs of every cell for every replication, in that order.

    Parameters
    ----------
    cells : the cells, all run in every replication.
    replications : numbers of the replications.
    workers : processes to run them on; 1 is this process alone, as are a few replications.
    stop : read between runs; once true, only runs already finished are still yielded.
    """
    shared = workers > 1 and len(replications) > CHUNK
    if shared and cells:
        _compile(cells[0])
    alone = 1 if shared else len(replications)
    yield from _here(cells, replications[:alone], stop)
    rest = replications[alone:]
    if rest and not stop():
        yield from _elsewhere(cells, _chunks(rest, workers), workers, stop)


def _simulate(cell: "Cell", replication: int) -> "Outcome":
    from model.ecosystem import Ecosystem  # noqa: PLC0415

    ecosystem = Ecosystem(cell.scenario, replication)
    ecosystem.run_for(ecosystem.horizon)
    summary = {name: float(value) for name, value in ecosystem.summary().items()}
    series = {name: values.astype("float32") for name, values in ecosystem.series().items()}
    return summary, series


def _compile(cell: "Cell") -> None:
    from experiments.warm_up import warm_up  # noqa: PLC0415

    warm_up(cell.scenario, _context())


def _here(
    cells: Sequence["Cell"], replications: Sequence[int], stop: Callable[[], bool] = lambda: False
) -> Iterator[Run]:
    for replication in replications:
        for cell in cells:
            if stop():
                return
            yield run_cell(cell, replication)


def _elsewhere(
    cells: Sequence["Cell"], chunks: Sequence[Sequence[int]], workers: int, stop: Callable[[], bool]
) -> Iterator[Run]:
    others = _children()
    pool = ProcessPoolExecutor(min(workers, len(chunks)), mp_context=_context(), initializer=_ignore_interrupt)
    complete = False
    try:
        tasks = deque((chunk, _submit(pool, cells, chunk)) for chunk in chunks)
        for chunk, future in _in_order(tasks, stop):
            yield from _collect(cells, chunk, future)
        complete = not stop()
    finally:
        if not complete:
            _end(_children() - others)
        pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, cells: Sequence["Cell"], chunk: Sequence[int]) -> Future[list[Run]]:
    try:
        return pool.submit(_run_chunk, cells, chunk)
    except BrokenProcessPool as broken:
        lost: Future[list[Run]] = Future()
        lost.set_exception(broken)
        return lost


def _run_chunk(cells: Sequence["Cell"], replications: Sequence[int]) -> list[Run]:
    return list(_here(cells, replications))


def _in_order(tasks: deque[Chunk], stop: Callable[[], bool]) -> Iterator[Chunk]:
    # Each task leaves the queue as it is read, so that results already written are not kept.
    while tasks:
        chunk, future = tasks.popleft()
        while not future.done() and not stop():
            wait([future], timeout=PATIENCE)
        if future.done():
            yield chunk, future


def _collect(cells: Sequence["Cell"], chunk: Sequence[int], future: Future[list[Run]]) -> list[Run]:
    try:
        return future.result()
    except BrokenProcessPool:
        reason = f"a worker process died\n{traceback.format_exc()}"
        keys = ((*cell[:3], replication) for replication in chunk for cell in cells)
        return [Run(*key, {}, {}, failure=reason) for key in keys]


def _chunks(replications: Sequence[int], workers: int) -> list[Sequence[int]]:
    size = max(1, min(CHUNK, len(replications) // workers))
    return [replications[start : start + size] for start in range(0, len(replications), size)]


def _context() -> "BaseContext":
    import multiprocessing  # noqa: PLC0415

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # The server imports once what every worker needs; a module it cannot import is left to the workers.
    context.set_forkserver_preload(["model.ecosystem"])
    return context


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _children() -> set["BaseProcess"]:
    import multiprocessing  # noqa: PLC0415

    return set(multiprocessing.active_children())


def _end(processes: set["BaseProcess"]) -> None:
    for process in processes:
        process.terminate()
