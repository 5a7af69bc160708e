"""What a run is said to need in memory is what it takes, within a factor, and never much less."""

import json
import subprocess
import sys

import pytest

from model.scenario import Scenario
from model.scenario.check.demand import memory_needed

LEAST, MOST = 0.7, 4.0
SIZES = {
    "many traders": {"trader.number": 200_000, "protocol.number": 4, "steps": 5},
    "many steps": {"steps": 40_000, "trader.number": 20, "protocol.number": 4, "provider.number": 2},
    "many protocols": {"protocol.number": 1_200, "trader.number": 20, "steps": 20, "exposure.graph": "complete"},
}
CODE = """
import json, sys, tracemalloc
from model.ecosystem import Ecosystem
from model.scenario import Scenario
changes = json.loads(sys.argv[1])
few = {"trader.number": 20, "protocol.number": 4, "steps": 2}
Ecosystem(Scenario().replace(changes | few)).run()  # what is loaded and compiled is not counted
tracemalloc.start()
ecosystem = Ecosystem(Scenario().replace(changes))
ecosystem.run()
print(tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.slow
@pytest.mark.compiled
@pytest.mark.parametrize("size", SIZES)
def test_the_estimate_of_memory_is_near_what_a_run_takes(size):
    """Peak of what NumPy and Python allocate for building and running, in a process of its own."""
    changes = SIZES[size]
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(changes)], capture_output=True, text=True, check=False, timeout=500
    )
    assert done.returncode == 0, done.stderr
    taken, told = float(done.stdout), memory_needed(Scenario().replace(changes))
    assert taken > 2e7 and LEAST <= told / taken <= MOST, (told, taken)
