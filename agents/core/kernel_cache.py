"""The folder of compiled kernels: one that no other user can write.

Numba unpickles and runs what it finds in its cache, so anyone who can write there can run code as the user who reads
it. A folder is used only where this user owns it, nobody else may write in it, and nobody else can replace it; it is
created that way. Without a writable home a temporary folder of this user serves, on the same conditions, as its name
can be taken by anyone first; where it is taken, a new one is made that lasts as long as this process.
"""

import atexit
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CHOSEN = "BACKSTOP_CACHE"
OTHERS = stat.S_IWGRP | stat.S_IWOTH
USERS = hasattr(os, "geteuid")  # else the system has no owners and modes to go by


def cache_folder(name: str) -> Path:
    """Return the folder `name` for kernels: in ``BACKSTOP_CACHE``, else in the user's cache, else a temporary one."""
    for base in _bases():
        with suppress(OSError):
            # Resolved once, so that no link can redirect it later.
            if private(base.resolve() / name):
                return base.resolve() / name
    fresh = tempfile.mkdtemp(prefix="backstop-")
    atexit.register(shutil.rmtree, fresh, ignore_errors=True)
    return Path(fresh)


def private(folder: Path) -> bool:
    """Make `folder` if need be; return whether this user can write it and nobody else can write or replace it."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _kept(folder.parent.stat()):
        return False
    folder.mkdir(mode=0o700, exist_ok=True)
    return _own(folder.lstat()) and os.access(folder, os.W_OK | os.X_OK)


def _bases() -> Iterator[Path]:
    """Yield the folders to try, best first."""
    if os.environ.get(CHOSEN):
        yield Path(os.environ[CHOSEN]).absolute()
    else:
        with suppress(RuntimeError):  # nobody's home
            home = Path.home().absolute() / ".cache" / "backstop"
            _close(home)
            yield home
    yield Path(tempfile.gettempdir()) / f"backstop-{os.geteuid() if USERS else 'kernels'}"


def _close(base: Path) -> None:
    """Take write permission from others, where an open umask has left it on a folder of this user."""
    with suppress(OSError):
        if USERS and base.stat().st_uid == os.geteuid():
            base.chmod(0o700)


def _own(found: os.stat_result) -> bool:
    return stat.S_ISDIR(found.st_mode) and (not USERS or (found.st_uid == os.geteuid() and not found.st_mode & OTHERS))


def _kept(above: os.stat_result) -> bool:
    """Return whether nobody else can replace this user's entries of the folder `above`."""
    shared = above.st_mode & OTHERS and not above.st_mode & stat.S_ISVTX
    return not USERS or (above.st_uid in (0, os.geteuid()) and not shared)
