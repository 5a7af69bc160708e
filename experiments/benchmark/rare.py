"""How much less work a rare loss takes by splitting: the gain over plain replications at equal work.

A turbulent market of two small protocols over 200 minutes: the default stochastic volatility, at twice the calm
level. The event has a probability near 1e-4. Of every seed levels come from a trial, and the estimate P from 20
independent repetitions,

    gain = P (1 − P) / (work × variance of P),                                                  (1)

work counted in steps over those of a whole run, those of the trial included. A gain is itself estimated from 20
numbers; the range over seeds tells how well.
"""

from typing import Any

from experiments.study.rare.search import Event
from experiments.study.rare.splitting.answer import REPETITIONS
from experiments.study.rare.splitting.fixed_effort import Numbers, chosen_levels, split
from experiments.study.rare.splitting.importance import Importance
from experiments.study.rare.splitting.part import FIRST, SHARE
from experiments.study.rare.splitting.whole_model import WholeModel
from model.scenario import Scenario

WORLD: dict[str, Any] = {
    "protocol.number": 2,
    "protocol.listings": (1,),
    "provider.number": 2,
    "trader.number": 200,
    "steps": 200,
    "minutes": 1.0,
    "asset.daily_volatility": (0.05, 0.066, 0.1),
    "backstop.structure": "isolated",
}
EVENT = Event("deficit", 3e6)
SEEDS = range(1, 6)
PILOT, PATHS = 30, 60  # of a level, in the trial and in a repetition


def rare_gains(quick: bool = False) -> list[dict[str, Any]]:
    """Return seed, probability and gain of every seed, of one by two small repetitions where it is to be quick."""
    if quick:
        return [split_seed(SEEDS[0], 10, 10, 2)]
    return [split_seed(seed, PILOT, PATHS, REPETITIONS) for seed in SEEDS]


def split_seed(seed: int, pilot: int, paths: int, repetitions: int) -> dict[str, Any]:
    """Return the record of one seed.

    Parameters
    ----------
    seed : of the scenario.
    pilot, paths : of a level, in the trial and in a repetition.
    repetitions : independent products.
    """
    process, numbers = WholeModel(Scenario().replace({**WORLD, "seed": seed}), Importance(*EVENT)), Numbers(FIRST)
    levels, search = chosen_levels(process, pilot, SHARE, numbers)
    found = split(process, levels, paths, repetitions, numbers)
    gain = found.gain(search) if found.error > 0.0 else None
    work = {"runs": search + found.work, "pilot_runs": search, "levels": len(levels)}
    return {"seed": seed, "probability": found.value, "error": found.error, "gain": gain, **work}
