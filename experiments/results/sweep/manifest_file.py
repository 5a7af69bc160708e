"""The manifest of a result folder as it is read: data, checked field by field, and never a name to be called.

Only what a command reads is asked for; what else stands there may be of any kind.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from experiments.plan.problem import FAILED, SweepError, named
from experiments.plan.resources import ASKED, begun

MANIFEST = "manifest.json"
FAMILY = "backstop sweep"
FORMAT = f"{FAMILY} 1"
type Number = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A table of the manifest."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=True)


class Design(Part):
    """A design's terms."""

    kind: str
    points: Number
    levels: Number
    seed: int


class Replications(Part):
    """Which replications."""

    first: Number
    number: Annotated[int, Field(ge=1)]


class PriceDigests(Part):
    """Digests of the price files."""

    files: list[str]


class Base(Part):
    """A plan's base scenario, files by digest."""

    price: PriceDigests


class PlanPart(Part):
    """A plan as described."""

    design: Design
    fields: dict[str, str]
    across: dict[str, str]
    points: list[str]
    replications: Replications
    series: bool | list[str]
    reporters: dict[str, dict[str, str]] = {}
    runner: str
    base: Base


class Price(Part):
    """What a report says of prices."""

    process: str
    episode: str | None
    files: list[str]


class Numbered(Part):
    """A section with a number of agents; for protocols and traders."""

    number: Number


class Peopled(Part):
    """A section with a number of agents, or one by protocol; for traders."""

    number: Number | list[Number]


class Backstop(Part):
    """What a report says of capital."""

    capital_ratio: float | list[float]
    allotment: str


class ScenarioPart(Part):
    """What a report says of a scenario."""

    price: Price
    protocol: Numbered
    trader: Peopled
    backstop: Backstop
    steps: int | None
    minutes: float


class Origin(Part):
    """Where any result comes from."""

    command_line: list[str]
    commit: str | None
    versions: dict[str, str | None]
    python: str
    seed: int
    scenario: ScenarioPart


class SweepManifest(Origin):
    """A sweep's."""

    format: str
    code: str
    runs: Number
    points: Number
    fields: list[str]
    plan: PlanPart


class Arrangement(Part):
    """An arrangement of a comparison."""

    structure: str
    regime: str


class Pilot(Part):
    """A comparison's pilot."""

    replications: list[int]
    misplaced: dict[str, float | None] = {}


class Runs(Part):
    """How many runs."""

    planned: Number
    finished: Number


class ComparisonManifest(Origin):
    """A comparison's."""

    replications: Number
    cells: dict[str, Arrangement]
    pilot: Pilot
    runs: Runs
    files: dict[str, str] = {}


class StudyManifest(Origin):
    """Of a study that leaves its answer in its manifest."""

    code: str
    replications: Number | None = None
    summary: list[str] = []
    files: dict[str, str] = {}


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a sweep's folder; raises SweepError where there is none or it is not as it should be."""
    found = _load(folder)
    if not str(found.get("format", "")).startswith(FAMILY):
        raise SweepError(f"{folder}: is not the folder of a sweep of this program")
    return _checked(folder, found)


def read_study(folder: Path) -> dict[str, Any]:
    """Return the manifest of the folder of a study other than a sweep; raises as :func:`read_manifest`."""
    found = begun(folder)
    return found if found is not None else read_manifest(folder)


def kind(manifest: dict[str, Any]) -> str:
    """Return what kind of study a manifest is of."""
    asked = manifest.get(ASKED)
    return str(asked.get("study", "study")) if isinstance(asked, dict) else "sweep"


def read_any_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a comparison's or sweep's folder; raises as :func:`read_manifest`."""
    found = _load(folder)
    if kind(found) not in ("sweep", "comparison"):
        raise SweepError(
            f"{folder}: is the folder of a study called {kind(found)}: allowed are those of comparisons and sweeps"
        )
    return read_finished(folder, found)


def read_finished(folder: Path, known: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the manifest of any study's folder, whose study has ended; raises as :func:`read_manifest`.

    `known` is what the manifest was read to be, if it was.
    """
    found = _load(folder) if known is None else known
    if found.get("status") == "running":
        reason = "the study is not finished"
        raise SweepError(f"{folder}: {reason}; wait for it, or start it again with the same words", FAILED)
    if not (is_study(found) or str(found.get("format", "")).startswith(FAMILY) or {"cells", "pilot"} & found.keys()):
        raise SweepError(f"{folder}: is not the folder of a comparison, a sweep or another study")
    return _checked(folder, found)


def is_study(manifest: dict[str, Any]) -> bool:
    """Whether a manifest is of a study that leaves its answer in it, under its name."""
    return kind(manifest) not in ("sweep", "comparison")


def is_sweep(manifest: dict[str, Any]) -> bool:
    """Whether a manifest is a sweep's."""
    return manifest.get("format") == FORMAT


def damaged(folder: Path) -> bool:
    """Whether the manifest in `folder` is lost, torn or lacks what a sweep's has."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return True
    except OSError as error:
        raise SweepError(f"{folder}: {named(error)}", FAILED) from error
    return not isinstance(found, dict) or (found.get("format") == FORMAT and bool(_problems(found, SweepManifest)))


def _load(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise SweepError(f"{folder}: is not a folder" if folder.exists() else f"{folder}: there is no such folder")
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        lacking = f"{folder}: is not the folder of a sweep or comparison, for it has no {MANIFEST}"
        raise SweepError(f"{lacking}; {MEND}") from error
    except OSError as error:
        raise SweepError(f"{folder}: {named(error)}") from error
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise SweepError(f"{path}: cannot be read: {reason}; {MEND}") from error
    if not isinstance(found, dict):
        raise SweepError(f"{path}: is not the manifest of a result folder: allowed is a table")
    return found


MEND = "where it was a sweep's, `backstop sweep PLAN.toml --out` with this folder makes it again"


def _checked(folder: Path, found: dict[str, Any]) -> dict[str, Any]:
    said = found.get("format")
    if said is not None and said != FORMAT:
        raise SweepError(f"{folder / MANIFEST}: format: {said!r}: this version of the program reads {FORMAT!r}")
    other = StudyManifest if is_study(found) else ComparisonManifest
    problems = _problems(found, SweepManifest if said else other)
    if problems:
        raise SweepError([f"{folder / MANIFEST}: {problem}" for problem in problems])
    return found


def _problems(found: dict[str, Any], kind: type[BaseModel]) -> list[str]:
    try:
        kind.model_validate(found)
    except ValidationError as error:
        return [_line(dict(item)) for item in error.errors(include_url=False)]
    return []


def _line(item: dict[str, Any]) -> str:
    field = ".".join(str(part) for part in item["loc"])
    if item["type"] == "missing":
        return f"{field}: is missing"
    message = str(item["msg"])
    return f"{field}: {_short(item['input'])}: {message[:1].lower()}{message[1:]}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
