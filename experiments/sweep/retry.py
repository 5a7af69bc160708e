"""Failed runs done again: their rows leave the parts they are in, so that they are missing and not there twice.

A part with failed runs is put out of sight first (``runs/.retry-part-...``), then written anew without them, then kept
in ``aside/`` with its tracebacks. Killed in between, the next start carries on from the part that is out of sight;
whatever the moment, a run is in one part or in none.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from experiments.sweep.rows import FAILED, FINISHED, encoded
from experiments.sweep.store import ASIDE, PARTS, Store

HIDDEN = ".retry-"


def forget_failures(store: Store) -> None:
    """Let the failed runs in the store's own parts count as missing; unreadable parts are left to others."""
    store.make()
    for part in store.committed():
        if store.owns(part) and _has_failures(part):
            part.rename(part.with_name(HIDDEN + part.name))
    carry_on(store)


def carry_on(store: Store) -> None:
    """Finish what was begun with the parts that are out of sight."""
    for hidden in sorted(store.runs.glob(HIDDEN + PARTS)):
        name = hidden.name.removeprefix(HIDDEN)
        if store.owns(Path(name)):
            series = store.series / name
            _write_anew(store, hidden, series)
            (store.folder / ASIDE).mkdir(exist_ok=True)
            hidden.replace(store.folder / ASIDE / f"retried-{name}")
            series.unlink(missing_ok=True)


def _has_failures(part: Path) -> bool:
    try:
        return FAILED in pq.read_table(part, columns=["status"]).column("status").to_pylist()
    except (pa.ArrowException, OSError):
        return False


def _write_anew(store: Store, hidden: Path, series: Path) -> None:
    table = pq.read_table(hidden)
    kept = table.filter(pc.equal(table.column("status"), FINISHED))
    if kept.num_rows:
        # Failed runs have no series, so the series part stays as it is.
        content = series.read_bytes() if series.exists() else b""
        store.commit(kept.column("run")[0].as_py(), encoded(kept), content)
