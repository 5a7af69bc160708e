"""The suite: all claims tested, as rows, as a document and as text."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from experiments.statistics.statistic import Interval
from experiments.statistics.verdict import VAGUE
from experiments.validation.claim import CLAIMS, Claim, Finding, Published, judge, looked_up

FAMILIES = (
    "experiments.validation.contagion",
    "experiments.validation.capital",
    "experiments.validation.venue",
    "experiments.validation.ecosystem",
    "experiments.validation.limit",
    "experiments.validation.fat_tail",
)
PASS, FAIL, NOT_RUN = "pass", "FAIL", "not run"
VERDICTS = (PASS, FAIL, VAGUE, NOT_RUN)
ORACLES = "published.json"


class ValidationError(ValueError):
    """The suite cannot be run as asked; the message says why."""


def claims() -> list[Claim]:
    """Return all claims, in the order of their files, whichever was imported first."""
    for module in FAMILIES:
        import_module(module)
    return sorted(CLAIMS, key=lambda one: FAMILIES.index(one.find.__module__))


def run_suite(oracles: Path | None = None, data: Path | None = None) -> list[Finding]:
    """Put all claims to the test.

    Raises
    ------
    ValidationError : if the file of oracles cannot be read or lacks a value.
    """
    published = read_oracles(oracles) if oracles else None
    chosen = claims()
    for one in chosen:
        if published is not None and one.key:
            _check(published, one.key, oracles)
    return [judge(one, published, data) for one in chosen]


def _check(published: Any, key: str, oracles: Path | None) -> None:
    try:
        looked_up(published, key)
    except (KeyError, IndexError, TypeError, ValueError):
        raise ValidationError(f"{oracles}: {ORACLES}: {key} is missing; allowed: every published value") from None


def read_oracles(folder: Path) -> Published:
    """Return the contents of the file of published numbers in `folder`, or of that file itself."""
    path = folder / ORACLES if folder.is_dir() else folder
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValidationError(f"{path}: {error}; allowed: a folder with {ORACLES}") from error


def verdict(finding: Finding) -> str:
    """Return whether a claim passed, failed, is too vague to tell or was not run."""
    if finding.passed is not None:
        return PASS if finding.passed else FAIL
    return NOT_RUN if finding.ours is None else VAGUE


def row(finding: Finding) -> dict[str, str]:
    """Return a finding as text: family, claim, published, ours, tolerance or interval, verdict, source."""
    one = finding.claim
    return {
        "family": one.family,
        "claim": one.name,
        "published": text(finding.published),
        "ours": text(finding.ours),
        "tolerance": margin(finding),
        "verdict": verdict(finding),
        "source": one.source,
    }


def text(value: Published) -> str:
    """Return numbers to six digits, lists with commas, of an interval the mean."""
    if value is None:
        return "-"
    if isinstance(value, Interval):
        return f"{value.mean:.4g}"
    return ", ".join(f"{item + 0.0:.9g}" for item in np.round(np.atleast_1d(np.asarray(value, float)), 10))


def margin(finding: Finding) -> str:
    """Return the tolerance, or the interval that must hold the published value."""
    one, ours = finding.claim, finding.ours
    if isinstance(ours, Interval):
        return f"[{ours.low:.4g}, {ours.high:.4g}]"
    if one.needs and ours is None:
        return f"needs {one.needs}"
    parts = [f"± {one.absolute:g}"] * (one.absolute > 0) + [f"± {one.relative:g} relative"] * (one.relative > 0)
    return ", ".join(parts) or "equal"


def document(findings: list[Finding]) -> dict[str, Any]:
    """Return counts and every claim with plain numbers."""
    counts = {name: sum(verdict(finding) == name for finding in findings) for name in VERDICTS}
    return {"claims": len(findings), **counts, "findings": [_plain(finding) for finding in findings]}


def _plain(finding: Finding) -> dict[str, Any]:
    one, ours = finding.claim, finding.ours
    interval = [ours.low, ours.high] if isinstance(ours, Interval) else None
    value = ours.mean if isinstance(ours, Interval) else ours
    return {
        "family": one.family,
        "claim": one.name,
        "published": finding.published,
        "ours": None if value is None else np.asarray(value, float).tolist(),
        "interval": interval,
        "absolute": one.absolute,
        "relative": one.relative,
        "verdict": verdict(finding),
        "source": one.source,
    }
