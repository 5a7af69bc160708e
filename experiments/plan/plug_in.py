"""What a user added to the registries: it goes along to every worker, which loads it from the same place.

A structure or a loss regime is added by :meth:`agents.core.registry.Registry.add`, a price process by an entry of
:data:`model.scenario.registry.PROCESSES`; a worker that knew nothing of it could make no run that names it.
"""

from collections.abc import Iterable
from typing import Any

type PlugIn = tuple[str, str, Any]


def plug_ins() -> tuple[PlugIn, ...]:
    """Return what was added: the registry, the name, and where it is."""
    from model.scenario.registry import PROCESSES, REGIMES, STRUCTURES  # noqa: PLC0415

    parts = (("structure", STRUCTURES.added), ("regime", REGIMES.added))
    own = {name: tuple(one) for name, one in PROCESSES.items() if not one.module.startswith("model.")}
    found: list[PlugIn] = [(kind, name, place) for kind, added in parts for name, place in added.items()]
    return (*found, *(("process", name, place) for name, place in own.items()))


def register(added: Iterable[PlugIn]) -> None:
    """Add in this process what is `added` and not yet known."""
    from model.scenario.registry import (  # noqa: PLC0415
        PROCESSES,
        REGIMES,
        STRUCTURES,
        Registration,
    )

    for kind, name, place in added:
        if kind == "process":
            PROCESSES[name] = Registration(*place)
        else:
            registry = STRUCTURES if kind == "structure" else REGIMES
            if name not in registry:
                registry.add(name, place)
