"""What the channels cost: a step with all of them on over one with all off, and the clearing of a large network.

On are the exposure network with defaults resolved, providers in several vaults who queue and heed volatility, panic,
the reinsurance market (risk-based premiums and their cycle, capital providers, retrocession, productive capital) and
the choices of leverage caps, retentions and membership; claims are settled late and disputed in one arrangement, by
parametric triggers in the other. Off is none of them. All are the default ecosystem on an active day.
"""

from statistics import median
from time import process_time
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from experiments.benchmark.ecosystem import advance_timed, calm_scenario
from model.ecosystem import Ecosystem
from model.network.clearing import settle

STEPS, CHUNK = 480, 60  # two epochs of choice, timed in turns of an hour
LAPS = 3  # at least, after the first, which compiles
NETWORK, DEGREE, CLEARINGS = (
    1_000,
    10,
    50,
)  # protocols, creditors of each on average, timings of which the median counts

ACTIVE = {"price.process": "garch", "backstop.structure": "reinsured", "provider.number": 10}
OFF: dict[str, Any] = {
    "exposure.graph": "none",
    "backstop.premium_rate": 0.0,
    "provider.fund_sensitivity": 0.0,
    "trader.haircut_reaction": 0.0,
}
ON: dict[str, Any] = {
    "exposure.resolution": "recapitalised",
    "confidence.panic": True,
    "provider.vaults": 3,
    "provider.volatility_sensitivity": 0.05,
    "provider.cooldown": 60.0,
    "reinsurance.premium": "risk_based",
    "reinsurance.cycle": 1.0,
    "reinsurance.providers": 20,
    "reinsurance.provider_share": 0.2,
    "reinsurance.retrocession_share": 0.1,
    "fund.lent_share": 0.3,
    "choice.leverage": True,
    "choice.membership": True,
    "choice.retentions": (0.0, 0.5),
}
INDEMNITY: dict[str, Any] = {"reinsurance.assessment_delay": 60.0, "reinsurance.dispute_probability": 0.2}
PARAMETRIC: dict[str, Any] = {"reinsurance.claims": "parametric", "reinsurance.parametric_depth": 0.5}
ARRANGEMENTS = {"off": OFF, "indemnity": ON | INDEMNITY, "parametric": ON | PARAMETRIC}


def channel_cost(number: int, laps: int, steps: int = STEPS) -> dict[str, Any]:
    """Return a step's cost with every channel on over that with all off, with `number` accounts.

    The arrangements take turns hour by hour, so that what the machine does meanwhile meets all alike; the median of
    the laps' ratios counts, of the dearer way to settle claims.
    """
    records = [_lap(number, steps) for _ in range(max(laps, LAPS) + 1)][1:]
    best = {name: min(record[name] for record in records) / steps for name in ARRANGEMENTS}
    ratios = {
        name: median(record[name] / record["off"] for record in records) for name in ARRANGEMENTS if name != "off"
    }
    return {
        "accounts": number,
        "seconds_per_step": best,
        "cost_ratios": ratios,
        "cost_ratio": max(ratios.values()),
    }


def _lap(number: int, steps: int) -> dict[str, float]:
    """Return the CPU seconds of `steps` steps of every arrangement, taken in turns."""
    plain = calm_scenario(number, None, steps).replace(ACTIVE)
    ecosystems = {name: Ecosystem(plain.replace(changes)) for name, changes in ARRANGEMENTS.items()}
    spent = dict.fromkeys(ecosystems, 0.0)
    for begin in range(0, steps, CHUNK):
        for name, ecosystem in ecosystems.items():
            spent[name] += advance_timed(ecosystem, min(CHUNK, steps - begin))
    return spent


def clearing_timing(number: int = NETWORK, degree: int = DEGREE, times: int = CLEARINGS) -> dict[str, Any]:
    """Return how long it takes to clear a random network in which about half the protocols default.

    Returns
    -------
    ``first_seconds`` of the first call in this process, ``seconds`` the median of later ones (CPU time), and what
    defaulted in how many waves.
    """
    owed, assets = random_network(number, degree)
    spent = []
    for _ in range(times):
        start = process_time()
        outcome = settle(owed, assets, 0.8, 0.8)
        spent.append(process_time() - start)
    defaults, waves = int(outcome.default.sum()), int(outcome.waves.max()) + 1
    return {
        "protocols": number, "mean_degree": owed.nnz / number, "defaults": defaults, "waves": waves,
        "first_seconds": spent[0], "seconds": median(spent[1:] or spent),
    }  # fmt: skip


def random_network(number: int, degree: float) -> tuple[csr_matrix, np.ndarray]:
    """Return debts of an Erdős–Rényi network, (n, n) USD, and external assets, (n,) USD, of which many are too few."""
    rng = np.random.default_rng(1)
    edges = np.argwhere(rng.random((number, number)) < degree / (number - 1))
    edges = edges[edges[:, 0] != edges[:, 1]]
    owed = csr_matrix((rng.exponential(1e6, len(edges)), edges.T), shape=(number, number))
    return owed, rng.exponential(0.2e6 * degree, number)
