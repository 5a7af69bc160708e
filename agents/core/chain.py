"""Functions called one after the other by machine code, until one of them says stop.

A schedule is a tuple of acts, ``act(tables, constants, shock, t)``. ``chain`` makes of it one function that calls them
in order, from any one of them on, written out call by call for the compiler: a new phase is one entry in a tuple.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.extending import overload


def chain(acts: Sequence[Any]) -> Callable[..., int]:
    """Return a function ``call(first, stops, tables, constants, shock, t)`` that calls acts from `first` on, in order.

    It returns the index of the first act for which `stops`, (acts,) bool, is set, which is not called, or which returns
    True; the number of acts where none is.
    """

    def call(first: int, stops: np.ndarray, tables, constants, shock, t):  # type: ignore[no-untyped-def]
        for at, act in enumerate(acts):
            if first <= at and (stops[at] or act(tables, constants, shock, t)):
                return at
        return len(acts)

    lines = "\n".join(
        f"    if first <= {at} and (stops[{at}] or act_{at}(tables, constants, shock, t)): return {at}"
        for at in range(len(acts))
    )
    source = f"def compiled(first, stops, tables, constants, shock, t):\n{lines}\n    return {len(acts)}"

    @overload(call, inline="never")
    def compile_calls(first, stops, tables, constants, shock, t):  # type: ignore[no-untyped-def]
        names: dict[str, Any] = {f"act_{at}": act for at, act in enumerate(acts)}
        exec(source, names)
        return names["compiled"]

    return call
