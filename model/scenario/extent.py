"""How far a run goes: how long it is, which assets it trades, and what every protocol lists.

Length and assets depend on what prices come from. A protocol lists every asset, each at a listing of its own, all under
its one backstop, as venues with one fund for all contracts do; or as many as ``protocol.listings`` says; or one, where
``protocol.asset`` names each protocol's.

A list of values may have one for each protocol, the last repeated, or as many as there are listings in all, which is
then one each. What is a protocol's whole (open interest, accounts, a vault in USD) is divided among its listings; what
is a rate is the same at all of them. Listing k of a protocol has the part

    wₖ / Σ wⱼ,    w = ``protocol.listing_share``

of its open interest, equal parts where none is given. Accounts are divided equally, as far as whole numbers allow.
"""

from collections.abc import Callable
from importlib import import_module
from itertools import islice
from operator import mul
from typing import Any, Protocol

from model.scenario.asset_name import file_names
from model.scenario.episode import EPISODES
from model.scenario.parameter import items, per_item
from model.scenario.registry import PROCESSES
from model.scenario.section.price import PriceSection
from model.scenario.section.protocol import ProtocolSection
from model.scenario.section.trader import TraderSection

MINUTES_A_DAY = 1440
type Floats = tuple[float, ...]


class Timed(Protocol):
    """What tells how long a run is: a :class:`model.scenario.Scenario`."""

    @property
    def price(self) -> PriceSection:
        """Where prices come from."""

    @property
    def minutes(self) -> float:
        """Length of a step."""

    @property
    def steps(self) -> int | None:
        """Length of the run in steps; none: its natural one."""


class Listed(Timed, Protocol):
    """What tells what protocols list, and how much of it: a :class:`model.scenario.Scenario`."""

    @property
    def protocol(self) -> ProtocolSection:
        """The protocols."""

    @property
    def trader(self) -> TraderSection:
        """Their accounts."""


def asset_names(scenario: Timed) -> tuple[str, ...]:
    """Return the names of the assets traded in `scenario`: declared, the episode's, or one per price file."""
    return _NAMES[PROCESSES[scenario.price.process].origin](scenario)


def natural_steps(scenario: Timed) -> int:
    """Return the steps of a run whose length is not given.

    An episode runs to its end, a replay to the end of its files or of a day, whichever is first, anything
    else a day. Reads the price files of a replay, and so raises :class:`model.price.reader.file.PriceFileError`
    where they are faulty.
    """
    return max(1, int(_natural_minutes(scenario) / scenario.minutes))


def horizon(scenario: Timed) -> int:
    """Return the steps of the run: the scenario's, or the natural ones where it leaves them open."""
    return natural_steps(scenario) if scenario.steps is None else int(scenario.steps)


def listing_counts(scenario: Listed) -> tuple[int, ...]:
    """Return the number of listings of each protocol, (protocols,)."""
    terms = scenario.protocol
    one_each = 1 if terms.asset else len(asset_names(scenario))
    return tuple(map(int, per_item(terms.listings or (one_each,), terms.number)))


def by_protocol(scenario: Listed, value: float | Floats) -> Floats:
    """Return what a parameter says of each protocol, (protocols,), in its unit."""
    return tuple(map(float, per_item(value, scenario.protocol.number)))


def by_listing(scenario: Listed, value: float | Floats) -> Floats:
    """Return what a parameter says of each listing, (listings,), in its unit: its own, or its protocol's."""
    return each_listing(value, listing_counts(scenario))


def each_listing(value: float | Floats, counts: tuple[int, ...]) -> Floats:
    """Return what a parameter says of each listing, (listings,), where protocols have so many, `counts`, each."""
    given = items(value)
    if len(given) == sum(counts):
        return tuple(map(float, given))
    owned = zip(per_item(value, len(counts)), counts, strict=True)
    return tuple(float(one) for one, count in owned for _ in range(count))


def listing_interest(scenario: Listed) -> Floats:
    """Return one-sided open interest of each listing at the start, (listings,) USD.

    The default says what protocols have, though one protocol may have as many listings as it has values.
    """
    given = scenario.protocol.open_interest
    usual = type(scenario.protocol).model_fields["open_interest"].default
    return divided(scenario, by_protocol(scenario, given) if given == usual else given)


def protocol_interest(scenario: Listed) -> Floats:
    """Return one-sided open interest of each protocol at the start, (protocols,) USD."""
    each = iter(listing_interest(scenario))
    return tuple(sum(islice(each, count)) for count in listing_counts(scenario))


def treasury_amounts(scenario: Listed) -> Floats:
    """Return each protocol's own capital at the start, (protocols,) USD: as given, or by its ratio."""
    terms = scenario.protocol
    if terms.treasury:
        return by_protocol(scenario, terms.treasury)
    return tuple(map(mul, by_protocol(scenario, terms.treasury_ratio), protocol_interest(scenario)))


def divided(scenario: Listed, whole: Floats) -> Floats:
    """Return each listing's part of sums of `whole` protocols, (listings,), or what `whole` says of each listing."""
    counts, shares = listing_counts(scenario), scenario.protocol.listing_share
    if len(whole) == sum(counts) or max(counts) == 1:
        return by_listing(scenario, whole)
    weights = [per_item(shares or (1.0,), count) for count in counts]
    owned = zip(by_protocol(scenario, whole), weights, strict=True)
    return tuple(total * (one / sum(weight)) for total, weight in owned for one in weight)


def listing_traders(scenario: Listed) -> tuple[int, ...]:
    """Return the number of accounts at each listing, (listings,): its own, or an equal part of its protocol's."""
    counts, given = listing_counts(scenario), items(scenario.trader.number)
    if len(given) == sum(counts):
        return tuple(given)
    numbers = per_item(scenario.trader.number, len(counts))
    return tuple((n + c - 1 - k) // c for n, c in zip(numbers, counts, strict=True) for k in range(c))


def _natural_minutes(scenario: Timed) -> float:
    return _MINUTES.get(scenario.price.process, lambda _: MINUTES_A_DAY)(scenario)


def _episode_minutes(scenario: Timed) -> float:
    return EPISODES[scenario.price.episode].minutes


def _replay_minutes(scenario: Timed) -> float:
    return min(import_module("model.price.process.replay").minutes_on_file(scenario), MINUTES_A_DAY)


def _file_names(scenario: Timed) -> tuple[str, ...]:
    return file_names(scenario.price.files, scenario.price.names)


_NAMES: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "declared": lambda scenario: scenario.asset.name,
    "episode": lambda scenario: EPISODES[scenario.price.episode].assets,
    "files": _file_names,
}
_MINUTES: dict[str, Callable[[Any], float]] = {"episode": _episode_minutes, "replay": _replay_minutes}
