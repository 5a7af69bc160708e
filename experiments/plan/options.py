"""The options that the user typed, and the error of a configuration that cannot be run.

:mod:`experiments.study.comparison.stopping` says when ``--precision METRIC=BOUND`` is reached.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from model.measure.series import ALL, TOTALS, USUAL, Choice, is_series
from model.scenario.problem import suggestion

MOST = 1_000  # replications at most, unless said otherwise
FORM = (
    "allowed is METRIC=HALF-WIDTH in the metric's unit or as a part of the mean, such as uncovered=2.5e5 or defaults=5%"
)

NONE = "none"
WORDS = (ALL, TOTALS, NONE)


class ConfigurationError(ValueError):
    """A configuration that cannot be run; `problems` holds one line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class Options(NamedTuple):
    """The options that the user typed; None or empty where not typed."""

    prices: tuple[str, ...] = ()
    accounts: str | None = None
    process: str | None = None
    episode: str | None = None
    scenario: str | None = None
    settings: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    regimes: tuple[str, ...] = ()
    replications: int | None = None
    seed: int | None = None
    workers: int | None = None
    out: str | None = None
    preset: str | None = None
    premiums: tuple[str, ...] = ()
    precision: tuple[str, ...] = ()
    reporters: tuple[str, ...] = ()
    series: tuple[str, ...] = ()


class Term(NamedTuple):
    """The half-width wanted of one metric: in its own unit, or `relative` to the larger mean of two arrangements."""

    metric: str
    bound: float
    relative: bool

    def __str__(self) -> str:
        """Return it as it is typed."""
        return f"{self.metric}={100.0 * self.bound:g}%" if self.relative else f"{self.metric}={self.bound:g}"


def read_term(text: str) -> Term:
    """Return the term that ``METRIC=BOUND`` says; raises ValueError with what is allowed."""
    metric, _, bound = (part.strip() for part in text.partition("="))
    relative = bound.endswith("%")
    try:
        value = float(bound.removesuffix("%")) / (100.0 if relative else 1.0)
    except ValueError:
        value = 0.0
    if not metric or not 0.0 < value < float("inf"):
        raise ValueError(f"command line: --precision: {text!r}: {FORM}")
    return Term(metric, value, relative)


def read_series(given: bool | str | Sequence[str], origin: str) -> Choice:
    """Return the choice of series that is said: true, false, a word, a name or several.

    Raises
    ------
    ConfigurationError
        With a line for every word that is none and no series' name.
    """
    if isinstance(given, bool):
        return (USUAL,) if given else ()
    words = [given] if isinstance(given, str) else list(given)
    unknown = [word for word in words if word not in WORDS and not is_series(word)]
    lines = [f"{word!r}: unknown series{suggestion(word, WORDS)}" for word in unknown]
    if len(words) > 1 and NONE in words:
        lines.append(f"{NONE} with others: allowed is {NONE} alone")
    if lines:
        allowed = f"allowed are {', '.join(WORDS)}, and names such as fund, fund_0 or mid_BTC"
        raise ConfigurationError(f"{origin}: {line}; {allowed}" for line in lines)
    return tuple(dict.fromkeys(word for word in words if word != NONE))


def described_series(choice: Choice) -> bool | list[str]:
    """Return a choice of series as plans say it: true as usual, false for none, else the words."""
    return bool(choice) if choice in ((), (USUAL,)) else list(choice)
