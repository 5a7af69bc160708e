"""Claims about contagion: clearing vectors, the phase transition of contagion, DebtRank, netting."""

import numpy as np

from experiments.statistics.statistic import Interval
from experiments.validation.claim import SEED, claim, simulated
from model.network.analysis.debtrank import additional_stress, debtrank
from model.network.clearing import clearing_vector, settle
from model.network.netting import bilateral_exposure, cleared_exposure
from model.price.streams import Streams

CLEARING, PHASE, STRESS, NETTING = "Clearing", "Phase transition of contagion", "DebtRank", "Netting"
EISENBERG_NOE = "Eisenberg and Noe (2001), Management Science 47:236"
ROGERS_VERAART = "Rogers and Veraart (2013), Management Science 59:882"
ACEMOGLU = "Acemoglu, Ozdaglar, Tahbaz-Salehi (2015), AER 105:564"
BARDOSCIA = "Bardoscia et al. (2015), PLoS ONE 10:e0130406"
BATTISTON = "Battiston et al. (2012), Scientific Reports 2:541"
DUFFIE_ZHU = "Duffie and Zhu (2011), Review of Asset Pricing Studies 1:74, proposition 1"
THREE_BANKS = [[0, 2, 1], [3, 0, 1], [2, 5, 0]]
TEN = {"n": 10, "a": 1.5, "v": 1.4, "y": 10.0}
WIDE = {"n": 20, "a": 20.0, "v": 19.5, "y": 1e5}


@claim(CLEARING, "payments, nobody fails", [3, 4, 7], EISENBERG_NOE, key="clearing/cases/0/payments", absolute=1e-8)
def solvent_payments() -> np.ndarray:
    """Three banks with assets 5, 4, 5."""
    return clearing_vector(THREE_BANKS, [5, 4, 5])


@claim(CLEARING, "equity, nobody fails", [7, 7, 0], EISENBERG_NOE, key="clearing/cases/0/equity", absolute=1e-8)
def solvent_equity() -> np.ndarray:
    """Return what the same banks keep."""
    return settle(THREE_BANKS, [5, 4, 5]).equity


@claim(CLEARING, "payments, one fails", [3, 4, 4], EISENBERG_NOE, key="clearing/cases/1/payments", absolute=1e-8)
def default_payments() -> np.ndarray:
    """Assets 5, 4, 2."""
    return clearing_vector(THREE_BANKS, [5, 4, 2])


@claim(CLEARING, "who fails then", [2], EISENBERG_NOE, key="clearing/cases/1/defaults")
def defaulters() -> np.ndarray:
    """Banks are counted from 0."""
    return np.flatnonzero(settle(THREE_BANKS, [5, 4, 2]).default)


@claim(
    CLEARING, "payments, half recovered", [3.17246377, 0.7884058, 4.0], ROGERS_VERAART,
    key="clearing/cases/2/payments", absolute=1e-8,
)  # fmt: skip
def costly_payments() -> np.ndarray:
    """Recoveries of a half on external and on interbank assets."""
    return clearing_vector([[0, 2, 9], [7, 0, 9], [3, 1, 0]], [3, 0, 4], 0.5, 0.5)


def network(name: str, n: int, y: float) -> np.ndarray:
    """Return the debts (n, n) of a regular network in which every bank owes `y`."""
    ring, complete, half = np.roll(np.eye(n), 1, axis=1), (1 - np.eye(n)) / (n - 1), n // 2
    shapes = {
        "ring": ring,
        "complete": complete,
        "half_ring_half_complete": (ring + complete) / 2,
        "two_isolated_complete_blocks_of_5": np.kron(np.eye(2), (1 - np.eye(half)) / (half - 1)),
    }
    return y * shapes[name]


def failing(name: str, shock: float, *, n: float, a: float, v: float, y: float) -> float:
    """Return how many banks fail when one return falls short by `shock`.

    Parameters
    ----------
    name : of the network's shape.
    shock : that one return falls short by.
    n : number of banks.
    a, v, y : return, senior debt and interbank debt of each, in one unit.
    """
    banks = int(n)
    returns = np.full(banks, a)
    returns[0] -= shock
    return float(settle(network(name, banks, y), returns, outside=np.full(banks, v)).default.sum())


