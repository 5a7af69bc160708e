"""The methods paragraph: how the numbers were made, from the manifest alone."""

from pathlib import Path
from typing import Any

from pyarrow import parquet

from experiments.plan.resources import ASKED
from experiments.report.strip_paths import bare
from experiments.report.sweeping import described
from experiments.results.sweep.manifest_file import kind
from experiments.results.sweep.store import Store
from experiments.study.comparison.pilot import used


def of_comparison(manifest: dict[str, Any]) -> str:
    """Return the paragraph of a comparison."""
    number = manifest["replications"]
    sized = _sized(manifest["pilot"], manifest["scenario"]["backstop"]["allotment"])
    arrangements = ", ".join(
        f"{name} ({arrangement['structure']}, residual losses: {arrangement['regime']})"
        for name, arrangement in manifest["cells"].items()
    )
    runs = manifest["runs"]
    return (
        f"{_world(manifest['scenario'], manifest.get('files', {}))} {number} replications (0 to {number - 1}, "
        f"seed {manifest['seed']}) were run in each of {len(manifest['cells'])} arrangements on common random numbers: "
        f"{arrangements}.{sized} {_stopped(manifest)}{runs['finished']} of {runs['planned']} runs finished. "
        f"{_origin(manifest)}"
    )


def _sized(pilot: dict[str, Any], allotment: str) -> str:
    """Return by how many pilot replications funds were sized, whose error the intervals do not contain."""
    number = len(pilot["replications"])
    if not number:
        return ""
    said = f" Funds in proportion to loss were sized by {number} pilot replications of their own"
    misplaced = pilot.get("misplaced", {}).get(used(allotment))
    if misplaced is None:
        return f"{said}."
    return f"{said}, with some {100 * misplaced:.0f} per cent of the capital misplaced; intervals hold for these sizes."


def of_sweep(manifest: dict[str, Any]) -> str:
    """Return the paragraph of a sweep."""
    plan = manifest["plan"]
    moved = {**plan["fields"], **plan["across"]}
    fields = "; ".join(f"{name} {described(text)}" for name, text in moved.items()) or "points listed one by one"
    first, number = plan["replications"]["first"], plan["replications"]["number"]
    design = plan["design"]
    digests = plan["base"]["price"]["files"]
    files = dict(zip(manifest["scenario"]["price"]["files"], digests, strict=True))
    drawn = f", {design['points']} points, design seed {design['seed']}" if design["points"] else ""
    return (
        f"{_world(manifest['scenario'], files)} The design ({design['kind'].replace('_', ' ')}{drawn}) moved {fields}: "
        f"{manifest['points']} points in replications {first} to {first + number - 1} (seed {manifest['seed']}) on "
        f"common random numbers, {manifest['runs']} runs. Code digest {manifest['code']}. {_origin(manifest)}"
    )


def of_study(folder: Path, manifest: dict[str, Any]) -> str:
    """Return the paragraph of a study that leaves its answer in its manifest."""
    study = kind(manifest)
    asked = ", ".join(f"{name} {value}" for name, value in manifest[ASKED].items() if _is_own(name))
    runs = sum(parquet.read_metadata(part).num_rows for part in Store(folder).committed())
    number = manifest.get("replications")
    said = f"{number} replications on common random numbers, " if number else ""
    return (
        f"{_world(manifest['scenario'], manifest.get('files', {}))} The {study} was asked for {said}with seed "
        f"{manifest['seed']} and {asked}; {runs} rows of finished runs are kept. Code digest {manifest['code']}. "
        f"{_origin(manifest)}"
    )


def _is_own(name: str) -> bool:
    """Whether an entry of the request is the study's own, and no parameter of the world or long list."""
    return name not in ("study", "replications", "moments", "covariance") and not name.startswith("scenario.")


def stamp(manifest: dict[str, Any]) -> str:
    """Return seed block and code version in a few words, for below every table and picture."""
    known = manifest.get("replications") or manifest.get("plan", {}).get("replications")
    commit = manifest.get("commit") or "unknown"
    if not known:
        return f"Seed {manifest['seed']}; commit {commit[:12]}."
    first, number = (0, known) if isinstance(known, int) else (known["first"], known["number"])
    return f"Seed {manifest['seed']}, replications {first} to {first + number - 1}; commit {commit[:12]}."


def _world(scenario: dict[str, Any], files: dict[str, str]) -> str:
    price = scenario["price"]
    prices = f"the episode {price['episode']}" if price["process"] == "episode" else f"the process {price['process']}"
    if price["files"]:
        prices += " of " + ", ".join(_file(name, files) for name in price["files"])
    steps = f"{scenario['steps']} steps of" if scenario.get("steps") else "steps of"
    size = f"{scenario['protocol']['number']} protocols with {_traders(scenario['trader'], files)}"
    return (
        f"Unless said otherwise we simulated {size} under {prices}, in {steps} {scenario['minutes']:g} min, with "
        f"{_capital(scenario)}."
    )


def _file(name: str, files: dict[str, str]) -> str:
    return f"{bare(name)} ({files.get(name, 'digest unknown')})"


def _traders(trader: dict[str, Any], files: dict[str, str]) -> str:
    """Return how many traders are drawn, or whose accounts there are."""
    if trader.get("accounts"):
        return f"the accounts of {_file(trader['accounts'], files)}"
    number = trader["number"]
    return f"{', '.join(map(str, number)) if isinstance(number, list) else number} traders each"


def _capital(scenario: dict[str, Any]) -> str:
    """Return what capital there is: funds in USD, or a ratio to open interest, one or by protocol."""
    funds, ratio = scenario["protocol"].get("fund"), scenario["backstop"]["capital_ratio"]
    if funds:
        return f"funds of $M {', '.join(f'{fund / 1e6:.4g}' for fund in funds)}"
    ratios = ratio if isinstance(ratio, list) else [ratio]
    return f"backstop capital of {', '.join(f'{one:.3g}' for one in ratios)} of open interest"


def _stopped(manifest: dict[str, Any]) -> str:
    asked = ", ".join(manifest.get("precision", {}).get("asked", ()))
    rule = (
        "Their number was not fixed beforehand: looks at fixed numbers ended the runs once every paired difference had"
    )
    return f"{rule} a 95 % half-width of {asked}, or at the most allowed. " if asked else ""


def _origin(manifest: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {manifest['versions'].get(name)}" for name in ("backstop", "numpy", "numba", "scipy"))
    commit = manifest.get("commit") or "unknown"
    command = " ".join(bare(manifest["command_line"]))
    return f"Commit {commit}; Python {manifest['python']}; {versions}. Command: {command}"
