"""One writer a folder, or the shards of one division: a lock that the system lifts when its holder dies.

The whole sweep holds ``.lock`` alone. Shards hold it together, after one of them that found it free wrote down how
many there are, and each holds a lock of its own. Where the file system knows no locks, nothing is guarded.
"""

import os
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from experiments.plan.problem import FAILED, SweepError, named
from experiments.plan.shard import Shard

try:
    import fcntl
except ImportError:  # a system without them
    fcntl = None  # type: ignore[assignment]


class Lock:
    """The right to write into a folder; as a context it is given back.

    Raises
    ------
    SweepError
        If another sweep is writing there.
    """

    def __init__(self, folder: Path, shard: Shard) -> None:
        self._held = ExitStack()
        self._folder, self._shard = folder, shard

    def __enter__(self) -> Self:
        if fcntl is not None:
            try:
                self._take()
            except OSError as error:
                self._held.close()
                raise SweepError(f"{self._folder}: cannot be written: {named(error)}", FAILED) from error
            except BaseException:
                self._held.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def _take(self) -> None:
        common = self._open(".lock")
        alone = _locked(common, fcntl.LOCK_EX)
        if self._shard.whole:
            self._require(alone, "another sweep")
            return
        if alone:
            _note(common, self._shard.number)
        self._require(_locked(common, fcntl.LOCK_SH), "an undivided sweep")
        self._require(_noted(common) == str(self._shard.number), "a sweep in other shards")
        self._require(_locked(self._open(f".lock-{self._shard.tag}"), fcntl.LOCK_EX), f"shard {self._shard.tag}")

    def _open(self, name: str) -> IO[str]:
        handle = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o644)
        return self._held.enter_context(os.fdopen(handle, "r+", encoding="utf-8"))

    def _require(self, had: bool, holder: str) -> None:
        if not had:
            raise SweepError(f"{self._folder}: {holder} is writing there; wait for it or stop it")


def _locked(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system has no locks
        return True
    return True


def _note(file: IO[str], number: int) -> None:
    file.seek(0)
    file.truncate()
    file.write(str(number))
    file.flush()


def _noted(file: IO[str]) -> str:
    with suppress(OSError):
        file.seek(0)
    return file.read().strip()
