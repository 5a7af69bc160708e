"""A survey of a scenario's network: its debts and holdings at the start, and who failed in the runs."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from agents.core.ledger import FUND, TREASURY
from agents.protocol.protocol import OWN_LOSS
from experiments.plan.arrangement import Arrangement
from experiments.plan.configuration import Plan
from experiments.results.run import Run
from experiments.results.run_store import RunStore
from experiments.run.process_pool import WorkerPool
from experiments.run.recorded import recorded
from model.engine.engine import Engine
from model.network.analysis.centrality import impact
from model.network.analysis.holding_report import HoldingReport, holding_report
from model.network.analysis.network_report import LEAST_BUFFER, NetworkReport, network_report
from model.network.contagion import debt_warnings

Array = np.ndarray


class Failures(NamedTuple):
    """Who failed in the runs, (runs, P) each; no rows where a probability was given instead."""

    default: Array  # bool
    wave: Array  # int, -1 for none
    cause: Array  # int, of agents.protocol.protocol.CAUSES


class Survey(NamedTuple):
    """The survey of P protocols."""

    report: NetworkReport
    debts: Array  # (P, P) USD, row owes column
    treasury: Array  # (P,) USD
    once: Array  # (P,) 1, DebtRank of each by the variant of 2012
    likely: Array  # (P,) 1, that each fails of its own losses
    failures: Failures
    holdings: HoldingReport | None
    notes: list[str]  # warnings: which protocols cannot pay their debts
    names: tuple[str, ...]  # of the protocols


class SurveyError(RuntimeError):
    """A run of the survey failed; the message carries its traceback."""


def survey(
    plan: Plan, likely: float | None, holdings: Array | None, levels: tuple[float, float], advance: Callable[[], None],
    store: RunStore | None = None,
) -> Survey:  # fmt: skip
    """Return the survey of `plan`.

    Parameters
    ----------
    likely : probability of failure by own losses, of every protocol; None: counted in the plan's replications.
    holdings : (P, P) cross-holdings, if any; `levels` their failure threshold and cost.
    advance : called after every run.
    store : of finished runs; None to store none.
    """
    members = plan.scenario.protocol.number
    failures = _count(plan, advance, store) if likely is None else Failures(*np.zeros((3, 0, members), dtype=int))
    own = (failures.cause == OWN_LOSS).mean(axis=0) if likely is None else np.full(members, likely)
    ecosystem = Engine(plan.scenario)
    debts, balance = ecosystem.contagion.liabilities, ecosystem.ledger.own
    treasury, assets = balance[TREASURY].copy(), balance[TREASURY] + balance[FUND]
    return Survey(
        report=network_report(ecosystem, own),
        debts=debts,
        treasury=treasury,
        once=impact(debts, np.maximum(treasury, LEAST_BUFFER), "2012"),
        likely=own,
        failures=failures,
        holdings=None if holdings is None else holding_report(holdings, assets, *levels),
        notes=debt_warnings(plan.scenario),
        names=plan.scenario.protocol.names(),
    )


def _count(plan: Plan, advance: Callable[[], None], store: RunStore | None) -> Failures:
    """Return who failed in every replication of the scenario as it is."""
    backstop, rows = plan.scenario.backstop, []
    arrangement = Arrangement("network", backstop.structure, backstop.regime, plan.scenario)
    with WorkerPool(plan.workers) as pool:
        executor = recorded(pool, store)
        for run in executor.replicate([arrangement], range(plan.replications)):
            rows.append(_failed(run, plan.scenario.protocol.number))
            advance()
    default, wave, cause = np.array(rows).transpose(1, 0, 2)
    return Failures(default > 0, wave.astype(int), cause.astype(int))


def _failed(run: Run, members: int) -> Sequence[Sequence[Any]]:
    if run.failure is not None:
        raise SurveyError(f"replication {run.replication}: {run.failure}")
    return [[run.summary[f"{name}_{i}"] for i in range(members)] for name in ("default", "wave", "cause")]
