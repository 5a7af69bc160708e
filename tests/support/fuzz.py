"""Plausible scenarios drawn from the declared bounds, and what a run of one must not do.

Bounds and choices are read from the declarations, so a new parameter is drawn without a word here. Each scenario starts
from the defaults or a preset and changes a third of all parameters: most within a factor of ten of the default, some
anywhere within their bounds or at an end of them, evenly in the logarithm where those span decades. Every name a
parameter may have is drawn, price files and an edge list included, which are made here. Runs are small: how many there
are of anything is a matter of memory, not of arithmetic, and drawn from ``SIZES``.

What does not fit together is refused: of such a draw what the refusal names is left out, and it counts as refused.

``python tests/support/fuzz.py FIRST LAST`` runs the seeds FIRST … LAST − 1 and writes a line of JSON each.
"""

import json
import math
import random
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import numpy as np
from pydantic import BaseModel, ValidationError

from experiments.app.world.arrangement import preset_changes, presets
from model.ecosystem import Ecosystem
from model.price.streams import Streams
from model.scenario import Scenario, ScenarioError
from model.scenario.parameter import is_by_protocol
from model.state import initial

LONGEST = 60.0  # seconds a run may take
START = 240.0  # seconds more before the first, in which kernels may be compiled
SIZES = {
    "steps": (1, 60),
    "trader.number": (0, 130),
    "trader.reserve": (0, 8),
    "protocol.number": (1, 5),
    "provider.number": (0, 6),
    "provider.vaults": (1, 5),
    "keeper.number": (0, 5),
    "value_fund.number": (0, 3),
    "reinsurance.providers": (0, 5),
    "backstop.clusters": (1, 5),
    "shock.hit_protocol": (0, 0),
}
KEPT = {
    "seed",
    "price.files",
    "price.start",
    "price.names",
    "exposure.file",
    "trader.accounts",
}  # a file is drawn with its name
NAMED = {"protocol.name", "asset.correlation_matrix", "asset.factor_loading"}  # drawn to fit the others
LISTED = 0.25  # of what may differ by protocol does
CHANGED, WILD, FROM_PRESET, RARE_VALUE = 1 / 3, 0.15, 0.25, 0.1
WHOLES = (
    ("exchange.fee_to_vault", "exchange.fee_to_fund"),
    ("trader.stop_share", "trader.top_up_share"),
    ("price.garch_alpha", "price.garch_beta"),
)
AT_MOST = (
    ("exchange.liquidation_fee", "control.fee_bound"),
    ("exchange.keeper_share", "exchange.liquidation_fee"),
    ("exposure.cleared", "exposure.classes"),
)
TIERS = {"exchange.tier_bound", "exchange.tier_maintenance", "exchange.tier_initial"}
WINDOWS = {"fund.recall_delay", "backstop.trigger_window", "reinsurance.parametric_window", "control.breaker_window"}
LONGEST_WINDOW = 1e5  # steps that are kept in memory
DECADES = 100.0  # ends of a range this far apart span decades
INFINITE = 0.05
DEFAULT_CORRELATION = Scenario().asset.correlation
LEAST = {"trader.long_leverage": 0.05, "trader.short_leverage": 0.05}


