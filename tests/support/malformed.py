"""Malformed inputs, made by rule: a sound file or command in which one thing is wrong.

Each case is a name and a function that writes what it needs into a folder and returns the words after ``backstop``.
Nothing here knows what the right answer is; all that is asked of the command is that it ends as commands do.
"""

import gzip
import json
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from experiments.cli.lazy_group import load
from experiments.cli.main import COMMANDS
from experiments.results.sweep.manifest_file import SweepManifest

type Build = Callable[[Path], list[str]]


class Case(NamedTuple):
    """A malformed input by name, and what writes it."""

    name: str
    build: Build


TINY = "[set]\ntrader.number = 12\nprotocol.number = 3\nsteps = 4\nprovider.number = 2\n"
FIELDS = '[design]\nkind = "grid"\n[fields]\nbackstop.structure = ["none", "pooled"]\n'
HEAD = "replications = 1\nseries = false\n{base}\n" + TINY + FIELDS
PLAN = HEAD.format(base='process = "gbm"')
SCENARIO = (
    '[price]\nprocess = "gbm"\n[asset]\ndaily_volatility = [0.03, 0.03, 0.03]\n[trader]\nnumber = 12\nsize_tail = 1.2\n'
)
EDGES = "protocol_0,protocol_1,4.2e6\nprotocol_1,protocol_2,1.3e6\nprotocol_2,protocol_0,0.4e6\n"
GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="edge" attr.name="weight" attr.type="double"/>
  <graph edgedefault="directed">
    <node id="protocol_0"/>
    <node id="protocol_1"/>
    <node id="protocol_2"/>
    <edge source="protocol_0" target="protocol_1"><data key="d0">4.2e6</data></edge>
    <edge source="protocol_1" target="protocol_2"><data key="d0">1.3e6</data></edge>
  </graph>
</graphml>
"""
GML = """graph [
  directed 1
  node [ id 0 label "protocol_0" ]
  node [ id 1 label "protocol_1" ]
  node [ id 2 label "protocol_2" ]
  edge [ source 0 target 1 weight 4200000.0 ]
  edge [ source 1 target 2 weight 1300000.0 ]
]
"""
GEXF = """<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2"><graph defaultedgetype="directed" mode="static">
  <nodes><node id="protocol_0" label="protocol_0"/><node id="protocol_1" label="protocol_1"/></nodes>
  <edges><edge id="0" source="protocol_0" target="protocol_1" weight="4200000.0"/></edges>
</graph></gexf>
"""
PAJEK = '*vertices 3\n1 "protocol_0"\n2 "protocol_1"\n3 "protocol_2"\n*arcs\n1 2 4200000.0\n2 3 1300000.0\n'
PUBLISHED = """{"layers": {"source": "my own", "tolerance": 1e-9, "cases": [
 {"id": "first", "loss": [1, 2.5, 9], "attachment": 2, "limit": 4, "paid": [0, 0.5, 4]},
 {"id": 2, "dist": "exp(1)", "attachment": 1, "limit": 2, "expected": 0.3180923728, "tolerance": 1e-8}]},
 "funding_rate": {"clamp": 0.05, "cases": [{"P": 0.1, "F": 0.05}, {"P": 0, "F": 0.01}]}}
"""
HOURS = 30
START = 1_706_745_600_000
PRICES = "timestamp,open,high,low,close\n" + "".join(
    f"{START + hour * 3_600_000},{100 + hour},{102 + hour},{99 + hour},{101 + hour}\n" for hour in range(HOURS)
)
TEXTS = {
    "prices.csv": PRICES, "edges.csv": EDGES, "edges.graphml": GRAPHML, "edges.gml": GML, "edges.gexf": GEXF,
    "edges.net": PAJEK, "scenario.toml": SCENARIO, "plan.toml": PLAN, "cases.json": PUBLISHED,
}  # fmt: skip
HOSTILE = (
    "", " ", "-1", "0", "1e400", "-1e308", "nan", "inf", "-inf", "NaN", "null", "None", "true", "x", "0x1F", "1_000",
    "1,5", "1e", "--", "'", '"', "é", "\u2028", "\x00", "=1+1", "<b>", "../..", "%s%n", "{0}", "9" * 40, "x" * 9_000,
    "1" * 400, "[]", "{}", "[[", "2024-02-30", "１２",
)  # fmt: skip
WRONG = (
    -1, 0, 1e308, float("inf"), float("nan"), 10**30, True, "", "x", "é\n", [], [[]], [5], ["a", 1], {}, {"a": {}},
    [float("nan")], "9" * 5_000,
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield every malformed input, the same every time."""
    yield from text_cases()
    yield from parquet_cases()
    yield from plan_cases()
    yield from option_cases()
    yield from design_cases()
    yield from folder_cases()
    yield from manifest_cases()


