"""The reference built from docstrings: equations and arguments can be read, and what cannot be built stops it."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def built(folder, *modules):
    command = [sys.executable, str(ROOT / "docs" / "reference.py"), str(folder), *modules]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    done = built(folder, "agents.exchange.insurance_fund", "model.network.clearing")
    assert done.returncode == 0, done.stderr
    assert (folder / "model" / "network" / "clearing.html").exists()
    return (folder / "agents" / "exchange" / "insurance_fund.html").read_text(encoding="utf-8")


def test_an_equation_stands_by_itself(page):
    assert re.search(r"<pre><code>δ = min\(f \|V\|, V − B\).+?\(1\)", page)


def test_rules_are_documented_as_functions_with_their_arguments(page):
    assert re.findall(r'<section id="(\w+)"', page) == ["fund_delta", "liquidation_delta"]
    assert "<strong>surcharge</strong> (share of the rest of the surplus that is confiscated.)" in page


def test_a_module_that_cannot_be_built_stops_it(tmp_path):
    done = built(tmp_path, "agents.nobody")
    assert done.returncode != 0 and "agents.nobody" in done.stderr


def test_a_module_that_needs_an_extra_which_is_not_there_is_left_out(tmp_path):
    done = built(tmp_path, "experiments.benchmark.gpu")
    assert done.returncode == 0, done.stderr
    pages = tmp_path / "experiments" / "benchmark" / "gpu"
    assert (pages / "gpu_kernel.html").exists() == (find_spec("numba_cuda") is not None)
    assert (pages / "experiment.html").exists()
