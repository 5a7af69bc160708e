"""Limits of the page: how large a world may be that others wait for.

They are checked before anything is built: counts and lists one by one, then the size of a run with all of them
together.
"""

from typing import Any

from experiments.app.session.configuration import FILES, Configuration
from model.scenario import Scenario, ScenarioError
from model.scenario.check.demand import refuse_beyond
from model.scenario.extent import horizon, listing_traders
from model.scenario.parameter import Value, items

MOST: dict[str, int] = {
    "protocol.number": 60,
    "protocol.listings": 60,
    "trader.number": 200_000,
    "provider.number": 1_000,
    "provider.vaults": 60,
    "value_fund.number": 200,
    "market_maker.number": 100,
    "keeper.number": 1_000,
    "reinsurance.providers": 1_000,
    "exchange.liquidation_rounds": 1_000,
    "steps": 20_000,
}
"""Parameter → its greatest value on the page."""
MOST_ACCOUNTS = 200_000
MOST_PROVIDERS = 10_000
MOST_FUNDS = 1_000
MOST_CELLS = 400_000
"""Most steps times listings, the length of a run's record."""
LEAST_MINUTES = 0.01
MOST_MEMORY = 5e8  # bytes a side
MOST_HOURS = 0.1  # of computing a side
PAGE = " on this page"
MOST_ITEMS = 60
MOST_LETTERS = 100
MOST_INTERVENTIONS = 100
LAST_REPLICATION = 2**31


def require_moderate(chosen: Configuration) -> int:
    """Return the steps of a run; raises ScenarioError where it is too large for a page that serves others as well."""
    require_short(chosen)
    scenario = chosen.scenario
    problems = [
        f"{name}: {value}: at most {most} on this page"
        for name, most in MOST.items()
        for value in items(of(scenario, name))
        if value > most
    ]
    if scenario.minutes < LEAST_MINUTES:
        problems.append(f"minutes: {scenario.minutes:g}: at least {LEAST_MINUTES} on this page")
    refuse(problems)
    steps = horizon(scenario)
    refuse(together(scenario, steps))
    for side in (chosen.a, chosen.b):
        refuse_beyond(side.scenario(scenario), MOST_MEMORY, MOST_HOURS)
    return steps


def require_short(chosen: Configuration) -> None:
    """Raise ScenarioError where a list or a text is longer than the page shows."""
    refuse([problem for name, value in chosen.changes.items() for problem in lengthy(name, value)])
    done = len(chosen.interventions)
    if done > MOST_INTERVENTIONS:
        refuse([f"interventions: {done}: at most {MOST_INTERVENTIONS} on this page"])
    if chosen.replication > LAST_REPLICATION:
        refuse([f"replication: {chosen.replication}: at most {LAST_REPLICATION} on this page"])


def lengthy(name: str, value: Value) -> list[str]:
    """Return why a value is too long, or a text in it."""
    held = value if isinstance(value, (tuple, list)) else (value,)
    if len(held) > MOST_ITEMS:
        return [f"{name}: {len(held)} values: at most {MOST_ITEMS} on this page"]
    if rows := [row for row in held if isinstance(row, (tuple, list))]:
        return [problem for row in rows for problem in lengthy(name, row)]
    long = [len(item) for item in held if isinstance(item, str) and len(item) > MOST_LETTERS and name not in FILES]
    return [f"{name}: a text of {number} characters: at most {MOST_LETTERS} on this page" for number in long]


def together(scenario: Scenario, steps: int) -> list[str]:
    """Return which products of counts are too large."""
    listings = len(listing_traders(scenario))
    products = (
        ("steps", "steps", steps, MOST["steps"]),
        ("trader.number", "accounts in all", sum(listing_traders(scenario)), MOST_ACCOUNTS),
        ("provider.number", "providers in all", listings * scenario.provider.number, MOST_PROVIDERS),
        ("value_fund.number", "funds in all", listings * scenario.value_fund.number, MOST_FUNDS),
        ("steps", "steps times listings", steps * listings, MOST_CELLS),
    )
    return [
        f"{name}: {found} {what}: at most {most} on this page" for name, what, found, most in products if found > most
    ]


def of(scenario: Scenario, name: str) -> Value:
    """Return a parameter by its dotted name."""
    value: Any = scenario
    for part in name.split("."):
        value = getattr(value, part)
    return value


def refuse(problems: list[str]) -> None:
    """Raise ScenarioError where there are problems."""
    if problems:
        raise ScenarioError(problems)
