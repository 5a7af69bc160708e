"""Numbers with their intervals in words, the same on the terminal, in reports and on the page.

``4 of 100 [1.1, 9.9] %``
    an event, with its exact interval; ``0 of 100, at most 3.6 %`` where it never happened.
``3.06 [2.01, 4.40]``
    a mean with its interval.
``0.037 (3 of 100)``
    a mean with only three runs that differ: too few for an interval.
``0 in all 100 runs``
    the same in every run, which does not prove that it always is.

A star marks numbers that rest on fewer than :data:`experiments.statistics.estimate.RARE` runs.
"""

import math

from experiments.statistics.estimate import BOOTSTRAP_90, EXACT, RARE, Contrast, Estimate

METHODS = (
    "95 % intervals: of shares of runs exact (Clopper-Pearson; differences: Tango, tested by McNemar's exact test), "
    "of other means bootstrap-t (p: of the same)."
)
SIGNS = (
    f"* fewer than {RARE} such runs: `backstop rare` estimates what is rare. (k of n): k of n runs differ, too few "
    "or too much alike for an interval. † a few runs hold most of it: such intervals hold the mean in about 90 %."
)
VERDICTS = (
    "identical, trivial: zero in every run, or below 0.1 % of the mean (1 % of what is settled before anybody pays); "
    "no finding, in no family of tests."
)


def number(value: float) -> str:
    """Return `value` with three significant digits or as a whole number, ``n/a`` where it is undefined."""
    if not math.isfinite(value):
        return "n/a"
    if value != 0 and not 1e-4 <= abs(value) < 1e7:
        return f"{value:.2e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{digits}f}"


def interval(low: float, high: float) -> str:
    """Return an interval as text, ``n/a`` where it is undefined."""
    return f"[{number(low)}, {number(high)}]" if math.isfinite(low) else "n/a"


def told(estimate: Estimate, factor: float = 1.0) -> str:
    """Return a mean times `factor` with its interval."""
    if estimate.method == EXACT:
        return _event(estimate)
    mean = number(estimate.mean * factor)
    if math.isfinite(estimate.low):
        few = "*" if estimate.events < min(RARE, estimate.number) else ""
        skewed = "†" if estimate.method == BOOTSTRAP_90 else ""
        return f"{mean} {interval(estimate.low * factor, estimate.high * factor)}{few}{skewed}"
    return f"{mean} {_without(estimate)}" if estimate.number else mean


def apart(contrast: Contrast, factor: float = 1.0) -> str:
    """Return the interval of a paired difference times `factor`, or what replaces it."""
    if contrast.verdict or not contrast.number:
        return contrast.verdict or "n/a"
    if math.isnan(contrast.low):
        return f"({contrast.events} of {contrast.number})"
    few = contrast.events < min(RARE, contrast.number)
    return f"{interval(contrast.low * factor, contrast.high * factor)}{'*' if few else ''}"


def probability(value: float) -> str:
    """Return a p value as text."""
    return "< 0.001" if value < 1e-3 else number(value)


def _event(estimate: Estimate) -> str:
    share = f"{estimate.events} of {estimate.number}"
    if estimate.events == 0:
        return f"{share}, at most {100.0 * estimate.high:.2g} %"
    if estimate.events == estimate.number:
        return f"{share}, at least {100.0 * estimate.low:.3g} %"
    few = estimate.events < RARE
    return f"{share} [{100.0 * estimate.low:.2g}, {100.0 * estimate.high:.2g}] %{'*' if few else ''}"


def _without(estimate: Estimate) -> str:
    """Return the text that replaces the interval of a mean that has none."""
    if estimate.number == 1:
        return "in 1 run"
    if estimate.events == 0:
        return f"in all {estimate.number} runs"
    return f"({estimate.events} of {estimate.number})"
