"""The answer of a sizing as tables, as one document and as a folder."""

import math
from typing import Any

from rich.table import Table

from experiments.size.answer import Answer
from experiments.size.caveat import caveats
from experiments.size.exposure import CORRELATIONS, benefit, benefit_by_correlation, cover
from experiments.size.sizing import Size, own_fund
from experiments.table import number
from model.risk import expected_shortfall, value_at_risk

MILLION = 1e-6


def document(answer: Answer) -> dict[str, Any]:
    """Return the answer as plain numbers, USD."""
    losses, target = answer.losses, answer.target
    return {
        "target": target,
        "replications": len(losses),
        "capital": [_size(size, answer) for size in answer.sizes],
        "exposure": {
            "value_at_risk": float(value_at_risk(losses.sum(axis=1), target)),
            "expected_shortfall": float(expected_shortfall(losses.sum(axis=1), target)),
            "cover": cover(losses)._asdict(),
            "own_funds": own_fund(losses, target).tolist(),
            "diversification_benefit": benefit(losses, target),
            "benefit_by_correlation": {
                str(rho): value for rho, value in benefit_by_correlation(losses, target).items()
            },
        },
        "members": [_member(answer, i) for i in range(losses.shape[1])],
        "caveats": caveats(answer),
    }


def tables(answer: Answer) -> list[Table]:
    """Return three tables: capital by arrangement, what there is to insure, and each member's choice."""
    told = document(answer)
    return [_capital_table(told, answer), _exposure_table(told), _member_table(told)]


def verdict(answer: Answer) -> list[str]:
    """Return the answer in sentences: how large, and what joining each pool would save or risk."""
    told = document(answer)
    own = sum(told["exposure"]["own_funds"])
    lines = [
        f"{row['structure']}/{row['regime']}: ${_money(row['capital'])}M in all, "
        f"{row['share_of_open_interest']:.2%} of open interest"
        for row in told["capital"]
    ]
    pools = [size for size in answer.sizes if size.structure not in ("none", "isolated")]
    return [*lines, *(_joining(told, size, own) for size in pools if math.isfinite(size.capital))]


def _joining(told: dict[str, Any], size: Size, own: float) -> str:
    """Return what joining one pool comes to for its members."""
    there = [member["arrangements"][size.cell] for member in told["members"]]
    saved = [arrangement["saved"] for arrangement in there]
    risk = [arrangement["uncovered_by_others"] for arrangement in there]
    best, worst, hit = saved.index(max(saved)), saved.index(min(saved)), risk.index(max(risk))
    return (
        f"joining {size.cell}: ${_money(size.capital)}M in all where funds of their own right sizes need "
        f"${_money(own)}M; protocol {best} saves most (${_money(saved[best])}M), protocol {worst} least "
        f"(${_money(saved[worst])}M); others' losses leave protocol {hit} uncovered in {risk[hit]:.1%} of worlds"
    )


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
    """Return what protocol `i` needs alone and, for each arrangement, pays in and takes over."""
    alone = own_fund(answer.losses, answer.target)[i]
    return {
        "protocol": i,
        "own_fund": float(alone),
        "arrangements": {
            size.cell: {
                "contribution": size.capital * float(answer.weights[i]),
                "saved": float(alone) - size.capital * float(answer.weights[i]),
                "uncovered_probability": float(size.uncovered[:, i].mean()),
                "uncovered_by_others": float(size.others[:, i].mean()),
            }
            for size in answer.sizes
        },
    }


def _money(value: float) -> str:
    return number(value * MILLION) if math.isfinite(value) else "none"


def _capital_table(told: dict[str, Any], answer: Answer) -> Table:
    table = Table(title=f"Least capital with P(uncovered) <= {1 - answer.target:.4g}, $M")
    for name in ("structure", "regime"):
        table.add_column(name)
    for name in ("capital", "95 % interval", "of open interest", "P(uncovered)", "P(all uncovered)", "runs"):
        table.add_column(name, justify="right")
    for row in told["capital"]:
        low, high = row["interval"]
        table.add_row(
            row["structure"], row["regime"], _money(row["capital"]), f"[{_money(low)}, {_money(high)}]",
            number(row["share_of_open_interest"]), number(row["uncovered_probability"]),
            number(row["all_uncovered_probability"]), str(row["runs"]),
        )  # fmt: skip
    return table


def _exposure_table(told: dict[str, Any]) -> Table:
    exposure = told["exposure"]
    table = Table(title=f"What there is to insure, {told['replications']} replications, $M")
    table.add_column("measure")
    table.add_column("all protocols", justify="right")
    rows = {
        f"value at risk, {told['target']}": exposure["value_at_risk"],
        f"expected shortfall, {told['target']}": exposure["expected_shortfall"],
        "Cover-1": exposure["cover"]["one"],
        "Cover-2": exposure["cover"]["two"],
        "EMIR, largest or second and third": exposure["cover"]["emir"],
        "sum of own funds": sum(exposure["own_funds"]),
    }
    for name, value in rows.items():
        table.add_row(name, _money(value))
    table.add_row("diversification benefit, pooled over isolated", number(exposure["diversification_benefit"]))
    for rho in CORRELATIONS:
        table.add_row(f"  at loss correlation {rho}", number(exposure["benefit_by_correlation"][str(rho)]))
    return table


def _member_table(told: dict[str, Any]) -> Table:
    table = Table(title="What joining would save or risk, by protocol, $M")
    names = ("protocol", "own fund", "arrangement", "pays in", "saves", "P(uncovered)", "by others' losses")
    for name in names:
        table.add_column(name, justify="left" if name == "arrangement" else "right")
    for member in told["members"]:
        labels = [str(member["protocol"]), _money(member["own_fund"])]
        for cell, there in member["arrangements"].items():
            table.add_row(
                *labels, cell, _money(there["contribution"]), _money(there["saved"]),
                number(there["uncovered_probability"]), number(there["uncovered_by_others"]),
            )  # fmt: skip
            labels = ["", ""]
    return table
