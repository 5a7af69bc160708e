"""The topics that are built: which inputs a rule takes, which outputs it gives, and the function of a run that does it.

A rule here is an adapter: it renames inputs, converts units and calls the function that a run uses; it knows no formula
of its own. A topic may have several, for other inputs or other outputs.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from experiments.validation.case.kind import Kind

GROUPS = (
    "experiments.validation.case.network",
    "experiments.validation.case.allocation",
    "experiments.validation.case.venue",
    "experiments.validation.case.position",
    "experiments.validation.case.capital",
)

type Given = Mapping[str, Any]  # inputs of a case by name, of the kinds declared
type Found = dict[str, Any]  # outputs by name: numbers, lists, texts, truth values


class Adapter(NamedTuple):
    """How a topic's cases are put to a function of a run.

    Attributes
    ----------
    takes : inputs that must be there, name → kind.
    may : inputs that may be there.
    gives : outputs.
    tells : keys that tell of a case and enter nothing.
    find : returns the outputs.
    """

    takes: Mapping[str, Kind]
    may: Mapping[str, Kind]
    gives: tuple[str, ...]
    tells: tuple[str, ...]
    find: Callable[[Given], Found]

    @property
    def known(self) -> tuple[str, ...]:
        """All keys that it takes, may take, gives or reads over."""
        return (*self.takes, *self.may, *self.gives, *self.tells)


TOPICS: dict[str, list[Adapter]] = {}


def topic(
    name: str, gives: tuple[str, ...], takes: Mapping[str, Kind], may: Mapping[str, Kind] | None = None,
    tells: tuple[str, ...] = (),
) -> Callable[[Callable[[Given], Found]], Callable[[Given], Found]]:  # fmt: skip
    """Register the decorated function as one that finds outputs of a topic (see :class:`Adapter`).

    Parameters
    ----------
    name : of the topic.
    gives : outputs.
    takes : inputs that must be there, name → kind.
    may : inputs that may be there.
    tells : keys that tell of a case and enter nothing.
    """

    def register(find: Callable[[Given], Found]) -> Callable[[Given], Found]:
        TOPICS.setdefault(name, []).append(Adapter(takes, may or {}, gives, tells, find))
        return find

    return register


def built() -> dict[str, list[Adapter]]:
    """Return all topics that are built, in the order of their files, whichever was imported first."""
    for module in GROUPS:
        import_module(module)
    return dict(sorted(TOPICS.items(), key=lambda one: GROUPS.index(one[1][0].find.__module__)))
