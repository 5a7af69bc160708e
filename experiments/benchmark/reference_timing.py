"""Times the Mesa model of the reference workload against something faster, on the same stretch of the machine's time.

Other work on a machine slows everything down by a factor of two for seconds on end, so the two take turns: a few steps
of Mesa's, then a burst of the other, and their ratio is that of the times taken in one lap. The median lap counts.

Run as a program, in a process of its own where no other package's objects slow Mesa down, it prints its timing as
JSON; the opponent is ``engine``, the same workload on the engine's own rules, or ``ecosystem``, the full model::

    python -m experiments.benchmark.reference_timing OPPONENT ACCOUNTS STEPS LAPS

With the engine goes ``c_ratio`` (:mod:`experiments.benchmark.reference_c`), null without a C compiler.
"""

import gc
import json
import sys
from collections.abc import Callable
from time import process_time

import numpy as np

from experiments.benchmark.ecosystem import WARM_STEPS, advance_timed, calm_scenario
from experiments.benchmark.reference import advance, make_state, run
from experiments.benchmark.reference_c import c_ratio
from experiments.benchmark.reference_mesa import ReferenceModel
from experiments.benchmark.workload import BURN_IN, SEED, Keys, Series, State, draw_keys, empty_series, log_returns
from model.ecosystem import Ecosystem

Burst = Callable[[], float]  # does some steps and returns CPU seconds a step
TURNS = 8  # of a lap
BURST_RUNS = 5  # of which the best counts
ECOSYSTEM_STEPS = 20  # of a burst
TOLERANCE = 1e-9  # relative


class Start:
    """The workload after its burn-in, from where both go on.

    Attributes
    ----------
    state : state after the burn-in, never changed.
    returns : log returns of the steps to time.
    series : the engine's trajectory over those steps, once it has run.
    """

    def __init__(self, number: int, steps: int, seed: int = SEED) -> None:
        returns = log_returns(seed, BURN_IN + steps)
        self.keys: Keys = draw_keys(seed)
        self.state: State = make_state(number, self.keys)
        advance(self.state, self.keys, 0, returns[:BURN_IN])
        self.returns = returns[BURN_IN:]
        self.series: Series = empty_series(steps)

    def engine_burst(self) -> float:
        """Run all steps on the engine several times; return the best CPU time a step, s."""
        factors, times = np.exp(self.returns), []
        for _ in range(BURST_RUNS):
            state = self.state.copied()
            begin = process_time()
            run(state, self.keys, BURN_IN, factors, self.series)
            times.append(process_time() - begin)
        return min(times) / len(self.returns)

    def mesa_model(self) -> ReferenceModel:
        """Return the Mesa model of the same state."""
        return ReferenceModel.transplant(self.state, self.keys, BURN_IN, self.returns)


def ecosystem_burst(number: int, laps: int) -> Burst:
    """Return a burst of the full default ecosystem with `number` accounts."""
    ecosystem = Ecosystem(calm_scenario(number, None, WARM_STEPS + laps * TURNS * BURST_RUNS * ECOSYSTEM_STEPS))
    ecosystem.run_for(WARM_STEPS)
    return lambda: min(advance_timed(ecosystem, ECOSYSTEM_STEPS) for _ in range(BURST_RUNS)) / ECOSYSTEM_STEPS


def lap(model: ReferenceModel, burst: Burst) -> tuple[float, float]:
    """Let `model` do all its steps in turns with `burst`; return the CPU times of a step of either, s."""
    steps, mesa, other = len(model.factors), 0.0, []
    for turn in np.array_split(np.arange(steps), min(TURNS, steps)):
        other.append(burst())
        begin = process_time()
        model.run_for(len(turn))
        mesa += process_time() - begin
    return mesa / steps, float(np.mean(other))


def check_same(series: Series, model: ReferenceModel) -> None:
    """Make sure that engine and Mesa model did the same work.

    Raises
    ------
    RuntimeError : if price, fund or liquidations of any step differ.
    """
    theirs = model.datacollector.get_model_vars_dataframe()
    for name in theirs:
        if not np.allclose(getattr(series, name), theirs[name], rtol=TOLERANCE, atol=0.0):
            raise RuntimeError(f"engine and Mesa model differ in {name} at {model.number} accounts")


def race(opponent: str, number: int, steps: int, laps: int) -> dict[str, float]:
    """Return CPU times of a step of the opponent and of Mesa, s, in the lap with the median ratio.

    Parameters
    ----------
    opponent : its name.
    number : of traders.
    steps : timed in a lap.
    laps : that both run in turns.
    """
    start = Start(number, steps)
    start.engine_burst()
    burst = start.engine_burst if opponent == "engine" else ecosystem_burst(number, laps)
    times = []
    for _ in range(laps):
        gc.collect()  # the model of the last lap, which would be walked by collections during this one
        model = start.mesa_model()
        times.append(lap(model, burst))
        check_same(start.series, model)
        del model
    mesa, other = sorted(times, key=lambda pair: pair[0] / pair[1])[laps // 2]
    return {"seconds_per_step": other, "mesa_seconds_per_step": mesa, "ratio": mesa / other}


def main(opponent: str, number: int, steps: int, laps: int) -> None:
    """Print the race's times as JSON; those of the engine with its speed beside C's.

    Parameters
    ----------
    opponent, number, steps, laps : of the race.
    """
    times: dict[str, float | None] = {**race(opponent, number, steps, laps)}
    if opponent == "engine":
        times["c_ratio"] = c_ratio(number)
    print(json.dumps(times))


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
