"""What a report shows of a study that is neither a comparison nor a sweep: the numbers of its manifest as tables.

A study leaves its whole answer in the manifest, under its name. Its sheets say which rows of that answer make a table,
and what their columns are called; the CSV next to the page has all entries of these rows, to the last digit. Figures
are those that the folder holds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from experiments.plan.problem import SweepError
from experiments.report.table import Table
from experiments.results.sweep.manifest_file import MANIFEST, kind
from experiments.statistics.wording import interval, number

MILLION = 1e-6
PAIR = 2
ENDS = ("interval", "ci95")  # entries that are ends of an interval
SHOWN = ("adds", "from_to", "averts", "judged")  # entries made for the page, not for the CSV

type Row = Mapping[str, Any]


class Column(NamedTuple):
    """A column of a table: the entry of a row, its heading, and what numbers are multiplied by."""

    key: str
    label: str
    factor: float = 1.0


class Sheet(NamedTuple):
    """A table of a study: name as a file, title, what its rows are, columns, note."""

    name: str
    title: str
    rows: Callable[[dict[str, Any]], Iterable[Row]]
    columns: tuple[Column, ...]
    note: str


def tables(folder: Path, manifest: dict[str, Any]) -> list[Table]:
    """Return the tables of a study, those that have rows; raises SweepError where its answer is not as it should be."""
    study = kind(manifest)
    try:
        made = [_table(sheet, [dict(row) for row in sheet.rows(manifest[study])]) for sheet in SHEETS[study]]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = "is not what this version of the program writes"
        raise SweepError(f"{folder / MANIFEST}: {study}: {reason} ({type(error).__name__}: {error})") from error
    return [table for table in made if table.rows]


def summary(manifest: dict[str, Any]) -> list[str]:
    """Return the answer of a study in sentences, and its caveats, as its command printed them."""
    said = manifest.get("summary", [])
    return [line for line in said if isinstance(line, str)] if isinstance(said, list) else []


def pictures(folder: Path) -> Iterator[Path]:
    """Yield the files of the figures that the folder holds."""
    for path in sorted((folder / "figures").glob("*")):
        if path.suffix in (".png", ".pdf", ".svg") and not path.name.startswith("."):
            yield path


def _table(sheet: Sheet, rows: list[dict[str, Any]]) -> Table:
    head = tuple(column.label for column in sheet.columns)
    shown = tuple(tuple(_arrangement(row.get(column.key), column) for column in sheet.columns) for row in rows)
    kept = [{name: value for name, value in row.items() if name not in SHOWN} for row in rows]
    return Table(sheet.name, sheet.title, head, shown, sheet.note, tuple(dict(_flat(row)) for row in kept))


def _arrangement(value: Any, column: Column) -> str:
    ends = column.key in (*ENDS, "from_to") and value is not None
    return _ends(value, column.factor) if ends else _text(value, column.factor)


def _text(value: Any, factor: float) -> str:
    """Return an entry as it is read: numbers short, lists and tables in a row."""
    if value is None or isinstance(value, str):
        return value or "–"
    if isinstance(value, bool | int) and factor == 1.0:
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    if isinstance(value, int | float):
        return number(value * factor)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(item, factor)}" for name, item in value.items()) or "none"
    return ", ".join(_text(item, factor) for item in value) or "none"


def _ends(value: list[float | None], factor: float) -> str:
    low, high = value
    if low is None or high is None:
        return "–" if low is None else f"[{number(low * factor)}, no end]"
    return interval(low * factor, high * factor)


def _flat(row: Row, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the entries of a row, those of mappings by dotted name, the ends of an interval each by itself."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif name in ENDS and isinstance(value, list) and len(value) == PAIR:
            yield from zip((f"{above}low", f"{above}high"), value, strict=True)
        else:
            yield f"{above}{name}", "" if value is None else value


def _joined(document: dict[str, Any]) -> Iterator[Row]:
    """Yield what each member pays and risks, a row for every arrangement and target."""
    for member in document["members"]:
        for arrangement, there in member["arrangements"].items():
            for target, row in there["targets"].items():
                yield {"protocol": _called(member), "arrangement": arrangement, "target": target, **row}


def _exposure(document: dict[str, Any]) -> Iterator[Row]:
    found = document["exposure"]
    known = {
        "value at risk": found["value_at_risk"],
        "expected shortfall": found["expected_shortfall"],
        **{f"cover {name}": value for name, value in found["cover"].items()},
    }
    return ({"measure": name, "value": value} for name, value in known.items())


def _sizes(document: dict[str, Any]) -> Iterator[Row]:
    """Yield every arrangement at every target, with the share of other worlds that had the target's event."""
    for row in document["sizes"]:
        yield {**row, "judged": [half["probability"] for half in row["judged_on_other_worlds"]]}


