"""Build the reference of all modules, classes and functions from their docstrings, as HTML pages, with pdoc.

Run ``uv run python docs/reference.py [FOLDER [MODULE ...]]``: pages go to ``build/reference`` and hold every module of
``agents``, ``model`` and ``experiments`` unless some are named. A warning is an error: a module that cannot be
imported, a docstring that cannot be read. Rules are taken as the plain functions they are, not compiled.
"""

import os
import re
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

os.environ["NUMBA_DISABLE_JIT"] = "1"

import numpy.testing  # noqa: F401  (numpy 2.0 asks the processor here, which pdoc lets no module do)
import pdoc

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("agents", "model", "experiments")
NEEDS = {"numba_cuda": "experiments.benchmark.gpu.gpu_kernel"}
"""Packages of an extra -> the module that cannot be imported without them, and is left out then."""
# Type parameters of Mesa's classes, and names imported for type checking alone, which mypy resolves and pdoc does not.
UNRESOLVED = "Error parsing type annotation"


def build(folder: Path, modules: tuple[str, ...] = PACKAGES) -> None:
    """Write the pages of `modules` and of all below them to `folder`."""
    sys.path.insert(0, str(ROOT))
    pdoc.render.configure(docformat="numpy", footer_text="Backstop")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=UNRESOLVED)
        warnings.filterwarnings("ignore", message=r"websockets\.", category=DeprecationWarning)  # by Solara and uvicorn
        left_out = [module for package, module in NEEDS.items() if find_spec(package) is None]
        for module in left_out:  # pdoc imports all modules of a package to list them, and warns of this one
            warnings.filterwarnings("ignore", message=f"Couldn't import {re.escape(module)}:")
        pdoc.pdoc(*modules, *(f"!{module}" for module in left_out), output_directory=folder)


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build" / "reference"
    build(chosen, tuple(sys.argv[2:]) or PACKAGES)
    print(f"{len(list(chosen.rglob('*.html')))} pages in {chosen}, to be read from {chosen / 'index.html'}")
