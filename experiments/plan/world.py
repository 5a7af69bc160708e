"""The world of a run in three lines: prices and dates, protocols and their capital, what is compared.

Every command prints it before it runs and keeps it in its manifest and its JSON, so that every number can be traced to
the world it comes from. It warns at the end where that world stressed nothing (:func:`unstressed`).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from experiments.plan.configuration import Plan
from model.price.process.recorded import bars_of
from model.scenario import Scenario, ScenarioError
from model.scenario.episode import EPISODES
from model.scenario.extent import asset_names, horizon
from model.scenario.registry import PROCESSES
from model.state.account_book import book_of, settled
from model.state.initial import fund_sizes, open_interest, stated_funds, total_capital

MILLION = 1e-6
MINUTES_A_DAY = 1_440
FORM = "%Y-%m-%d %H:%M"
NOTHING = "no deficit in any of {runs} runs: nothing was stressed, and no structure is told apart from another"


def world(
    scenario: "Scenario",
    structures: Sequence[str] = (),
    regimes: Sequence[str] = (),
    replications: int | None = None,
    moved: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """Return the description of a scenario's world, ready for JSON; money in USD, times in UTC.

    Parameters
    ----------
    scenario : what is run.
    structures, regimes : compared; empty: the scenario's own.
    replications : of each of them, where there are any.
    moved : values of the fields that a design moves.
    """
    scenario = settled(scenario)
    interest, steps = open_interest(scenario), horizon(scenario)
    content = {
        "process": scenario.price.process,
        **_prices(scenario, steps),
        "steps": steps,
        "minutes": scenario.minutes,
        "assets": list(asset_names(scenario)),
        "protocols": scenario.protocol.number,
        "names": list(scenario.protocol.name),
        "funds_given": stated_funds(scenario) is not None,
        "open_interest": interest.tolist(),
        **_accounts(scenario),
        "capital": total_capital(scenario),
        "allotment": scenario.backstop.allotment,
        "capital_by_fund": _funds(scenario),
        "structures": list(structures or (scenario.backstop.structure,)),
        "regimes": list(regimes or (scenario.backstop.regime,)),
        "replications": replications,
        "moved": {name: list(values) for name, values in (moved or {}).items()},
        "seed": scenario.seed,
    }
    return {**content, "lines": _lines(content)}


def describe_world(
    scenario: "Scenario",
    structures: Sequence[str] = (),
    regimes: Sequence[str] = (),
    replications: int | None = None,
    moved: Mapping[str, Sequence[Any]] | None = None,
) -> list[str]:
    """Return the world in a few lines; parameters as of :func:`world`.

    Parameters
    ----------
    scenario : what is run.
    structures, regimes : compared; empty: the scenario's own.
    replications : of each of them, where there are any.
    moved : values of the fields that a design moves.
    """
    lines: list[str] = world(scenario, structures, regimes, replications, moved)["lines"]
    return lines


def plan_world(plan: Plan, structures: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the world of a checked plan; `structures` where a command compares others than the plan's."""
    return world(plan.scenario, plan.structures if structures is None else structures, plan.regimes, plan.replications)


def unstressed(deficits: Iterable[float]) -> list[str]:
    """Return a warning where none of the runs' `deficits`, USD, is above zero; NaN for runs that failed."""
    known = [deficit for deficit in deficits if math.isfinite(deficit)]
    return [] if not known or max(known) > 0.0 else [f"warning: {NOTHING.format(runs=len(known))}"]


def _prices(scenario: "Scenario", steps: int) -> dict[str, Any]:
    """Return episode or files, start and end, and the dates to choose from."""
    origin = PROCESSES[scenario.price.process].origin
    length = timedelta(minutes=steps * scenario.minutes)
    if origin == "episode":
        episode = EPISODES[scenario.price.episode]
        start = datetime.fromisoformat(episode.start).replace(tzinfo=UTC)
        return {"episode": episode.name, "title": episode.title, "start": _iso(start), "end": _iso(start + length)}
    if origin == "files":
        return _recorded(scenario, length)
    return {"start": None, "end": None}