ACEMOGLU_COUNTS = {
    "ring": (3, 5, 10),
    "complete": (1, 1, 10),
    "half_ring_half_complete": (2, 3, 10),
    "two_isolated_complete_blocks_of_5": (1, 5, 5),
}
for _shape, _counts in ACEMOGLU_COUNTS.items():
    for _case, (_shock, _count) in enumerate(zip((0.35, 0.55, 1.001), _counts, strict=True)):
        claim(
            PHASE, f"banks of 10 failing, {_shape.replace('_', ' ')}, shock {_shock}", _count, ACEMOGLU,
            key=f"clearing_phase_transition/cases/{_case}/{_shape}",
        )(lambda shape=_shape, shock=_shock: failing(shape, shock, **TEN))  # fmt: skip


@claim(PHASE, "20 banks, ring and complete, 3 % below n (a − v)", [19, 1], f"{ACEMOGLU}, propositions 4 and 6")
def below_the_critical_shock() -> list[float]:
    """Debts are large; of the ring the ⌈ε / (a − v)⌉ − 1 nearest fail, of the complete network the first alone."""
    return [failing(name, 9.7, **WIDE) for name in ("ring", "complete")]


@claim(PHASE, "20 banks, ring and complete, 1 % above n (a − v)", [20, 20], f"{ACEMOGLU}, propositions 4 and 6")
def above_the_critical_shock() -> list[float]:
    """All fail in both."""
    return [failing(name, 10.1, **WIDE) for name in ("ring", "complete")]


@claim(
    STRESS, "linear, final distress of three", [0.2296173045, 0.0820854132, 0.1320022185], BARDOSCIA,
    key="debtrank/linear/0/final_distress", absolute=1e-9,
)  # fmt: skip
def linear_distress() -> np.ndarray:
    """Leverage is given, so buffers are 1."""
    leverage = [[0, 0.2, 0.1], [0.3, 0, 0.1], [0.05, 0.25, 0]]
    return debtrank(leverage, np.ones(3), [0.2, 0, 0.1])


def node_fails() -> np.ndarray:
    """Return the distress of three nodes after node 1, counted from 0, failed."""
    return debtrank([[0, 1, 0], [10, 0, 3], [3, 2, 0]], [2, 5, 2], [0, 1, 0], "2012")


claim(
    STRESS, "2012, final distress of three", [0.5, 1, 1], BATTISTON,
    key="debtrank/three_nodes/default_of_node_1/final_distress", absolute=1e-9,
)(node_fails)  # fmt: skip


@claim(
    STRESS, "2012, additional stress", 0.25, BATTISTON,
    key="debtrank/three_nodes/default_of_node_1/additional_stress", absolute=1e-9,
)  # fmt: skip
def stress_added() -> float:
    """Weighted by 10, 100, 30."""
    return additional_stress(node_fails(), [0, 1, 0], [10, 100, 30])


def netting_change(n: int, classes: int, worlds: int = 1500) -> Interval:
    """Return the mean change of exposure a bank, in standard deviations, when one of `classes` is cleared."""
    streams = Streams(SEED, 0)
    drawn = streams.normal("validation.netting", n, classes, size=(worlds, classes, n, n))
    owed = np.triu(drawn, 1) - np.swapaxes(np.triu(drawn, 1), -1, -2)
    change = [(cleared_exposure(world, 0) - bilateral_exposure(world)).mean() for world in owed]
    return simulated(change)


def normal_change(n: int, classes: int) -> float:
    """Return Duffie and Zhu's expectation of it, √(1/2π) ((n − 1)(√(K − 1) − √K) + √(n − 1))."""
    return float(((n - 1) * (np.sqrt(classes - 1) - np.sqrt(classes)) + np.sqrt(n - 1)) / np.sqrt(2 * np.pi))


for _n, _classes in ((6, 2), (12, 3), (12, 4), (20, 6)):
    _side = "more" if _classes > _n**2 / (4 * (_n - 1)) else "less"
    claim(
        NETTING, f"change of exposure by clearing one class, N = {_n}, K = {_classes} ({_side})",
        normal_change(_n, _classes), DUFFIE_ZHU,
    )(lambda n=_n, classes=_classes: netting_change(n, classes))  # fmt: skip


@claim(NETTING, "most classes with which clearing one helps, N = 8, 12, 16", [2, 3, 4], f"{DUFFIE_ZHU}: K < N²/4(N−1)")
def most_classes() -> list[int]:
    """Found by simulation: the last K of 1, 2, ... at which exposure falls, tested at 99 %."""
    return [max(k for k in range(1, 7) if netting_change(n, k, 1_500).high < 0) for n in (8, 12, 16)]
