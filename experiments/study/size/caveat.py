"""Warnings of a sizing: where the replications are too few for so rare an event."""

import math

from experiments.statistics.order_statistic import least_number
from experiments.study.size.answer import Answer
from experiments.study.size.sizing import OWN


def caveats(answer: Answer) -> list[str]:
    """Return a line for an estimate that is only the worst replication, an interval without end, no capital enough."""
    number, target = len(answer.losses), answer.target
    needed = least_number(target)
    lines = []
    if number * (1.0 - target) < 1.0:
        lines.append(
            f"{number} replications cannot show what happens once in {1 / (1 - target):,.0f}: the capital found is "
            f"that of the worst one, a lower bound in all likelihood; --replications {needed} bound target {target}"
        )
    elif any(math.isinf(size.high) for size in answer.sizes if size.structure != OWN) and number < needed:
        lines.append(f"no upper end with {number} replications: target {target} needs {needed}")
    else:
        together = least_number(target, together=answer.losses.shape[1])
        if number < together and any(math.isinf(size.high) for size in answer.sizes if size.structure == OWN):
            lines.append(f"no upper end of the sum of own right sizes with {number} replications: {together} give one")
    for size in answer.sizes:
        if math.isinf(size.capital):
            lines.append(
                f"{size.arrangement}, {size.target}: no capital that was tried leaves so few replications uncovered"
            )
    return lines
