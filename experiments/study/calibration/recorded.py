"""A simulation that stores its moments and reads them when the same parameters are simulated again.

A vector of moments is kept as the metrics ``moment_0``, ``moment_1`` and on of a run (a covariance as a run for every
row), under a digest of the code, the simulation and the parameters. A search visits the same parameters in the same
order whenever it is started with the same options, so it resumes where it was.
"""

from collections.abc import Callable, Mapping

import numpy as np

from experiments.plan.identity import as_text, code_version, digest, file_digest, scenario_identity
from experiments.results.run import Run
from experiments.results.run_store import Making, RunStore
from experiments.study.calibration import field, moment, simulation
from experiments.study.calibration.moment import Floats
from experiments.study.calibration.simulation import Simulation, Spread


class RecordedSimulation:
    """Moments of `simulated`, taken from `store` where they are there.

    Parameters
    ----------
    simulated : what simulates those that are missing.
    store : what is finished; every vector of moments is added to it.
    """

    def __init__(self, simulated: Simulation, store: RunStore) -> None:
        self.simulated, self.store = simulated, store
        files = (file_digest(str(module.__file__)) for module in (field, moment, simulation))
        self._code = digest(code_version(), *files, as_text(simulated.described))
        self._number = 0

    def moments(self, values: Mapping[str, float], spread: Spread = map) -> Floats:
        """Return the vector of moments as :meth:`Simulation.moments`."""
        [moments] = self._kept("moments", values, 1, lambda: self.simulated.moments(values, spread)[None])
        return moments

    def scatter(self, values: Mapping[str, float]) -> Floats:
        """Return the (M, M) covariance as :meth:`Simulation.scatter`."""
        size = len(self.moments(values))
        return self._kept("scatter", values, size, lambda: self.simulated.scatter(values))

    def again(self, values: Mapping[str, float], runs: int, spread: Spread = map) -> Floats:
        """Return the vector of moments as :meth:`Simulation.again`."""
        [moments] = self._kept(f"again {runs}", values, 1, lambda: self.simulated.again(values, runs, spread)[None])
        return moments

    def _kept(self, kind: str, values: Mapping[str, float], rows: int, simulate: Callable[[], Floats]) -> Floats:
        """Return (rows, M) numbers, from the store where all of them are there."""
        scenario = scenario_identity(field.applied(self.simulated.scenario, values))
        identities = [digest(self._code, kind, scenario, str(row)) for row in range(rows)]
        finished = [self.store.find(kind, identity) for identity in identities]
        self._number += rows
        if all(finished):
            return np.array([list(run.summary.values()) for run in finished if run])
        simulated = simulate()
        making = Making(as_text(dict(values)))
        for row, (identity, numbers) in enumerate(zip(identities, simulated, strict=True)):
            summary = {f"moment_{i}": float(number) for i, number in enumerate(numbers)}
            self.store.add(self._number - rows + row, identity, Run(kind, "", "", row, summary, {}), making)
        return simulated
