"""What matters of the market of venues: one change at a time in the day of 10 October 2025, and the length of a step.

The base is the world ``venues`` (:mod:`model.scenario.world`): a book for every listing with makers and latent orders,
and the closing sequence. Every row changes one thing in it; the last rows change the length of a step, the piece into
which a busy minute is cut. Ours are means over replications, with one standard error; the same replications in all
rows. Deficits are what funds and layers were asked for; needed is what accounts not closed in the book were below zero.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from experiments.run.process_pool import WorkerPool
from experiments.validation.episode.draw import deleveraged_share, interest, interest_lost
from experiments.validation.episode.record import depth_lost, fall, peak_minute, worst
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.world import scenario_path

WORLD = "venues"
NO_MAKERS = {"market_maker.number": 0}
CHANGES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "sold whole, deficits to the fund": {"exchange.closing": "sale"},
    "keepers, 2 % of open interest a minute": {"exchange.engine": "keepers"},
    "keepers, sold whole": {"exchange.engine": "keepers", "exchange.closing": "sale"},
    "winners before the backstop": {"exchange.closing": "adl_first"},
    "no takeover": {"backstop.takeover_multiple": 0.0},
    "sold off in an hour": {"backstop.unloading": 60.0},
    "linear book": {"market.impact": "linear"},
    "linear book, 2.5 times as deep": {"market.impact": "linear", "market.depth_multiplier": 2.5},
    "hardly any makers' density": {"market.depth_multiplier": 0.3, "market.latent": (40.0, 40.0, 12.0)},
    "refill in 20 s": {"market.refill": 20.0},
    "refill in 500 s": {"market.refill": 500.0},
    "makers stay": {"market_maker.loss_limit": (100.0,)},
    "no makers": NO_MAKERS,
    "no thinning by volatility": {"market.depth_exponent": 0.0, "market.depth_volatility": 0.0},
    "one book for all venues": {"market.books": "shared", "market.arbitrage_between": 0.0} | NO_MAKERS,
    "no arbitrage between venues": {"market.arbitrage_between": 0.0},
    "marks of the own book, at once": {"market.mark": "own", "market.mark_seconds": 0.0},
    "isolated margin": {"trader.cross_share": 0.0},
    "nobody stops out": {"trader.stop_share": 0.0},
    "equal sizes": {"trader.size_tail": 3.0},
    "equal leverage": {"trader.leverage_spread": 0.3},
    "steps of 60 s": {"minutes": 1.0},
    "steps of 30 s": {"minutes": 0.5},
    "steps of 5 s": {"minutes": 1.0 / 12.0},
}


def over_interest(name: str) -> Callable[[Ecosystem], float]:
    """Return the function that gives a metric of a run, in USD, over its open interest; not a number without it."""
    return lambda run: run.summary().get(name, np.nan) / interest(run)


FIGURES: dict[str, Callable[[Ecosystem], float]] = {
    "liquidated / OI": over_interest("liquidated"),
    "peak minute": peak_minute,
    "worst minute BTC": worst(1),
    "fall BTC": fall(0),
    "fall XRP": fall(2),
    "depth lost": depth_lost,
    "OI lost": interest_lost,
    "deficit / OI": over_interest("trader_deficit"),
    "needed / OI": over_interest("needed"),
    "deleveraged / OI": deleveraged_share,
    "vaults' profit / OI": over_interest("vault_profit"),
    "makers' profit / OI": over_interest("maker_profit"),
}


def base() -> Scenario:
    """Return the world of venues, which is on 10 October 2025."""
    return Scenario.from_toml(scenario_path(WORLD))


def figures(change: str, replication: int) -> list[float]:
    """Return every figure of one run with a change; not a number for what it has none of."""
    run = Ecosystem(base().replace(CHANGES[change]), replication)
    run.run()
    return [find(run) for find in FIGURES.values()]


def ablation_rows(replications: int, executor: WorkerPool, changes: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Return a row per change, a column per figure: mean and standard error as text.

    Parameters
    ----------
    replications : >= 2, the same for all rows.
    executor : where they run.
    changes : names in ``CHANGES``; empty for all.
    """
    executor.compile(base())
    rows = []
    for change in changes or tuple(CHANGES):
        runs = np.array(executor.map(partial(figures, change), range(replications)))
        rows.append({"change": change} | dict(zip(FIGURES, map(shown, runs.T), strict=True)))
    return rows


def shown(values: np.ndarray) -> str:
    """Return mean and standard error of what is known of (n,) values, as text."""
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return "-"
    return f"{known.mean():.3g} ± {known.std(ddof=1) / np.sqrt(len(known)):.1g}"
