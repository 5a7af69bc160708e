"""Stateless random numbers for kernels: a hash of (key, step, slot).

A draw depends on nothing but its key (which names seed, replication and stream), the step and the permanent slot of
the agent: adding an agent, changing a regime or splitting work among processes changes nobody's draw.

The mixing function is SplitMix64's finaliser (Steele, Lea, Flood 2014; Stafford's variant 13), applied to the key
advanced by step and slot times odd constants.
"""

import numpy as np

from agents.core.kernel import kernel, modular, rule

STEP = np.uint64(0x9E3779B97F4A7C15)
SLOT = np.uint64(0xD1B54A32D192ED03)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
BY_30, BY_27, BY_31, BY_12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)
TO_UNIT = 1.0 / 4503599627370496.0  # 2⁻⁵²: with 53 bits the largest of them would be rounded to 1
FAR = 1e15


@modular
def mix(value: np.uint64) -> np.uint64:
    """Return 64 well-mixed bits of a 64-bit number."""
    value = (value ^ (value >> BY_30)) * FIRST
    value = (value ^ (value >> BY_27)) * SECOND
    return value ^ (value >> BY_31)


@modular
def key_of(key: np.uint64, i: int) -> np.uint64:
    """Return the key of the i-th of many that draw by the same key."""
    return key + np.uint64(i)


@modular
def key_at(key: np.uint64, step: int) -> np.uint64:
    """Return the key of one step's draws: a loop over slots mixes it once."""
    return mix(key + np.uint64(step) * STEP)


@rule
def to_unit(bits: np.uint64) -> float:
    """Return a number strictly inside (0, 1) by the upper 52 of 64 bits."""
    return (np.float64(bits >> BY_12) + 0.5) * TO_UNIT


@modular
def uniform_at(key: np.uint64, slot: int) -> float:
    """Return a slot's uniform number in (0, 1); `key` is that of the step, by :func:`key_at`."""
    return to_unit(mix(key + np.uint64(slot) * SLOT))


@modular
def uniform(key: np.uint64, step: int, slot: int) -> float:
    """Return a uniform number in (0, 1), the same for ever for the same key, step and slot."""
    return uniform_at(key_at(key, step), slot)


@kernel
def fill(key: np.uint64, index: np.ndarray, drawn: np.ndarray) -> None:
    """Write the first uniforms of a stream, the n-th of which is slot n's.

    Parameters
    ----------
    key : of the streams of a name.
    index : (d,) which of them; none where there is one only.
    drawn : (n,) in (0, 1), written.
    """
    for i in range(index.shape[0]):
        key = key_at(key, index[i])
    for n in range(drawn.shape[0]):
        drawn[n] = uniform_at(key, n)


@rule
def next_arrival(key: np.uint64, step: int, draw: int, log_miss: float) -> int:
    """Return how many slots to skip until the next one that acts.

    Each slot acts with probability a, independently, so the gap is geometric: floor(ln u / ln(1 − a)), by inverse
    transform. The cost of a step is then that of the slots that act, not of all.

    Parameters
    ----------
    draw : number of the draw within this step and population.
    log_miss : ln(1 − a) < 0.
    """
    return int(min(np.log(uniform(key, step, draw)) / log_miss, FAR))
