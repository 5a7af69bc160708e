"""A folder in the making, under a hidden name next to its final place, and what became of those whose maker died.

The maker of ``.name-0123abcd.backstop`` holds a lock on it, which the system lifts when its process ends, however it
ends. So anyone who makes the next folder there knows which ones nobody is making any more, on any machine, and removes
them; one that is being made is never touched. Where the file system knows no locks, all are left.
"""

import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from experiments.results.atomic import sync_folder

try:
    import fcntl
except ImportError:  # a system without them
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".backstop"
OURS = re.compile(rf"\..*-[0-9a-f]{{8}}{re.escape(SUFFIX)}")
KEPT = 40  # letters of the final name in the hidden one, so that it is not too long where the final one is not


class Hidden:
    """A hidden folder next to `final`; as a context it is removed unless it has appeared.

    Parameters
    ----------
    final : the final place.

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self, final: Path) -> None:
        self.final = final.absolute()
        self.final.parent.mkdir(parents=True, exist_ok=True)
        clear(self.final.parent)
        self.path, self._lock = _made(self.final)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def appear(self) -> None:
        """Move the folder to its final place and see its name on the disk; raises OSError."""
        sync_folder(self.path)
        if self.final.is_dir():
            self.final.rmdir()
        self.path.rename(self.final)
        sync_folder(self.final.parent)

    def release(self) -> int | None:
        """Return the handle that holds the lock of the folder that has appeared; to be closed by the caller."""
        handle, self._lock = self._lock, None
        return handle

    def remove(self) -> None:
        """Remove what has not appeared, and let go of the lock."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def clear(parent: Path) -> None:
    """Remove the hidden folders in `parent` that nobody is making any more."""
    with suppress(OSError):
        for left in [path for path in parent.iterdir() if OURS.fullmatch(path.name)]:
            handle = _open(left)
            if handle is not None:
                if _take(handle, wait=False):
                    shutil.rmtree(left, ignore_errors=True)
                os.close(handle)


def lock(folder: Path) -> int | None:
    """Return a handle that holds the lock of `folder`, None where there are no locks; raises BlockingIOError."""
    handle = _open(folder)
    try:
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # held by another command, or the file system has no locks
        if isinstance(error, BlockingIOError) and handle is not None:
            os.close(handle)
            raise
    return handle


def _made(final: Path) -> tuple[Path, int | None]:
    """Return a new hidden folder, locked; one that was cleared before it could be locked is made again."""
    while True:
        path = final.with_name(f".{final.name[:KEPT]}-{secrets.token_hex(4)}{SUFFIX}")
        path.mkdir()
        handle = _open(path)
        if handle is None:
            return path, None
        _take(handle, wait=True)
        if path.exists():
            return path, handle
        os.close(handle)


def _open(folder: Path) -> int | None:
    """Return a handle that can be locked, or None where there can be none."""
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW) if fcntl else None
    except OSError:
        return None


def _take(handle: int, wait: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # held by its maker, or the file system has no locks
        return False
    return True
