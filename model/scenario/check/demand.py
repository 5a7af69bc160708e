"""What a scenario needs in memory and time, estimated before anything of it is built.

A run keeps tables whose sizes follow from the scenario: a row per step, account, provider and keeper, a cell per pair
of protocols. Bytes and seconds of a row are rounded up from a few runs; they give the order of magnitude, to refuse
runs that are out of reach, not to size a machine.
"""

from typing import TYPE_CHECKING, NamedTuple

from model.scenario.check.joint import run_minutes
from model.scenario.extent import MINUTES_A_DAY, asset_names, listing_counts, listing_traders
from model.scenario.parameter import items
from model.scenario.problem import ScenarioError

if TYPE_CHECKING:
    from model.scenario import Scenario

SMALL = 5e8  # bytes; smaller runs are not compared with the machine's memory
SPARE = 0.9  # of the memory that is available may be used
MANY = 1_000  # protocols up to which every protocol's series are kept unless others are chosen, and debts held densely
ROWS = 32  # steps of which rows are kept where only sums over protocols are asked for
HOURS = 720.0  # a month: the longest run allowed
BYTE = 8.0
# Sizes of a default run; the parameter furthest above its own is named as the driver.
USUAL = {
    "steps": 1_440.0,
    "minutes": 1.0,
    "trader.number": 1_000.0,
    "trader.reserve": 1_000.0,
    "value_fund.number": 100.0,
    "market_maker.number": 10.0,
    "provider.number": 100.0,
    "provider.vaults": 1.0,
    "protocol.number": 8.0,
    "keeper.number": 100.0,
    "reinsurance.providers": 100.0,
}


class Part(NamedTuple):
    """A part of a run: what it needs, and the parameters that it grows with."""

    bytes: float
    seconds: float
    names: tuple[str, ...]


class Size(NamedTuple):
    """How much there is of everything."""

    steps: float
    protocols: float
    listings: float
    markets: float
    books: float
    slots: float  # of all listings
    stakes: float  # of liquidity providers
    keepers: float


def memory_needed(scenario: "Scenario", members: bool | None = None) -> float:
    """Return the bytes one run needs at its peak, next to those of the program itself; `members` as in `parts`."""
    return sum(part.bytes for part in parts(scenario, members))


def time_needed(scenario: "Scenario") -> float:
    """Return the seconds one run takes on one core, as an order of magnitude."""
    return sum(part.seconds for part in parts(scenario))


def refuse_beyond(
    scenario: "Scenario", memory: float | None = None, hours: float = HOURS, members: bool | None = None
) -> None:
    """Refuse a scenario that needs more than there is.

    Parameters
    ----------
    scenario : what is to be run.
    memory : bytes one run may use; none: what the machine has at hand, for a run that is not small.
    hours : the time one run may take.
    members : whether the series of every protocol are kept; none: as usual (:func:`keeps_members`).

    Raises
    ------
    ScenarioError : one line with what it needs, what there is, and the parameter to lower.
    """
    problem = demand_problem(scenario, memory, hours, members)
    if problem:
        raise ScenarioError([f"scenario: {problem}"])


def demand_problem(
    scenario: "Scenario", memory: float | None = None, hours: float = HOURS, members: bool | None = None
) -> str:
    """Return what is too large about a scenario, or nothing.

    Parameters
    ----------
    scenario, memory, hours, members : as in :func:`refuse_beyond`.
    """
    found = parts(scenario, members)
    needed, taken = memory_needed(scenario, members), time_needed(scenario) / 3_600.0
    if memory is None and needed > SMALL:
        memory = SPARE * memory_at_hand()
    if memory is not None and needed > memory:
        driver = _driver(scenario, max(found, key=lambda part: part.bytes))
        return f"{driver}: one run needs about {size_text(needed)} of memory, and {size_text(memory)} can be used"
    if taken > hours:
        driver = _driver(scenario, max(found, key=lambda part: part.seconds))
        return f"{driver}: one run takes about {taken:,.0f} hours and {size_text(needed)}; allowed: {hours:,.0f} hours"
    return ""


def memory_at_hand() -> float:
    """Return the bytes this process may still use: the machine's, or its container's where that has less."""
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415  # only for large runs

    at_hand = float(psutil.virtual_memory().available)
    try:
        with open("/sys/fs/cgroup/memory.max") as most, open("/sys/fs/cgroup/memory.current") as used:
            return min(at_hand, float(most.read()) - float(used.read()))
    except (OSError, ValueError):
        return at_hand


