"""What the sources import is declared in pyproject, with the lowest version that is tried."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = [wanted for extra in PROJECT["optional-dependencies"].values() for wanted in extra]
DECLARED = {
    canonicalize_name(found.name): found for found in map(Requirement, [*PROJECT["dependencies"], *EXTRAS])
}  # fmt: skip
OWN = ("agents", "model", "experiments", "backstop_command")
SOURCES = [path for name in OWN[:-1] for path in (ROOT / name).rglob("*.py")] + [ROOT / "backstop_command.py"]
LOWEST = (">=", "==", "~=")


def imported(path: Path) -> set[str]:
    """Top-level names of the modules a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


THIRD = sorted(set().union(*map(imported, SOURCES)) - set(sys.stdlib_module_names) - set(OWN))


def bounded(requirement: Requirement) -> bool:
    """Whether a requirement has a lower bound."""
    return any(bound.operator in LOWEST for bound in requirement.specifier)


def test_every_package_imported_is_declared_with_a_lower_bound():
    # What is not installed (an extra) and what is a mere collection of packages (solara) bear their module's name.
    sources = packages_distributions()
    names = {module: {canonicalize_name(name) for name in [module, *sources.get(module, [])]} for module in THIRD}
    declared = {module: [DECLARED[name] for name in found & DECLARED.keys()] for module, found in names.items()}
    assert [module for module, found in declared.items() if not any(map(bounded, found))] == []


def test_every_dependency_has_a_lower_bound():
    assert [name for name, requirement in DECLARED.items() if not bounded(requirement)] == []


def test_a_missing_bound_is_seen():
    assert (
        bounded(Requirement("numpy>=2")) and not bounded(Requirement("numpy<3")) and not bounded(Requirement("numpy"))
    )
