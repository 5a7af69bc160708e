"""The code keeps its layers, its sizes and its promises about imports."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
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
    """A compiled loop cannot be interrupted: each ``while`` compares what its body changes, none waits for a break."""
    kernels = [node for node in functions(MODULES[path]) if {"kernel", "part", "rule"} & set(decorators(node))]
    loops = [loop for node in kernels for loop in ast.walk(node) if isinstance(loop, ast.While)]
    assert [loop.lineno for loop in loops if not names(loop.test) & assigned(loop)] == []


def decorators(function: ast.FunctionDef) -> list[str]:
    return [ast.unparse(node) for node in function.decorator_list]


def names(node: ast.AST) -> set[str]:
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


def assigned(loop: ast.While) -> set[str]:
    """Names the body of a loop writes."""
    stored = (item for part in loop.body for item in ast.walk(part) if isinstance(item, ast.Name))
    return {item.id for item in stored if isinstance(item.ctx, ast.Store)}


@pytest.mark.parametrize(("test", "ends"), [("True", False), ("other > 0", False), ("i < 3", True)])
def test_an_endless_loop_is_seen(test, ends):
    loop = ast.parse(f"while {test}:\n    i += 1").body[0]
    assert bool(names(loop.test) & assigned(loop)) == ends


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
        "import model.edge_list",
        "from experiments.command_line import main; main(['--help'], standalone_mode=False)",
        "from experiments.command_line import main; main(['episodes'], standalone_mode=False)",
        "from experiments.command_line import main; main(['parameters'], standalone_mode=False)",
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
        ("def late():\n    from model.market import Market", "model.market.Market"),
        ("import experiments.table as table", "experiments.table"),
        ("PART = {'isolated': 'agents.structure.isolated:Isolated'}", "agents.structure.isolated"),
        ("from mesa import batch_run", "mesa.batch_run"),
    ],
)
def test_imports_are_seen_wherever_they_hide(code, name):
    assert name in imported(ast.parse(code))


def test_a_body_is_counted_without_its_docstring():
    [function] = functions(ast.parse("def rule(x):\n    'Text.'\n\n    y = x\n    # why\n    return y"))
    assert body_lines(function) == 3
