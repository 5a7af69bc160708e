"""The tables of the documentation that follow from declarations: columns, choices, phases, parameters.

Between two marks of ``docs/ODD.md`` or ``docs/guide/shocks.md`` stands a table that is generated from declarations::

    <!-- table: columns agents.exchange.keeper.Keeper -->
    ...
    <!-- end -->

``python -m experiments.cli.model_tables`` writes all of them, and ``docs/parameters.md``. The kinds of table are

- ``columns CLASS``: the columns of a class of agents, with unit, sign and meaning;
- ``choices REGISTRY``: every name of a registry, the first sentence of its docstring, and its module;
- ``phases``: the phases of a step in order, the docstring of each, and the functions it calls;
- ``rates``: how often isolated shocks come, from the events on record.
"""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any

from experiments.cli.parameter_table import markdown, row
from experiments.validation.episode.shock_rate import EVENTS, shock_rates

DOCS = Path(__file__).resolve().parents[2] / "docs"
ODD, SHOCKS, PARAMETERS = "ODD.md", "guide/shocks.md", "parameters.md"
TABLE = re.compile(r"(<!-- table: (\w+) ?(\S*) -->\n).*?(<!-- end -->)", re.DOTALL)
FRAME = ("agents.core", "agents.protocol.standby")
"""What every phase calls, and the table leaves out."""


def described(text: str) -> str:
    """Return the page `text` with every marked table as the code declares it now."""
    return TABLE.sub(lambda found: found[1] + "".join(TABLES[found[2]](found[3])) + found[4], text)


def _found_at(path: str) -> Any:
    """Return the object at a dotted path of module and name."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def header(*names: str) -> str:
    """Return the two lines that begin a table."""
    return row(names) + row("---" for _ in names)


def columns(path: str) -> Iterator[str]:
    """Yield the table of the columns of a class of agents."""
    yield header("attribute", "unit and sign", "meaning")
    for name, column in _found_at(path).columns().items():
        yield row((f"`{name}`", column.unit, column.meaning))


def choices(name: str) -> Iterator[str]:
    """Yield the table of a registry's choices."""
    yield header("name", "what it is", "where")
    registry = _found_at(name if "." in name else f"model.scenario.registry.{name}")
    for choice in registry:
        thing = _chosen(registry, choice)
        yield row((f"`{choice}`", sentence(thing), f"`{_where(thing)}`"))


def _chosen(registry: Any, name: str) -> Any:
    """Return the class or function that a registry's name stands for."""
    entry = registry[name]
    return getattr(import_module(entry.module), entry.kind) if hasattr(entry, "kind") else entry


def sentence(thing: object) -> str:
    """Return the first paragraph of a docstring on one line, without its markup."""
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`").removeprefix("Return ")
    return text[:1].upper() + text[1:]


def phases(_: str = "") -> Iterator[str]:
    """Yield the table of the phases of a step, in the order of :data:`model.schedule.PHASES`."""
    kind = _found_at("model.engine.engine.Engine")
    yield header("phase", "method", "what happens", "done by")
    for number, phase in enumerate(_found_at("model.schedule.PHASES"), start=1):
        method = getattr(kind, phase.name)
        what = sentence(method).removeprefix(f"Phase {number}: ").rstrip(".")
        done = ", ".join(f"`{path}`" for name, link in phase.acts.items() for path in _done_by(kind, name, link.act))
        yield row((str(number), f"`{_where(method)}`", what, done))


def rates(_: str = "") -> Iterator[str]:
    """Yield the table of the rates of isolated shocks, with their exact intervals."""
    yield header("kind", "events", "a venue-year", "95 % interval", "a day")
    for kind, rate in shock_rates().items():
        interval = f"{rate.low:.3f} to {rate.high:.3f}"
        yield row((kind, str(len(EVENTS[kind])), f"{rate.value:.3f}", interval, f"{rate.daily():.1e}"))


def calls(function: Callable[..., Any]) -> list[str]:
    """Return what a function calls, as written, in the order of the lines."""
    tree = ast.parse(dedent(inspect.getsource(function)))
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [ast.unparse(node.func) for node in sorted(called, key=lambda node: (node.lineno, node.col_offset))]


def _done_by(kind: type, name: str, kernel: Any) -> Iterator[str]:
    """Yield where the functions and methods are that an act is done by: its kernel's, and those of its method."""
    parts = makers(kind)
    if kernel is not None:
        known = vars(import_module(kernel.__module__))
        called = [known[call] for call in calls(getattr(kernel, "py_func", kernel)) if call in known]
        own = ("model.schedule", "agents.core.chain")  # acts, and calls by address
        yield from (_where(thing) for thing in called if not thing.__module__.startswith(own))
    for call in calls(getattr(kind, name)):
        owner, _, method = call.removeprefix("self.").rpartition(".")
        if owner in parts and not parts[owner].startswith(FRAME):
            yield f"{parts[owner]}.{method}"


def makers(kind: type) -> dict[str, str]:
    """Return the classes of the attributes that a class makes of itself: attribute → dotted path."""
    classes: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        classes |= _made_by(base)
    return classes


def _made_by(kind: type) -> dict[str, str]:
    """Return the classes of the attributes that a class itself makes."""
    names = vars(import_module(kind.__module__))
    classes: dict[str, str] = {}
    for node in ast.walk(ast.parse(dedent(inspect.getsource(kind)))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            maker = names.get(ast.unparse(node.value.func))
            maker = inspect.get_annotations(maker, eval_str=True).get("return") if inspect.isfunction(maker) else maker
            if inspect.isclass(maker):
                classes |= {target.attr: _where(maker) for target in node.targets if isinstance(target, ast.Attribute)}
    return classes


def _where(thing: Any) -> str:
    """Return the dotted path of a class or function."""
    return f"{thing.__module__}.{thing.__qualname__}"


TABLES: dict[str, Callable[[str], Iterable[str]]] = {
    "columns": columns,
    "choices": choices,
    "phases": phases,
    "rates": rates,
}


def main() -> None:
    """Write every generated table of the documentation."""
    for page in (DOCS / ODD, DOCS / SHOCKS):
        page.write_text(described(page.read_text(encoding="utf-8")), encoding="utf-8")
        sys.stdout.write(f"{page}\n")
    (DOCS / PARAMETERS).write_text(markdown(), encoding="utf-8")
    sys.stdout.write(f"{DOCS / PARAMETERS}\n")


if __name__ == "__main__":
    main()
