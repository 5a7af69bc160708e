"""The survey of a network as one document and as tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Table

from agents.protocol.protocol import CAUSES
from experiments.study.comparison.table import number
from experiments.study.network.survey import Survey

MILLION = 1e-6


def document(survey: Survey) -> dict[str, Any]:
    """Return the survey as plain numbers, USD."""
    report = survey.report
    return {
        "most_central": report.most_central,
        "amplification_bound": float(report.amplification_bound),
        "protocols": [_protocol(survey, i) for i in range(len(survey.debts))],
        "debts": survey.debts.tolist(),
        "runs": _runs(survey),
        "holdings": _holdings(survey),
        "notes": survey.notes,
    }


def _protocol(survey: Survey, i: int) -> dict[str, Any]:
    central, failures = survey.report.centrality, survey.failures
    counted = len(failures.default) > 0
    return {
        "protocol": i,
        "name": survey.names[i],
        "owes": float(central.owed[i]),
        "is_owed": float(central.held[i]),
        "treasury": float(survey.treasury[i]),
        "connectivity": float(survey.report.connectivity[i]),
        "debtrank": float(central.impact[i]),
        "debtrank_2012": float(survey.once[i]),
        "katz": float(central.katz[i]),
        "sink_rank": float(central.rank[i]),
        "own_default_probability": float(survey.likely[i]),
        "default_probability": float(failures.default[:, i].mean()) if counted else None,
        "falls_with_it": survey.report.waves[i][1:],
    }


def _runs(survey: Survey) -> dict[str, Any] | None:
    """Return defaults a run, by wave; None where none were run."""
    default, wave, cause = survey.failures
    if not len(default):
        return None
    waves = range(wave.max(initial=-1) + 1)
    return {
        "replications": len(default),
        "defaults": float(default.sum(axis=1).mean()),
        "by_wave": [float((wave == k).sum(axis=1).mean()) for k in waves],
        "by_cause": {name: float((cause == k).sum(axis=1).mean()) for k, name in enumerate(CAUSES) if k},
    }


def _holdings(survey: Survey) -> dict[str, Any] | None:
    held = survey.holdings
    if held is None:
        return None
    return {
        "dependency": held.dependency.tolist(),
        "value": held.value.tolist(),
        "from_others": held.foreign.tolist(),
        "falls_with_it": [_others(waves, i) for i, waves in enumerate(held.waves)],
    }


def _others(waves: list[list[int]], i: int) -> list[list[int]]:
    """Return the waves without the protocol that was hit."""
    return [rest for wave in waves if (rest := [j for j in wave if j != i])]


def tables(survey: Survey) -> list[Table]:
    """Return the table of protocols and, where there are holdings, theirs."""
    content = document(survey)
    return [_main_table(content), *([_holding_table(content["holdings"], survey.names)] if content["holdings"] else [])]


def conclusions(survey: Survey) -> list[str]:
    """Return the conclusions of the survey, in sentences."""
    content = document(survey)
    bound, runs = content["amplification_bound"], content["runs"]
    central = survey.names[content["most_central"]]
    lines = [f"most central: protocol {central}, whose default takes most of the others' treasuries"]
    if np.isfinite(bound):
        lines.append(
            f"Glasserman-Young: ties between protocols multiply expected losses by at most {bound:.4f}, "
            "by clearing alone, without costs of bankruptcy"
        )
    if runs:
        by_wave = ", ".join(f"{mean:.2f} in wave {k}" for k, mean in enumerate(runs["by_wave"])) or "none"
        lines.append(f"defaults a run, {runs['replications']} replications: {runs['defaults']:.2f} ({by_wave})")
    return lines


def _main_table(content: dict[str, Any]) -> Table:
    table = Table(title="The exposure network at the start, replication 0")
    names, heads = [row["name"] for row in content["protocols"]], (
        "protocol", "owes\n$M", "is owed\n$M", "treasury\n$M", "of its debts\nto protocols", "DebtRank\nlinear",
        "DebtRank\n2012", "Katz", "SinkRank", "P(fails of\nown loss)", "P(fails)",
    )  # fmt: skip
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("fall with it, by wave")
    for row in content["protocols"]:
        chance = row["default_probability"]
        table.add_row(
            row["name"], *(number(row[name] * MILLION) for name in ("owes", "is_owed", "treasury")),
            *(number(row[name]) for name in ("connectivity", "debtrank", "debtrank_2012", "katz", "sink_rank")),
            number(row["own_default_probability"]), "" if chance is None else number(chance),
            _listed(row["falls_with_it"], names),
        )  # fmt: skip
    return table


def _holding_table(content: dict[str, Any], names: Sequence[str]) -> Table:
    table = Table(title="Cross-holdings: what each is worth, and who falls when it loses its assets")
    for name in ("protocol", "market value, $M", "of it from others' assets"):
        table.add_column(name, justify="right")
    table.add_column("fall with it, by wave")
    columns = (content[name] for name in ("value", "from_others", "falls_with_it"))
    for i, (value, foreign, waves) in enumerate(zip(*columns, strict=True)):
        table.add_row(names[i], number(value * MILLION), number(foreign), _listed(waves, names))
    return table


def _listed(waves: list[list[int]], names: Sequence[str]) -> str:
    return " → ".join(", ".join(names[i] for i in wave) for wave in waves) or "nobody"
