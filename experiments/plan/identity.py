"""What a run is: a hash of the code that made it, everything its scenario says, and its replication.

A scenario is written in one canonical way (JSON, names sorted, numbers to the last digit); a file it reads counts by
its contents and what its asset is called, not by its path. Two runs of one identity have the same numbers, bit for bit.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.scenario.asset_name import file_names

if TYPE_CHECKING:
    from model.scenario import Scenario

LIBRARIES = ("numpy", "scipy")
DIGITS = 16


@cache
def code_version() -> str:
    """Return a digest of all sources a run depends on and of the libraries that compute it."""
    from agents.core.kernel import source_digest  # noqa: PLC0415  # imports numba

    worker = (Path(__file__).resolve().parents[1] / "run" / "run.py").read_bytes()
    libraries = [f"{name} {version(name)}" for name in LIBRARIES]
    return digest(source_digest(), hashlib.sha256(worker).hexdigest(), *libraries)


def digest(*words: str) -> str:
    """Return a short hexadecimal digest of `words`."""
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:DIGITS]


def canonical(scenario: "Scenario") -> dict[str, Any]:
    """Return the scenario as a tree in which every file is named by a digest of its contents, and by its asset."""
    tree = scenario.model_dump()
    tree["price"]["names"] = file_names(scenario.price.files, scenario.price.names)
    tree["price"]["files"] = [file_digest(name) for name in scenario.price.files]
    tree["exposure"]["file"] = file_digest(scenario.exposure.file)
    tree["trader"]["accounts"] = file_digest(scenario.trader.accounts)
    return tree


type Plain = Any  # what JSON holds: text, numbers, flags, none, lists and mappings of these


def as_text(value: object) -> str:
    """Return plain data as text that is the same for the same data, infinities included."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=list)


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name, joined by dots, and the text of every entry of nested mappings."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", as_text(value)


def scenario_identity(scenario: "Scenario") -> str:
    """Return a digest of everything the scenario says."""
    return digest(as_text(canonical(scenario)))


def run_id(scenario: str, replication: int, code: str) -> str:
    """Return the identity of one run, its scenario given by identity."""
    return digest(code, scenario, str(replication))


@cache
def file_digest(name: str) -> str:
    """Return a digest of a file's contents, its bare name where it cannot be read; nothing for no name."""
    try:
        return "sha256:" + hashlib.sha256(Path(name).read_bytes()).hexdigest() if name else ""
    except OSError:
        return f"unread:{Path(name).name}"
