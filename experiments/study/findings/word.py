"""Wording of the page of findings: every sentence is filled from measured numbers and cannot contradict them."""

import math
from collections.abc import Sequence

from experiments.statistics.estimate import Estimate
from experiments.statistics.wording import number, told
from experiments.study.findings.contrast import EQUAL, MILLION, SAME, Contrast, Count


def amount(value: float, factor: float = MILLION) -> str:
    """Return a value in the unit shown, by default $M of USD."""
    return number(value * factor)


def spread(low: float, high: float, factor: float = MILLION) -> str:
    """Return an interval in the unit shown, ``no interval`` where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "no interval"
    return f"[{number(low * factor)}, {number(high * factor)}]"


def mean(found: Estimate, factor: float = MILLION) -> str:
    """Return a mean with its interval, or what replaces it."""
    return told(found, factor)


def difference(found: Contrast) -> str:
    """Return a difference with its interval, $M."""
    return f"{amount(found.mean)} {spread(found.low, found.high)}"


def sentence(found: Contrast, what: str = "uncovered") -> str:
    """Return in a sentence how much more or less cell a has than cell b."""
    told = f"{difference(found)} $M, n = {found.number}"
    if found.verdict == SAME:
        return f"{found.a} and {found.b} leave the same {what} in every world (n = {found.number})."
    if found.verdict == EQUAL:
        return f"{found.a} and {found.b} are not told apart in what they leave {what} ({told})."
    if found.decided:
        return f"{found.a} leaves {found.verdict} {what} than {found.b} ({told})."
    return f"{found.a} and {found.b}: no value."


def counted(found: Count) -> str:
    """Return a count with the exact interval of its probability."""
    low, high = found.ends
    if found.hits == 0:
        return f"0 of {found.number}, at most {percent(high)}"
    return f"{found.hits} of {found.number} [{percent(low)}, {percent(high)}]"


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{100.0 * share:.2g} %"


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence."""
    return ", ".join(names) if names else "none"
