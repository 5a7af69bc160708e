"""A record that keeps of the protocols only sums: over protocols at each step, and over steps of each protocol.

All series of 10,000 protocols over a week are gigabytes. Where they are not asked for, the rows of the latest steps
(:data:`model.scenario.check.demand.ROWS`) are enough: they are added up before they are written over. Sums are those of
a whole record, bit for bit.
"""

import numpy as np

from model.measure.record import Record, Sums
from model.measure.series import PROTOCOL_SERIES, Choice, by_protocol
from model.scenario import Scenario
from model.scenario.check.demand import ROWS, keeps_members


class WindowRecord(Record):
    """The series of a run without those of each protocol.

    Parameters
    ----------
    steps, assets, protocols : of the run.
    rows : steps between two additions at most.
    """

    def __init__(self, steps: int, assets: tuple[str, ...], protocols: int, rows: int = ROWS) -> None:
        super().__init__(steps, assets, protocols, rows)
        columns = len(PROTOCOL_SERIES)
        self.sums = Sums(np.zeros(1, np.int64), np.zeros((steps, columns)), np.zeros((protocols, columns)))

    def fold(self, steps: int) -> None:
        """Add up the rows of the steps done since the last time, at most as many as there is room for."""
        folded, by_step, by_member = self.sums
        for step in range(int(folded[0]), steps):
            row = self.protocol[step % len(self.protocol)]
            by_member[:] += row
            for c in range(row.shape[1]):
                by_step[step, c] = row[:, c].sum()
        folded[0] = max(steps, folded[0])

    def columns(self, steps: int) -> dict[str, np.ndarray]:
        """Return the series there are: those of ecosystem and assets, (steps,) each."""
        return self._whole(steps)

    def member(self, name: str, steps: int) -> np.ndarray:
        """Return a protocol series summed over all steps done, (protocols,)."""
        return self.sums.by_member[:, PROTOCOL_SERIES.index(name)]

    def total(self, name: str, steps: int) -> np.ndarray:
        """Return a protocol series summed over protocols, (steps,)."""
        return self.sums.by_step[:steps, PROTOCOL_SERIES.index(name)]


def make_record(scenario: Scenario, choice: Choice, steps: int, assets: tuple[str, ...]) -> Record:
    """Return room for the series of a run.

    Parameters
    ----------
    scenario : all parameters.
    choice : of series, resolved.
    steps, assets : of the run.
    """
    members = scenario.protocol.number
    whole = keeps_members(scenario, by_protocol(choice)) or steps <= ROWS
    return Record(steps, assets, members) if whole else WindowRecord(steps, assets, members)
