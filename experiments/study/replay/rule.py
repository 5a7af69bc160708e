"""What a rule takes from the winners of each wave, and the fund that is needed next to it.

Which rules can be computed depends on what the data hold about winners: contracts closed and gaps by coin, but
equity and profit only as one sum per wave. So three rules are **computed** here, with the package's own functions:

- ``adl``: the contracts of each coin are closed at the bankruptcy price; t = contracts · gap per contract.
- ``socialized_loss``: pro rata to profit, at most all profit; t = min(n, P).
- ``equity_haircut``: pro rata to equity, at most all equity; t = min(n, E).

Who among the winners pays, hence any ranking, needs single accounts, which the files do not hold. For those the figures
that the data's authors computed from the accounts are quoted, as **data**. A quoted figure is a sum per wave; it is
divided among coins in proportion to their gaps.

With need n and taking t by wave and coin, a fund that starts with F and keeps what is taken in excess lasts if

    F >= max_w Σ_{v <= w} (n − t)   (0 if negative),                                            (1)

for each coin apart and added up (**isolated**), or for the sums over coins (**pooled**). A fund refilled between waves
needs the worst single wave instead. Pooled is never more than isolated; where t <= n throughout, (1) grows with every
wave and both are equal.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.study.replay.wave import Waves
from model.backstop.loss_regime import adl_close, capped_pro_rata

COMPUTED, DATA = "computed", "data"
PRODUCTION = "production"
LABELS = {
    "prod": PRODUCTION,
    "pr": "wealth pro rata",
    "pnl_pr": "profit pro rata",
    "eq_pr": "equity pro rata",
    "vector": "mirror descent",
    "contract_pr": "contracts pro rata",
    "fixed_point_ilp_integer": "min-max, whole contracts",
}

type Floats = NDArray[np.float64]


class Fund(NamedTuple):
    """The fund a rule leaves necessary, USD: by (1), and if refilled between waves."""

    isolated: float
    pooled: float
    isolated_worst_wave: float
    pooled_worst_wave: float


class Allocation(NamedTuple):
    """One rule over all waves, USD.

    Attributes
    ----------
    origin : ``computed`` here or the ``data``'s own figure.
    taken, overshoot : overshoot = taken − needed, negative where too little was taken.
    excess, short : the same apart, summed over waves with too much and with too little.
    fraction_of : what the fractions are of: ``all profit`` or ``all equity`` of the wave's winners together, or ``one's
        equity``: that of the winner who lost the greatest fraction; None where nothing is known.
    fraction_mean, fraction_worst : over waves, in [0, 1].
    """

    rule: str
    origin: str
    taken: float
    overshoot: float
    excess: float
    short: float
    fund: Fund
    fraction_of: str | None = None
    fraction_mean: float | None = None
    fraction_worst: float | None = None


def allocations(waves: Waves) -> list[Allocation]:
    """Return the fund alone, the computed rules and the data's own policies."""
    return [_allocation(waves, "fund alone", COMPUTED, np.zeros_like(waves.gap)), *_computed(waves), *_quoted(waves)]


def fund_needed(need: Floats, taken: Floats) -> Fund:
    """Return what a fund needs by (1) and in the worst wave.

    Parameters
    ----------
    need, taken : (W, C) USD >= 0, waves in order of time.
    """
    left = need - taken
    path = np.cumsum(left, axis=0)
    return Fund(_peak(path), _peak(path.sum(axis=1)[:, None]), _peak(left), _peak(left.sum(axis=1)[:, None]))


def by_coin(waves: Waves, taken: Floats) -> Floats:
    """Divide what was taken in each wave, (W,) USD, among coins in proportion to their gaps, (W, C) USD."""
    boundless = np.full(waves.gap.shape[1], np.inf)
    rows = zip(waves.gap, taken, strict=True)
    return np.array([capped_pro_rata(gap, boundless, amount) for gap, amount in rows])


def _computed(waves: Waves) -> Iterator[Allocation]:
    yield _allocation(waves, "adl", COMPUTED, _deleveraged(waves))
    for rule, base, of in (
        ("socialized_loss", waves.profit, "all profit"),
        ("equity_haircut", waves.equity, "all equity"),
    ):
        # One row stands for all winners: pro rata, each loses the same fraction, so their sum is all that matters.
        pairs = zip(base, waves.needed, strict=True)
        taken = np.array([capped_pro_rata([worth], [worth], need).sum() for worth, need in pairs])
        fraction = np.divide(taken, base, out=np.zeros_like(base), where=base > 0)
        yield _allocation(waves, rule, COMPUTED, by_coin(waves, taken), of, fraction)


def _quoted(waves: Waves) -> Iterator[Allocation]:
    for policy, taken in {**waves.policies, "prod": waves.production}.items():
        label, fraction = LABELS.get(policy, policy), waves.fractions[policy]
        yield _allocation(waves, label, DATA, by_coin(waves, taken), "one's equity", fraction)


def _deleveraged(waves: Waves) -> Floats:
    """Close the contracts of each coin against its winners, who are one row: the queue's order is not in the data."""
    closed = [adl_close([0.0], [contracts], contracts)[0] for contracts in waves.contracts.ravel()]
    return np.array(closed).reshape(waves.contracts.shape) * waves.gap_per_contract


def _allocation(
    waves: Waves, rule: str, origin: str, taken: Floats, of: str | None = None, fraction: Floats | None = None
) -> Allocation:
    over = taken.sum(axis=1) - waves.needed
    mean, worst = (None, None) if fraction is None else (float(fraction.mean()), float(fraction.max()))
    return Allocation(
        rule=rule,
        origin=origin,
        taken=float(taken.sum()),
        overshoot=float(over.sum()),
        excess=float(np.maximum(over, 0.0).sum()),
        short=float(np.maximum(-over, 0.0).sum()),
        fund=fund_needed(waves.gap, taken),
        fraction_of=of,
        fraction_mean=mean,
        fraction_worst=worst,
    )


def _peak(paths: Floats) -> float:
    """Return the sum over columns of each column's greatest value, at least 0."""
    return float(np.maximum(paths.max(axis=0), 0.0).sum())
