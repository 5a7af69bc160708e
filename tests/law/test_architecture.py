"""The code keeps its layers, its sizes and its promises about imports."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ABOVE = {
    "agents": {"model", "experiments", "tests"},
    "model": {"experiments", "tests"},
    "experiments": {"tests"},
}
HEAVY = {"matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "scipy", "solara"}
FORBIDDEN = {
    "batch_run": "hangs when a worker dies",
    "NumpyAgentDataSet": "the columns own the state",
    "space": "mesa.space goes in Mesa 4",
}
FLAGS = ("fastmath", "parallel")  # either breaks reproducibility bit for bit
SOURCES = sorted(path for package in ABOVE for path in (ROOT / package).rglob("*.py"))
MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
PRIVATE = {
    "a path of one machine": re.compile(r"(?<![\w.:/~-])/(?:home|root|work|tmp|opt|srv|mnt|Users)/\w"),
    "a package index": re.compile(r"pypi\.org|pythonhosted\.org|(?:index|find)[-_](?:url|links)\b|/[s]imple/"),
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


every_source = pytest.mark.parametrize("path", SOURCES, ids=named)


def imported(tree: ast.Module) -> set[str]:
    """Names of all modules a file imports, wherever in it, whether by statement or by name as text."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(re.findall(r"\A((?:agents|model|experiments|tests)(?:\.\w+)+)(?::\w+)?\Z", node.value))
    return found


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(function: ast.FunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    rest = function.body[1:] if documented else function.body
    return function.body[-1].end_lineno - rest[0].lineno + 1 if rest else 0


@every_source
def test_imports_run_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    upward = {name for name in imported(MODULES[path]) if name.partition(".")[0] in ABOVE[package]}
    assert upward == set()


@every_source
def test_imports_are_absolute(path):
    imports = [node for node in ast.walk(MODULES[path]) if isinstance(node, ast.ImportFrom)]
    assert [node.module for node in imports if node.level] == []


@every_source
def test_a_module_says_what_it_is(path):
    assert ast.get_docstring(MODULES[path])


@every_source
def test_a_file_is_one_concept(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@every_source
def test_no_function_is_long(path):
    long = {node.name: body_lines(node) for node in functions(MODULES[path]) if body_lines(node) > 40}
    assert long == {}


def test_the_typical_function_is_short():
    assert statistics.median(body_lines(node) for tree in MODULES.values() for node in functions(tree)) <= 6


@every_source
def test_nothing_is_used_that_breaks_runs_or_goes_away(path):
    tree = MODULES[path]
    mesa = {name for name in imported(tree) if name.startswith("mesa.")}
    used = {part for name in mesa for part in name.split(".")}
    used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} - {"space"}
    assert used & FORBIDDEN.keys() == set()


@every_source
def test_kernels_stay_reproducible(path):
    keywords = [node for node in ast.walk(MODULES[path]) if isinstance(node, ast.keyword) and node.arg in FLAGS]
    assert [node.lineno for node in keywords if getattr(node.value, "value", True) is not False] == []


@every_source
def test_no_kernel_loops_for_ever(path):
    """A compiled loop cannot be interrupted: each ``while`` counts in its condition, or ends as told here."""
    kernels = [
        node for node in functions(MODULES[path]) if {"kernel", "part", "rule", "modular"} & set(decorators(node))
    ]
    loops = [(node.name, loop) for node in kernels for loop in ast.walk(node) if isinstance(loop, ast.While)]
    assert {name for name, loop in loops if not counts(loop)} == ENDING.get(named(path), {}).keys()


@pytest.mark.parametrize("package", ["agents", "model"])
def test_the_model_never_waits_for_a_break(package):
    sources = [path for path in SOURCES if path.relative_to(ROOT).parts[0] == package]
    loops = [loop for path in sources for loop in ast.walk(MODULES[path]) if isinstance(loop, ast.While)]
    assert loops and [ast.unparse(loop.test) for loop in loops if isinstance(loop.test, ast.Constant)] == []


ENDING = {
    "agents/core/rank.py": {"sift": "the root becomes one of its children: at most log2 of the size rounds"},
    "agents/trader/trader.py": {"act": "the slot grows by 1 and a gap >= 0 each round"},
    "model/market/liquidation.py": {
        "assign": "the first row becomes the last one found, which is at least one further"
    },
}
"""Kernels with a loop that counts by other than a constant -> why it ends."""


def decorators(function: ast.FunctionDef) -> list[str]:
    return [ast.unparse(node) for node in function.decorator_list]


def counts(loop: ast.While) -> bool:
    """Whether a loop must end: one of the conditions that must all hold compares what its body counts up or down."""
    parts = loop.test.values if isinstance(loop.test, ast.BoolOp) and isinstance(loop.test.op, ast.And) else [loop.test]
    compared = {name for part in parts if isinstance(part, ast.Compare) for name in names(part)}
    steps = (item for part in loop.body for item in ast.walk(part) if isinstance(item, ast.AugAssign))
    by_one = (item for item in steps if isinstance(item.op, ast.Add | ast.Sub) and isinstance(item.value, ast.Constant))
    return bool(compared & {ast.unparse(item.target) for item in by_one})


def names(node: ast.AST) -> set[str]:
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


@pytest.mark.parametrize(
    ("test", "ends"),
    [("True", False), ("other > 0", False), ("i", False), ("i < 3", True), ("x > 0 and i < 3", True),
     ("x > 0 or i < 3", False)],
)  # fmt: skip
def test_an_endless_loop_is_seen(test, ends):
    assert counts(ast.parse(f"while {test}:\n    i += 1").body[0]) == ends


@every_source
def test_mesa_gets_a_generator_and_no_seed(path):
    calls = [node for node in ast.walk(MODULES[path]) if isinstance(node, ast.Call)]
    models = [call for call in calls if re.search(r"(super\(\).__init__|Model)\Z", ast.unparse(call.func))]
    assert [call.lineno for call in models if any(word.arg == "seed" for word in call.keywords)] == []


@pytest.mark.parametrize(
    "light",
    [
        "import agents, model, experiments",
        "import model.scenario",
        "import model.network.reader.edge_list",
        "from experiments.cli.main import main; main(['--help'], standalone_mode=False)",
        "from experiments.cli.main import main; main(['episodes'], standalone_mode=False)",
        "from experiments.cli.main import main; main(['parameters'], standalone_mode=False)",
    ],
)
def test_light_commands_import_nothing_heavy(light):
    code = f"{light}\nimport sys; print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.rpartition("LOADED")[2].split()
    assert HEAVY & {name.partition(".")[0] for name in loaded} == set()


def project_files() -> list[Path]:
    """Files that are or would be committed; all sources where there is no git."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return SOURCES
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("secret", PRIVATE)
def test_no_file_names(secret):
    found = []
    for path in project_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{named(path)}: {match.group()}" for match in PRIVATE[secret].finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("def late():\n    from model.market.market import Market", "model.market.market.Market"),
        ("import experiments.study.comparison.table as table", "experiments.study.comparison.table"),
        ("PART = {'isolated': 'model.backstop.structure.share:Isolated'}", "model.backstop.structure.share"),
        ("from mesa import batch_run", "mesa.batch_run"),
    ],
)
def test_imports_are_seen_wherever_they_hide(code, name):
    assert name in imported(ast.parse(code))


def test_a_body_is_counted_without_its_docstring():
    [function] = functions(ast.parse("def rule(x):\n    'Text.'\n\n    y = x\n    # why\n    return y"))
    assert body_lines(function) == 3
