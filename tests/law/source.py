"""Source code as the laws read it: files with their trees, functions, imports and names."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("agents", "model", "experiments")
KERNELS = {"kernel", "lean_kernel", "inline", "rule", "lean_rule", "modular"}
"""Decorators of functions that are compiled."""

type Function = ast.FunctionDef | ast.AsyncFunctionDef


class Code:
    """Python files by their paths from the root.

    Parameters
    ----------
    files : path → text, as ``agents/core/rank.py``.
    """

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files
        self.trees = {path: ast.parse(text) for path, text in files.items()}
        self._nodes = {path: list(ast.walk(tree)) for path, tree in self.trees.items()}
        self.imported = {path: imported(nodes) for path, nodes in self._nodes.items()}
        self.modules = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in files}

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
        """Return every node of some kinds with its path."""
        for path, nodes in self._nodes.items():
            for node in nodes:
                if isinstance(node, kinds):
                    yield path, node

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Return every function and method with its path."""
        return self.nodes(ast.FunctionDef, ast.AsyncFunctionDef)

    def imports(self) -> dict[str, set[str]]:
        """Return module → modules of the code that it imports, wherever in it, for types alone too."""
        return {
            module: {found for name in import_statements(self._nodes[path]) if (found := self._module(name)) != module}
            - {""}
            for module, path in self.modules.items()
        }

    def _module(self, name: str) -> str:
        parent = name.rpartition(".")[0]
        return name if name in self.modules else parent if parent in self.modules else ""


@cache
def project() -> Code:
    """Return the sources of the three packages."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return Code({path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths})


def import_statements(nodes: Iterable[ast.AST]) -> set[str]:
    """Names of all that some code imports by statement."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def imported(nodes: list[ast.AST]) -> set[str]:
    """Names of all that some code imports, by statement or by name as text."""
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    pattern = re.compile(r"\A((?:agents|model|experiments|tests)(?:\.\w+)+)(?::\w+)?\Z")
    return import_statements(nodes) | {name for text in texts for name in pattern.findall(text)}


def decorators(function: Function) -> set[str]:
    """Names of a function's decorators, without what they are called with."""
    return {ast.unparse(node).partition("(")[0] for node in function.decorator_list}


def compiled(function: Function) -> bool:
    """Whether a function is a rule or a kernel."""
    return bool(decorators(function) & KERNELS)


def parameters(function: Function) -> list[ast.arg]:
    """Parameters of a function but for the object itself."""
    given = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    return [one for one in given if one.arg not in ("self", "cls")]


def body_lines(function: Function) -> int:
    """Lines from the first statement after the docstring to the last."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    rest = function.body[1:] if documented else function.body
    return function.body[-1].end_lineno - rest[0].lineno + 1 if rest else 0


def names(nodes: Iterable[ast.AST]) -> set[str]:
    """Names in some code: variables, attributes, keywords, and the parts of dotted names as text."""
    found: set[str] = set()
    for node in (item for root in nodes for item in ast.walk(root)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w.:]+", node.value):
            found |= set(re.findall(r"\w+", node.value))
    return found


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Sets of nodes that reach each other, each as one line."""
    below = {node: reach(graph, node) for node in graph}
    found = {frozenset({node} | {other for other in below[node] if node in below[other]}) for node in graph}
    return sorted(" ↔ ".join(sorted(circle)) for circle in found if len(circle) > 1)


def reach(graph: dict[str, set[str]], start: str) -> set[str]:
    """All nodes that arrows lead to from one."""
    found: set[str] = set()
    todo = list(graph[start])
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += graph.get(node, ())
    return found


def reached_names(code: Code) -> set[str]:
    """All names that a run, a command or a study can come to: those of what is executed, and of what that names."""
    bodies: dict[str, list[Function]] = {}
    todo = ["main"]
    for node in extending(code):  # a library calls the methods by which its classes are extended
        todo += [item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
    for tree in code.trees.values():
        _collect(tree.body, bodies, todo)
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += names(bodies.get(name, ()))
    return found


def extending(code: Code) -> list[ast.ClassDef]:
    """Classes that extend one of a library, be it through one of our own."""
    classes = [node for _, node in code.nodes(ast.ClassDef)]
    plain = {"NamedTuple", "Protocol", "Exception", "ValueError"} | {node.name for node in classes}
    foreign = {node.name for node in classes if names(node.bases) - plain}
    while further := {node.name for node in classes if names(node.bases) & foreign} - foreign:
        foreign |= further
    return [node for node in classes if names(node.bases) - plain or names(node.bases) & foreign]


def _collect(body: list[ast.stmt], bodies: dict[str, list[Function]], todo: list[str]) -> None:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            bodies.setdefault(node.name, []).append(node)
            todo += names(node.decorator_list)
            if registered(node):
                todo.append(node.name)
        elif isinstance(node, ast.ClassDef):
            todo += names(node.decorator_list + node.bases)
            _collect(node.body, bodies, todo)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            todo += names([node])


def registered(function: Function) -> bool:
    """Whether a function is called without being named: by Python, or by what its decorator hands it to."""
    plain = KERNELS | {"staticmethod", "classmethod", "cache", "lru_cache", "contextmanager"}
    return function.name.startswith("__") or bool(decorators(function) - plain)
