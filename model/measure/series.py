"""The names of a run's series, and which of them are kept.

A choice of series is words and names: ``all``; ``totals``, which are the series of ecosystem, assets and reinsurance
market and the sums over protocols of those that have a sum; or names, with their suffix (``fund_3``, ``mid_BTC``) or
without, for all protocols or assets (``fund``, ``mid``). No word at all is none. ``usual`` is ``all`` up to
:data:`model.scenario.check.demand.MANY` protocols and ``totals`` above, where all series would be gigabytes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from model.scenario.check.demand import MANY

if TYPE_CHECKING:
    import numpy as np

ECOSYSTEM_SERIES = ("pool", "keeper_cash", "rounds", "defaults")
ASSET_SERIES = ("fundamental", "mid", "depth")
PROTOCOL_SERIES = (
    "open_interest",  # USD, one-sided, at the mark
    "volume",  # USD in this step
    "liquidated",  # USD in this step
    "liquidated_long",  # USD in this step
    "liquidations",  # positions in this step
    "deficit",  # USD in this step
    "uncovered",  # USD so far
    "bad_debt",  # USD outstanding
    "unserved",  # USD
    "fund",  # USD
    "treasury",  # USD
    "vault_equity",  # USD
    "funding_rate",  # 1 per 8 h
    "trader_deficit",  # USD in this step, part of the deficit
    "vault_deficit",  # USD in this step, part of the deficit
    "exploit_loss",  # USD in this step, part of the deficit
)
WHOLE_SERIES = ("mean_cap", "members", "rate_multiplier", "provider_capital", "open_claims")  # of the market of cover
MEMBER_SERIES = ("leverage_cap", "retained", "member", "premium")  # of a protocol in it
RATES = ("funding_rate", "leverage_cap", "retained", "member")  # of no meaning as a sum over protocols

USUAL, ALL, TOTALS = "usual", "all", "totals"

type Choice = tuple[str, ...]


class Columns(Protocol):
    """What holds a run's own series (:class:`model.measure.record.Record`)."""

    def columns(self, steps: int) -> "dict[str, np.ndarray]":
        """Return all of them, (steps,) each."""

    def totals(self, steps: int) -> "dict[str, np.ndarray]":
        """Return those of ecosystem and assets, and sums over protocols."""


def resolved(choice: Choice, protocols: float) -> Choice:
    """Return a choice without ``usual``, for a run with so many protocols."""
    usual = TOTALS if protocols > MANY else ALL
    return tuple(dict.fromkeys(usual if word == USUAL else word for word in choice))


def chosen(choice: Choice, record: Columns, market: "Mapping[str, np.ndarray]", steps: int) -> "dict[str, np.ndarray]":
    """Return the series of a run that are kept, by name, (steps,) each.

    Parameters
    ----------
    choice : words and names, resolved.
    record : the run's own series.
    market : the reinsurance market's.
    steps : done so far.
    """
    if ALL in choice:
        return record.columns(steps) | dict(market)
    found = record.totals(steps) | _summed(market) if TOTALS in choice else {}
    names = [word for word in choice if word != TOTALS]
    if names:
        every = record.columns(steps) | dict(market)
        found |= {column: every[column] for column in every if any(belongs(column, name) for name in names)}
    return found


def by_protocol(choice: Choice) -> bool:
    """Return whether a resolved choice asks for series of single protocols."""
    return any(word == ALL or any(belongs(word, stem) for stem in PROTOCOL_SERIES) for word in choice)


def belongs(column: str, name: str) -> bool:
    """Return whether a series is the one called `name`, or that of one protocol or asset."""
    suffix = column.removeprefix(f"{name}_")
    return column == name or (suffix != column and (suffix.isdecimal() or name in ASSET_SERIES))


def is_series(name: str) -> bool:
    """Return whether a series of any run may be called `name`."""
    stems = (*ASSET_SERIES, *PROTOCOL_SERIES, *MEMBER_SERIES)
    return name in (*ECOSYSTEM_SERIES, *WHOLE_SERIES) or any(belongs(name, stem) for stem in stems)


def _summed(market: "Mapping[str, np.ndarray]") -> "dict[str, np.ndarray]":
    """Return the reinsurance market's own series, and sums over its members."""
    found = {name: values for name, values in market.items() if name in WHOLE_SERIES}
    for stem in MEMBER_SERIES:
        parts = [values for name, values in market.items() if belongs(name, stem)]
        if parts and stem not in RATES:
            found[stem] = sum(parts[1:], start=parts[0])
    return found