def _recorded(scenario: "Scenario", length: timedelta) -> dict[str, Any]:
    price = scenario.price
    bars = bars_of(scenario.replace({"price.start": ""}))
    first, last = (datetime.fromtimestamp(int(time) / 1000.0, UTC) for time in bars.time[[0, -1]])
    span = first, last + timedelta(minutes=bars.minutes)
    used = datetime.fromtimestamp(int(bars_of(scenario).time[0]) / 1000.0, UTC)
    recorded = {"files": [Path(file).name for file in price.files], "on_file": [_iso(span[0]), _iso(span[1])]}
    if price.process != "replay":
        return {**recorded, "start": None, "end": None, "drawn_from": [_iso(used), _iso(span[1])]}
    return {**recorded, "start": _iso(used), "end": _iso(used + length)}


def _accounts(scenario: "Scenario") -> dict[str, Any]:
    """Return the file of accounts and how many positions and owners it has; nothing where accounts are drawn."""
    if not scenario.trader.accounts:
        return {}
    found = book_of(scenario).positions
    counts = {"positions": len(found.owner), "owners": int(found.owner.max()) + 1}
    return {"accounts": {"file": Path(scenario.trader.accounts).name, **counts}}


def _funds(scenario: "Scenario") -> list[float] | None:
    """Return the capital of each fund, (protocols,) USD; None where an estimate of losses is still to size them."""
    try:
        funds: list[float] = fund_sizes(scenario).tolist()
    except ScenarioError:
        return None
    return funds


def _lines(content: Mapping[str, Any]) -> list[str]:
    return [
        f"world: {_what(content)}, {content['steps']:,} steps of {content['minutes']:g} min ({_hours(content)})"
        f"{_choose(content)}",
        f"assets {', '.join(content['assets'])}; {content['protocols']} protocols{_called(content)}{_held(content)}, "
        f"open interest $M {_money(content['open_interest'])} (total {_money([sum(content['open_interest'])])}); "
        f"capital $M {_money([content['capital']])}, by fund {_by_fund(content)} ({_by(content)})",
        f"structure {', '.join(content['structures'])}; regime {', '.join(content['regimes'])}; {_number(content)}"
        f"seed {content['seed']}",
        *(f"moved: {name} = {_values(values)}" for name, values in content["moved"].items()),
    ]


def _what(content: Mapping[str, Any]) -> str:
    name = f"process {content['process']}"
    if "episode" in content:
        name = f"episode {content['episode']} ({content['title']})"
    elif "files" in content:
        name = f"{content['process']} of {', '.join(content['files'])}"
    if content["start"]:
        return f"{name}, {_moment(content['start'])} to {_moment(content['end'])} UTC"
    if "drawn_from" in content:
        return f"{name}, drawn from {' to '.join(map(_moment, content['drawn_from']))} UTC"
    return f"{name}, no dates"


def _choose(content: Mapping[str, Any]) -> str:
    """Return how to choose other dates, where a replay does not cover all that is on file."""
    if "on_file" not in content or not content["start"] or [content["start"], content["end"]] == content["on_file"]:
        return ""
    start, end = map(_moment, content["on_file"])
    return f"; on file are {start} to {end} UTC: --set price.start=DATE and --set steps=N choose"


def _hours(content: Mapping[str, Any]) -> str:
    minutes = content["steps"] * content["minutes"]
    return f"{minutes / 60:g} h" if minutes <= 2 * MINUTES_A_DAY else f"{minutes / MINUTES_A_DAY:,.3g} days"


def _by_fund(content: Mapping[str, Any]) -> str:
    return _money(content["capital_by_fund"]) if content["capital_by_fund"] else "as a pilot estimates"


def _called(content: Mapping[str, Any]) -> str:
    return f" ({_values(content['names'])})" if content["names"] else ""


def _held(content: Mapping[str, Any]) -> str:
    """Return where the accounts come from, if not drawn."""
    if "accounts" not in content:
        return ""
    found = content["accounts"]
    return f", {found['positions']:,} positions of {found['owners']:,} owners in {found['file']}"


def _by(content: Mapping[str, Any]) -> str:
    given = content["funds_given"] and content["allotment"] == "open_interest"
    return "as given" if given else f"by {content['allotment'].replace('_', ' ')}"


def _number(content: Mapping[str, Any]) -> str:
    return "" if content["replications"] is None else f"n = {content['replications']:,}; "


def _money(amounts: Sequence[float]) -> str:
    return " ".join(f"{amount * MILLION:,.4g}" for amount in amounts)


def _values(values: Sequence[Any]) -> str:
    few = [str(value) for value in values]
    return ", ".join(few if len(few) <= 6 else [*few[:3], "...", few[-1]])


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes").replace("+00:00", "Z")


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime(FORM)
