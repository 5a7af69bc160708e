"""Shipped scenarios: worlds made to show one thing, by name, each a scenario file next to this one."""

from importlib.resources import files
from pathlib import Path

SUFFIX = ".toml"


def world_names() -> tuple[str, ...]:
    """Return the names of all shipped scenarios, in alphabetical order."""
    names = (item.name for item in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)))


def scenario_path(text: str) -> str:
    """Return the path of the scenario file meant by `text`: a file of that name, else the shipped scenario."""
    if text in world_names() and not Path(text).exists():
        return str(files(__name__).joinpath(text + SUFFIX))
    return text
