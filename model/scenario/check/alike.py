"""Structures that are alike, and what a comparison of two of them can show.

By default `partial` and `reinsured` hold the same funds and the same pool, half and half, and a layer that attaches at
the own fund pays what the own fund leaves: they differ by the premium, in how claims are cut where the pool is short,
and where an own fund was refilled or its retention is not the fund of the day. `clustered` pays like `pooled` until one
of its pools is empty. At the ends of their parameters some structures are others by another name.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.scenario import Scenario
    from model.scenario.section.backstop import BackstopSection

SAME = "{} is {} by another name: {}"


def alike_structures(scenario: "Scenario", structures: Sequence[str]) -> list[str]:
    """Return a line for every pair among `structures` that the scenario makes alike."""
    terms, members = scenario.backstop, scenario.protocol.number
    lines = [*_ends(terms, members), *_nearly(terms, members)]
    return [line for pair, line in lines if set(pair) <= set(structures)]


def _ends(terms: "BackstopSection", members: int) -> list[tuple[tuple[str, str], str]]:
    """Return the pairs that are one structure, with what makes them so."""
    unlimited = terms.capped_share == 1.0 and min(terms.sublimit) >= 1.0
    found = (
        (terms.pooled_share == 0.0, "partial", "isolated", "backstop.pooled_share is 0"),
        (terms.pooled_share == 1.0, "partial", "pooled", "backstop.pooled_share is 1"),
        (terms.capped_share == 0.0, "capped", "isolated", "backstop.capped_share is 0"),
        (unlimited, "capped", "pooled", "its sub-limits are the whole pool"),
        (pots(terms, members) == 1, "clustered", "pooled", "it has one pool"),
        (pots(terms, members) == members > 1, "clustered", "isolated", "every member has a pool of its own"),
        (members == 1, "mutual", "isolated", "there are no other members"),
    )
    return [((a, b), SAME.format(a, b, why)) for holds, a, b, why in found if holds]


def _nearly(terms: "BackstopSection", members: int) -> list[tuple[tuple[str, str], str]]:
    """Return the pairs that differ, but only seldom or by little."""
    lines = []
    plain = terms.quota_share == terms.stop_loss_limit == 0.0 and set(terms.retention) == set(terms.limit) == {1.0}
    if plain and terms.pooled_share == terms.ceded_share:
        lines.append(
            (
                ("partial", "reinsured"),
                "reinsured pays as partial does while the pool suffices: its layer begins where the own fund ends; "
                f"they differ by the premium, {terms.premium_rate:.2%} of open interest a year, and by fees since",
            )
        )
    if 1 < pots(terms, members) < members:
        lines.append(
            (
                ("clustered", "pooled"),
                f"clustered pays as pooled does until one of its {pots(terms, members)} pools is empty",
            )
        )
    return lines


def pots(terms: "BackstopSection", members: int) -> int:
    """Return how many pools `clustered` has."""
    if terms.cluster:
        return len(set((terms.cluster + terms.cluster[-1:] * members)[:members]))
    return min(terms.clusters, members)