def fields(section: type[BaseModel] = Scenario, prefix: str = "") -> Iterator[tuple[str, type[BaseModel], Any]]:
    """Yield (dotted name, section, field) of all parameters."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from fields(kind, f"{prefix}{name}.")
        else:
            yield prefix + name, section, field


@cache
def choices(section: type[BaseModel], name: str) -> list[str]:
    """Return the names a text field may take: those declared, or the refusal of another one lists."""
    if get_origin(kind := section.model_fields[name].annotation) is Literal:
        return list(get_args(kind))
    try:
        section(**{name: "no such name"})
    except ValidationError as error:
        found = re.search(r"allowed: (.+)", str(error))
        return re.findall(r"[\w-]+", found[1].partition("[type")[0]) if found else []
    return []


def bounds(field: Any) -> tuple[float, float]:
    """Return the declared range of a number; an end is ten times off where it is open."""
    within = (field.json_schema_extra or {}).get("within")
    if within is not None:
        inward = 1e-6 * (within.high - within.low) if within.high - within.low <= 1e3 else 1e-6
        return within.low + inward * within.above, within.high - inward * within.below
    told = {n: getattr(item, n) for item in field.metadata for n in ("ge", "gt", "le", "lt") if hasattr(item, n)}
    first = number_of(field.default)
    low = told.get("ge", told["gt"] + 1e-3 if "gt" in told else first / 10.0)
    high = told.get("le", told["lt"] - 1e-3 if "lt" in told else max(abs(first) * 10.0, low + 1.0))
    return float(low), float(high)


def number_of(default: Any) -> float:
    """Return a default as one finite number."""
    first = default[0] if isinstance(default, tuple) and default else default
    return float(first) if isinstance(first, int | float) and math.isfinite(first) else 1.0


def drawn(draw: random.Random, low: float, high: float, default: float) -> float:
    """Return a number near the default, at an end, or anywhere in the range."""
    if draw.random() < RARE_VALUE:
        return draw.choice([low, high])
    if draw.random() > WILD and default > 0.0:
        return min(max(default * 10.0 ** draw.uniform(-1.0, 1.0), low), high)
    least = max(low, 1e-9 * high, 1e-12)
    if low >= 0.0 and high > DECADES * least:
        return math.exp(draw.uniform(math.log(least), math.log(high)))
    return draw.uniform(low, high)


def value(draw: random.Random, name: str, section: type[BaseModel], field: Any, count: int) -> Any:
    """Return a value of one parameter, `count` of them where there are several."""
    default, kind = field.default, str(field.annotation)
    if name in SIZES:
        return draw.randint(*SIZES[name])
    if isinstance(default, bool):
        return draw.random() < 0.5
    if isinstance(default, str):
        return draw.choice(choices(section, name.rpartition(".")[2]) or [default])
    several = get_origin(field.annotation) is tuple or isinstance(default, tuple)
    whole = "int" in kind and "float" not in kind and int in (field.annotation, *get_args(field.annotation))
    low, high = bounds(field)
    found = [drawn(draw, low, high, number_of(default)) for _ in range(count if several else 1)]
    found = [round(item) for item in found] if whole else found
    found = sorted(set(found)) if name == "fund.tier_bounds" else found
    if infinite(field) and draw.random() < INFINITE:
        return math.inf
    return tuple(found) if several else found[0]


def infinite(field: Any) -> bool:
    """Tell whether infinity is allowed next to the range."""
    within = (field.json_schema_extra or {}).get("within")
    return within is not None and within.or_infinite


def changes(seed: int) -> dict[str, Any]:
    """Return what the scenario of a seed changes, by dotted name."""
    return fitted(proposed(seed))


def proposed(seed: int) -> dict[str, Any]:
    """Return what is drawn first for a seed, whether it fits together or not."""
    draw, found = random.Random(seed), {}
    if draw.random() < FROM_PRESET:
        found |= preset_changes(draw.choice(presets()))
    count = draw.randint(1, 3)
    for name, section, field in fields():
        if name in SIZES or (name not in KEPT | NAMED and draw.random() < CHANGED):
            found[name] = value(draw, name, section, field, count)
    assets = draw.randint(1, 5) if "asset.name" in found else 3
    if "asset.name" in found:
        found["asset.name"] = tuple("ABCDE"[:assets])
    for name, most in (("protocol.asset", assets), ("backstop.cluster", found["backstop.clusters"])):
        if name in found:
            found[name] = tuple(draw.randrange(most) for _ in range(count))
    if "protocol.listings" in found:
        found["protocol.listings"] = tuple(draw.randint(1, 3) for _ in range(count))
    found = defaults() | found
    joined(draw, found)
    apart = random.Random(f"apart {seed}")
    return found | by_protocol(apart, found) | correlated(apart) | files(found) | {"seed": seed}


def by_protocol(draw: random.Random, found: dict[str, Any]) -> dict[str, Any]:
    """Return lists, the first value and half of it, for some of what may differ by protocol; and names."""
    able = [name for name, _, field in fields() if is_by_protocol(field) and name in found]
    halved = {name: found[name] // 2 if isinstance(found[name], int) else found[name] / 2 for name in able}
    lists = {name: (found[name], half) for name, half in halved.items() if draw.random() < LISTED}
    lists = {name: pair for name, pair in lists.items() if name not in LEAST or pair[1] >= LEAST[name]}
    named = found.get("exposure.graph") != "file" and draw.random() < CHANGED
    return lists | ({"protocol.name": tuple("VWXYZ"[: found["protocol.number"]])} if named else {})


def correlated(draw: random.Random) -> dict[str, Any]:
    """Return, now and then, correlations of five assets as a matrix or as loadings on two factors."""
    if draw.random() > CHANGED:
        return {}
    loading = [(draw.uniform(-0.7, 0.7), draw.uniform(-0.7, 0.7)) for _ in range(5)]
    if draw.random() < 0.5:
        return {"asset.factor_loading": tuple(loading), "asset.correlation": DEFAULT_CORRELATION}
    products = [[a[0] * b[0] + a[1] * b[1] for b in loading] for a in loading]
    matrix = tuple(tuple(1.0 if j == k else products[j][k] for k in range(5)) for j in range(5))
    return {"asset.correlation_matrix": matrix, "asset.correlation": DEFAULT_CORRELATION}


@cache
def defaults() -> dict[str, Any]:
    """Return the defaults of what :func:`joined` sees together."""
    names = {name for pair in (*WHOLES, *AT_MOST) for name in pair} | {"minutes", "asset.maximal_leverage"}
    names |= {"shock.hit_minute", "shock.fall_minute", "control.margin_bound"}
    return {name: field.default for name, _, field in fields() if name in names}


def joined(draw: random.Random, found: dict[str, Any]) -> None:
    """Draw what must fit together so that it does: parts of a whole, what another bounds, one a protocol."""
    for first, second in WHOLES:
        if found[first] + found[second] >= 1.0:
            found[second] *= 1.0 - found[first]
    for less, more in AT_MOST:
        found[less] = min(found[less], found[more])
    schedule(draw, found)
    margin = max(1.0 / min(found["asset.maximal_leverage"]), *found.get("exchange.tier_initial", ())[:1], 0.0)
    found["control.margin_bound"] = max(found["control.margin_bound"], margin + 1e-3 * (1.0 - margin))
    for name in ("shock.hit_minute", "shock.fall_minute"):
        found[name] = min(found[name], draw.random() * found["steps"] * found["minutes"])
    for name in WINDOWS & found.keys():
        found[name] = min(found[name], LONGEST_WINDOW * found["minutes"])
    for name in ("backstop.expected_loss", "backstop.expected_shortfall"):
        if name in found or found.get("backstop.allotment") == name.partition(".")[2]:
            found[name] = tuple(draw.choice([1.0, 1e3, 1e6]) for _ in range(found["protocol.number"]))


def schedule(draw: random.Random, found: dict[str, Any]) -> None:
    """Draw margin tiers that are a schedule, or none, where one of their parameters was drawn."""
    if not TIERS & found.keys():
        return
    number = draw.randint(0, 4)
    maintenance = sorted(10.0 ** draw.uniform(-3.0, -0.3) for _ in range(number))
    found["exchange.tier_bound"] = tuple(sorted(10.0 ** draw.uniform(3.0, 9.0) for _ in range(number)))
    found["exchange.tier_maintenance"] = tuple(maintenance)
    found["exchange.tier_initial"] = tuple(sorted(rate + (1.0 - rate) * draw.random() for rate in maintenance))


def files(found: dict[str, Any]) -> dict[str, Any]:
    """Return the files that go with what is drawn: prices of three assets by the hour, debts of three protocols."""
    more: dict[str, Any] = {}
    if found.get("price.process") in {"replay", "bootstrap"}:
        more["price.files"] = tuple(str(path) for path in price_files())
        if "asset.name" in found or "protocol.asset" in found:
            more["protocol.asset"] = ()
        more["minutes"] = random.Random(str(found["minutes"])).choice([0.5, 1.0, 5.0, 60.0])
    if found.get("exposure.graph") == "file":
        more["exposure.file"] = str(edge_file(found["protocol.number"]))
    return more


@cache
def folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for made-up files that goes with the process."""
    return tempfile.TemporaryDirectory()


