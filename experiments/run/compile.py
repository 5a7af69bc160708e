"""Compiling on a cold machine: the kernels in two halves, for two processes to share.

On a machine that has never run these sources numba compiles for some twenty seconds. One half of the kernels is
compiled by one worker, the other half by another, through the cache on disk; then one of them compiles the run that
calls them, and after that everyone loads them from there.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.scenario import Scenario

COMPILING = "compiling, some 20 s"
TINY = {"trader.number": 1, "steps": 2, "provider.number": 1}


def halves() -> tuple[Callable[["Scenario"], None], ...]:
    """Return what has to be called, in any process, before runs are: nothing where it has been before."""
    from agents.core.kernel import is_cold  # noqa: PLC0415

    return (compile_trade, compile_liquidation) if is_cold() else ()


def compile_trade(scenario: "Scenario") -> None:
    """Compile the phases up to trading and the capital's."""
    with uncollected():
        ecosystem = _tiny(scenario)
        ecosystem.apply_shocks()
        ecosystem.set_prices()
        ecosystem.charge_funding()
        ecosystem.trade()
        ecosystem.settle_capital()


def compile_liquidation(scenario: "Scenario") -> None:
    """Compile liquidation, which takes longest, the scenario's loss regime, and the record."""
    with uncollected():
        ecosystem = _tiny(scenario)
        ecosystem.liquidate()
        ecosystem.regime.first.collect(ecosystem.venue, 0, 0.0, 0)
        ecosystem.write_record()


def compile_run(scenario: "Scenario") -> None:
    """Compile the run as a whole, which calls what the two halves have compiled."""
    with uncollected():
        _tiny(scenario).code.run()


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave garbage where it lies: looking for it among the compiler's many objects takes a seventh of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _tiny(scenario: "Scenario") -> Any:
    from model.engine.engine import Engine  # noqa: PLC0415

    return Engine(scenario.replace(TINY))
