"""How fast the full default ecosystem is, on a calm market, by number of accounts.

Speed is measured twice: with the default attention, where the accounts that act grow with those there are, and with a
fixed number of acting accounts a step, where only what every step does for all accounts can make it dearer.
"""

from collections.abc import Iterator
from time import process_time
from typing import Any

import numpy as np

from model.ecosystem import Ecosystem
from model.engine.engine import Engine
from model.scenario import Scenario

ACTING = 200  # accounts a step, where their number is held fixed
BATCHES = 5  # of which the best counts
WARM_STEPS = 20  # before timing
COUNTED_STEPS = 20  # over which acting accounts are counted, untimed
BATCH_ACCOUNT_STEPS = 20_000_000  # size of a batch, within bounds
LEAST_STEPS, MOST_STEPS = 10, 200  # of a batch


def ecosystem_timings(sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return a record per number of accounts and way of acting."""
    return [time_ecosystem(number, acting) for acting in (None, ACTING) for number in sizes]


def time_ecosystem(number: int, acting: int | None) -> dict[str, Any]:
    """Return speed, size and set-up time of the ecosystem with `number` accounts in all.

    Parameters
    ----------
    acting : accounts that act in a step, held fixed; None for the default attention.
    """
    batch = batch_steps(number)
    start = process_time()
    ecosystem = Ecosystem(calm_scenario(number, acting, WARM_STEPS + BATCHES * batch + COUNTED_STEPS))
    setup = process_time() - start
    advance_timed(ecosystem, WARM_STEPS)
    seconds = min(advance_timed(ecosystem, batch) for _ in range(BATCHES)) / batch
    return {
        "accounts": number,
        "acting": "default attention" if acting is None else "fixed",
        "acting_per_step": count_acting(ecosystem),
        "seconds_per_step": seconds,
        "account_steps_per_second": number / seconds,
        "bytes_per_account": size_in_bytes(ecosystem) / number,
        "setup_seconds": setup,
    }


def calm_scenario(number: int, acting: int | None, steps: int) -> Scenario:
    """Return the default scenario with `number` accounts over its protocols and the wanted number acting."""
    plain = Scenario().replace({"price.process": "gbm", "protocol.listings": (1,)})
    changes: dict[str, Any] = {"trader.number": number // plain.protocol.number, "steps": steps}
    if acting is not None:
        attention = min(acting / (number * plain.trader.turnover), 1.0) / plain.minutes
        changes |= {"trader.attention": attention, "trader.alert_attention": attention}
    return plain.replace(changes)


def batch_steps(number: int) -> int:
    """Return how many steps to time at once."""
    return int(np.clip(BATCH_ACCOUNT_STEPS // number, LEAST_STEPS, MOST_STEPS))


def advance_timed(ecosystem: Ecosystem, steps: int) -> float:
    """Run `steps` steps and return their CPU time, s."""
    start = process_time()
    ecosystem.run_for(steps)
    return process_time() - start


def count_acting(ecosystem: Ecosystem) -> float:
    """Return how many accounts act in a step, averaged over the next ones."""
    counts = []
    for _ in range(COUNTED_STEPS):
        counts.append(len(ecosystem.acting()))
        ecosystem.step()
    return float(np.mean(counts))


def cross_cost(accounts: int, laps: int) -> dict[str, Any]:
    """Return what a calm step costs with cross accounts of three positions, over as many isolated positions.

    Parameters
    ----------
    accounts : owners, each with a position at all three listings of one protocol.
    laps : in turns, of which the median counts.
    """
    plain = Scenario().replace({"price.process": "gbm", "protocol.number": 1, "protocol.listings": [3]})
    steps = WARM_STEPS + batch_steps(3 * accounts)
    both = [plain.replace({"trader.number": 3 * accounts, "steps": steps, "trader.cross_share": x}) for x in (0.0, 1.0)]
    spent = np.array([[_time_steps(scenario, lap) for scenario in both] for lap in range(laps + 1)][1:])
    isolated, cross = map(float, np.median(spent, axis=0))
    ratio = float(np.median(spent[:, 1] / spent[:, 0]))
    return {"accounts": accounts, "positions": 3, "isolated_us": isolated, "cross_us": cross, "cost_ratio": ratio}


def _time_steps(scenario: Scenario, replication: int) -> float:
    """Return the µs of a compiled step, from the start on."""
    engine = Engine(scenario, replication)
    start = process_time()
    engine.run()
    return 1e6 * (process_time() - start) / engine.horizon


def size_in_bytes(ecosystem: Ecosystem) -> int:
    """Return the bytes of the arrays that grow with the accounts: their columns, blocks and scratch space."""
    return sum(array.nbytes for array in arrays((ecosystem.accounts, ecosystem.blocks, ecosystem.scratch)))


def arrays(table: object) -> Iterator[np.ndarray]:
    """Yield all arrays of a table, however its tuples are nested."""
    if isinstance(table, np.ndarray):
        yield table
    elif isinstance(table, tuple):
        for part in table:
            yield from arrays(part)


def growth(records: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return how the cost of a step grows with the accounts when as many act; None without two sizes.

    From the size next above 1,000 accounts, below which fixed costs hide the growth, to the largest.
    """
    fixed = sorted((r for r in records if r["acting"] == "fixed"), key=lambda record: record["accounts"])
    first, last = next((r for r in fixed if r["accounts"] > 1_000), fixed[0]), fixed[-1]
    if first is last:
        return None
    return {
        "from_accounts": first["accounts"],
        "to_accounts": last["accounts"],
        "accounts_ratio": last["accounts"] / first["accounts"],
        "cost_ratio": last["seconds_per_step"] / first["seconds_per_step"],
    }


def warm_up() -> None:
    """Compile what the timings run, so that none of them includes it."""
    advance_timed(Ecosystem(calm_scenario(1_000, None, WARM_STEPS)), WARM_STEPS)