def _by_arrangement(document: dict[str, Any]) -> Iterator[Row]:
    for arrangement, row in document["cells"].items():
        yield {"cell": arrangement, **{name: value for name, value in row.items() if not _listed(value)}}


def _listed(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _of_arrangements(name: str) -> Callable[[dict[str, Any]], Iterator[Row]]:
    """Return what yields the rows that every arrangement has under `name`."""
    return lambda document: (
        {"cell": arrangement, **row} for arrangement, entries in document["cells"].items() for row in entries[name]
    )


def _terms(document: dict[str, Any]) -> Iterator[Row]:
    """Yield own loss, effects, interactions and the total of every measure and arrangement."""
    for arrangement, found in document["cells"].items():
        for measure, unit in {"default": 1.0, "uncovered": MILLION, "bad_debt": MILLION}.items():
            there = found[measure]
            own, total = there["terms"]["own loss"], there["terms"]["total"]
            more = {f"interaction {name.replace('+', ' × ')}": row for name, row in there["interactions"].items()}
            alone = {f"{name} alone": row for name, row in there["effects"].items()}
            for term, row in {"own loss": own, **alone, **more, "total": total}.items():
                last = row.get("last", {"mean": None, "ci95": [None, None]})
                yield {
                    "measure": measure, "cell": arrangement, "term": term, **row, "last": last,
                    "adds": row["mean"] * unit,
                    "from_to": [end if end is None else end * unit for end in row["ci95"]],
                    "averts": None if last["mean"] is None else last["mean"] * unit,
                }  # fmt: skip


def _conditions(document: dict[str, Any]) -> Iterator[Row]:
    for arrangement, found in document["cells"].items():
        for name, row in found["conditions"].items():
            yield {"cell": arrangement, "condition": name, **row}


def _waves(document: dict[str, Any]) -> Iterator[Row]:
    runs = document["runs"] or {"by_wave": [], "by_cause": {}}
    yield from ({"of": f"wave {wave}", "defaults": mean} for wave, mean in enumerate(runs["by_wave"]))
    yield from ({"of": f"cause {name}", "defaults": mean} for name, mean in runs["by_cause"].items())


def _holdings(document: dict[str, Any]) -> Iterator[Row]:
    held = document["holdings"] or {"value": [], "from_others": [], "falls_with_it": []}
    names, called = ("value", "from_others", "falls_with_it"), _names(document)
    for i, values in enumerate(zip(*(held[name] for name in names), strict=True)):
        row = dict(zip(names, values, strict=True))
        yield {"protocol": called[i], **row, "falls_with_it": _named(row["falls_with_it"], called)}


def _protocols(document: dict[str, Any]) -> Iterator[Row]:
    called = _names(document)
    for row, name in zip(document["protocols"], called, strict=True):
        yield {**row, "protocol": name, "falls_with_it": _named(row["falls_with_it"], called)}


def _names(document: dict[str, Any]) -> list[str]:
    return [_called(row) for row in document["protocols"]]


def _called(row: Row) -> str:
    """Return the name of a row's protocol; older answers have its number alone."""
    return str(row.get("name", row["protocol"]))


def _named(waves: list[list[int]], called: list[str]) -> list[list[str]]:
    return [[called[i] for i in wave] for wave in waves]


def _entry(name: str) -> Callable[[dict[str, Any]], Iterable[Row]]:
    return lambda document: document[name]


TARGETS = "each: every member by itself is covered as often as wanted; any: all of them are."
EXACT = "95 % intervals."
SHEETS: dict[str, tuple[Sheet, ...]] = {
    "sizing": (
        Sheet("sizes", "Least capital, $M", _sizes, (
            Column("arrangement", "arrangement"), Column("target", "target"), Column("capital", "capital", MILLION),
            Column("interval", "95 % interval", MILLION), Column("callable_capital", "callable capital", MILLION),
            Column("judged", "uncovered in other worlds, %", 100.0),
        ), f"{TARGETS} In other worlds: learnt from one half of the replications, counted in the other, both ways."),
        Sheet("over-own", "Capital over that of isolated funds of their own right sizes", _entry("comparison"), (
            Column("arrangement", "arrangement"), Column("target", "target"), Column("capital", "capital, $M", MILLION),
            Column("own_right_sizes", "own right sizes, $M", MILLION), Column("over_own", "ratio"),
            Column("over_own_by_half", "learnt from each half"),
        ), TARGETS),
        Sheet("exposure", "What there is to insure, $M", _exposure, (
            Column("measure", "measure"), Column("value", "all protocols", MILLION),
        ), "By the losses alone."),
        Sheet("members", "What joining saves or risks, $M", _joined, (
            Column("protocol", "protocol"), Column("arrangement", "arrangement"), Column("target", "target"),
            Column("own_right_size", "own fund", MILLION), Column("contribution", "pays in", MILLION),
            Column("saved", "saves", MILLION), Column("uncovered_probability", "P(uncovered)"),
            Column("uncovered_by_others", "by others' losses"),
        ), TARGETS),
    ),
    "rare": (
        Sheet("probabilities", "Probability of the event", _by_arrangement, (
            Column("cell", "structure/regime"), Column("probability", "P"), Column("ci95", "95 % interval"),
            Column("relative_error", "relative error"), Column("hits", "hits"), Column("effective_hits", "worth"),
            Column("runs", "runs with pilot"), Column("gain", "gain over plain"), Column("doubtful", "doubtful"),
        ), "Tilting: weighted replications under shifted shocks. Splitting: products of repetitions. Worth: hits of "
           "equal weight. Gain: in runs, at equal error."),
        Sheet("differences", "Differences of probability on the same tapes", _entry("differences"), (
            Column("a", "a"), Column("b", "b"), Column("value", "a − b"), Column("low", "from"), Column("high", "to"),
            Column("estimates", "by seed"),
        ), EXACT),
        Sheet("tilts", "What makes it happen", _of_arrangements("tilt"), (
            Column("cell", "structure/regime"), Column("seed", "seed"), Column("share", "share"),
            Column("mean", "shifts"),
        ), "Shifts of the shocks in standard deviations, those moved most first."),
        Sheet("tail", "The tail beyond the threshold", _of_arrangements("tail"), (
            Column("cell", "structure/regime"), Column("threshold", "threshold"), Column("probability", "P"),
            Column("ci95", "95 % interval"),
        ), EXACT),
    ),
    "network": (
        Sheet("protocols", "The exposure network at the start", _protocols, (
            Column("protocol", "protocol"), Column("owes", "owes, $M", MILLION),
            Column("is_owed", "is owed, $M", MILLION), Column("treasury", "treasury, $M", MILLION),
            Column("connectivity", "of its debts to protocols"), Column("debtrank", "DebtRank, linear"),
            Column("debtrank_2012", "DebtRank, 2012"), Column("katz", "Katz"), Column("sink_rank", "SinkRank"),
            Column("own_default_probability", "P(fails of own loss)"), Column("default_probability", "P(fails)"),
            Column("falls_with_it", "fall with it"),
        ), "Replication 0."),
        Sheet("defaults", "Defaults a run", _waves, (
            Column("of", "wave or cause"), Column("defaults", "defaults a run"),
        ), "Means over the replications."),
        Sheet("holdings", "Cross-holdings", _holdings, (
            Column("protocol", "protocol"), Column("value", "market value, $M", MILLION),
            Column("from_others", "of it from others' assets"), Column("falls_with_it", "fall with it"),
        ), "Who falls when the protocol loses its assets."),
    ),
    "calibration": (
        Sheet("fields", "Estimates", _entry("fields"), (
            Column("field", "field"), Column("estimate", "estimate"), Column("low", "from"), Column("high", "to"),
            Column("before", "before"),
        ), EXACT),
        Sheet("moments", "Moments, recorded and simulated", _entry("moments"), (
            Column("moment", "moment"), Column("recorded", "recorded"), Column("simulated", "simulated"),
            Column("z", "z"), Column("error", "error"), Column("verdict", "verdict"),
            Column("simulated_again", "in other days"), Column("verdict_again", "verdict there"),
        ), "z: difference over its standard error."),
    ),
    "attribution": (
        Sheet("terms", "What channels add", _terms, (
            Column("measure", "measure"), Column("cell", "arrangement"), Column("term", "term"), Column("adds", "adds"),
            Column("from_to", "95 % interval"), Column("averts", "closing it averts"),
        ), "Defaults a run, or $M a run. Terms from own loss to the total sum to it; interaction higher: the sum of "
           "all of more than two channels."),
        Sheet("conditions", "Defaults a run, by what replay proves", _conditions, (
            Column("cell", "arrangement"), Column("condition", "condition"), Column("mean", "defaults a run"),
            Column("ci95", "95 % interval"),
        ), "Conditions do not exclude each other, nor add up."),
    ),
}  # fmt: skip
