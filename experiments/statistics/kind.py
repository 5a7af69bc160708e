"""What kind of quantity each metric of a run is, and the range in which it can lie.

The kind decides which interval a metric has, wherever it is shown (:mod:`experiments.statistics.estimate`):

=========  ==========================================  ==================
kind       what it is                                  possible range
=========  ==========================================  ==================
event      it happened in a run or it did not          0 or 1
count      protocols, out of N                         0 to N
share      part of a whole                             0 to 1
amount     USD, accounts or ratios that are never < 0  0 upwards
time       minutes until something, censored           0 to the run's end
fall       a log price below its fundamental           0 downwards
signed     anything else, such as a profit             any number
=========  ==========================================  ==================

Metrics are named in :mod:`model.measure.metric`, :mod:`model.measure.burden` and the reinsurance market; a suffix
``_0`` is a protocol's number, whose metric is of the kind of the stem except that counts of one protocol are events.
A metric that is named nowhere is signed, for which nothing is assumed. Names are in :mod:`model.measure.kind`.
"""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from model.measure.kind import AMOUNT, COUNT, EVENT, FALL, KINDS, SHARE, SIGNED, TIME

UPSTREAM = (
    r"(deficit|trader_deficit|vault_deficit|exploit_loss|backstop_loss)(_\d+)?"
    r"|liquidat\w+|volume|unserved_peak|worst_dislocation|(closed|sent)_elsewhere"
)
MEMBER = re.compile(r"uncovered_\d+")

UNBOUNDED = (-math.inf, math.inf)


class Kind(NamedTuple):
    """A kind with the ends of its possible range, infinite where there is none."""

    name: str
    low: float
    high: float

    @property
    def apart(self) -> tuple[float, float]:
        """Possible range of a difference of two such numbers."""
        width = self.high - self.low
        return (-width, width)


def kind_of(metric: str, members: int = 0, longest: float = math.inf) -> Kind:
    """Return the kind of `metric`.

    Parameters
    ----------
    metric : name, as in a run's summary.
    members : protocols N; where it is 0, not known, counts have no upper end.
    longest : length of a run, minutes, for times.
    """
    name = next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, metric)), SIGNED)
    ranges = {
        EVENT: (0.0, 1.0),
        COUNT: (0.0, float(members or math.inf)),
        SHARE: (0.0, 1.0),
        AMOUNT: (0.0, math.inf),
        TIME: (0.0, longest),
        FALL: (-math.inf, 0.0),
        SIGNED: UNBOUNDED,
    }
    return Kind(name, *ranges[name])


def upstream(metric: str) -> bool:
    """Return whether `metric` is settled before anybody pays, so that who pays changes it by feedback alone."""
    return re.fullmatch(UPSTREAM, metric) is not None


def members_among(metrics: Iterable[str]) -> int:
    """Return the number of protocols that have `metrics` of their own; 0 where none has."""
    return sum(MEMBER.fullmatch(name) is not None for name in metrics)
