"""What a study's folder says of how its runs were made: the scenario that was asked for, and each run's own changes.

The request in the manifest has every field of the scenario to the last digit, files by digest; their names stand next
to it once the study has ended. A run's row has the fields in which its scenario differs, and its tape.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from experiments.plan.arrangement import Arrangement
from experiments.plan.identity import file_digest
from experiments.plan.problem import FAILED, SweepError
from experiments.plan.resources import ASKED, MANIFEST
from experiments.results.run_store import KEY
from experiments.results.sweep.store import Store
from experiments.study.rare.tilt import Axis, TiltedTape
from model.price.tape import Tape
from model.scenario import Scenario, plant

SCENARIO = "scenario."
PRICES, NAMES, EDGES, ACCOUNTS = "price.files", "price.names", "exposure.file", "trader.accounts"  # kept by digest


class Row(NamedTuple):
    """A run that is stored: the runs part and the series part it is in, and its row as a table of one."""

    part: Path
    series: Path
    table: pa.Table

    def text(self, name: str) -> str:
        """Return the entry of a column of text, empty where there is none."""
        return str(self.table.column(name)[0].as_py() or "") if name in self.table.column_names else ""

    @property
    def replication(self) -> int:
        """Number of its replication."""
        return int(self.table.column("replication")[0].as_py())

    @property
    def label(self) -> str:
        """What the run is called."""
        return f"{self.text('cell')} replication {self.replication}"

    @property
    def metrics(self) -> pa.Table:
        """The columns of its metrics."""
        return self.table.select([name for name in self.table.column_names if name not in KEY])

    @property
    def numbers(self) -> dict[str, float]:
        """The metrics that it has, by name."""
        values = ((name, self.metrics.column(name)[0].as_py()) for name in self.metrics.column_names)
        return {name: value for name, value in values if value is not None}


def stored_rows(folder: Path) -> Iterator[Row]:
    """Yield the runs of a study and of its pilot, part by part; raises as :meth:`Store.sound`."""
    for store in (Store(folder), Store(folder / "pilot")):
        for part in store.committed():
            table = store.sound(part)
            for number in range(table.num_rows):
                yield Row(part, store.series / part.name, table.slice(number, 1))


def asked(manifest: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Return the entries of the request whose names begin with `above`, without it."""
    return {
        name.removeprefix(above): json.loads(text)
        for name, text in manifest[ASKED].items()
        if name.startswith(above) and name != "study"
    }


def stored_scenario(folder: Path, manifest: dict[str, Any]) -> Scenario:
    """Return the scenario that was asked for; raises SweepError where it, or a file it reads, is not as it was."""
    fields, tree = asked(manifest, SCENARIO), dict[str, Any]()
    if not fields:
        raise SweepError(f"{folder / MANIFEST}: {ASKED}: has no scenario, so no run can be made again")
    for name, value in (fields | _files(folder, manifest, fields)).items():
        plant(tree, name, value)
    return Scenario.from_mapping(tree, str(folder / MANIFEST))


def _files(folder: Path, manifest: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """Return the names of the files that the scenario reads, each with the contents it had."""
    digests = [*fields[PRICES], *filter(None, (fields[EDGES], fields.get(ACCOUNTS, "")))]
    if not digests:
        return {}
    held = manifest.get("scenario")
    if held is None:
        raise SweepError(f"{folder}: the study is not finished, and its files are not known before", FAILED)
    prices, edges, accounts = held["price"]["files"], held["exposure"]["file"], held["trader"].get("accounts", "")
    names = [*prices, *filter(None, (edges, accounts))]
    for name, digest in zip(names, digests, strict=True):
        if file_digest(name) != digest:
            raise SweepError(f"{name}: is not the file that the study read", FAILED)
    return {PRICES: prices, EDGES: edges, ACCOUNTS: accounts}


def arrangement_of(row: Row, base: Scenario) -> Arrangement:
    """Return what made a run; raises ValueError where its row does not say."""
    if not row.text("changes"):
        raise ValueError(f"{row.part}: does not say what {row.label} was made of")
    scenario = _changed(base, json.loads(row.text("changes")))
    tape = json.loads(row.text("tape")) if row.text("tape") else None
    return Arrangement(
        row.text("cell"), row.text("structure"), row.text("regime"), scenario, _tilted(base, tape) if tape else None
    )


def _changed(base: Scenario, changes: dict[str, Any]) -> Scenario:
    return base.replace(
        {name: value for name, value in changes.items() if name not in (PRICES, NAMES, EDGES, ACCOUNTS)}
    )


def _tilted(base: Scenario, tape: dict[str, Any]) -> Callable[[int], Tape]:
    axes = [Axis(name, tuple(index), tuple(shape), *ends) for name, index, shape, *ends in tape["axes"]]
    return TiltedTape(_changed(base, tape["changes"]), tuple(axes), tuple(tape["mean"])).__call__
