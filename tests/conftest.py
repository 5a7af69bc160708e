"""What all tests share: the published numbers, the real price files, and how Hypothesis searches."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.environment import INTERPRETED, SHARED, present

pytest_plugins = ["watchdog"]
ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("ci", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("interpreted", deadline=None, derandomize=True, max_examples=10)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "interpreted" if INTERPRETED else "ci"))


WARMED = """
import sys
from experiments.run import compile
from model.scenario import Scenario
getattr(compile, sys.argv[1])(Scenario())
"""


def pytest_configure(config: pytest.Config) -> None:
    """On a cold machine compile once, in two processes, before several workers all do so."""
    workers = getattr(config.option, "numprocesses", None)
    if INTERPRETED or not workers or config.option.collectonly or hasattr(config, "workerinput"):
        return
    asked = [sys.executable, "-c", "import sys; from agents.core.kernel import is_cold; sys.exit(is_cold())"]
    if subprocess.run(asked, check=False, cwd=ROOT).returncode:
        for stage in (("compile_trade", "compile_liquidation"), ("compile_run",)):
            parts = [[sys.executable, "-c", WARMED, name] for name in stage]
            for part in [subprocess.Popen(words, cwd=ROOT) for words in parts]:
                part.wait()


@pytest.fixture(scope="session")
def published() -> dict[str, Any]:
    """Published numbers by subject: inputs, expected outputs, source and tolerance."""
    return json.loads(present(SHARED / "oracles" / "published.json").read_text(encoding="utf-8"))


@pytest.fixture
def no_figures(monkeypatch):
    """Comparisons draw no figures: for claims about what they say, not about what they show."""
    monkeypatch.setattr("experiments.study.comparison.run.draw_all", lambda *_: [])


@pytest.fixture(scope="session")
def price_folder() -> Path:
    """Folder of the recorded price files."""
    return present(SHARED / "data" / "prices")