@cache
def price_files() -> list[Path]:
    """Write 72 hours of three assets' prices, made up."""
    draw, paths = random.Random(0), []
    for asset, first in (("BTC", 1e5), ("ETH", 4e3), ("XRP", 2.8)):
        path, price, lines = Path(folder().name) / f"{asset}.csv", first, ["time,open,high,low,close"]
        for hour in range(72):
            after = price * math.exp(draw.gauss(0.0, 0.02))
            low, high = min(price, after) * 0.995, max(price, after) * 1.005
            time_ = f"2024-02-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z"
            lines.append(f"{time_},{price:.8g},{high:.8g},{low:.8g},{after:.8g}")
            price = after
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


@cache
def edge_file(members: int) -> Path:
    """Write who owes whom among protocols, made up: a ring, nothing where there is but one."""
    path = Path(folder().name) / f"debts{members}.txt"
    ring = [f"protocol_{i} protocol_{(i + 1) % members} {2e5 * (i + 1)}" for i in range(members) if members > 1]
    path.write_text("\n".join(["# debtor creditor amount", *ring]) + "\n", encoding="utf-8")
    return path


def fitted(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a refusal names, which fits with nothing else, so that few scenarios are refused."""
    for _ in range(12):
        try:
            initial.make_structure(scenario := Scenario().replace(found), Streams(scenario.seed, 0))
        except ScenarioError as error:
            words = set(re.findall(r"\w+", str(error)))
            left = {name: item for name, item in found.items() if name in SIZES or name.split(".")[-1] not in words}
            if left == found:  # what is named has its default: what does not fit it is elsewhere in the section
                left = {name: item for name, item in found.items() if name in SIZES or name.split(".")[0] not in words}
            found = left
        else:
            break
    return found


def fault(seed: int) -> str:
    """Run the scenario of a seed; return what is wrong, nothing where it ends clean."""
    try:
        scenario = Scenario().replace(changes(seed))
        ecosystem = Ecosystem(scenario)
    except ScenarioError as error:
        return f"refused: {error}"
    ecosystem.run()
    summary = ecosystem.summary()
    if not summary["imbalance"] < 1e-9:
        return f"imbalance {summary['imbalance']:g}"
    endless = [name for name, item in summary.items() if not math.isfinite(item)]
    endless += [name for name, column in ecosystem.series().items() if not np.isfinite(column).all()]
    if math.isinf(scenario.market.depth_multiplier):  # as deep as was asked for
        endless = [name for name in endless if not name.startswith("depth_")]
    return f"not finite: {', '.join(endless)}" if endless else ""


def judged(seed: int) -> str:
    """Return :func:`fault`, errors and warnings included."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return fault(seed)
    except Exception as error:
        trace, place = error.__traceback__, ""
        while trace:
            place, trace = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}", trace.tb_next
        return f"{type(error).__name__}: {error} ({place})"


