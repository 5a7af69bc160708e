"""Failed runs done again: their rows leave the parts they are in, so that they are missing and not there twice.

A part with failed runs is put out of sight first (``runs/.retry-part-...``), then written again without them, then kept
in ``aside/`` with its tracebacks. Killed in between, the next start carries on from the part that is out of sight;
whatever the moment, a run is in one part or in none. Only what is what was written is written again: a part that is not
goes aside whole, and its runs are done again.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from experiments.results.sweep.rows import FAILED, FINISHED, encoded
from experiments.results.sweep.store import ASIDE, PARTS, UNSOUND, Store

HIDDEN = ".retry-"


def forget_failures(store: Store) -> list[str]:
    """Let the failed runs in the store's own sound parts count as missing; return what :func:`carry_on` says.

    A part that is not sound is left where it is: the search for what is done moves it aside.
    """
    store.make()
    for part in store.committed():
        if store.owns(part) and _has_failures(store, part):
            part.rename(part.with_name(HIDDEN + part.name))
    return carry_on(store)


def carry_on(store: Store) -> list[str]:
    """Finish what was begun with the parts that are out of sight; return a line for each that is not sound."""
    hidden = [part for part in sorted(store.runs.glob(HIDDEN + PARTS)) if store.owns(Path(_name(part)))]
    return [line for part in hidden for line in _carry_on(store, part, _name(part))]


def _name(hidden: Path) -> str:
    return hidden.name.removeprefix(HIDDEN)


def _carry_on(store: Store, hidden: Path, name: str) -> list[str]:
    try:
        table = store.sound(hidden, name)
    except UNSOUND as error:
        return [store.move_aside(hidden, name, error)]
    series = store.series / name
    _write_anew(store, table, series)
    (store.folder / ASIDE).mkdir(exist_ok=True)
    hidden.replace(store.folder / ASIDE / f"retried-{name}")
    series.unlink(missing_ok=True)
    return []


def _has_failures(store: Store, part: Path) -> bool:
    try:
        return FAILED in store.sound(part).column("status").to_pylist()
    except UNSOUND:
        return False


def _write_anew(store: Store, table: pa.Table, series: Path) -> None:
    kept = table.filter(pc.equal(table.column("status"), FINISHED))
    if kept.num_rows:
        # Failed runs have no series, so the series part stays as it is.
        content = series.read_bytes() if series.exists() else b""
        store.commit(kept.column("run")[0].as_py(), encoded(kept), content)
