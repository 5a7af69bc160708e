"""Beginning a sweep's folder, or finding it again.

A folder is built under a hidden name and renamed when its manifest and plan are in it, both seen on the disk: of
several shards that begin at once one wins, and the others find it there. A folder begun by another version of the code,
or from a plan that says something else, is refused with what differs. What is lost or torn of manifest and plan is made
again (:mod:`experiments.results.sweep.rebuild`).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.plan.identity import LIBRARIES, as_text, code_version
from experiments.plan.plan import Plan, differences, point_identities
from experiments.plan.problem import FAILED, SweepError, named, require_utf8
from experiments.plan.resources import place_problem
from experiments.results import atomic
from experiments.results.hidden import Hidden
from experiments.results.provenance import command_line, commit, provenance, utc_now, version
from experiments.results.sweep.manifest_file import FORMAT, MANIFEST, damaged, read_manifest
from experiments.results.sweep.plan_table import write_plan
from experiments.results.sweep.rebuild import PLAN, PLAN_DIGEST, mend_manifest, mend_plan, plan_digest
from experiments.results.sweep.world import plan_world

__all__ = ["FORMAT", "MANIFEST", "PLAN", "enter", "read_manifest"]


def enter(folder: Path, plan: Plan, origin: str) -> list[str]:
    """Make `folder` for `plan`, or check that it was made for it; return a line for what had to be made again.

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
    require_utf8(folder)
    try:
        return _enter(folder, plan, origin)
    except OSError as error:
        raise SweepError(f"{folder}: cannot be written: {named(error)}", FAILED) from error


def _enter(folder: Path, plan: Plan, origin: str) -> list[str]:
    lines = []
    if _free(folder):
        _begin(folder, plan, point_identities(plan, origin))
    elif damaged(folder):
        lines += mend_manifest(folder, plan, origin, _manifest(plan))
    _require_same(folder, plan)
    return lines + mend_plan(folder, plan, origin)


def _free(folder: Path) -> bool:
    """Whether nothing is at `folder`; raises SweepError where nothing can be."""
    if folder.is_dir() and any(folder.iterdir()):
        return False
    if problem := place_problem(folder):
        raise SweepError(f"--out: {problem}")
    return True


def _begin(folder: Path, plan: Plan, identities: Sequence[str]) -> None:
    with Hidden(folder) as hidden:
        try:
            _fill(hidden.path, plan, identities)
            hidden.appear()
        except OSError:
            # Another shard may have been faster.
            if not (folder / MANIFEST).exists():
                raise


def _fill(hidden: Path, plan: Plan, identities: Sequence[str]) -> None:
    for name in ("runs", "series"):
        (hidden / name).mkdir()
    write_plan(hidden / PLAN, plan, identities)
    atomic.sync_file(hidden / PLAN)
    text = json.dumps(_manifest(plan) | {PLAN_DIGEST: plan_digest(hidden)}, indent=2, ensure_ascii=False, default=list)
    atomic.write(hidden / MANIFEST, (text + "\n").encode())


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
