"""The answer of a sizing as tables, as one document and as a folder."""

import itertools
import math
from typing import Any

from rich.table import Table

from experiments.study.comparison.table import number
from experiments.study.size.answer import Answer
from experiments.study.size.caveat import caveats
from experiments.study.size.exposure import (
    CORRELATIONS,
    benefit,
    benefit_by_correlation,
    cover,
    own_fund,
    pool_by_correlation,
    pool_over_isolated,
)
from experiments.study.size.sizing import OWN, Size
from experiments.study.size.target import ANY, TARGETS, own_sizes, pooled_size
from experiments.study.size.target_table import capital_table, comparison, sizes_document
from experiments.study.size.target_table import money as _money
from model.measure.risk import expected_shortfall, value_at_risk


def document(answer: Answer) -> dict[str, Any]:
    """Return the answer as plain numbers, USD."""
    losses, target = answer.losses, answer.target
    return {
        "target": target,
        "replications": len(losses),
        "capital": [_size(size, answer) for size in answer.found(ANY) if size.structure != OWN],
        "sizes": sizes_document(answer),
        "comparison": comparison(answer),
        "exposure": {
            "value_at_risk": float(value_at_risk(losses.sum(axis=1), target)),
            "expected_shortfall": float(expected_shortfall(losses.sum(axis=1), target)),
            "cover": cover(losses)._asdict(),
            "own_funds": own_fund(losses, target).tolist(),
            "diversification_benefit": benefit(losses, target),
            "benefit_by_correlation": {
                str(rho): value for rho, value in benefit_by_correlation(losses, target).items()
            },
            "by_losses_alone": _by_losses_alone(losses, target),
        },
        "members": [_member(answer, i) for i in range(losses.shape[1])],
        "caveats": caveats(answer),
    }


def tables(answer: Answer) -> list[Table]:
    """Return three tables: capital by arrangement, what there is to insure, and each member's choice."""
    content = document(answer)
    return [capital_table(answer), _exposure_table(content), _member_table(content)]


def verdict(answer: Answer) -> list[str]:
    """Return the answer in sentences: the size at each target, and what joining each pool would save or risk."""
    content = document(answer)
    lines = [_how_large(answer, size) for size in answer.found(ANY)]
    pools = [size for size in answer.sizes if size.structure not in ("none", "isolated", OWN)]
    return [*lines, *(_joining(content, answer, size) for size in pools if math.isfinite(size.capital))]


def _how_large(answer: Answer, size: Size) -> str:
    [other] = [one for one in answer.sizes if one.arrangement == size.arrangement and one.target != ANY]
    share = size.capital / float(answer.interest.sum())
    return (
        f"{size.arrangement}: ${_money(size.capital)}M ({share:.2%} of open interest) so that nobody is uncovered in "
        f"{answer.target:.4g} of worlds (any), ${_money(other.capital)}M so that each member by itself is not (each)"
    )


def _joining(content: dict[str, Any], answer: Answer, size: Size) -> str:
    """Return what joining one pool saves and risks for its members at one target."""
    own = answer.own(size.regime, size.target).capital
    there = [member["arrangements"][size.arrangement]["targets"][size.target] for member in content["members"]]
    saved = [arrangement["saved"] for arrangement in there]
    risk = [arrangement["uncovered_by_others"] for arrangement in there]
    places = saved.index(max(saved)), saved.index(min(saved)), risk.index(max(risk))
    best, worst, hit = map(answer.called, places)
    ratio = f"{number(size.capital / own)} of" if own > 0 else "against"
    return (
        f"joining {size.arrangement}, target {size.target}: ${_money(size.capital)}M in all, {ratio} the "
        f"${_money(own)}M of isolated funds of their own right sizes at that target; protocol {best} saves most "
        f"(${_money(max(saved))}M), protocol {worst} least (${_money(min(saved))}M); "
        f"others' losses leave protocol {hit} uncovered in {max(risk):.1%} of worlds"
    )


