"""Resources of a study: a free path for its results, and cores."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

ASKED = "asked"  # manifest key of the request, by which a study that is started again recognises its folder
MANIFEST = "manifest.json"


class FolderError(ValueError):
    """A result folder that cannot be made; `problems` holds one line each."""

    def __init__(self, problem: str) -> None:
        self.problems = [problem]
        super().__init__(problem)


def cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_path(path: Path) -> Path:
    """Return `path`, or the first of ``path-2``, ``path-3`` and on that is free."""
    names = itertools.chain([path], (path.with_name(f"{path.name}-{number}") for number in itertools.count(2)))
    return next(name for name in names if _is_free(name))


def place_problem(path: Path) -> str | None:
    """Return why no result folder can be made or resumed at `path`, None where it can; touches nothing."""
    if begun(path) is not None:
        return None
    try:
        require_free(path)
    except FolderError as error:
        return str(error)
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return None
    return f"{path}: {above} cannot be written: allowed is a folder you may write to"


def begun(path: Path) -> dict[str, Any] | None:
    """Return the manifest of a study that was begun at `path` and can be resumed, None where there is none."""
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) and isinstance(manifest.get(ASKED), dict) else None


def require_free(path: Path) -> None:
    """Raise FolderError where no result folder can be made at `path`."""
    if not path.name or path.name == "..":
        raise FolderError(f"{str(path)!r}: allowed is the name of a folder to be made")
    if not _is_free(path):
        raise FolderError(f"{path}: exists already and is never overwritten; free: {free_path(path)}")


def _is_free(path: Path) -> bool:
    try:
        return not path.exists() or (path.is_dir() and not any(path.iterdir()))
    except OSError as error:
        raise FolderError(f"{path}: cannot be written: {error.strerror}") from error
