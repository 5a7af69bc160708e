"""The laws of the code, one function each: all offenders among some files, and a snippet that offends."""

import ast
import re
import statistics
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import NamedTuple

from tests.law.source import (
    Code,
    body_lines,
    circles,
    compiled,
    decorators,
    parameters,
    reached_names,
    registered,
)

FLOORS = (
    ("agents.core",),
    ("agents.account", "agents.market_maker", "agents.provider", "agents.reinsurer"),
    ("agents.exchange", "agents.protocol"),
    ("agents.trader",),
    ("model", "model.scenario"),
    ("model.batch_run", "model.price"),
    ("model.market",),
    ("model.backstop",),
    ("model.state",),
    ("model.measure", "model.network"),
    ("model.reinsurance", "model.schedule"),
    ("model.engine",),
    ("model.agent_view",),
    ("model.own_agents",),
    ("model.saved_view",),
    ("model.ecosystem",),
    ("experiments.figure", "experiments.paper", "experiments.plan", "experiments.statistics"),
    ("experiments.results",),
    ("experiments.run",),
    ("agents", "experiments", "experiments.study"),
    ("experiments.study.comparison", "experiments.study.replay", "experiments.study.sensitivity"),
    (
        "experiments.study.attribution", "experiments.study.network", "experiments.study.phase",
        "experiments.study.rare", "experiments.study.size",
    ),
    ("experiments.benchmark", "experiments.report", "experiments.study.calibration", "experiments.study.findings"),
    ("experiments.app", "experiments.study.reproduction", "experiments.validation"),
    ("experiments.cli",),
)  # fmt: skip
"""Rooms from the lowest floor to the highest; a room imports only rooms of lower floors."""
ABOVE = {
    "agents": {"model", "experiments", "tests"},
    "model": {"experiments", "tests"},
    "experiments": {"tests"},
}
CHOICES = {
    "agents/trader/strategy": "strategies",
    "model/backstop/loss_regime": "loss regimes and rankings",
    "model/backstop/structure": "structures",
    "model/backstop/trigger": "triggers",
    "model/price/process": "price processes",
    "model/reinsurance/claim": "ways to claim",
    "model/reinsurance/premium": "premium rules",
    "model/scenario/section": "sections of a scenario",
}
"""Folders that hold a file for each choice of one registry -> which; they may have more than 15 names."""
MANY_PARAMETERS = {
    "adl_score": "published: by its keywords other code calls it",
    "sweep": "all that the command line leaves open, by keyword",
}
"""Functions with more than 7 parameters -> why."""
CALLED_OUTSIDE = {
    "require_whole": "backstop_command, before it imports anything",
    "absorb": "a waterfall alone, without the run's schedule: how it is tried on losses given from outside",
    "net_worth": "Glasserman and Young's w, for a reader's own network",
    "system_loss": "what amplification_bound bounds, for a reader's own network",
    "branch": "a run's past with other draws, for a study of a researcher's own",
    "spliced": "by branch",
    "write_accounts": "a user, to have a run's accounts as a file",
    "account_table": "by write_accounts",
}
"""Public functions that nothing in the packages calls -> who does."""
KERNEL_CALLS = r"self\._(?:ask|cover|lend|gauge_step)|collect_by|settle_by|ask_by"
"""Kernels that are called by address, or through :class:`agents.core.fast_call.FastCall`."""
FORBIDDEN = {
    "batch_run": "hangs when a worker dies",
    "NumpyAgentDataSet": "the columns own the state",
    "space": "mesa.space goes in Mesa 4",
}
FLAGS = ("fastmath", "parallel")  # either breaks reproducibility bit for bit
ENDING = {
    "model/backstop/structure/capped.py:free_limits": "an entry is dropped each round",
    "agents/core/rank.py:sift": "the root becomes one of its children: at most log2 of the size rounds",
    "agents/trader/attention.py:arrive": "the slot grows by 1 and a gap >= 0 each round",
    "model/market/liquidation/keeper_round.py:assign": "the first row becomes the last one found, at least one further",
}
"""Kernels with a loop that counts by other than a constant -> why it ends."""


class Law(NamedTuple):
    """A law, and files that break it."""

    offenders: Callable[[Code], list[str]]
    offence: dict[str, str]


LAWS: dict[str, Law] = {}


def law(**offence: str) -> Callable[[Callable[[Code], list[str]]], Callable[[Code], list[str]]]:
    """Register a law under its function's name with an offence: path of a file, ``__`` for ``/`` → text."""
    files = {f"{path.replace('__', '/')}.py": text for path, text in offence.items()}

    def register(offenders: Callable[[Code], list[str]]) -> Callable[[Code], list[str]]:
        LAWS[offenders.__name__] = Law(offenders, files)
        return offenders

    return register


def room(module: str) -> str:
    """The room of a module: two names of its path, three for a study."""
    parts = module.split(".")
    return ".".join(parts[: 3 if parts[:2] == ["experiments", "study"] else 2])


