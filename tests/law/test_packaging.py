"""What the sources import is declared in pyproject, with the lowest version that is tried."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
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


@pytest.mark.parametrize("module", THIRD)
def test_every_package_imported_is_declared_with_a_lower_bound(module):
    # What is not installed (an extra) and what is a mere collection of packages (solara) bear their module's name.
    names = {canonicalize_name(name) for name in [module, *packages_distributions().get(module, [])]}
    declared = [DECLARED[name] for name in names & DECLARED.keys()]
    assert declared, f"{module} is imported and in no dependencies of pyproject"
    assert any(bound.operator in LOWEST for one in declared for bound in one.specifier), f"{module}: no lower bound"


@pytest.mark.parametrize("wanted", DECLARED)
def test_every_dependency_has_a_lower_bound(wanted):
    assert any(bound.operator in LOWEST for bound in DECLARED[wanted].specifier)
