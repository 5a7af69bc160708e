"""Trading strategies: where each kind of trader would like its position to be.

A strategy is one pure function of a :class:`agents.trader.strategy.view.View`, in a file of its own, that returns the
wanted position in contracts; the trader's means, margin and order size are applied in :mod:`agents.trader.trader`. A
new one is a file, an entry in ``STRATEGIES``, and its share in the scenario's trader section.
"""

from agents.core.kernel import dispatch
from agents.trader.strategy.carry import carry
from agents.trader.strategy.fundamentalist import fundamentalist
from agents.trader.strategy.hedger import hedger
from agents.trader.strategy.noise import noise
from agents.trader.strategy.trend import trend

STRATEGIES = {
    "noise": noise,
    "trend": trend,
    "fundamentalist": fundamentalist,
    "carry": carry,
    "hedger": hedger,
}
wanted_position = dispatch(tuple(STRATEGIES.values()))
