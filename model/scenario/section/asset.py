"""The traded assets: what is known of each before the run.

A tuple holds one value per asset. Assets beyond its end take its last value. One-factor correlation: the
innovation of asset *k* is ``sqrt(c_k) g0 + sqrt(1 - c_k) g_k`` with *g0* common to all, so two assets correlate by
``sqrt(c_j c_k)``, and by *c* where it is the same for both. A matrix of correlations, or loadings on several factors,
a row for each asset, take its place where they are given.
"""

from typing import Self

from pydantic import model_validator

from model.scenario.bound import SHARE, VOLATILITY, above, between, inside
from model.scenario.check.correlation import loading_problems, matrix_problems
from model.scenario.parameter import Numbers, Rows, Section, parameter

CALIBRATION = "prototype"
CORRELATED = between(-1, 1, "a correlation")
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
    initial_price: Numbers = parameter(
        (110_000.0, 4_000.0, 2.8),
        "USD",
        "price before the first step",
        "rounded, October 2025",
        between(1e-12, 1e12, "from far below the cheapest token to a trillion"),
        min_length=1,
    )
    daily_volatility: Numbers = parameter(
        (0.025, 0.033, 0.05),
        "log/sqrt(day)",
        "calm volatility of the log price",
        "prototype, calm days",
        VOLATILITY,
        min_length=1,
    )
    correlation: Numbers = parameter(
        (0.9, 0.9, 0.4),
        "1",
        "share of an innovation's variance common to all assets; two correlate by the root of the product",
        "simulated moments of hourly BTC and ETH, 2020-24 (`backstop calibrate --whole`); thin: 0.6 with either",
        SHARE,
        min_length=1,
    )
    correlation_matrix: Rows = parameter(
        (),
        "1",
        "correlation of every two innovations, a row for each asset; empty: by `correlation`",
        "estimated from returns",
        CORRELATED,
    )
    factor_loading: Rows = parameter(
        (),
        "1",
        "loadings of an asset's innovation on factors of unit variance, a row for each asset; the rest is its own; "
        "empty: by `correlation`",
        "a factor model of returns",
        CORRELATED,
    )
    depth_per_oi: Numbers = parameter(
        (6.0, 5.0, 2.4),
        "1",
        "depth per unit log price over one-sided open interest",
        CALIBRATION,
        between(1e-3, 1e6, "from a market that a trade of 0.1 % moves by a factor e to one that nothing moves"),
        min_length=1,
    )
    half_spread_bp: Numbers = parameter(
        (3.0, 3.0, 9.0),
        "bp",
        "half the calm bid-ask spread",
        CALIBRATION,
        between(0, 500, "5 %, wider than any venue quotes; stress widens it further"),
        min_length=1,
    )
    maximal_leverage: Numbers = parameter(
        (40.0, 40.0, 20.0),
        "1",
        "largest leverage at entry: 1 / initial margin",
        TIERS,
        above(1, 2_000, "1 needs no margin engine; no venue grants more than about 1,000"),
        min_length=1,
    )
    maintenance_ratio: float = parameter(
        0.5,
        "1",
        "maintenance margin over initial margin",
        TIERS,
        inside(0, 1, "positions close before their margin is gone, and open above it"),
    )

    shared_market: bool = parameter(
        True,
        "flag",
        "whether all who trade an asset mark to one price; else each to one that only its own flow moves",
        "one market; false cuts the spill-over of liquidations through the price",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.name)) < len(self.name):
            raise ValueError(f"name: {', '.join(self.name)}: every asset has a name of its own")
        return self

    @model_validator(mode="after")
    def _correlated(self) -> Self:
        given = [name for name in ("correlation_matrix", "factor_loading") if getattr(self, name)]
        given += ["correlation"] * (self.correlation != type(self).model_fields["correlation"].default)
        if len(given) > 1:
            raise ValueError(f"{given[0]} and {given[1]} both say how assets correlate: one of them is needed")
        for line in matrix_problems(self.correlation_matrix):
            raise ValueError(f"correlation_matrix: {line}")
        for line in loading_problems(self.factor_loading):
            raise ValueError(f"factor_loading: {line}")
        return self

    def matrix(self, names: tuple[str, ...]) -> Rows:
        """Return the correlations of the assets `names`, in their order; the matrix has a row for each."""
        places = [self._place(name, position) for position, name in enumerate(names)]
        return tuple(tuple(self.correlation_matrix[j][k] for k in places) for j in places)

    def loadings(self, names: tuple[str, ...]) -> Rows:
        """Return the loadings of the assets `names`, in their order; there is a row for each."""
        return tuple(self.factor_loading[self._place(name, position)] for position, name in enumerate(names))

    def lacking(self, rows: int, names: tuple[str, ...]) -> list[str]:
        """Return those among `names` that `rows` rows say nothing of."""
        return [name for position, name in enumerate(names) if self._place(name, position) >= rows]

    def values(self, field: str, names: tuple[str, ...]) -> tuple[float, ...]:
        """Return the values of `field` for the assets `names`.

        An asset whose name begins with a declared one takes that one's value, wherever it stands: a file
        ``XRPUSDT.csv`` is XRP. Any other takes the value at its own position, the last where there are too
        few.
        """
        return self.pick(getattr(self, field), names)

    def pick(self, known: Numbers, names: tuple[str, ...]) -> tuple[float, ...]:
        """Return those of the values `known`, one an asset, that are of the assets `names`, as :meth:`values` does."""
        places = (self._place(name, position) for position, name in enumerate(names))
        return tuple(known[min(at, len(known) - 1)] for at in places)

    def _place(self, name: str, position: int) -> int:
        found = (at for at, known in enumerate(self.name) if name.upper().startswith(known.upper()))
        return next(found, position)
