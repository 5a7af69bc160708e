"""The traded assets: what is known of each before the run.

A tuple holds one value per asset. Assets beyond its end take its last value. One-factor correlation: the
innovation of asset *k* is ``sqrt(c_k) g0 + sqrt(1 - c_k) g_k`` with *g0* common to all, so two assets correlate by
``sqrt(c_j c_k)``, and by *c* where it is the same for both.
"""

from typing import Self

from pydantic import model_validator

from model.parameter import Numbers, Section, parameter

CALIBRATION = "prototype"
TIERS = "public margin tiers of large venues, 2025"


class AssetSection(Section):
    """Parameters of the assets, one value per asset."""

    name: tuple[str, ...] = parameter(
        ("BTC", "ETH", "XRP"),
        "text",
        "assets, two deep and one thin",
        "largest perpetual markets",
        min_length=1,
    )
    initial_price: tuple[float, ...] = parameter(
        (110_000.0, 4_000.0, 2.8), "USD", "price before the first step", "rounded, October 2025", min_length=1
    )
    daily_volatility: tuple[float, ...] = parameter(
        (0.025, 0.033, 0.05),
        "log/sqrt(day)",
        "calm volatility of the log price",
        "prototype, calm days",
        min_length=1,
    )
    correlation: Numbers = parameter(
        (0.9, 0.9, 0.4),
        "1",
        "share of an innovation's variance common to all assets; two correlate by the root of the product",
        "simulated moments of hourly BTC and ETH, 2020-24 (`backstop calibrate --whole`); thin: 0.6 with either",
        min_length=1,
    )
    depth_per_oi: tuple[float, ...] = parameter(
        (6.0, 5.0, 2.4),
        "1",
        "depth per unit log price over one-sided open interest",
        CALIBRATION,
        min_length=1,
    )
    half_spread_bp: tuple[float, ...] = parameter(
        (3.0, 3.0, 9.0), "bp", "half the calm bid-ask spread", CALIBRATION, min_length=1
    )
    maximal_leverage: tuple[float, ...] = parameter(
        (40.0, 40.0, 20.0), "1", "largest leverage at entry: 1 / initial margin", TIERS, min_length=1
    )
    maintenance_ratio: float = parameter(0.5, "1", "maintenance margin over initial margin", TIERS, gt=0.0, lt=1.0)

    shared_market: bool = parameter(
        True,
        "flag",
        "whether all who trade an asset mark to one price; else each to one that only its own flow moves",
        "one market; false cuts the spill-over of liquidations through the price",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [
            line for field, low, allowed in _BOUNDS for line in _below(field, getattr(self, field), low, allowed)
        ]
        problems += [f"correlation: {c:g}: a number from 0 to 1" for c in self.correlation if not 0.0 <= c <= 1.0]
        if len(set(self.name)) < len(self.name):
            problems.append(f"name: {', '.join(self.name)}: every asset has a name of its own")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def values(self, field: str, names: tuple[str, ...]) -> tuple[float, ...]:
        """Return the values of `field` for the assets `names`.

        An asset whose name begins with a declared one takes that one's value, wherever it stands: a file
        ``XRPUSDT.csv`` is XRP. Any other takes the value at its own position, the last where there are too
        few.
        """
        known: tuple[float, ...] = getattr(self, field)
        places = (self._place(name, position) for position, name in enumerate(names))
        return tuple(known[min(place, len(known) - 1)] for place in places)

    def _place(self, name: str, position: int) -> int:
        found = (place for place, known in enumerate(self.name) if name.upper().startswith(known.upper()))
        return next(found, position)


_BOUNDS = (
    ("initial_price", 0.0, "a positive number"),
    ("daily_volatility", 0.0, "a positive number"),
    ("depth_per_oi", 0.0, "a positive number"),
    ("half_spread_bp", -1e-300, "zero or a positive number"),
    ("maximal_leverage", 1.0, "a number above 1"),
)


def _below(field: str, values: tuple[float, ...], low: float, allowed: str) -> list[str]:
    return [f"{field}: {value:g}: {allowed}" for value in values if not low < value < float("inf")]