def _by_losses_alone(losses: Any, target: float) -> dict[str, Any]:
    """Return what one pool and own right sizes need at each target were losses the same whatever the capital."""
    over, by_correlation = pool_over_isolated(losses, target), pool_by_correlation(losses, target)
    return {
        kind: {
            "own_right_sizes": own_sizes(losses, kind, target).tolist(),
            "one_pot": pooled_size(losses, kind, target),
            "pool_over_isolated": over[kind],
            "pool_over_isolated_by_correlation": {str(rho): value[kind] for rho, value in by_correlation.items()},
        }
        for kind in TARGETS
    }


def _size(size: Size, answer: Answer) -> dict[str, Any]:
    return {
        "structure": size.structure,
        "regime": size.regime,
        "capital": size.capital,
        "interval": [size.low, size.high],
        "share_of_open_interest": size.capital / float(answer.interest.sum()),
        "uncovered_probability": float(size.uncovered.any(axis=1).mean()),
        "all_uncovered_probability": float(size.uncovered.all(axis=1).mean()),
        "runs": size.runs,
    }


def _member(answer: Answer, i: int) -> dict[str, Any]:
    """Return what protocol `i` needs alone and, for each arrangement, pays in and takes over; `saved` at one target."""
    pools = [size for size in answer.found(ANY) if size.structure != OWN]
    return {
        "protocol": i,
        "name": answer.called(i),
        "own_fund": float(own_fund(answer.losses, answer.target)[i]),
        "arrangements": {
            size.arrangement: {
                **_arrangement(answer, size, i),
                "targets": {
                    one.target: _arrangement(answer, one, i)
                    for one in answer.sizes
                    if one.arrangement == size.arrangement
                },
            }
            for size in pools
        },
    }


def _arrangement(answer: Answer, size: Size, i: int) -> dict[str, float]:
    own = float(answer.own(size.regime, size.target).contributions[i])
    contribution = size.capital * float(answer.weights[i])
    return {
        "own_right_size": own,
        "contribution": contribution,
        "saved": own - contribution,
        "uncovered_probability": float(size.uncovered[:, i].mean()),
        "uncovered_by_others": float(size.others[:, i].mean()),
    }


def _exposure_table(content: dict[str, Any]) -> Table:
    exposure = content["exposure"]
    table = Table(title=f"What there is to insure, by the losses alone, {content['replications']} replications, $M")
    table.add_column("measure")
    table.add_column("all protocols", justify="right")
    rows = {
        f"value at risk, {content['target']}": exposure["value_at_risk"],
        f"expected shortfall, {content['target']}": exposure["expected_shortfall"],
        "Cover-1": exposure["cover"]["one"],
        "Cover-2": exposure["cover"]["two"],
        "EMIR, largest or second and third": exposure["cover"]["emir"],
    }
    for name, value in rows.items():
        table.add_row(name, _money(value))
    for kind, alone in exposure["by_losses_alone"].items():
        table.add_section()
        table.add_row(f"target {kind}: isolated, own right sizes", _money(sum(alone["own_right_sizes"])))
        table.add_row(f"target {kind}: one pool", _money(alone["one_pot"]))
        table.add_row(f"target {kind}: pool over isolated", number(alone["pool_over_isolated"]))
        for rho in CORRELATIONS:
            ratio = alone["pool_over_isolated_by_correlation"][str(rho)]
            table.add_row(f"  at loss correlation {rho}", number(ratio))
    return table


def _member_table(content: dict[str, Any]) -> Table:
    table = Table(title="What joining would save or risk, by protocol, at one target each, $M")
    names = ("protocol", "arrangement", "target", "own fund", "pays in", "saves", "P(uncovered)", "by others' losses")
    for name in names:
        table.add_column(name, justify="left" if name in ("arrangement", "target") else "right")
    for member in content["members"]:
        shown = itertools.chain([member["name"]], itertools.repeat(""))
        for arrangement, row in member["arrangements"].items():
            for target, there in row["targets"].items():
                table.add_row(
                    next(shown), arrangement, target, _money(there["own_right_size"]), _money(there["contribution"]),
                    _money(there["saved"]), number(there["uncovered_probability"]),
                    number(there["uncovered_by_others"]),
                )  # fmt: skip
    return table
