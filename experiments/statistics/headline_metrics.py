"""The headline metrics: what tables and figures show first of all that a run reports.

A metric or series is shown in a convenient unit; the unit it is stored in is that of
:mod:`model.measure.metric` and :mod:`model.measure.record`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from model.measure.series import belongs


class Headline(NamedTuple):
    """A metric of a run's summary, what it is called, and the unit and factor it is shown in.

    `paired` metrics are also compared pair by pair.
    """

    metric: str
    label: str
    unit: str
    factor: float = 1.0
    paired: bool = False


HEADLINES = (
    Headline("deficit", "deficit below bankruptcy", "$M", 1e-6, paired=True),
    Headline("trader_deficit", "of it, left by traders", "$M", 1e-6),
    Headline("vault_deficit", "of it, lost by closed vaults", "$M", 1e-6),
    Headline("exploit_loss", "of it, taken by exploits", "$M", 1e-6),
    Headline("uncovered", "uncovered loss", "$M", 1e-6, paired=True),
    Headline("paid_regime", "borne by the loss regime", "$M", 1e-6),
    Headline("borne_winners", "deficit borne by winners", "%", 100.0),
    Headline("largest_cut", "largest cut of one account", "% of equity", 100.0),
    Headline("exhausted", "funds exhausted", "funds", paired=True),
    Headline("any_exhausted", "any fund exhausted", "share of runs", paired=True),
    Headline("all_exhausted", "all funds exhausted", "share of runs", paired=True),
    Headline("defaults", "protocols in default", "protocols", paired=True),
    Headline("bad_debt", "bad debt", "$M", 1e-6),
    Headline("covered_per_capital", "loss covered per capital", "USD per USD"),
    Headline("liquidated_share", "open interest liquidated", "%", 100.0),
    Headline("leverage_cap_late", "leverage cap chosen, second half", "of the asset's", paired=True),
    Headline("members_end", "members of the pool at the end", "protocols", paired=True),
)
EXHAUSTED = "exhausted"


class Total(NamedTuple):
    """A sum of series over protocols, or the first asset's series where `first`.

    `series` are names without their suffix: ``fund`` stands for ``fund_0``, ``fund_1`` and on.
    """

    name: str
    label: str
    unit: str
    factor: float
    series: tuple[str, ...]
    first: bool = False

    def columns(self, held: Iterable[str]) -> tuple[str, ...]:
        """Return the columns among `held` to be summed, in their order; none where a part of the total is not held."""
        held = tuple(held)
        parts = [(name,) if name in held else tuple(one for one in held if belongs(one, name)) for name in self.series]
        wanted = tuple(one for one in held if any(one in part for part in parts)) if all(parts) else ()
        return wanted[:1] if self.first else wanted


CAPITAL = Total("capital", "backstop capital left", "$M", 1e-6, ("pool", "fund"))
UNCOVERED = Total("uncovered", "uncovered loss so far", "$M", 1e-6, ("uncovered",))
LIQUIDATED = Total("liquidated", "liquidated in the step", "$M", 1e-6, ("liquidated",))
PRICE = Total("price", "mid price of the first asset", "$", 1.0, ("mid",), first=True)
MEAN_CAP = Total("mean_cap", "mean leverage cap", "of the asset's", 1.0, ("mean_cap",), first=True)
MEMBERS = Total("members", "members of the pool", "protocols", 1.0, ("members",), first=True)
TOTALS = (CAPITAL, UNCOVERED, LIQUIDATED, PRICE)


def shown(metrics: Iterable[str]) -> tuple[Headline, ...]:
    """Return the headlines among `metrics`, in the order of :data:`HEADLINES`."""
    held = set(metrics)
    return tuple(headline for headline in HEADLINES if headline.metric in held)
