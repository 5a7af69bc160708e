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


def mean(estimate: Estimate, factor: float = MILLION) -> str:
    """Return a mean with its interval, or what replaces it."""
    return told(estimate, factor)


def difference(contrast: Contrast) -> str:
    """Return a difference with its interval, $M."""
    return f"{amount(contrast.mean)} {spread(contrast.low, contrast.high)}"


def sentence(contrast: Contrast, what: str = "uncovered") -> str:
    """Return in a sentence how much more or less arrangement a has than arrangement b."""
    text = f"{difference(contrast)} $M, n = {contrast.number}"
    if contrast.verdict == SAME:
        return f"{contrast.a} and {contrast.b} leave the same {what} in every world (n = {contrast.number})."
    if contrast.verdict == EQUAL:
        return f"{contrast.a} and {contrast.b} are not told apart in what they leave {what} ({text})."
    if contrast.decided:
        return f"{contrast.a} leaves {contrast.verdict} {what} than {contrast.b} ({text})."
    return f"{contrast.a} and {contrast.b}: no value."


def counted(count: Count) -> str:
    """Return a count with the exact interval of its probability."""
    low, high = count.ends
    if count.hits == 0:
        return f"0 of {count.number}, at most {percent(high)}"
    return f"{count.hits} of {count.number} [{percent(low)}, {percent(high)}]"


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
