"""Where tests run: next to the published numbers and recorded data or not, compiled or interpreted."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def present(place: Path) -> Path:
    """Return `place`, or skip the test where it is absent."""
    if not place.exists():
        pytest.skip(f"../shared/{place.relative_to(SHARED)} is absent")
    return place
