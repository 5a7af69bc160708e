"""The result folder of a study, which appears at once, fills run by run, and can be gone on with.

=========================  ===========================================================================
``manifest.json``          what was asked and by which code; once it ends, how it ended and the answer
``runs/part-*.parquet``    a row per finished run (:mod:`experiments.results.run_store`)
``series/part-*.parquet``  a row per run and step, of a comparison
``pilot/``                 the finished runs of its pilot, of a comparison and an attribution
=========================  ===========================================================================

The folder is begun under a hidden name and renamed once its manifest says what was asked
(:mod:`experiments.results.hidden`); one command at a time holds its lock, which the system lifts when that ends,
however it ends. Begun again with the same words and the same code it goes on where it was, since a study is made of its
runs and nothing else; with other words it is refused, and never overwritten. Only more replications may be asked for,
where the study says that the runs found are among those of the longer one: its manifest then tells the new number, and
that it is unfinished, before any run is added. It is whole once its manifest has a status
other than :data:`RUNNING`; nothing in it is ever executed.
"""

import json
import math
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from experiments.plan.identity import Plain, code_version, leaves
from experiments.plan.options import ConfigurationError
from experiments.plan.resources import ASKED, MANIFEST, FolderError, begun, free_path, require_free
from experiments.results import atomic
from experiments.results.hidden import Hidden, lock
from experiments.results.provenance import command_line, utc_now
from experiments.results.run_store import RunStore
from model.scenario.asset_name import legible

RUNNING, COMPLETE = "running", "complete"
TOLD = 3  # differences told
GROWING = "replications"  # the word of which more may be asked for


class ResultFolder:
    """The folder of a study, begun or found again; as a context it is removed where nothing was finished in it.

    Parameters
    ----------
    path : where it is or will be; free, or begun with the same words.
    study : what kind of study it is.
    words : everything the study's numbers depend on, as nested mappings.
    series : whether the series of runs are kept too.
    last : beginnings of the names of series whose last values are kept, where series are not.
    grows : whether a study of so many replications, fewer than these, is a part of this one.

    Attributes
    ----------
    runs : the finished runs.
    finished : the manifest found, where the study came to its end before; None where there is something to do.

    Raises
    ------
    FolderError
        If something else is there, another command is writing there, or nothing can be written there.
    """

    def __init__(
        self, path: Path, study: str = "study", words: Mapping[str, Any] | None = None, series: bool = True,
        last: tuple[str, ...] = (), grows: Callable[[int], bool] = lambda before: False,
    ) -> None:  # fmt: skip
        self.path = path.absolute()
        base = (words or {}).get("scenario")
        self._base = None if base is None else dict(leaves(base))
        self._opening = {ASKED: plain({"study": study, **dict(leaves(words or {}))}), "code": code_version()}
        self._told, self._grows = path, grows
        self._lock = self._enter()
        self.runs = RunStore(self.path, series, self._base, last)
        pilot = self.path / "pilot"
        self._pilot = RunStore(pilot, base=self._base) if pilot.is_dir() else None
        self._held_before = bool(len(self))
        status = self._manifest.get("status")
        self.finished = self._manifest if status == COMPLETE else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None or not issubclass(kind, OSError):
                self.flush()
        finally:
            hopeless = (isinstance(error, ConfigurationError) and not self._held_before) or not len(self)
            if self._manifest["status"] == RUNNING and hopeless:
                shutil.rmtree(self.path, ignore_errors=True)
            elif isinstance(error, KeyboardInterrupt):
                error.kept = self._told  # type: ignore[attr-defined]
            if self._lock is not None:
                os.close(self._lock)

    def __len__(self) -> int:
        return len(self.runs) + (len(self._pilot) if self._pilot else 0)

    @property
    def pilot(self) -> RunStore:
        """Return the finished runs of the pilot."""
        if self._pilot is None:
            self._pilot = RunStore(self.path / "pilot", base=self._base)
        return self._pilot

    @property
    def unchanged(self) -> bool:
        """Whether the study was finished before and nothing had to be done again."""
        return self.finished is not None and not self.runs.added and not (self._pilot and self._pilot.added)

    def flush(self) -> None:
        """Write all rows still held in memory, so that the tables can be read."""
        self.runs.flush()
        if self._pilot is not None:
            self._pilot.flush()

    def finish(self, manifest: Mapping[str, Any]) -> Path:
        """Write the manifest of the ended study and return where it is; an unchanged folder stays as it is."""
        if not self.unchanged:
            self.flush()
            self._write(self.path, {"status": COMPLETE, **manifest, **self._opening})
        return self.path

    def _enter(self) -> int | None:
        """Begin the folder or find it again; return the handle of its lock."""
        if self.path.is_dir() and any(self.path.iterdir()):
            return self._go_on()
        require_free(self._told)
        try:
            return self._begin()
        except OSError as error:
            reason = f"cannot be written: {error.strerror}; allowed is a folder you may write to"
            raise FolderError(f"{self._told}: {reason}") from error

    def _begin(self) -> int | None:
        with Hidden(self.path) as hidden:
            self._write(hidden.path, {"status": RUNNING, "begun": utc_now(), "command_line": command_line()})
            hidden.appear()
            return hidden.release()

    def _go_on(self) -> int | None:
        self._require_same()
        try:
            held = lock(self.path)
        except BlockingIOError as error:
            reason = "another command is writing there; wait for it or stop it"
            raise FolderError(f"{self._told}: {reason}") from error
        self._manifest = self._require_same()
        if self._manifest[ASKED] != self._opening[ASKED]:
            begun_by: dict[str, Any] = {
                name: self._manifest[name] for name in ("begun", "command_line") if name in self._manifest
            }
            self._write(self.path, {"status": RUNNING, **begun_by, "extended": utc_now()})
        return held

    def _require_same(self) -> dict[str, Any]:
        """Return the manifest; raises FolderError where the folder is not of these words and this code."""
        found = begun(self.path)
        free = f"exists already and is never overwritten; free: {free_path(self._told)}"
        if found is None:
            raise FolderError(f"{self._told}: {free}")
        here, there = self._opening[ASKED], found[ASKED]
        changed = [name for name in {**there, **here} if there.get(name) != here.get(name)]
        if changed and not (changed == [GROWING] and self._longer(str(there.get(GROWING)), str(here.get(GROWING)))):
            lines = [f"{name} {there.get(name, 'nothing')} there, {here.get(name, 'nothing')} here" for name in changed]
            more = f" and {len(lines) - TOLD} more" if len(lines) > TOLD else ""
            raise FolderError(f"{self._told}: made with other words ({'; '.join(lines[:TOLD])}{more}): {free}")
        if found.get("code") != self._opening["code"]:
            versions = f"made by version {found.get('code')} of the code, this is {self._opening['code']}"
            raise FolderError(f"{self._told}: {versions}: {free}")
        return found

    def _longer(self, before: str, after: str) -> bool:
        """Whether a study of `before` replications may be extended to `after`."""
        numbers = before.isdecimal() and after.isdecimal()
        return numbers and int(before) < int(after) and self._grows(int(before))

    def _write(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self._manifest = {**manifest, **self._opening}
        text = json.dumps(plain(self._manifest), indent=2, ensure_ascii=False, allow_nan=False)
        atomic.write(folder / MANIFEST, (text + "\n").encode())


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
