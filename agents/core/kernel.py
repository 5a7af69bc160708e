"""How a rule becomes machine code.

``rule`` marks a pure function of numbers, ``inline`` a piece of a kernel that works on tables and is written into the
kernel it serves (which saves compiling it on its own), ``kernel`` a loop over rows that calls both. Rules and kernels
are compiled once and kept on disk. Numba's cache does not notice a change in a rule that another file defines, so the
cache lives in a directory named by a digest of all sources (:mod:`agents.core.kernel_cache`): any change
of a source compiles everything again; without one a new process starts from the cache.

``lean_rule`` and ``lean_kernel`` are for loops of a few nanoseconds a row. They allocate nothing, so they keep no count
of who still uses an array; else every call of a rule over tables counts each of its columns up and down. Numba refuses
to compile one that allocates. The option is a private one of numba's: where it is gone, arrays are counted again, and
all results are the same. A lean rule is written into its caller by LLVM, and not kept on disk by itself.

No ``fastmath`` and no ``parallel``: with either the last bit may differ between machines and runs. Parallelism is
across replications, which is also why kernels release the interpreter lock.
"""

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import config
from numba.core.cpu import CPUTargetOptions
from numba.core.types import unliteral
from numba.extending import overload

from agents.core.kernel_cache import cache_folder

COMPILES = re.compile(rb"import (?:lean_)?(?:kernel|rule)\b")


@cache
def source_digest() -> str:
    """Return a hexadecimal digest of numba's version and of every source file a kernel can depend on."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(
        path for package in ("agents", "model", "experiments") for path in root.glob(f"{package}/**/*.py")
    ):
        source = path.read_bytes()
        if not path.is_relative_to(root / "experiments") or COMPILES.search(source):
            digest.update(str(path.relative_to(root)).encode() + source)
    return digest.hexdigest()[:16]


def uncounted(options: type) -> dict[str, bool]:
    """Return the option under which arrays are not counted, where a version of numba has it among its options."""
    return {"_nrt": False} if hasattr(options, "_nrt") else {}


if not os.environ.get("NUMBA_CACHE_DIR"):
    config.CACHE_DIR = str(cache_folder(source_digest()))  # type: ignore[attr-defined]


def plain(dispatcher: Any) -> Any:
    """Return a compiled function that is never compiled for a constant: ``f(x, 0)`` is ``f(x, n)``.

    Numba tries a call with a constant as a function of its own first, and compiles all that it calls as well, before it
    sees that the variable changes: a tenth of the cold start.
    """
    call_template = getattr(dispatcher, "get_call_template", None)
    if call_template is not None:
        dispatcher.get_call_template = lambda types, named: call_template(
            tuple(map(unliteral, types)), {name: unliteral(kind) for name, kind in named.items()}
        )
    return dispatcher


OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
inline = numba.njit(inline="always", **OPTIONS)
LEAN: dict[str, Any] = OPTIONS | uncounted(CPUTargetOptions)


def rule(function: Callable[..., Any]) -> Any:
    """Compile a pure function of numbers, or of tables, that kernels call."""
    return plain(numba.njit(cache=True, **OPTIONS)(function))


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a loop over rows."""
    return plain(numba.njit(cache=True, **OPTIONS)(function))


def lean_rule(function: Callable[..., Any]) -> Any:
    """Compile a rule that allocates nothing, written into its caller."""
    return plain(numba.njit(forceinline=True, **LEAN)(function))


def lean_kernel(function: Callable[..., Any]) -> Any:
    """Compile a kernel that allocates nothing."""
    return plain(numba.njit(cache=True, **LEAN)(function))


def modular(function: Callable[..., Any]) -> Any:
    """Mark a rule whose whole numbers are meant modulo 2^64: NumPy, which runs it uncompiled, would warn of that."""
    return np.errstate(over="ignore")(function) if config.DISABLE_JIT else rule(function)  # type: ignore[attr-defined]


def is_cold() -> bool:
    """Tell whether nothing has been compiled yet for these sources, on this machine."""
    folder = Path(config.CACHE_DIR)  # type: ignore[attr-defined]
    return not config.DISABLE_JIT and not any(folder.glob("**/*.nbi"))  # type: ignore[attr-defined]


def dispatch(rules: Sequence[Any]) -> Callable[..., Any]:
    """Return a function ``choose(code, ...)`` that calls ``rules[code](...)``, from Python and from kernels.

    Inside a kernel the choice is a chain of comparisons, written here once, so that a new rule is one entry in a
    tuple and costs no call through a pointer.
    """

    def choose(code, *arguments):  # type: ignore[no-untyped-def]
        return rules[code](*arguments)

    body = "\n".join(f"    if code == {code}: return rule_{code}(*arguments)" for code in range(len(rules) - 1))
    source = f"def compiled(code, *arguments):\n{body}\n    return rule_{len(rules) - 1}(*arguments)"

    @overload(choose, inline="never")
    def compile_choice(code, *arguments):  # type: ignore[no-untyped-def]
        names: dict[str, Any] = {f"rule_{code}": item for code, item in enumerate(rules)}
        exec(source, names)
        return names["compiled"]

    return choose
