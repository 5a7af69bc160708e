"""Which family each test of a comparison belongs to, and which differences are no findings at all.

The confirmatory family is fixed beforehand: the headline metrics that are compared pair by pair and the user's own
reporters, which are named before anything runs, all pairs, adjusted after Holm. Every other difference is exploratory
and adjusted after Benjamini and Hochberg. A difference that is zero in every world, or trivial
(:mod:`experiments.statistics.estimate`), such as that of deficits between structures where nothing feeds back, is an
identity of the model and stands in neither: it has no test, and no other test is adjusted for it.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import ArrayLike

from experiments.statistics.estimate import Contrast
from experiments.statistics.headline_metrics import HEADLINES
from experiments.statistics.significance import benjamini_hochberg, effect_size, holm
from model.measure.kind import is_metric

CONFIRMATORY = frozenset(headline.metric for headline in HEADLINES if headline.paired)
ADJUSTMENTS: dict[str, Callable[[ArrayLike], Any]] = {"confirmatory": holm, "exploratory": benjamini_hochberg}
IDENTITY = "identity"


def row(metric: str, a: str, b: str, contrast: Contrast, differences: ArrayLike) -> dict[str, Any]:
    """Return the row of one paired difference, ready for JSON.

    Parameters
    ----------
    metric : its name.
    a, b : names of the two arrangements.
    contrast : of a − b.
    differences : (n,) in the metric's unit, NaN where a pair has no value.
    """
    effect = effect_size(() if contrast.verdict else differences)
    return {
        "metric": metric,
        "a": a,
        "b": b,
        "difference": contrast.mean,
        "ci95": [contrast.low, contrast.high],
        "n": contrast.number,
        "events": contrast.events,
        "kind": contrast.kind,
        "method": contrast.method,
        "verdict": contrast.verdict,
        "correlation": contrast.correlation,
        "variance_reduction": contrast.variance_reduction,
        "cohen_d": effect.cohen,
        "hedges_g": effect.hedges,
        "p": contrast.p,
        "family": IDENTITY if contrast.verdict else family(metric),
        "p_adjusted": math.nan,
    }


def with_families(differences: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with p adjusted within the family of each; identities have none."""
    rows = [dict(found) for found in differences]
    for name, adjust in ADJUSTMENTS.items():
        members = [found for found in rows if found["family"] == name]
        for found, p in zip(members, adjust([found["p"] for found in members]), strict=True):
            found["p_adjusted"] = float(p)
    return rows


def family(metric: str) -> str:
    """Return the family of a metric's differences."""
    return "confirmatory" if metric in CONFIRMATORY or not is_metric(metric) else "exploratory"
