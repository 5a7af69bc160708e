"""Beginning a sweep's folder, or finding it again.

A folder is built under a hidden name and renamed when its manifest and plan are in it: of several shards that begin at
once one wins, and the others find it there. A folder begun by another version of the code, or from a plan that says
something else, is refused with what differs.
"""

import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.provenance import command_line, commit, provenance, utc_now, version
from experiments.sweep.identity import LIBRARIES, as_text, code_version
from experiments.sweep.plan import Plan, differences, point_identities
from experiments.sweep.plan_table import write_plan
from experiments.sweep.problem import FAILED, SweepError, named
from experiments.sweep.world import plan_world

FORMAT = "backstop sweep 1"
MANIFEST, PLAN = "manifest.json", "plan.parquet"


def enter(folder: Path, plan: Plan, origin: str) -> None:
    """Make `folder` for `plan`, or check that it was made for it.

    Parameters
    ----------
    folder : need not exist.
    plan : a plan that was read.
    origin : what to call the plan in problems.

    Raises
    ------
    SweepError
        If the plan's points are wrong, or the folder is not this plan's or cannot be made.
    """
    if not (folder / MANIFEST).exists():
        identities = point_identities(plan, origin)
        try:
            _begin(folder, plan, identities)
        except OSError as error:
            raise SweepError(f"{folder}: cannot be written: {named(error)}", FAILED) from error
    _require_same(folder, plan)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a sweep's folder; raises SweepError where there is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise SweepError(f"{folder}: is not the folder of a sweep of this program")
    return manifest


def _begin(folder: Path, plan: Plan, identities: Sequence[str]) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SweepError(f"{folder}: exists already and is not a sweep's; name another with --out")
    hidden = folder.absolute().with_name(f".{folder.name}-{secrets.token_hex(4)}")
    hidden.mkdir(parents=True)
    try:
        _fill(hidden, plan, identities)
        hidden.rename(folder.absolute())
    except OSError:
        # Another shard may have been faster.
        if not (folder / MANIFEST).exists():
            raise
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _fill(hidden: Path, plan: Plan, identities: Sequence[str]) -> None:
    for name in ("runs", "series"):
        (hidden / name).mkdir()
    write_plan(hidden / PLAN, plan, identities)
    text = json.dumps(_manifest(plan), indent=2, ensure_ascii=False, default=list)
    (hidden / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _manifest(plan: Plan) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "code": code_version(),
        "begun": utc_now(),
        "command_line": command_line(),
        **provenance(),
        "seed": plan.base.seed,
        "runs": plan.runs,
        "points": len(plan.design),
        "fields": list(plan.fields),
        "plan": plan.described,
        "world": plan_world(plan),
        "notices": list(plan.notices),
        "scenario": plan.base.model_dump(),
    }


def _require_same(folder: Path, plan: Plan) -> None:
    manifest = read_manifest(folder)
    if manifest["code"] != code_version():
        versions = f"written by version {manifest['code']} of the code, this is {code_version()}"
        raise SweepError(f"{folder}: {versions} ({_what_differs(manifest)}); name another folder with --out")
    changed = differences(manifest["plan"], json.loads(as_text(plan.described)))
    if changed:
        advice = "name another folder with --out"
        raise SweepError([f"{folder}: begun with another plan: {line}; {advice}" for line in changed])


def _what_differs(manifest: dict[str, Any]) -> str:
    """Say in which of what makes a version the folder differs from this program."""
    before = manifest.get("versions", {})
    pairs = {name: (before.get(name), version(name)) for name in LIBRARIES}
    pairs["commit"] = manifest.get("commit") or "unknown", commit() or "unknown"
    changed = [f"{name} {there} there, {here} here" for name, (there, here) in pairs.items() if there != here]
    return ", ".join(changed) or f"sources changed since commit {pairs['commit'][1]}"
