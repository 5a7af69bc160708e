"""The project's own files agree with each other."""

import json
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from model.scenario import Scenario
from model.scenario.parameter import declarations

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = (ROOT / "docs" / "constraints.txt").read_text(encoding="utf-8").split()
GROUPS = PROJECT["dependency-groups"].values()
WANTED = [*PROJECT["project"]["dependencies"], *(wanted for group in GROUPS for wanted in group)]


def test_pip_and_uv_install_the_same_versions():
    assert PROJECT["tool"]["uv"]["constraint-dependencies"] == PINS


def test_every_dependency_is_pinned_within_its_bounds():
    pinned = {name: version for name, _, version in (pin.partition("==") for pin in PINS)}
    wanted = [Requirement(text) for text in WANTED]
    assert [str(one) for one in wanted if pinned[one.name] not in one.specifier] == []


def test_one_version_is_named_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.+)$", citation, re.MULTILINE)[1] == PROJECT["project"]["version"]


def test_codemeta_says_what_the_project_says():
    told = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    project = PROJECT["project"]
    for name in ("version", "description", "keywords"):
        assert told[name] == project[name], name
    needed = [Requirement(wanted).name for wanted in project["dependencies"]]
    assert [name.lower() for name in told["softwareRequirements"]] == needed
    supported = [word.rpartition(" ")[2] for word in project["classifiers"] if "Python :: 3." in word]
    assert told["runtimePlatform"] == f"Python {supported[0]} to {supported[-1]}"
    assert [place for place in told["softwareHelp"] if not (ROOT / place).exists()] == []


def test_every_parameter_states_unit_meaning_and_source():
    incomplete = [row.name for row in declarations(Scenario) if "None" in (row.unit, row.source) or not row.meaning]
    assert incomplete == []


JUSTFILE = (ROOT / ".justfile").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")


def test_recipes_are_those_that_the_guide_names():
    recipes = re.findall(r"^([a-z]+)(?: \*words)?:$", JUSTFILE, re.MULTILINE)
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in recipes if name != "default"] == [
        "setup", "test", "fast", "proofs", "lint", "docs", "bench",
    ]  # fmt: skip
    assert sorted(set(re.findall(r"`just (\w+)`", guide))) == sorted(set(recipes) - {"default"})


def test_the_fast_tests_exist():
    words = " ".join(re.findall(r'^\w+ := "(.+)"$', JUSTFILE, re.MULTILINE)).replace("--ignore=", "").split()
    assert len(words) > 8
    assert [word for word in words if not (ROOT / word).exists()] == []


def test_every_supported_python_is_tried_on_a_change():
    supported = [word.rpartition(" ")[2] for word in PROJECT["project"]["classifiers"] if "Python :: 3." in word]
    [tried] = re.findall(r"^ +python: \[(.+)\]$", WORKFLOW, re.MULTILINE)
    assert re.findall(r'"([\d.]+)"', tried) == supported


def test_the_hooks_run_the_known_versions():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    revisions = dict(re.findall(r"/([\w-]+)\n +rev: v?([\d.]+)", hooks))
    pinned = dict(pin.split("==") for pin in PINS)
    assert revisions["ruff-pre-commit"] == pinned["ruff"] and revisions["codespell"] == pinned["codespell"]


def test_markers_that_wait_for_their_own_command_are_declared_and_left_out():
    declared = [marker.partition(":")[0] for marker in PROJECT["tool"]["pytest"]["ini_options"]["markers"]]
    left_out = re.findall(r"not (\w+)", PROJECT["tool"]["pytest"]["ini_options"]["addopts"])
    assert sorted(left_out) == ["browser", "gpu", "slow"] and set(left_out) < set(declared)
