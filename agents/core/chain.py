"""Kernels called one after the other by machine code, each by its address, until one of them says stop.

A schedule is a list of acts: kernels ``act(tables, terms, shock, t) -> bool``, compiled each on its own. ``chain``
makes of it one function that calls them in order, from any one of them on. Numba would link the code of every kernel
into the caller and make machine code of all of it again, for every set of types; called by address, each is compiled
once, and the caller is a page of code.

An address says nothing of the types it was made for. So every call compares the digest of the types it was compiled
for with the digest of those the address belongs to, and fails by name where they differ.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.extending import intrinsic, overload


class Link(NamedTuple):
    """One act of a schedule."""

    act: Any | None  # kernel; None: there is nothing to call, it can only be a stop
    terms: str  # field of the constants that it takes; it is left out where that is None
    tables: Any  # named tuple of the tables it takes, by their names in the run; None where there is no act
    due: "Condition | None" = None  # whether there is anything to do; None: always


class Condition(NamedTuple):
    """A rule ``holds(tables, terms, t)`` that says whether an act is due, from fewer tables than the act takes."""

    holds: Any
    tables: Any  # named tuple of the tables it takes


def tables_of(tables: Any, kind: Any) -> Any:
    """Return the tables that an act takes, of all tables of a run."""
    return kind(*(getattr(tables, name) for name in kind._fields))


def tables_code(name: str, kind: Any) -> str:
    """Return the code that makes a group of tables of ``tables``; `name` is its named tuple in that code."""
    return f"{name}({', '.join(f'tables.{table}' for table in kind._fields)})"


def digest(arguments: Sequence[Any]) -> int:
    """Return a number that stands for a set of numba types."""
    return int.from_bytes(sha256(str(tuple(arguments)).encode()).digest()[:7])


@intrinsic
def call_at(context: Any, act: Any, entry: Any, tables: Any, terms: Any, shock: Any, t: Any) -> Any:
    """Call a kernel by its address.

    Parameters
    ----------
    context : numba's, of the function that is compiled.
    act : the kernel; what it returns for these types is known from it.
    entry : (2,) int64, address of its machine code and digest of its types (:func:`entry`).
    tables, terms, shock, t : its arguments.

    Raises
    ------
    TypeError : when it runs and the address belongs to a kernel for other types.
    """
    arguments = tables, terms, shock, t
    act.dispatcher.get_call_template(arguments, {})  # compiles it, if it is not
    found = act.dispatcher.overloads[arguments].signature
    return signature(found.return_type, act, entry, *found.args), _jump(found.return_type, found.args, 2)


def _jump(result: Any, kinds: Sequence[Any], first: int) -> Any:
    """Return what writes the call of an address: arguments of these `kinds` from `first` on, the entry before them."""
    known = digest(kinds)

    def _code(target, builder, typed, values):  # type: ignore[no-untyped-def]
        array = target.make_array(typed.args[first - 1])(target, builder, values[first - 1])
        address, meant = (builder.load(cgutils.gep_inbounds(builder, array.data, at)) for at in (0, 1))
        with cgutils.if_unlikely(builder, builder.icmp_signed("!=", meant, meant.type(known))):
            target.call_conv.return_user_exc(builder, TypeError, ("a kernel for tables of other types was called",))
        kind = target.call_conv.get_function_type(result, kinds)
        function = builder.inttoptr(address, kind.as_pointer())
        status, value = target.call_conv.call_function(builder, function, result, kinds, list(values[first:]))
        with cgutils.if_unlikely(builder, status.is_error):
            target.call_conv.return_status_propagate(builder, status)
        return value

    return _code


def choice(result: Any, arguments: int, kernels: Sequence[Any]) -> Callable[..., Any]:
    """Return a function ``call(number, entry, ...)`` that calls one of `kernels`, in machine code by its address.

    So a run compiles the one that it has, and what calls it is compiled once for all.

    Parameters
    ----------
    result : numba type of what they return.
    arguments : how many they take.
    kernels : called by their number where nothing is compiled; may grow.
    """
    names = ", ".join(f"a{at}" for at in range(arguments))
    scope: dict[str, Any] = {"signature": signature, "result": result, "jump_code": _jump}
    body = f"return signature(result, entry, {names}), jump_code(result, ({names},), 1)"
    exec(f"def jump(context, entry, {names}):\n    {body}", scope)
    jump = intrinsic(scope["jump"])

    def _call(number, entry, *given):  # type: ignore[no-untyped-def]
        return kernels[number](*given)

    @overload(_call, inline="never")
    def _compile_call(number, entry, *given):  # type: ignore[no-untyped-def]
        return lambda number, entry, *given: jump(entry, *given)

    return _call


def chain(links: Sequence[Link]) -> Callable[..., int]:
    """Return a function ``call(first, stops, entries, tables, constants, shock, t)`` that calls acts from `first` on.

    `stops`, (acts,) bool, says which acts are not called; `entries`, (acts, 2) int64, has for each kernel what
    :func:`call_at` takes. The function returns the index of the first act for which `stops` is set or which returns
    True; the number of acts where none is.
    """

    def _call(first, stops, entries, tables, constants, shock, t):  # type: ignore[no-untyped-def]
        for at, (act, name, kind, _) in enumerate(links):
            if first <= at and stops[at]:
                return at
            terms = getattr(constants, name)
            if first <= at and act is not None and terms is not None and act(tables_of(tables, kind), terms, shock, t):
                return at
        return len(links)

    @overload(_call, inline="never")
    def _compile_calls(first, stops, entries, tables, constants, shock, t):  # type: ignore[no-untyped-def]
        kinds = dict(zip(constants.fields, constants.types, strict=True))
        lines = [_line(at, link, kinds) for at, link in enumerate(links)]
        head = "def compiled(first, stops, entries, tables, constants, shock, t):"
        names: dict[str, Any] = {"call_at": call_at} | {f"act_{at}": link.act for at, link in enumerate(links)}
        names |= {f"tables_{at}": link.tables for at, link in enumerate(links)}
        names |= {f"due_{at}": link.due.holds for at, link in enumerate(links) if link.due}
        names |= {f"due_tables_{at}": link.due.tables for at, link in enumerate(links) if link.due}
        exec("\n".join([head, *lines, f"    return {len(links)}"]), names)
        return names["compiled"]

    return _call


def _line(at: int, link: Link, kinds: dict[str, Any]) -> str:
    """Return the line that calls one act, or only stops at it."""
    if link.act is None or kinds[link.terms] == types.none:
        return f"    if first <= {at} and stops[{at}]: return {at}"
    tables = tables_code(f"tables_{at}", link.tables)
    called = f"call_at(act_{at}, entries[{at}], {tables}, constants.{link.terms}, shock, t)"
    if link.due:
        seen = tables_code(f"due_tables_{at}", link.due.tables)
        called = f"(due_{at}({seen}, constants.{link.terms}, t) and {called})"
    return f"    if first <= {at} and (stops[{at}] or {called}): return {at}"


def entry(act: Any, arguments: Sequence[Any]) -> tuple[int, int]:
    """Return what :func:`call_at` takes of a kernel for arguments of these numba types: address and digest."""
    act.compile(tuple(arguments))
    result = act.overloads[tuple(arguments)]
    address = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
    return address, digest(result.signature.args)


def kind_of(value: Any) -> Any:
    """Return what of an argument decides its numba type: element type and layout of arrays, class of all else."""
    if isinstance(value, tuple):
        return type(value), *map(kind_of, value)
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim, value.flags.c_contiguous, value.flags.writeable, type(value)
    return type(value)
