"""File names without their folders, so that a report does not depend on where its files were."""

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath

from experiments.plan.identity import Plain


def bare(value: object) -> Plain:
    """Return plain data with every absolute path in it, also after an equals sign, reduced to its last name."""
    if isinstance(value, Mapping):
        return {name: bare(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [bare(item) for item in value]
    return _bare_word(value) if isinstance(value, str) else value


def _bare_word(word: str) -> str:
    name, equals, file = word.rpartition("=")
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(file)
        if path.is_absolute() and path.name:
            return f"{name}{equals}{path.name}"
    return word
