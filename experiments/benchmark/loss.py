"""What loss regimes cost: allocation next to a sort of the winners, and a run with deleveraging next to one without.

Both are ratios of CPU times taken in turns within one measurement, the least of several laps each.
"""

from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np

from model.backstop.loss_regime.allocation import allot
from model.backstop.loss_regime.base import room_for
from model.backstop.loss_regime.deleveraging import line_up_winners
from model.backstop.loss_regime.score import ranking_code
from model.ecosystem import Ecosystem
from model.scenario import Scenario

ACCOUNTS, QUICK_ACCOUNTS = 100_000, 10_000
LAPS = 5
STEPS, QUICK_STEPS = 120, 20
FALL = 0.7  # mark over entry at which shorts have won
SAVED = 0.2  # of the winners' profit that has to be found
EPISODE = {"price.process": "episode", "price.episode": "2025-10-10", "backstop.capital_ratio": 1e-5}


def loss_timings(quick: bool = False) -> dict[str, Any]:
    """Return ``allocation`` (dividing one residual over one sort) and ``run`` (deleveraging over bad debt)."""
    number, steps = (QUICK_ACCOUNTS, QUICK_STEPS) if quick else (ACCOUNTS, STEPS)
    return {"allocation": time_allocation(number), "run": time_runs(number, steps)}


def time_allocation(number: int) -> dict[str, Any]:
    """Return the time to divide a residual among the winners of one protocol next to the time to sort all of them."""
    ecosystem, amount = fallen_market(number)
    room, ranking = room_for(ecosystem.venue), ranking_code("bitmex")
    winners = line_up_winners(ecosystem.venue, ranking, np.uint64(0), room, 0, 1.0, 0)
    scores, limits = room.score[:winners].copy(), np.abs(room.gain[:winners])
    allocate = best(lambda: allot(ranking.way, scores, limits, winners, amount, room))
    sort = best(lambda: np.argsort(scores, kind="stable"))
    given = int((room.given[:winners] > 0.0).sum())
    return {
        "accounts": number, "winners": len(scores), "touched": given,
        "allocation_seconds": allocate, "sort_seconds": sort, "ratio": allocate / sort,
    }  # fmt: skip


def fallen_market(number: int) -> tuple[Ecosystem, float]:
    """Return one protocol whose price has fallen and whose longs have failed, and the residual to be found, USD."""
    changes = {"protocol.number": 1, "trader.number": number, "steps": 1, "backstop.regime": "adl"}
    ecosystem = Ecosystem(Scenario().replace(changes))
    exchange, accounts = ecosystem.tables.exchange[0], ecosystem.accounts
    before = exchange["mark"]
    exchange["mark"] = FALL * before
    exchange["bankrupt_long"], exchange["bankrupt_long_value"] = 1.0, before
    profit = np.maximum(accounts.size * (exchange["mark"] - accounts.entry_price), 0.0)
    return ecosystem, SAVED * float(profit.sum())


def time_runs(number: int, steps: int) -> dict[str, Any]:
    """Return the time of the same steps of 10 October 2025 under ``adl`` and under ``bad_debt``, taken in turns."""
    seconds: dict[str, list[float]] = {"adl": [], "bad_debt": []}
    for lap in range(LAPS):
        for regime, found in seconds.items():
            took = time_run(number, steps, regime)
            if lap:  # the first compiles
                found.append(took)
    adl, bad_debt = min(seconds["adl"]), min(seconds["bad_debt"])
    return {"accounts": number, "adl_seconds": adl, "bad_debt_seconds": bad_debt, "ratio": adl / bad_debt}


def time_run(number: int, steps: int, regime: str) -> float:
    """Return the CPU time of the `steps` steps from the worst one on, with next to no fund."""
    plain = Scenario().replace(EPISODE | {"backstop.regime": regime})
    ecosystem = Ecosystem(plain.replace({"trader.number": number // plain.protocol.number}))
    worst = int(np.abs(ecosystem.tape.log_return[:, 0]).argmax())
    ecosystem.run_for(max(min(worst - steps // 2, ecosystem.horizon - steps), 0))
    return timed(lambda: ecosystem.run_for(steps))


def timed(action: Callable[[], Any]) -> float:
    """Return the CPU time of `action`, s."""
    start = process_time()
    action()
    return process_time() - start


def best(action: Callable[[], Any]) -> float:
    """Return the least CPU time of several laps of `action`, the first of which compiles."""
    return min([timed(action) for _ in range(LAPS + 1)][1:])