def read_by(folder: Path, file: str) -> list[str]:
    """Return the words of a command that reads `file` of `folder`, which lies there already."""
    path = folder / file
    if file.startswith("edges"):
        return [
            "network",
            "--edges",
            str(path),
            "--default-probability",
            "0.1",
            "--set",
            "protocol.number=3",
            "--quiet",
        ]
    if file.startswith("cases"):
        return ["validate", "--cases", str(path)]
    if file.startswith("plan"):
        return ["sweep", str(path), "--out", str(folder / "out"), "--quiet"]
    key = f"prices = [{json.dumps(str(path))}]" if file.startswith("prices") else f"scenario = {json.dumps(str(path))}"
    (folder / "by.toml").write_text(HEAD.format(base=key), encoding="utf-8")
    return ["sweep", str(folder / "by.toml"), "--out", str(folder / "out"), "--quiet"]


def text_cases() -> Iterator[Case]:
    """Yield text files with a wrong encoding, cut short, with lines lost or doubled, or with one hostile word."""
    for file, text in TEXTS.items():
        for name, spoil in SPOILED.items():
            yield Case(f"{file}: {name}", partial(_spoiled, file, partial(spoil, text)))
        chance = random.Random(file)
        for word in HOSTILE:
            changed = _with_word(text, word, chance).encode("utf-8", "surrogatepass")
            yield Case(f"{file}: a word is {word[:12]!r}", partial(_written, file, changed))


def _with_word(text: str, word: str, chance: random.Random) -> str:
    """Return `text` with one of its words, between separators, replaced by `word`."""
    spots = [index for index, sign in enumerate(text) if sign in ',=\n "<>' and index]
    start = chance.choice(spots[:-1])
    end = min(spot for spot in spots if spot > start)
    return text[: start + 1] + word + text[end:]


def _lines(text: str, number: int) -> list[str]:
    lines = text.splitlines(keepends=True)
    return [*lines[:number], *lines[number + 1 :]]


