"""Where a result comes from: the commit, the versions and the machine that made it."""

import importlib.metadata
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.plan.resources import cores

PACKAGES = (
    "backstop",
    "click",
    "matplotlib",
    "mesa",
    "networkx",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "rich",
    "scipy",
)


def provenance() -> dict[str, Any]:
    """Commit, package versions, Python and platform, ready for JSON."""
    return {
        "commit": commit(),
        "versions": {name: version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "platform": {"system": platform.platform(), "machine": platform.machine(), "cores": cores()},
    }


def commit() -> str | None:
    """Commit of the checkout this code runs from, with ``+changes`` where files differ; None outside git."""
    root = Path(__file__).resolve().parents[2]
    top = _git(root, "rev-parse", "--show-toplevel")
    head = _git(root, "rev-parse", "HEAD")
    # An installed copy may lie inside somebody else's repository, whose commit says nothing about it.
    if not top or not head or Path(top).resolve() != root:
        return None
    return head + ("+changes" if _git(root, "status", "--porcelain") else "")


def version(package: str) -> str | None:
    """Installed version of `package`, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def utc_now() -> str:
    """UTC now in ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def command_line() -> list[str]:
    """Return the command as it was typed, the program by its name only."""
    return [Path(sys.argv[0]).name, *sys.argv[1:]]


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
