"""The result folder: what a comparison leaves behind.

====================  ================================================================================
``manifest.json``     commit, versions, platform, resolved scenario, cells, seeds, command line, failures
``runs/*.parquet``    a row per finished run (:mod:`experiments.results.parquet`)
``series/*.parquet``  a row per run and step, likewise
``figures/``          every figure as PNG and PDF
====================  ================================================================================

The folder is built under a hidden name next to its final place and renamed when it is whole, so that anyone who
finds the name finds all of it (:mod:`experiments.results.hidden`). Rows are written in order of replication, whichever
ran them.
"""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from experiments.plan.identity import Plain
from experiments.plan.resources import FolderError, require_free
from experiments.results import atomic
from experiments.results.hidden import Hidden
from experiments.results.parquet import Parts, run_table, series_table
from model.scenario.asset_name import legible

if TYPE_CHECKING:
    from experiments.results.run import Run


class ResultFolder:
    """A result folder in the making; as a context it is removed unless :meth:`finish` was reached.

    Parameters
    ----------
    path : the final place; it must not exist, or be empty.

    Raises
    ------
    FolderError
        If something is already there or nothing can be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        require_free(path)
        self._building = _hidden_sibling(path)
        self.hidden = self._building.path
        self._parts: dict[str, Parts] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for parts in self._parts.values():
            with suppress(OSError):  # on a full disk there is nothing left to close
                parts.close()
        self._building.remove()

    def add(self, run: "Run") -> None:
        """Keep the rows of a finished `run`."""
        self._into("runs").add(run_table(run))
        if run.series:
            self._into("series").add(series_table(run))

    def flush(self) -> None:
        """Write all rows still held in memory, so that the tables can be read."""
        for parts in self._parts.values():
            parts.close()

    def finish(self, manifest: Mapping[str, Any]) -> Path:
        """Write the manifest, move the folder to its final place and return that place."""
        self.flush()
        text = json.dumps(plain(manifest), indent=2, ensure_ascii=False, allow_nan=False)
        atomic.write(self.hidden / "manifest.json", (text + "\n").encode())
        require_free(self.path)
        self._building.appear()
        return self.path

    def _into(self, name: str) -> Parts:
        if name not in self._parts:
            self._parts[name] = Parts(self.hidden / name)
        return self._parts[name]


def plain(value: object) -> Plain:
    """Return `value` as JSON can hold it: keys as text, tuples as lists, no number that is not finite, legible text."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, Mapping):
        return {legible(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def _hidden_sibling(path: Path) -> Hidden:
    try:
        return Hidden(path)
    except OSError as error:
        reason = f"cannot be written: {error.strerror}; allowed is a folder you may write to"
        raise FolderError(f"{path}: {reason}") from error
