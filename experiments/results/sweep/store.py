"""The folder of a sweep.

=========================  ===========================================================================
``manifest.json``          code version, the plan as described, the base scenario, where it was begun
``plan.parquet``           a row per run: its number, identity, point, replication and changed fields
``series/part-*.parquet``  written first
``runs/part-*.parquet``    written last: its presence says that its runs are done
``aside/``                 parts that were not sound or had failed runs, these done again
=========================  ===========================================================================

A part is written next to its place, seen on the disk and moved there, so it is whole or absent; it is named by the
shard that made it, its first run and a digest of its contents. Killed at any moment, a sweep has the parts it finished,
and at most a series part without its runs, which counts for nothing and is cleared away by the next start.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from experiments.plan.problem import FAILED, SweepError, named
from experiments.plan.shard import Shard
from experiments.results import atomic
from experiments.results.sweep.rows import FAILED as FAILED_RUN
from experiments.results.sweep.rows import SERIES_DIGEST, SERIES_SIZE

NAME = re.compile(r"part-[0-9]+of[0-9]+-[0-9]+-[0-9a-f]{10}[.]parquet")
PARTS, ASIDE = "part-*.parquet", "aside"
# What a part that is not what was written raises when it is read.
UNSOUND = (pa.ArrowException, IndexError, KeyError, TypeError, ValueError, FileNotFoundError, IsADirectoryError)


class Found(NamedTuple):
    """What a folder holds: which runs are `done`, how many of them `failed`, a line for every part moved aside."""

    done: NDArray[np.bool_]
    failed: int
    lines: list[str]


class Store:
    """The parts in a folder.

    Parameters
    ----------
    folder : a sweep's folder.
    shard : whose parts are written.
    series : whether there are series, too.
    """

    def __init__(self, folder: Path, shard: Shard = Shard(), series: bool = True) -> None:  # noqa: B008
        self.folder, self.shard, self._with_series = folder, shard, series
        self.runs, self.series = folder / "runs", folder / "series"

    def commit(self, first: int, runs: bytes, series: bytes) -> None:
        """Write two parts that belong together.

        Parameters
        ----------
        first : number of their first run.
        runs, series : their bytes; no series where there are none.

        Raises
        ------
        SweepError
            If they cannot be written, such as on a full disk.
        """
        name = f"part-{self.shard.tag}-{first:09}-{_fingerprint(runs)}.parquet"
        try:
            if series:
                atomic.write(self.series / name, series)
            atomic.write(self.runs / name, runs)
        except OSError as error:
            kept = "what was finished before is kept; start again once it can be written"
            raise SweepError(f"{self.folder}: cannot be written: {named(error)}; {kept}", FAILED) from error

    def committed(self) -> list[Path]:
        """Return the runs parts in order of name."""
        return sorted(self.runs.glob(PARTS))

    def done(self, runs: int, identities: pa.Array | None = None) -> Found:
        """Return which of `runs` runs are done, moving aside the parts that are unsound or not of this plan.

        Parameters
        ----------
        runs : runs of the plan.
        identities : of every run of the plan; None leaves them unchecked.

        Raises
        ------
        SweepError
            If the folder cannot be read or cleared.
        """
        try:
            self.clear()
            return self._read_done(runs, identities)
        except OSError as error:
            raise SweepError(f"{self.folder}: {named(error)}", FAILED) from error

    def _read_done(self, runs: int, identities: pa.Array | None) -> Found:
        done, failed, lines = np.zeros(runs, bool), 0, []
        for part in self.committed():
            try:
                table = self.sound(part)
                done[_new(table, done, identities)] = True
                failed += table.column("status").to_pylist().count(FAILED_RUN) if self.owns(part) else 0
            except UNSOUND as error:
                if self.owns(part):
                    lines.append(self.move_aside(part, part.name, error))
        return Found(done, failed, lines)

    def numbers(self, part: Path) -> NDArray[np.int64]:
        """Return the runs in a runs part; raises as :meth:`sound`."""
        return self.sound(part).column("run").to_numpy()

    def sound(self, part: Path, name: str = "", whole: bool = True) -> pa.Table:
        """Return a runs part that is what was written, and so is its series.

        Parameters
        ----------
        part : the file.
        name : of its series part, where it is not its own.
        whole : whether the series part is read too, not only its size.

        Raises
        ------
        ValueError, KeyError, OSError, pyarrow.ArrowException
            Where it is not.
        """
        content = part.read_bytes()
        if not part.stem.endswith(f"-{_fingerprint(content)}"):
            raise ValueError("it is not what its name says")
        table = pq.read_table(pa.BufferReader(content))
        about = table.schema.metadata or {}
        size, digest = int(about.get(SERIES_SIZE, b"-1")), about.get(SERIES_DIGEST, b"").decode()
        if size:
            _check_series(self.series / (name or part.name), size, digest if whole else "")
        return table

    def series_parts(self) -> Iterator[Path]:
        """Yield the series parts whose runs are committed."""
        for part in self.committed():
            if (self.series / part.name).exists():
                yield self.series / part.name

    def make(self) -> None:
        """Make the folders of parts where there are none."""
        for folder in (self.runs, self.series) if self._with_series else (self.runs,):
            folder.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Remove what a killed writer left; only the own leavings where others may be writing."""
        self.make()
        for folder in (self.runs, self.series):
            for left in folder.glob(f".part-*{atomic.TEMPORARY}"):
                if self.owns(left):
                    left.unlink(missing_ok=True)
        for left in self.folder.glob(f".*{atomic.TEMPORARY}") if self.shard.whole else ():
            left.unlink(missing_ok=True)
        for orphan in self.series.glob(PARTS):
            if self.owns(orphan) and not (self.runs / orphan.name).exists():
                orphan.unlink()

    def owns(self, part: Path) -> bool:
        """Whether a part is this shard's."""
        return self.shard.whole or part.name.lstrip(".").startswith(f"part-{self.shard.tag}-")

    def move_aside(self, part: Path, name: str, error: Exception) -> str:
        """Put a runs part and the series part `name` out of the way and return the line that says so."""
        aside = self.folder / ASIDE
        aside.mkdir(exist_ok=True)
        for file in (part, self.series / name):
            if file.exists():
                file.replace(aside / f"{file.parent.name}-{name}")
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return f"{part}: not sound, moved to {aside}; what it held and no other part has is done again ({reason})"


def _new(table: pa.Table, done: NDArray[np.bool_], identities: pa.Array | None) -> NDArray[np.int64]:
    """Return the runs of a part, none of them `done` before; raises ValueError where it is not of this plan."""
    runs = table.column("run").to_numpy()
    if len(runs) and not 0 <= runs.min() <= runs.max() < len(done):
        raise ValueError("it has runs that the plan has not")
    if done[runs].any() or len(np.unique(runs)) < len(runs):
        raise ValueError("it has runs that are there already")
    if identities is not None and not identities.take(pa.array(runs)).equals(table.column("id").combine_chunks()):
        raise ValueError("it is of another plan or version of the code")
    return runs


def _check_series(path: Path, size: int, digest: str) -> None:
    if path.stat().st_size != size:
        raise ValueError(f"its series part has not the {size} bytes it should have")
    with path.open("rb") as file:
        if digest and hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise ValueError("its series part is not what was written")


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:10]
