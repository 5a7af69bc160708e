"""Which of the two ways, tilting or splitting: a short pilot of both, and the one that is surer for the same work.

The pilot is a study of one more seed, the one that follows those that count, so that nothing that is counted has
decided how it is counted. Tilts and levels are searched as they would be in the study, at work S; then a share q of the
replications is spent, work W. With e the relative error that they leave, each way is judged by

    c = e² q (S + W / q),                                                                       (1)

the work with which it would come to a relative error of one, if as much were spent on it as the study spends on a seed:
the smaller, the less variance at equal work. Several arrangements count by the mean of log c. Both e are estimates from
few numbers; where the two c are near each other either will do, and where they are far apart luck does not matter.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from experiments.plan.configuration import Plan
from experiments.results.run_store import RunStore
from experiments.study.rare.answer import Answer
from experiments.study.rare.run import Effort, expected_runs, study
from experiments.study.rare.search import Event, RareError
from experiments.study.rare.splitting.answer import REPETITIONS, SplitAnswer, SplitEffort
from experiments.study.rare.splitting.importance import SPLIT, Importance
from experiments.study.rare.splitting.study import expected_parts, split_study
from experiments.study.rare.splitting.whole_model import WholeModel
from experiments.study.rare.table import scientific

AUTO, TILTING, SPLITTING = "auto", "tilting", "splitting"
SPENT = 0.25  # share of a seed's replications that the pilot spends
TENTH = 0.1  # relative error that is told


class Judged(NamedTuple):
    """What the pilot of a way says of an arrangement."""

    probability: float
    relative_error: float  # NaN where no event was seen, 0 where nothing told it
    search: float  # whole runs' worth of steps, for tilts or levels
    work: float  # the same, for the replications

    @property
    def cost(self) -> float:
        """Equation (1), runs; inf where the error is not known."""
        needed = self.relative_error**2 * SPENT * (self.search + self.work / SPENT)
        return needed if needed > 0.0 else math.inf


class Choice(NamedTuple):
    """The way that is gone; and why, where it was not asked for by name.

    Attributes
    ----------
    method : its name.
    why : the reason, empty where it was asked for.
    pilots : what pilots said of every arrangement, by way; empty where none were needed.
    """

    method: str
    why: str = ""
    pilots: Mapping[str, Mapping[str, Judged]] = MappingProxyType({})

    @property
    def lines(self) -> list[str]:
        """The choice in a sentence, none where it was asked for."""
        return [f"method: {self.method}, {self.why}"] if self.why else []

    def added[Found](self, document: Callable[[Found], dict[str, Any]]) -> Callable[[Found], dict[str, Any]]:
        """Return a document that tells the choice as well, where it was not asked for."""
        told = {"chosen_by": AUTO, "why": self.why, "pilots": self._judged()} if self.why else {}
        return lambda found: {**document(found), **told}

    def _judged(self) -> dict[str, Any]:
        return {
            way: {name: {**one._asdict(), "runs_for_error_of_one": one.cost} for name, one in found.items()}
            for way, found in self.pilots.items()
        }


def only_way(plan: Plan, event: Event, tilted: Sequence[str]) -> Choice | None:
    """Return the choice where there is none, because splitting is not possible; None where both ways are.

    Parameters
    ----------
    plan : a checked plan.
    event : what is rare.
    tilted : options that were given and that only tilting has.
    """
    if tilted:
        return Choice(TILTING, f"as --{tilted[0]} is given, which splitting does not have")
    if event.metric not in SPLIT:
        return Choice(TILTING, f"as {event.metric} is not a loss that never falls within a run, so no run can be split")
    try:
        WholeModel(plan.scenario, Importance(*event)).check()
    except RareError:
        return Choice(TILTING, f"as {plan.scenario.price.process} is not drawn step by step, so no run can be split")
    return None


def expected_pilot(plan: Plan, effort: Effort) -> int:
    """Return about how many runs, trials and repetitions the pilots of both ways have."""
    return expected_runs(*_tilting(plan, effort)) + expected_parts(plan, _splitting(effort))


def pilot(plan: Plan, event: Event, effort: Effort, advance: Callable[[], None], store: RunStore | None) -> Choice:
    """Try both ways on the seed that follows, and choose.

    Parameters
    ----------
    plan : a checked plan.
    event : what is rare.
    effort : how much the study spends.
    advance : called after every run, trial and repetition.
    store : where what the pilots have finished is, and is kept; none to keep it nowhere.
    """
    tilted_plan, tilted = _tilting(plan, effort)
    by_tilting = study(tilted_plan, event, tilted, advance, store)
    if store is not None:
        store.flush()  # no part of it holds rows of both ways
    by_splitting = split_study(_next_seed(plan, effort), event, _splitting(effort), advance, store)
    return chosen(_of_tilting(by_tilting), _of_splitting(by_splitting))


def chosen(tilting: dict[str, Judged], splitting: dict[str, Judged]) -> Choice:
    """Return the better way to treat the same arrangements: first by where its error is known, then by (1)."""
    pilots = {TILTING: tilting, SPLITTING: splitting}
    if not any(math.isfinite(one.cost) for found in pilots.values() for one in found.values()):
        return Choice(TILTING, "as neither pilot could tell how sure it is", pilots)
    seen = [name for name in tilting if math.isfinite(tilting[name].cost) and math.isfinite(splitting[name].cost)]
    best, other = sorted(pilots, key=lambda way: (_unseen(pilots[way]), _log_cost(pilots[way], seen)))
    if _unseen(pilots[best]) < _unseen(pilots[other]):
        return Choice(best, f"as the pilot by {other} could not tell how sure it is", pilots)
    needs = [scientific(math.exp(_log_cost(pilots[way], seen)) / TENTH**2) for way in (best, other)]
    why = f"which in a pilot needs {needs[0]} runs for a relative error of 10 %, {other} {needs[1]}"
    return Choice(best, why, pilots)


def _unseen(found: dict[str, Judged]) -> int:
    return sum(not math.isfinite(one.cost) for one in found.values())


def _log_cost(found: dict[str, Judged], seen: Sequence[str]) -> float:
    return float(np.mean([math.log(found[name].cost) for name in seen])) if seen else math.inf


def _next_seed(plan: Plan, effort: Effort) -> Plan:
    return plan._replace(scenario=plan.scenario.replace({"seed": plan.scenario.seed + effort.seeds}))


def _tilting(plan: Plan, effort: Effort) -> tuple[Plan, Effort]:
    """Return the plan and the effort of the pilot by tilting."""
    number = max(math.ceil(plan.replications * SPENT), 1)
    return _next_seed(plan, effort)._replace(replications=number), effort._replace(seeds=1, plain=0)


def _splitting(effort: Effort) -> SplitEffort:
    return SplitEffort(effort.pilot, 1, math.ceil(REPETITIONS * SPENT))


def _of_tilting(answer: Answer) -> dict[str, Judged]:
    found = {}
    for i, name in enumerate(answer.arrangements):
        estimate, search = answer.probability(i), sum(answer.pilot_runs(i))
        found[name] = Judged(estimate.value, estimate.relative_error, search, answer.replications)
    return found


def _of_splitting(answer: SplitAnswer) -> dict[str, Judged]:
    found = {}
    for one in answer.arrangements:
        value, _, _, error = one.pooled
        relative = error / value if value > 0.0 else math.nan
        found[one.name] = Judged(value, relative, one.search, one.work - one.search)
    return found
