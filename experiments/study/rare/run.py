"""A rare-event study from plan to result folder: pilots, shared replications, what the folder keeps."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from experiments.plan.arrangement import Arrangement
from experiments.plan.configuration import Plan, asked
from experiments.plan.options import ConfigurationError
from experiments.results.run_store import RunStore
from experiments.run.process_pool import WorkerPool
from experiments.run.recorded import recorded
from experiments.study.rare.answer import Answer, Study
from experiments.study.rare.mixture import Mixture
from experiments.study.rare.outcome import Outcome
from experiments.study.rare.search import Event, Sampler
from experiments.study.rare.table import caveats, document

EXPECTED = 4  # trials a pilot is expected to need; only for the progress bar


class Effort(NamedTuple):
    """How much is spent on what."""

    pilot: int  # replications of a trial
    untilted: float  # share of the replications that is not tilted
    blocks: int  # stretches of a long stream
    plain: int  # plain replications run next to, to compare
    seeds: int = 1  # times that all of it, plain replications aside, is done again


def arrangements(plan: Plan) -> list[Arrangement]:
    """Return every structure under every regime."""
    pairs = [(structure, regime) for regime in plan.regimes for structure in plan.structures]
    return [
        Arrangement(
            f"{structure}/{regime}", structure, regime,
            plan.scenario.replace({"backstop.structure": structure, "backstop.regime": regime}),
        )
        for structure, regime in pairs
    ]  # fmt: skip


def check_metric(plan: Plan, metric: str) -> None:
    """Raise ConfigurationError unless the runs of `plan` report `metric`."""
    from model.engine.engine import Engine  # noqa: PLC0415

    known = Engine(plan.scenario).summary()
    if metric not in known:
        raise ConfigurationError([f"command line: --metric: {metric!r}: allowed: {', '.join(known)}"])


def expected_runs(plan: Plan, effort: Effort) -> int:
    """Return about how many runs a study takes."""
    return len(arrangements(plan)) * (effort.seeds * (plan.replications + EXPECTED * effort.pilot) + effort.plain)


def words(plan: Plan, event: Event, effort: Effort) -> dict[str, Any]:
    """Return everything a study's numbers depend on."""
    return {**asked(plan), **event._asdict(), **effort._asdict()}


def study(
    plan: Plan, event: Event, effort: Effort, advance: Callable[[], None], store: RunStore | None = None
) -> Answer:
    """Find every arrangement's tilts and estimate all probabilities from shared replications, with every seed again.

    Seeds are the scenario's and those that follow it, so that each study can be had by itself.

    Parameters
    ----------
    plan : a checked plan.
    event : what is rare.
    effort : how much is spent on it.
    advance : called after every run.
    store : where finished runs are, and are kept; none to keep them nowhere.
    """
    with WorkerPool(plan.workers) as pool:
        executor = recorded(pool, store)
        seeded = [plan._replace(scenario=plan.scenario.replace({"seed": seed})) for seed in seeds(plan, effort)]
        samplers = [Sampler(one.scenario, event, effort.blocks, executor, advance) for one in seeded]
        studies = tuple(_study(one, sampler, effort) for one, sampler in zip(seeded, samplers, strict=True))
        chosen = arrangements(plan)
        plain = samplers[0].plain(chosen, effort.plain) if effort.plain else np.empty((0, len(chosen)))
    return Answer(
        event, tuple(arrangement.name for arrangement in chosen), samplers[0].axes, effort.pilot, studies, plain
    )


def seeds(plan: Plan, effort: Effort) -> range:
    """Return the seeds of the studies."""
    return range(plan.scenario.seed, plan.scenario.seed + effort.seeds)


def _study(plan: Plan, sampler: Sampler, effort: Effort) -> Study:
    chosen = arrangements(plan)
    pilots = [sampler.pilot(arrangement, effort.pilot) for arrangement in chosen]
    mixture = Mixture.defended([pilot.mixture for pilot in pilots], effort.untilted)
    return Study(plan.scenario.seed, tuple(pilots), sampler.sample(chosen, mixture, plan.replications))


def outcome(answer: Answer) -> Outcome:
    """Return weighted replications, figure and numbers for the result folder."""
    table = pa.concat_tables(_table(answer, one) for one in answer.studies)
    return Outcome(
        answer, "experiments.study.rare.figure", "replications", table, document(answer), summary=caveats(answer)
    )


def _table(answer: Answer, one: Study) -> pa.Table:
    """Return the weighted replications of one seed."""
    sample, metric = one.sample, answer.event.metric
    number = len(sample.weights)
    numbers = {"seed": np.full(number, one.seed), "replication": np.arange(number)}
    weights = {"component": sample.component, "weight": sample.weights}
    values = {f"{metric}:{arrangement}": sample.values[:, i] for i, arrangement in enumerate(answer.arrangements)}
    return pa.table({**numbers, **weights, **values})
