"""What a comparison says about each paired difference beyond its mean, and which family each test belongs to.

The confirmatory family is fixed beforehand: the headline metrics that are compared pair by pair, all pairs, adjusted
after Holm. Every other difference is exploratory and adjusted after Benjamini and Hochberg. Intervals called ``bca95``
are bootstrap intervals; ``ci95`` stays Student's.
"""

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import ArrayLike

from experiments.bootstrap import bca_interval, percentile_interval
from experiments.headline import HEADLINES
from experiments.inference import benjamini_hochberg, effect_size, holm, paired_p

CONFIRMATORY = frozenset(headline.metric for headline in HEADLINES if headline.paired)
ADJUSTMENTS: dict[str, Callable[[ArrayLike], Any]] = {"confirmatory": holm, "exploratory": benjamini_hochberg}


def inference(differences: ArrayLike) -> dict[str, Any]:
    """Return interval, effect sizes and p of paired differences (n,), NaN where a pair has no value."""
    effect = effect_size(differences)
    return {
        "bca95": list(bca_interval(differences)),
        "cohen_d": effect.cohen,
        "hedges_g": effect.hedges,
        "p": paired_p(differences),
    }


def with_families(differences: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with the family of each and its p adjusted within that family."""
    rows = [{**row, "family": family(row["metric"])} for row in differences]
    for name, adjust in ADJUSTMENTS.items():
        members = [row for row in rows if row["family"] == name]
        for row, p in zip(members, adjust([row["p"] for row in members]), strict=True):
            row["p_adjusted"] = float(p)
    return rows


def family(metric: str) -> str:
    """Return the family of a metric's differences."""
    return "confirmatory" if metric in CONFIRMATORY else "exploratory"


def tail_interval(losses: Any, measure: Callable[..., Any], level: float) -> list[float]:
    """Return the 95 % percentile bootstrap interval of a risk `measure` at `level` of `losses`, (n,)."""
    return list(percentile_interval(losses, lambda sample: float(measure(sample, level))))
