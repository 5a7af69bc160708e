"""Kernels that remember their compiled code, for a run that calls them many times with the same tables.

Calling a kernel from Python takes 4 to 12 µs, nearly all of it spent on the types of all columns of all tables. Within
a run no type ever changes: the first call looks them up, and later ones go straight to the machine code. To change a
table's type, build another run.
"""

from collections.abc import Callable
from typing import Any

import numba
from numba.core import config


class FastCall:
    """A kernel that remembers the machine code for the types it was called with.

    Parameters
    ----------
    kernel : a function marked as such (:mod:`agents.core.kernel`).

    Notes
    -----
    Numba checks little in machine code reached this way, so the class of every argument is compared (0.4 µs a call):
    another one, None for a number say, is looked up again. Arrays must keep element type and layout.
    """

    def __init__(self, kernel: Callable[..., Any]) -> None:
        self.kernel = kernel
        self._code: Callable[..., Any] = kernel
        self._classes: tuple[type, ...] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Call the kernel."""
        classes = tuple(map(type, arguments))
        if classes == self._classes:
            return self._code(*arguments)
        result = self.kernel(*arguments)
        self._code, self._classes = machine_code(self.kernel, arguments), classes
        return result


def machine_code(kernel: Any, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    """Return what a kernel just ran on these arguments; itself where nothing is compiled.

    Types are worked out in Python, at 2 ms, only where the kernel was compiled for more than one set of them.
    """
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return kernel
    known = list(kernel.overloads)
    return kernel.get_overload(known[0] if len(known) == 1 else tuple(map(numba.typeof, arguments)))
