"""Compiling in halves leaves nothing to compile for the runs themselves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCE = """
from numba.core.dispatcher import Dispatcher
from tests.support.world import small
from experiments.plan.arrangement import Arrangement
from experiments.run.compile import compile_liquidation, compile_run, compile_trade
from experiments.run.run import run_arrangement
import gc

def compiled():
    return {id(item): len(item.signatures) for item in gc.get_objects() if isinstance(item, Dispatcher)}

arrangement = Arrangement("isolated", "isolated", "socialized_loss", small())
compile_liquidation(arrangement.scenario)
compile_trade(arrangement.scenario)
compile_run(arrangement.scenario)
before = compiled()
assert run_arrangement(arrangement, 0).failure is None
assert compiled() == before, "a run compiled what the warm-up had not"
"""


@pytest.mark.compiled
def test_a_run_compiles_nothing_after_the_warm_up():
    # Named, because Dask's nannies leave "nothing from the current folder" in the environment of who started them.
    named = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", SOURCE], env=named, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