@law(agents__core__a="def late():\n    from model.price.tape import Tape")
def packages_import_downwards(code: Code) -> list[str]:
    """Agents import no model, the model no experiments, nothing a test; by statement or as text."""
    return [
        f"{path}: {name}"
        for path, wanted in code.imported.items()
        for name in wanted
        if name.partition(".")[0] in ABOVE[path.partition("/")[0]]
    ]


@law(model__price__a="from . import b")
def imports_are_absolute(code: Code) -> list[str]:
    """No relative import."""
    return [f"{path}: {node.module}" for path, node in code.nodes(ast.ImportFrom) if node.level]


@law(model__price__a="import model.price.b", model__price__b="def late():\n    from model.price import a")
def no_circle_of_modules(code: Code) -> list[str]:
    """No module imports itself through others, not inside functions, not for types alone."""
    return circles(code.imports())


@law(model__price__a="import model.market.b", model__market__b="X = 1", model__market__c="import model.price.a")
def no_circle_of_rooms(code: Code) -> list[str]:
    """No room imports itself through others."""
    graph: dict[str, set[str]] = {}
    for module, wanted in code.imports().items():
        graph.setdefault(room(module), set()).update({room(name) for name in wanted} - {room(module)})
    return circles(graph)


@law(model__price__a="import model.market.b", model__market__b="", model__cellar__c="")
def rooms_import_lower_floors(code: Code) -> list[str]:
    """A room imports only rooms of lower floors."""
    floor = {name: number for number, rooms in enumerate(FLOORS) for name in rooms}
    found = [f"{room(module)} has no floor" for module in code.modules if room(module) not in floor]
    for module, wanted in code.imports().items():
        here = room(module)
        above = [name for name in wanted if room(name) != here and floor.get(room(name), 99) >= floor.get(here, 99)]
        found += [f"{module} imports {name}" for name in above]
    return found


@law(model__price__a="X = 1")
def every_module_says_what_it_is(code: Code) -> list[str]:
    """Every module has a docstring."""
    return [path for path, tree in code.trees.items() if not ast.get_docstring(tree)]


@law(**{f"model__price__a{number}": "" for number in range(16)})
def folders_hold_15_names(code: Code) -> list[str]:
    """At most 15 files and folders in one folder, apart from those that hold one registry's choices."""
    held: dict[str, set[str]] = {}
    for path in (PurePosixPath(path) for path in code.files if not path.endswith("__init__.py")):
        for item in [path, *path.parents[:-1]]:
            held.setdefault(str(item.parent), set()).add(item.name)
    return [f"{folder}: {len(items)}" for folder, items in held.items() if len(items) > 15 and folder not in CHOICES]


@law(model__price__a="\n" * 401)
def files_have_400_lines(code: Code) -> list[str]:
    """At most 400 lines in a file."""
    count = {path: len(text.splitlines()) for path, text in code.files.items()}
    return [f"{path}: {lines}" for path, lines in count.items() if lines > 400]


@law(model__price__a="def long():\n" + "    x = 1\n" * 41)
def bodies_have_40_lines(code: Code) -> list[str]:
    """At most 40 lines in a function's body."""
    return [f"{path}:{node.name}: {body_lines(node)}" for path, node in code.functions() if body_lines(node) > 40]


@law(model__price__a="def long():\n" + "    x = 1\n" * 20)
def functions_are_short(code: Code) -> list[str]:
    """Half of all bodies have at most 6 lines, nine of ten at most 15."""
    lines = [body_lines(node) for _, node in code.functions()]
    median, tenth = statistics.median(lines), statistics.quantiles([*lines, lines[0]], n=10)[8]
    return [f"median {median}, 90 % {tenth}"] * (median > 6 or tenth > 15)


@law(model__price__a="def f(a, b, c, d, e, f, g, *, h): ...")
def functions_take_7_parameters(code: Code) -> list[str]:
    """At most 7 parameters, apart from kernels, commands and components."""
    return [
        f"{path}:{node.name}: {len(parameters(node))}"
        for path, node in code.functions()
        if len(parameters(node)) > 7 and not compiled(node) and node.name not in MANY_PARAMETERS
        if not re.search(r"click|solara\.component", " ".join(decorators(node)))
    ]


@law(model__price__a="class A: ...\nA(1, 2, 3, 4, 5, 6, 7, 8)")
def calls_have_7_unnamed_arguments(code: Code) -> list[str]:
    """At most 7 arguments without a name in a call, apart from kernels called by address, which take no names."""
    free = re.compile(rf"{KERNEL_CALLS}|(?:\w+\.)*add_row|choice_of")
    return [
        f"{path}:{node.lineno}: {ast.unparse(node.func)}"
        for path, node in code.nodes(ast.Call)
        if len(node.args) > 7 and not free.fullmatch(ast.unparse(node.func))
    ]


