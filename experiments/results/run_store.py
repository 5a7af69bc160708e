"""Finished runs of a study on disk, each found again by what defines it exactly.

A run is known by its arrangement and an identity, a digest of code version, scenario, replication and tape. Its row
(arrangement, structure, regime, replication, id, what it was made of and the metrics) lies in ``runs/part-*.parquet``,
its series, where they are kept, in ``series/``, in the parts of :class:`experiments.results.sweep.store.Store`: written
next to their place, seen on the disk and moved there, each named by its first run and a digest of its contents. So what
a study has finished outlives whatever ends it; of a part that is not what was written the runs are done again. Failed
runs are not kept.

What a run was made of is the fields in which its scenario differs from the study's, and its tape where it has one of
its own; so it can be made again from the folder alone (:mod:`experiments.study.reproduction`). Where series are not
kept, their last values may be.

Parts are written every :data:`OFTEN` seconds at first, then whenever the time since the last one is a twentieth of the
whole, so that there are few of them and no more than a twentieth of the work is ever lost.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from experiments.results.column import numbers, texts
from experiments.results.parquet import series_table
from experiments.results.run import Run
from experiments.results.sweep.rows import about_series, encoded, metric_columns
from experiments.results.sweep.store import UNSOUND, Store

OFTEN = 2.0  # s between two parts, at least
SHARE = 0.05  # of the time since the start between two parts, at least
ROWS = 1 << 18  # of series held before they are written: some tens of megabytes
KEY = ("cell", "structure", "regime", "replication", "id", "changes", "tape")
LAST = "_last"  # ends the names of columns with the last value of a series


class Making(NamedTuple):
    """What a run is made of, as JSON: fields by dotted name, and the tape; empty where not known, or the usual one."""

    changes: str = ""
    tape: str = ""


class Held(NamedTuple):
    """A run that is yet to be written."""

    number: int
    identity: str
    run: Run
    making: Making


class Found(NamedTuple):
    """The runs of one part: their table, and the metrics as numbers where every run has all of them."""

    table: pa.Table
    names: tuple[str, ...]
    numbers: Any  # (runs, metrics) float64, None where a run lacks some


class RunStore:
    """The finished runs in a folder; its holder is the only one who writes there.

    Parameters
    ----------
    folder : an existing folder.
    series : whether series are kept too.
    base : the scenario of the study, its fields as JSON by dotted name; none where it is not known.
    last : beginnings of the names of series whose last values are kept, where series are not.

    Attributes
    ----------
    lines : one for every part that was not what had been written, now moved aside.
    added : runs kept since the start.
    """

    def __init__(
        self, folder: Path, series: bool = False, base: Mapping[str, str] | None = None, last: tuple[str, ...] = ()
    ) -> None:
        self.store, self._series, self.base, self._last = Store(folder, series=series), series, base, last
        self.lines: list[str] = []
        self.added = 0
        self._found: list[Found] = []
        self._place: dict[tuple[str, str], tuple[int, int]] = {}
        self._held: list[Held] = []
        self._rows = 0
        self._start = self._written = time.monotonic()
        if self.store.runs.is_dir():
            self._read()

    def __len__(self) -> int:
        return len(self._place)

    def find(self, arrangement: str, identity: str) -> Run | None:
        """Return the run of `arrangement` that was found under `identity` at the start, or None.

        Of its series it has the last values that are kept.
        """
        part, row = self._place.get((arrangement, identity), (-1, 0))
        return self._ended(_run(self._found[part], row)) if part >= 0 else None

    def add(self, number: int, identity: str, run: Run, making: Making = Making()) -> None:  # noqa: B008
        """Keep a finished `run`; one that is kept already is not kept again.

        Parameters
        ----------
        number : its place in the study, >= 0.
        identity : what defines it.
        run : its metrics, and its series.
        making : what it is made of.
        """
        if (run.arrangement, identity) in self._place:
            return
        self._place[run.arrangement, identity] = -1, 0
        kept = run.series if self._series else {name: run.series[name][-1:] for name in self._ends(run.series)}
        self._held.append(Held(number, identity, run._replace(series=kept), making))
        self._rows += len(next(iter(run.series.values()))) if self._series and run.series else 1
        self.added += 1
        now = time.monotonic()
        if self._rows >= ROWS or now - self._written >= max(OFTEN, SHARE * (now - self._start)):
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            self.store.make()
            series = _series_part([held.run for held in self._held]) if self._series else b""
            self.store.commit(self._held[0].number, _runs_part(self._held, series, not self._series), series)
            self._held, self._rows = [], 0
        self._written = time.monotonic()

    def _ends(self, names: Iterable[str]) -> list[str]:
        """Return those of the `names` of series whose last value is kept."""
        return [name for name in names if name.startswith(self._last)] if self._last else []

    def _ended(self, run: Run) -> Run:
        """Return a run that was found, with the last values of its series where they belong."""
        columns = [name for name in self._ends(run.summary) if name.endswith(LAST)]
        series = {name.removesuffix(LAST): np.array([run.summary[name]]) for name in columns}
        return run._replace(summary={k: v for k, v in run.summary.items() if k not in columns}, series=series)

    def _read(self) -> None:
        self.store.clear()
        for part in self.store.committed():
            try:
                self._take(self.store.sound(part))
            except UNSOUND as error:
                self.lines.append(self.store.move_aside(part, part.name, error))

    def _take(self, table: pa.Table) -> None:
        keys = list(zip(table.column("cell").to_pylist(), table.column("id").to_pylist(), strict=True))
        if len({*keys} - self._place.keys()) < len(keys):
            raise ValueError("it has runs that are there already")
        names = tuple(name for name in table.column_names if name not in KEY)
        whole = not any(table.column(name).null_count for name in names)
        numbers = np.column_stack([table.column(name).to_numpy() for name in names]) if whole and names else None
        self._place |= {key: (len(self._found), row) for row, key in enumerate(keys)}
        self._found.append(Found(table, names, numbers))


def _run(found: Found, row: int) -> Run:
    """Return the run in a row, its metrics as they were."""
    arrangement, structure, regime, replication = (found.table.column(name)[row].as_py() for name in KEY[:4])
    if found.numbers is not None:
        return Run(arrangement, structure, regime, replication, _paired(found.names, found.numbers[row].tolist()), {})
    values = (found.table.column(name)[row].as_py() for name in found.names)
    known = {name: value for name, value in zip(found.names, values, strict=True) if value is not None}
    return Run(arrangement, structure, regime, replication, known, {})


def _paired(names: Iterable[str], values: Iterable[float]) -> dict[str, float]:
    return dict(zip(names, values, strict=True))


def _runs_part(held: Sequence[Held], series: bytes, ends: bool) -> bytes:
    runs = [item.run for item in held]
    named = zip(*((run.arrangement, run.structure, run.regime) for run in runs), strict=True)
    key: dict[str, Any] = {name: texts(list(one)).dictionary_encode() for name, one in zip(KEY[:3], named, strict=True)}
    key["replication"] = numbers([run.replication for run in runs], np.int32)
    key["id"] = texts([item.identity for item in held])
    for name in Making._fields:
        words = texts([getattr(item.making, name) or None for item in held])
        key |= {name: words.dictionary_encode()} if words.null_count < len(words) else {}
    last = [{f"{name}{LAST}": float(values[-1]) for name, values in run.series.items() if ends} for run in runs]
    metrics = metric_columns([run.summary | more for run, more in zip(runs, last, strict=True)])
    return encoded(pa.table(key | metrics).replace_schema_metadata(about_series(series)))


def _series_part(runs: Sequence[Run]) -> bytes:
    tables = [series_table(run) for run in runs if run.series]
    return encoded(pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()) if tables else b""
