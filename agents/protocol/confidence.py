"""Confidence: how alarmed the customers of a protocol are, and which of them withdraw.

The alarm of protocol i (a pure number, 0 in calm) is a thin fund now and bad news that fades:

    A = a (1 − h)⁺ + N,    N ← N · 2^(−Δt / half-life) + b · failed neighbours + c · [a claim was left unpaid]    (1)

with h the health of the backstop behind it (1 at the start; :mod:`agents.protocol.standby`) and neighbours those who
owe i or are owed by it. People differ in nerve: of those who look and whose side the market has not favoured, the share

    P = 1 − exp(−g A)                                                                                            (2)

withdraws, always the most nervous, who stay away until the alarm has fallen below their nerve. With position q and
recent move m of the price, those with q m > 0 hold what is gaining and stay: longs flee a fall, shorts a rise, and
where nothing moved everybody's reason is the venue itself. A rate of withdrawal rises to 1 + g A times what it is in
calm.

References: Diamond and Dybvig (1983), J. Political Economy 91:401, on runs; Granovetter (1978), American J. Sociology
83:1420, on thresholds; Chen, Goldstein and Jiang (2010), J. Financial Economics 97:239: withdrawals answer to losses
the more, the thinner the cushion. Brunnermeier and Pedersen (2009), Review of Financial Studies 22:2201: positions are
unwound by those whom the move has hurt, and on the same side.
"""

import math
from typing import NamedTuple

import numpy as np

from agents.core.kernel import rule


class Mood(NamedTuple):
    """What protocols hear of one another; tables without rows where nobody listens."""

    first: np.ndarray  # (protocols + 1,), where the neighbours of each begin among `tied`
    tied: np.ndarray  # (ties,), the neighbours of each in turn, whose failure alarms it
    news: np.ndarray  # (protocols,) 1, >= 0, bad news that has not faded
    known: np.ndarray  # (protocols,) USD, >= 0, uncovered loss up to the step before
    alarm: np.ndarray  # (protocols,) 1, >= 0
    strain: np.ndarray  # (protocols,) 1, >= 0, what providers hear of others


@rule
def faded(news: float, half_life: float, minutes: float) -> float:
    """Return what is left of bad news after a step; a half-life of inf never fades."""
    return news * 0.5 ** (minutes / half_life)


@rule
def alarm(health: float, news: float, thin: float) -> float:
    """Return the alarm (1), a pure number >= 0.

    Parameters
    ----------
    health : backstop behind the protocol over its start; zero or below counts as zero, above 1 as 1.
    news : bad news that has not faded, >= 0.
    thin : weight of an empty fund.
    """
    return thin * (1.0 - min(max(health, 0.0), 1.0)) + news


@rule
def panics(nerve: float, alarmed: float) -> bool:
    """Tell whether a person withdraws.

    Parameters
    ----------
    nerve : uniform trait in (0, 1) of the person, least for the most nervous.
    alarmed : g A, sensitivity times alarm.
    """
    return nerve < 1.0 - math.exp(-alarmed)


@rule
def flees(size: float, move: float) -> bool:
    """Return whether a person has reason to flee: its position is not favoured by the market's recent move.

    Parameters
    ----------
    size : contracts, short < 0, 0 for a person without a position, who may stay away.
    move : running return of the asset's price, log.
    """
    return not size * move > 0.0


@rule
def hazard(alarmed: float) -> float:
    """Return the multiple of a calm rate of withdrawal, 1 + g A."""
    return 1.0 + alarmed