@law(model__price__a="def f(book: Any) -> None: ...", agents__core__a="def f(x: Any) -> None: ...")
def signatures_say_what_they_take(code: Code) -> list[str]:
    """No bare ``Any`` in a public signature outside agents/core, but in ``*arguments`` passed on as they are."""
    return [
        f"{path}:{node.lineno}: {node.name}"
        for path, node in code.functions()
        if not node.name.startswith("_") and not path.startswith("agents/core/")
        if "Any" in {ast.unparse(one) for one in [*(a.annotation for a in parameters(node)), node.returns] if one}
    ]


@law(experiments__plan__a="def f(a, b, c, d):\n    'Do.'")
def four_parameters_are_described(code: Code) -> list[str]:
    """Public functions of four parameters or more have a Parameters section, commands apart.

    An overridden method is described in its base; the parameters of a command are described by its options.
    """
    wanted = [
        (path, node)
        for path, node in code.functions()
        if not node.name.startswith("_") and len(parameters(node)) >= 4 and "click.command" not in decorators(node)
    ]
    written = {id(node) for _, node in wanted if "Parameters\n---" in (ast.get_docstring(node) or "")}
    methods = {id(item) for _, node in code.nodes(ast.ClassDef) for item in node.body}
    bases = {node.name for _, node in wanted if id(node) in written & methods}
    return [
        f"{path}:{node.lineno}: {node.name}"
        for path, node in wanted
        if id(node) not in written and not (id(node) in methods and node.name in bases)
    ]


@law(model__price__a="def dead():\n    pass\ndef called():\n    dead()")
def public_functions_are_reached(code: Code) -> list[str]:
    """A run, a command or a study comes to every public function: by its name, from what is executed."""
    reached = reached_names(code) | CALLED_OUTSIDE.keys()
    return [
        f"{path}:{node.name}"
        for path, node in code.functions()
        if node.name not in reached and not node.name.startswith("_") and not registered(node)
    ]


@law(model__price__a="from mesa import batch_run")
def nothing_is_used_that_breaks_runs_or_goes_away(code: Code) -> list[str]:
    """Nothing of FORBIDDEN."""
    found = []
    for path, wanted in code.imported.items():
        mesa = {part for name in wanted if name.startswith("mesa.") for part in name.split(".")}
        found += [f"{path}: {name}" for name in mesa & FORBIDDEN.keys()]
    used = ((path, node.attr) for path, node in code.nodes(ast.Attribute))
    return found + [f"{path}: {name}" for path, name in used if name in FORBIDDEN.keys() - {"space"}]


@law(model__price__a="rule = njit(fastmath=True)")
def kernels_stay_reproducible(code: Code) -> list[str]:
    """No flag under which the last bit depends on the machine."""
    return [
        f"{path}:{node.value.lineno}: {node.arg}"
        for path, node in code.nodes(ast.keyword)
        if node.arg in FLAGS and getattr(node.value, "value", True) is not False
    ]


@law(model__price__a="@kernel\ndef endless(x):\n    while x > 0:\n        x = x / 2")
def no_kernel_loops_for_ever(code: Code) -> list[str]:
    """A compiled loop cannot be interrupted: each ``while`` counts in its condition, or ends as ENDING says."""
    loops = (
        (f"{path}:{node.name}", loop)
        for path, node in code.functions()
        if compiled(node)
        for loop in ast.walk(node)
        if isinstance(loop, ast.While)
    )
    return [name for name, loop in loops if not counts(loop) and name not in ENDING]


@law(model__price__a="def wait():\n    while True:\n        pass")
def the_model_never_waits_for_a_break(code: Code) -> list[str]:
    """No ``while True`` in agents and model."""
    return [
        f"{path}:{node.lineno}"
        for path, node in code.nodes(ast.While)
        if not path.startswith("experiments") and isinstance(node.test, ast.Constant)
    ]


@law(model__price__a="super().__init__(seed=1)")
def mesa_gets_a_generator_and_no_seed(code: Code) -> list[str]:
    """Mesa's models are given a generator: a seed would make a second one."""
    return [
        f"{path}:{node.lineno}"
        for path, node in code.nodes(ast.Call)
        if re.search(r"(super\(\).__init__|Model)\Z", ast.unparse(node.func))
        and any(word.arg == "seed" for word in node.keywords)
    ]


def counts(loop: ast.While) -> bool:
    """Whether a loop must end: one of the conditions that must all hold compares what its body counts up or down."""
    parts = loop.test.values if isinstance(loop.test, ast.BoolOp) and isinstance(loop.test.op, ast.And) else [loop.test]
    compared = {name for part in parts if isinstance(part, ast.Compare) for name in variables(part)}
    steps = (item for part in loop.body for item in ast.walk(part) if isinstance(item, ast.AugAssign))
    by_one = (item for item in steps if isinstance(item.op, ast.Add | ast.Sub) and isinstance(item.value, ast.Constant))
    return bool(compared & {ast.unparse(item.target) for item in by_one})


def variables(node: ast.AST) -> set[str]:
    """Names of the variables in an expression."""
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
