"""The two parts that splitting is made of: a trial that chooses levels, and a repetition that gives one product.

Each is defined by its scenario, its event and a few numbers alone, whoever makes it and whenever. The trial draws from
replication ``FIRST`` on, repetition r from ``APART`` times r + 1 further on.
"""

from collections.abc import Sequence

from experiments.study.rare.search import Event
from experiments.study.rare.splitting.answer import Searched
from experiments.study.rare.splitting.fixed_effort import Numbers, Product, chosen_levels, product
from experiments.study.rare.splitting.importance import Importance
from experiments.study.rare.splitting.whole_model import WholeModel
from model.scenario import Scenario

SHARE = 0.25  # of the paths that is to reach the next level
FIRST, APART = 10_000_000, 10_000_000  # replications


def searched(scenario: Scenario, event: Event, number: int) -> Searched:
    """Return the levels of a scenario from a trial of `number` paths a level."""
    process = WholeModel(scenario, Importance(*event))
    process.check()
    levels, work = chosen_levels(process, number, SHARE, Numbers(FIRST))
    return Searched(tuple(levels), work)


def repeated(scenario: Scenario, event: Event, levels: Sequence[float], number: int, repetition: int) -> Product:
    """Return one product, and its work in whole runs.

    Parameters
    ----------
    scenario, event : what is run, and on the way to what.
    levels : rising, to inf.
    number : paths of a level.
    repetition : its number, from 0, which names its draws.
    """
    numbers = Numbers(FIRST + (repetition + 1) * APART)
    return product(WholeModel(scenario, Importance(*event)), levels, number, numbers)
