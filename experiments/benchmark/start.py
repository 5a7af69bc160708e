"""What a short command costs before and after its runs: imports, loading of kernels, tables and figures.

    ratio = CPU of ``compare --replications 1`` / CPU of importing numba, pandas and matplotlib              (1)

both of processes of their own, user and system time, in turns; the comparison in one process, with kernels compiled
before, and bytecode kept on disk whatever the environment says. The median of the turns' ratios counts, so that a
machine that slows down for a while does not.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

TURNS = 5
IMPORTS = ("-c", "import numba, pandas, matplotlib.pyplot")
COMPARE = ("-m", "backstop_command", "compare", "--replications", "1", "--workers", "1", "--quiet")
ROOT = Path(__file__).resolve().parents[2]


def start_times(turns: int = TURNS) -> dict[str, float]:
    """Return ``import_cpu_s``, ``warm_compare_cpu_s`` and ``warm_compare_ratio`` (1), medians of `turns`."""
    compare_cpu()  # compiles what is not yet, and writes what Python and the libraries keep on disk
    imports, compares = zip(*((cpu(IMPORTS), compare_cpu()) for _ in range(turns)), strict=True)
    ratios = [one / other for one, other in zip(compares, imports, strict=True)]
    return {
        "import_cpu_s": median(imports),
        "warm_compare_cpu_s": median(compares),
        "warm_compare_ratio": median(ratios),
    }


def compare_cpu() -> float:
    """Return the CPU time of a comparison of one replication, s."""
    with TemporaryDirectory() as folder:
        return cpu((*COMPARE, "--out", str(Path(folder) / "out")))


def cpu(words: tuple[str, ...]) -> float:
    """Return the CPU time, user and system, of this Python called with `words`, s.

    Raises
    ------
    subprocess.CalledProcessError : if it fails.
    """
    before = os.times()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
