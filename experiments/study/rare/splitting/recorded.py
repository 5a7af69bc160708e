"""The finished parts of a study by splitting, each kept as a run is and found again by what defines it exactly.

A part is a row of :class:`experiments.results.run_store.RunStore`: arrangement, structure, regime, the number of the
repetition as its replication, −1 for the trial, and as metrics

=========================  ===========================================================================
``seed``                   of its scenario
``levels``                 how many there are, the event the last of them
``level_1``, ``level_2``   where they are, the event's left out
``work``                   whole runs' worth of steps
``product``                of a repetition
``share_1``, ``share_2``   of its paths that reached each level, up to the first that none reached
=========================  ===========================================================================

A part is known by a digest of the code, the scenario, the event, its paths, its number and its levels.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from experiments.plan.arrangement import Arrangement
from experiments.plan.identity import as_text, code_version, digest, file_digest, scenario_identity
from experiments.results.run import Run
from experiments.results.run_store import RunStore
from experiments.run.recorded import Describe
from experiments.study.rare.search import Event
from experiments.study.rare.splitting import fixed_effort, future, importance, part, whole_model
from experiments.study.rare.splitting.answer import Searched
from experiments.study.rare.splitting.fixed_effort import Product
from model.scenario import Scenario

TRIAL = -1  # in place of the number of a repetition
LEVEL, PASSED = "level_", "share_"


class Asked(NamedTuple):
    """What defines a part of a scenario and an event."""

    paths: int  # of a level
    repetition: int = TRIAL
    levels: tuple[float, ...] = ()  # of a repetition


class RecordedParts:
    """Parts by what was asked, of all arrangements of a study.

    Parameters
    ----------
    store : where finished parts are, and are kept; none to keep them nowhere.
    event : what is rare.
    """

    def __init__(self, store: RunStore | None, event: Event) -> None:
        self._store, self._describe = store, Describe(None if store is None else store.base)
        files = (file_digest(str(module.__file__)) for module in (fixed_effort, future, importance, part, whole_model))
        self._code = digest(code_version(), *files, as_text(event))
        self._known = list[Arrangement]()  # whose scenarios have to live on, as they are described once

    def trial(self, arrangement: Arrangement, asked: Asked) -> Searched | None:
        """Return the trial that was found, or None."""
        found = self._find(arrangement, asked)
        return trial_of(found.summary) if found else None

    def repetition(self, arrangement: Arrangement, asked: Asked) -> Product | None:
        """Return the repetition that was found, or None."""
        found = self._find(arrangement, asked)
        return product_of(found.summary) if found else None

    def keep(self, arrangement: Arrangement, asked: Asked, made: Searched | Product) -> None:
        """Keep a part that is finished."""
        if self._store is None:
            return
        self._known.append(arrangement)
        levels = made.levels if isinstance(made, Searched) else asked.levels
        run = Run(*arrangement[:3], asked.repetition, summary(arrangement.scenario.seed, levels, made), {})
        self._store.add(len(self._store), self._identity(arrangement, asked), run, self._describe(arrangement))

    def _find(self, arrangement: Arrangement, asked: Asked) -> Run | None:
        return None if self._store is None else self._store.find(arrangement.name, self._identity(arrangement, asked))

    def _identity(self, arrangement: Arrangement, asked: Asked) -> str:
        return digest(self._code, scenario_identity(arrangement.scenario), as_text(asked))


def summary(seed: int, levels: tuple[float, ...], made: Searched | Product) -> dict[str, float]:
    """Return a part as metrics.

    Parameters
    ----------
    seed : of its scenario.
    levels : of its study, to inf.
    made : the part.
    """
    shares = made.shares if isinstance(made, Product) else ()
    return {
        "seed": float(seed),
        **({"product": made.value} if isinstance(made, Product) else {}),
        "work": made.work,
        "levels": float(len(levels)),
        **{f"{LEVEL}{k}": level for k, level in enumerate(levels[:-1], 1)},
        **{f"{PASSED}{k}": share for k, share in enumerate(shares, 1)},
    }


def levels_of(metrics: Mapping[str, float]) -> tuple[float, ...]:
    """Return the levels among the metrics of a part, inf the last."""
    return (*_numbered(metrics, LEVEL), math.inf)


def trial_of(metrics: Mapping[str, float]) -> Searched:
    """Return the trial that has these metrics."""
    return Searched(levels_of(metrics), metrics["work"])


def product_of(metrics: Mapping[str, float]) -> Product:
    """Return the repetition that has these metrics."""
    return Product(metrics["product"], metrics["work"], _numbered(metrics, PASSED))


def is_part(metrics: Mapping[str, float]) -> bool:
    """Tell whether these are the metrics of a part, not of a run."""
    return "levels" in metrics


def made_again(
    scenario: Scenario, event: Event, paths: tuple[int, int], repetition: int, metrics: Mapping[str, float]
) -> dict[str, float]:
    """Make a part again and return its metrics.

    Parameters
    ----------
    scenario, event : what is run, and on the way to what.
    paths : of a level, of a trial and of a repetition.
    repetition : its number, or that of the trial.
    metrics : those it had, of which the levels are taken.
    """
    pilot, number = paths
    if repetition == TRIAL:
        trial = part.searched(scenario, event, pilot)
        return summary(scenario.seed, trial.levels, trial)
    levels = levels_of(metrics)
    return summary(scenario.seed, levels, part.repeated(scenario, event, levels, number, repetition))


def _numbered(metrics: Mapping[str, float], name: str) -> tuple[float, ...]:
    """Return the metrics ``name1``, ``name2`` and on."""
    found, k = list[float](), 1
    while (value := metrics.get(f"{name}{k}")) is not None:
        found.append(value)
        k += 1
    return tuple(found)