def outcomes(first: int, last: int) -> dict[int, str]:
    """Return what is wrong with each seed, run in a process that is killed where a run takes too long."""
    found: dict[int, str] = {}
    while first < last:
        found |= _portion(first, last)
        if len(found) and (first := max(found) + 1) < last:
            continue
    return found


def _portion(first: int, last: int) -> dict[int, str]:
    """Run seeds until all are done or one takes too long, which is then the last of those returned."""
    command = [sys.executable, str(Path(__file__)), str(first), str(last)]
    limit, found = START + LONGEST, {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        watch = _Watch(process)
        for seed in range(first, last):
            line = watch.line(limit)
            if line is None:
                process.kill()
                return found | {seed: f"longer than {limit:g} s, or the process died"}
            found[seed], limit = json.loads(line)["fault"], LONGEST
    return found


class _Watch:
    """Lines of a process, waited for so long and no longer."""

    def __init__(self, process: Any) -> None:
        import queue  # noqa: PLC0415
        import threading  # noqa: PLC0415

        self._lines: Any = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._thread.start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def line(self, limit: float) -> str | None:
        """Return the next line, None where there is none in time."""
        import queue  # noqa: PLC0415

        try:
            return self._lines.get(timeout=limit)
        except queue.Empty:
            return None


def main() -> None:
    """Write a line for each seed."""
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        start = time.monotonic()
        line = {"seed": seed, "fault": judged(seed), "refused": proposed(seed) != changes(seed)}
        line["seconds"] = round(time.monotonic() - start, 2)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
