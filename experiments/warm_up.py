"""Compiling on a cold machine: two processes share the kernels between them.

On a machine that has never run these sources numba compiles for some twenty seconds. Half of the kernels are compiled
by this process, half by another, through the cache on disk; after that every worker loads them from there.
"""

import multiprocessing
from typing import Any

from agents.kernel import is_cold

TINY = {"trader.number": 1, "steps": 2, "provider.number": 1}


def warm_up(scenario: Any, context: Any = None) -> None:
    """Compile what a run of `scenario` needs, in two processes, unless it has been compiled before."""
    if not is_cold():
        return
    other = (context or multiprocessing.get_context("spawn")).Process(target=compile_later_phases, args=(scenario,))
    other.start()
    compile_earlier_phases(scenario)
    other.join()


def compile_earlier_phases(scenario: Any) -> None:
    """Compile the phases up to trading."""
    ecosystem = _tiny(scenario)
    ecosystem.apply_shocks()
    ecosystem.set_prices()
    ecosystem.charge_funding()
    ecosystem.trade()


def compile_later_phases(scenario: Any) -> None:
    """Compile the phases from liquidation on, and the scenario's loss regime."""
    ecosystem = _tiny(scenario)
    ecosystem.liquidate()
    ecosystem.settle_capital()
    ecosystem.write_record()
    ecosystem.waterfall.regime.collect(ecosystem.venue, 0, 0.0)


def _tiny(scenario: Any) -> Any:
    from model.ecosystem import Ecosystem  # noqa: PLC0415

    return Ecosystem(scenario.replace(TINY))
