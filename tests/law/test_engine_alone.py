"""Tables, rules, the compiled run and the command line do without Mesa and pandas; a Mesa model has both."""

import subprocess
import sys

import pytest

from tests.law.source import ROOT

MESAS = {"mesa", "pandas"}
IN_WORKER = """
import experiments.run.preload
from experiments.plan.arrangement import Arrangement
from experiments.run.run import run_arrangement
from model.scenario import Scenario
small = Scenario().replace({SMALL} | {"backstop.structure": "pooled"})
done = run_arrangement(Arrangement("a", "pooled", "adl", small), 0)
assert not done.failure, done.failure
"""
ALONE = {
    "a run": "from model.engine.engine import Engine; e = Engine(Scenario().replace({SMALL})); e.run(); e.summary()",
    "a worker": IN_WORKER,
    "a comparison": "from experiments.cli.main import main; main({COMPARE}, standalone_mode=False)",
}
SMALL = {"trader.number": 4, "steps": 30, "provider.number": 2, "protocol.number": 3}
VIEW = "from model.ecosystem import Ecosystem; Ecosystem(Scenario().replace({SMALL})).run()"


def loaded(code, folder):
    """Return the packages loaded in a fresh interpreter once it has run `code`."""
    options = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    command = ["compare", "--replications", "1", "--workers", "1", "--quiet", "--out", str(folder), *options]
    text = code.replace("{SMALL}", repr(SMALL)).replace("{COMPARE}", repr(command))
    whole = f"from model.scenario import Scenario\n{text}\nimport sys; print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", whole], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.rpartition("LOADED")[2].split()}


@pytest.mark.parametrize("what", ALONE)
def test_neither_mesa_nor_pandas_is_loaded_by(what, tmp_path):
    found = loaded(ALONE[what], tmp_path / "out")
    assert "numba" in found and found & MESAS == set()


def test_mesas_view_of_a_run_loads_mesa(tmp_path):
    assert "mesa" in loaded(VIEW, tmp_path)