SPOILED: dict[str, Callable[[str], bytes]] = {
    "empty": lambda text: b"",
    "one line end": lambda text: b"\n",
    "blanks": lambda text: b" \t \n" * 50,
    "one NUL": lambda text: b"\x00" + text.encode(),
    "random bytes": lambda text: random.Random(1).randbytes(3_000),
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "two byte order marks": lambda text: b"\xef\xbb\xbf" * 2 + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "latin-1": lambda text: text.replace("p", "é", 1).encode("latin-1"),
    "carriage returns": lambda text: text.replace("\n", "\r").encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "cut after a quarter": lambda text: text[: len(text) // 4].encode(),
    "cut after a half": lambda text: text[: len(text) // 2].encode(),
    "cut before the end": lambda text: text[:-9].encode(),
    "first line lost": lambda text: "".join(_lines(text, 0)).encode(),
    "third line lost": lambda text: "".join(_lines(text, 2)).encode(),
    "twice over": lambda text: (text + text).encode(),
    "backwards": lambda text: text[::-1].encode(),
    "semicolons": lambda text: text.replace(",", ";").replace(".", ",").encode(),
    "quotes": lambda text: text.replace(",", '","').encode(),
    "a line of 200,000 signs": lambda text: (text + "y" * 200_000 + "\n").encode(),
    "3,000 open brackets": lambda text: (text + "a = " + "[" * 3_000 + "\n").encode(),
    "compressed": lambda text: gzip.compress(text.encode()),
    "a web page": lambda text: b"<!DOCTYPE html><html><body>404 not found</body></html>",
    "entities": lambda text: b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 99 + b'">]>' + text.encode(),
}


def _spoiled(file: str, bytes_of: Callable[[], bytes], folder: Path) -> list[str]:
    return _written(file, bytes_of(), folder)


def _written(file: str, contents: bytes, folder: Path) -> list[str]:
    (folder / file).write_bytes(contents)
    return read_by(folder, file)


def parquet_cases() -> Iterator[Case]:
    """Yield Parquet files of wrong columns and types, and files of which bytes are lost or wrong."""
    for name, columns in PARQUET.items():
        yield Case(f"prices.parquet: {name}", partial(_parquet, columns))
    for share in (0.1, 0.5, 0.9, 0.99):
        yield Case(f"prices.parquet: cut at {share}", partial(_damaged, share, cut=True))
        yield Case(f"prices.parquet: wrong bytes at {share}", partial(_damaged, share, cut=False))


TIMES = [START + hour * 3_600_000 for hour in range(HOURS)]
LEVELS = [100.0 + hour for hour in range(HOURS)]
SOUND: dict[str, Any] = {"timestamp": TIMES, "open": LEVELS, "high": LEVELS, "low": LEVELS, "close": LEVELS}
PARQUET: dict[str, dict[str, Any]] = {
    "sound": SOUND,
    "close and Close": SOUND | {"Close": LEVELS},
    "time32": SOUND | {"timestamp": pa.array(range(HOURS), pa.time32("s"))},
    "duration": SOUND | {"timestamp": pa.array(TIMES, pa.duration("ms"))},
    "struct": SOUND | {"close": [{"a": level} for level in LEVELS]},
    "lists": SOUND | {"close": [[level] for level in LEVELS]},
    "booleans": SOUND | {"close": [True] * HOURS},
    "texts": SOUND | {"close": ["x"] * HOURS},
    "nulls": SOUND | {"close": [None] * HOURS},
    "one null": SOUND | {"close": [None, *LEVELS[1:]]},
    "infinite": SOUND | {"close": [float("inf"), *LEVELS[1:]]},
    "infinite time": SOUND | {"timestamp": [float("inf"), *map(float, TIMES[1:])]},
    "binary": SOUND | {"timestamp": [b"\xff\xfe"] * HOURS},
    "no time": {name: SOUND[name] for name in ("open", "high", "low", "close")},
    "no rows": {name: values[:0] for name, values in SOUND.items()},
    "no columns": {},
}


def _parquet(columns: dict[str, Any], folder: Path) -> list[str]:
    pq.write_table(pa.table(columns), folder / "prices.parquet")
    return read_by(folder, "prices.parquet")


def _damaged(share: float, folder: Path, *, cut: bool) -> list[str]:
    words = _parquet(SOUND, folder)
    path = folder / "prices.parquet"
    contents = path.read_bytes()
    place = int(share * len(contents))
    path.write_bytes(contents[:place] if cut else contents[:place] + b"\xff" * 8 + contents[place + 8 :])
    return words


def plan_cases() -> Iterator[Case]:
    """Yield plans in which one entry has a wrong value."""
    names = (
        "replications", "first_replication", "series", "scenario", "prices", "process", "episode", "seed", "set",
        "design", "design.kind", "design.points", "design.levels", "design.seed", "fields", "across", "point", "preset",
        "set.trader.number", "set.steps", "set.price.files", "fields.trader.number", "across.backstop.structure",
        "wrong",
    )  # fmt: skip
    for name in names:
        for value in WRONG:
            text = f"{name} = {_toml(value)}\n" + ("" if name == "replications" else "replications = 1\n")
            rest = 'process = "gbm"\n' if name != "process" else ""
            yield Case(
                f"plan: {name} = {str(value)[:12]!r}",
                partial(_written, "plan.toml", (text + rest + _small(name)).encode()),
            )


def design_cases() -> Iterator[Case]:
    """Yield plans whose design, range or number of runs is beyond reason."""
    for kind in ("grid", "one_at_a_time", "list", "latin_hypercube", "sobol", "saltelli", "morris"):
        for key, value in (("points", 2**40), ("points", 10**30), ("points", -4), ("levels", 10**9), ("levels", 0)):
            design = f'replications = 1\nprocess = "gbm"\n[design]\nkind = "{kind}"\n{key} = {value}\n'
            text = f"{design}[fields]\ntrader.number = {{low = 5, high = 9}}\n"
            yield Case(f"plan: {kind} with {key} {value}", partial(_written, "plan.toml", text.encode()))
    for word in ("low", "high", "levels", "scale"):
        for value in ("nan", "inf", "-inf", "1e400", "1e9", "1000000000", "9" * 30, '"x"', "[]", "{}", "true"):
            rest = {"low": "5", "high": "9", "levels": "3", "scale": '"linear"'} | {word: value}
            table = ", ".join(f"{name} = {entry}" for name, entry in rest.items())
            text = f'replications = 1\nprocess = "gbm"\n[fields]\nbackstop.capital_ratio = {{{table}}}\n'
            yield Case(f"plan: a range with {word} {value[:9]}", partial(_written, "plan.toml", text.encode()))
    for number in ("1000000000", "9" * 25, "1e9", "nan", "inf"):
        text = f'replications = {number}\nprocess = "gbm"\n[fields]\ntrader.number = [5]\n'
        yield Case(f"plan: {number} replications", partial(_written, "plan.toml", text.encode()))


def _small(name: str) -> str:
    """Return small sizes, as dotted keys that `name` does not define already."""
    if name == "set":
        return ""
    sizes = {"set.trader.number": 12, "set.protocol.number": 3, "set.steps": 4, "set.provider.number": 2}
    text = "".join(f"{key} = {value}\n" for key, value in sizes.items() if key != name)
    return text + ("" if name.startswith(("fields", "design", "point")) else 'fields.backstop.structure = ["none"]\n')


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value) if isinstance(value, float) else json.dumps(value)


def option_cases() -> Iterator[Case]:
    """Yield every option of every command that describes a scenario, with hostile values next to a sure mistake."""
    for command in (load(entry.target) for entry in COMMANDS.values()):
        options = [found for found in command.params if isinstance(found, click.Option) and not found.is_flag]
        if "settings" not in {option.name for option in options}:
            continue
        sure = ["--set", "no.such=1"]
        for option in options:
            for word in ("", "-1", "nan", "1e400", "x", "é\n", "[[", "../..", "9" * 40, "x" * 5_000, "a=b=c"):
                words = [str(command.name), option.opts[0], word, *sure]
                yield Case(f"{command.name} {option.opts[0]} {word[:12]!r}", partial(_said, words))


def _said(words: list[str], folder: Path) -> list[str]:
    return words


READERS = (
    ["query", "{}", "SELECT 1 AS one"], ["query", "{}", "SELECT count(*) AS n FROM runs"], ["report", "{}"],
    ["reproduce", "{}", "--runs", "1"], ["export", "{}", "--csv"], ["sensitivity", "{}"],
    ["sweep", "{plan}", "--out", "{}", "--quiet"], ["sweep", "{plan}", "--out", "{}", "--retry-failed", "--quiet"],
)  # fmt: skip


def folder_cases() -> Iterator[Case]:
    """Yield every command that reads a sweep's folder, on folders in which one file is gone, cut, or something else."""
    for words in READERS:
        for harm in ("none", "empty folder", "a file", *HARM):
            yield Case(f"{' '.join(words[:1] + words[2:])}: {harm}", partial(_harmed, words, harm))


def keys(kind: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every key that a manifest of a kind must have, those of its tables after them."""
    for name, field in kind.model_fields.items():
        yield (*above, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, (*above, name))


MISSING = object()
WRONG_ENTRIES = {
    "missing": MISSING, "null": None, "-1": -1, "10**30": 10**30, "nan": float("nan"), "text": "<b>x", "list": [[], {}],
    "table": {"a": None},
}  # fmt: skip
MANIFEST_READERS = tuple(READERS[index] for index in (1, 2, 3, 4, 7))


def manifest_cases() -> Iterator[Case]:
    """Yield every command that reads a sweep's folder, on folders whose manifest has one wrong entry."""
    for words in MANIFEST_READERS:
        for path in (*keys(SweepManifest), ("world",), ("notices",), ("plan_sha256",), ("begun",)):
            for name, value in WRONG_ENTRIES.items():
                spoken = f"{' '.join(words[:1] + words[2:])}: {'.'.join(path)} is {name}"
                yield Case(spoken, partial(_misstated, words, path, value))


def _misstated(words: list[str], path: tuple[str, ...], value: Any, folder: Path) -> list[str]:
    """Copy the finished sweep that lies next to `folder`, change an entry, and return the words that read it."""
    shutil.copytree(folder.parent / "sound", folder / "swept")
    file = folder / "swept" / "manifest.json"
    manifest = json.loads(file.read_text())
    table = manifest
    for word in path[:-1]:
        table = table[word]
    table.pop(path[-1], None) if value is MISSING else table.update({path[-1]: value})
    file.write_text(json.dumps(manifest))
    return [word.format(str(folder / "swept"), plan=str(folder.parent / "sound.toml")) for word in words]


def _harmed(words: list[str], harm: str, folder: Path) -> list[str]:
    """Copy the finished sweep that lies next to `folder`, harm it, and return the words of a command that reads it."""
    sound, place = folder.parent / "sound", folder / "swept"
    if harm not in ("none", "empty folder", "a file"):
        shutil.copytree(sound, place)
        HARM[harm](place)
    elif harm == "empty folder":
        place.mkdir()
    elif harm == "a file":
        place.write_text("text")
    return [word.format(str(place), plan=str(folder.parent / "sound.toml")) for word in words]


def _first(place: Path, pattern: str) -> Path:
    return sorted(place.rglob(pattern))[0]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _lose_parts(place: Path) -> None:
    for path in place.rglob("*.parquet"):
        if path.name != "plan.parquet":
            path.unlink()


HARM: dict[str, Callable[[Path], Any]] = {
    "manifest lost": lambda place: (place / "manifest.json").unlink(),
    "manifest cut": lambda place: _cut(place / "manifest.json"),
    "manifest a list": lambda place: (place / "manifest.json").write_text("[1, 2]"),
    "manifest empty": lambda place: (place / "manifest.json").write_text("{}"),
    "plan lost": lambda place: (place / "plan.parquet").unlink(),
    "plan cut": lambda place: _cut(place / "plan.parquet"),
    "a part lost": lambda place: _first(place / "runs", "*.parquet").unlink(),
    "a part cut": lambda place: _cut(_first(place / "runs", "*.parquet")),
    "parts lost": _lose_parts,
    "a foreign file": lambda place: (place / "runs" / "x.parquet").write_text("text"),
}