def size_of(scenario: "Scenario") -> Size:
    """Return how much there is of everything, in floats: no number is too large to estimate."""
    protocols, minutes = float(scenario.protocol.number), run_minutes(scenario) or MINUTES_A_DAY
    listings = float(sum(listing_counts(scenario)))
    each = max(listing_traders(scenario)) + scenario.trader.reserve + scenario.value_fund.number
    vaults = min(scenario.provider.vaults, listings)
    markets = float(len(asset_names(scenario))) if scenario.asset.shared_market else listings
    return Size(
        steps=float(scenario.steps or max(minutes / scenario.minutes, 1.0)),
        protocols=protocols,
        listings=listings,
        markets=markets,
        books=markets + listings * (scenario.market.books == "venue"),
        slots=(each // 64 + 1) * 64.0 * listings,
        stakes=float(scenario.provider.number) * listings * vaults,
        keepers=float(scenario.keeper.number),
    )


def keeps_members(scenario: "Scenario", members: bool | None = None) -> bool:
    """Return whether a run holds the series of every protocol at all steps.

    It does where they are wanted, `members`, as they usually are up to :data:`MANY` protocols, and where protocols that
    choose look back in them.
    """
    wanted = scenario.protocol.number <= MANY if members is None else members
    return wanted or scenario.choice.active


def parts(scenario: "Scenario", members: bool | None = None) -> list[Part]:
    """Return what every part of a run needs; `members` says whether every protocol's series are kept."""
    size = size_of(scenario)
    funds = scenario.value_fund.number * size.listings
    held = scenario.market_maker.number * size.listings
    owners = 60.0 if scenario.trader.venues_share else 0.0
    return [
        _steps(size, "minutes" if scenario.steps is None else "steps", keeps_members(scenario, members)),
        _windows(scenario, size),
        Part(
            (150.0 + owners) * size.slots,
            1e-8 * size.slots * size.steps,
            ("trader.number", "trader.reserve", "protocol.number"),
        ),
        Part(400.0 * funds, 1e-6 * funds * size.steps, ("value_fund.number", "protocol.number")),
        Part(
            100.0 * size.stakes,
            7e-8 * size.stakes * size.steps,
            ("provider.number", "provider.vaults", "protocol.number"),
        ),
        Part(16.0 * held, 1e-7 * held * size.steps, ("market_maker.number", "protocol.number")),
        Part(24.0 * size.keepers * size.listings, 1e-7 * size.keepers * size.steps, ("keeper.number",)),
        _capital(scenario, size),
        _network(scenario, size),
    ]


def _steps(size: Size, name: str, members: bool) -> Part:
    """Return the part of record, tape and what the tape is drawn from: a row per step, a column per series.

    Of a record without `members` there are rows of the protocols for few steps.
    """
    rows = 1.0 if members else min(ROWS / size.steps, 1.0)
    series = 4.0 + 3.0 * size.markets + 16.0 * (size.protocols * rows + 1.0 - rows)
    tape = 1.0 + 3.0 * size.markets + 2.0 * (size.protocols + size.listings)
    drawn = 8.0 + 4.0 * size.markets + 3.0 * size.listings + 2.0 * size.protocols
    a_step = 1e-4 + 1e-5 * size.listings
    return Part(BYTE * size.steps * (series + tape + drawn), a_step * size.steps, (name, "protocol.number"))


def _windows(scenario: "Scenario", size: Size) -> Part:
    """Return the part of what is remembered for a time, a row per step of the window."""
    lasting = {"fund.recall_delay": (scenario.fund.recall_delay, 2.0 * size.protocols)}
    if scenario.backstop.trigger == "drawdown":
        lasting["backstop.trigger_window"] = (scenario.backstop.trigger_window, size.protocols)
    if scenario.control.breaker_move:
        lasting["control.breaker_window"] = (scenario.control.breaker_window, size.books)
    if scenario.reinsurance.claims == "parametric":
        lasting["reinsurance.parametric_window"] = (scenario.reinsurance.parametric_window, size.books)
    rows = {name: minutes / scenario.minutes * columns for name, (minutes, columns) in lasting.items()}
    return Part(BYTE * sum(rows.values()), 0.0, (max(rows, key=lambda name: rows[name]),))


def _capital(scenario: "Scenario", size: Size) -> Part:
    """Return the part of the pools' capital providers."""
    names = ("reinsurance.providers", "protocol.number")
    owners = scenario.reinsurance.providers * (size.protocols if scenario.backstop.structure == "clustered" else 1.0)
    return Part(150.0 * owners, 1e-8 * owners * size.steps, names)


def _network(scenario: "Scenario", size: Size) -> Part:
    """Return the part of the debts: a few matrices over pairs of protocols or debts, and an edge for each debt."""
    exposure, pairs = scenario.exposure, size.protocols**2
    share = {"none": 0.0, "complete": 1.0, "netted": 1.0, "erdos_renyi": exposure.probability}
    share["blocks"] = 1.0 / min(exposure.blocks, size.protocols)
    edges = pairs * share.get(exposure.graph, min(2.0 * exposure.degree / size.protocols, 1.0))
    # a sparse matrix takes half as much again for every entry
    entries = pairs if size.protocols <= MANY else min(pairs, 1.5 * edges)
    drawn = exposure.classes * 3.0 * pairs if exposure.graph == "netted" else 0.0
    return Part(BYTE * (4.0 * entries + drawn) + 250.0 * edges, 1e-5 * edges + 1e-7 * pairs, ("protocol.number",))


def _driver(scenario: "Scenario", part: Part) -> str:
    """Return the parameter of a part that is furthest above what is usual, with its value."""

    def excess(name: str) -> float:
        value, usual = float(_value(scenario, name)), USUAL.get(name, 1.0)
        return usual / value if name == "minutes" else value / usual

    name = max(part.names, key=excess)
    return f"{name} {_value(scenario, name):,.12g}"


def _value(scenario: "Scenario", name: str) -> float:
    found: object = scenario
    for word in name.split("."):
        found = getattr(found, word)
    return max((item for item in items(found) if isinstance(item, int | float)), default=0.0)


def size_text(size: float) -> str:
    """Return bytes in words."""
    return f"{size / 1e9:,.1f} GB" if size < 1e15 else f"{size / 1e9:.1e} GB"
