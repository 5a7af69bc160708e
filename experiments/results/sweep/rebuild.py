"""What was lost or torn of a sweep's manifest and plan, made again from the plan it is started with.

Finished parts are worth more than the two files that describe them. A run's identity says which code made it, of which
scenario, in which replication; where the parts or the table of the plan bear the identities of the plan at hand, the
folder is that plan's, whatever became of the rest. Where nothing bears them, or anything others, it is left alone.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.plan.identity import code_version, run_id
from experiments.plan.plan import Plan, point_identities
from experiments.plan.problem import SweepError
from experiments.results import atomic
from experiments.results.sweep.manifest_file import MANIFEST
from experiments.results.sweep.plan_table import write_plan
from experiments.results.sweep.store import NAME, UNSOUND, Store

PLAN, PLAN_DIGEST = "plan.parquet", "plan_sha256"


def plan_digest(folder: Path) -> str:
    """Return the digest of a folder's plan; empty where there is none."""
    try:
        return hashlib.sha256((folder / PLAN).read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def plan_identities(folder: Path) -> pa.Array:
    """Return the identity of every run of a folder's plan; raises pyarrow's and system errors."""
    return pq.read_table(folder / PLAN, columns=["id"]).column("id").combine_chunks()


def damaged_plan(folder: Path, manifest: dict[str, Any]) -> str | None:
    """Say what is wrong with the table of a folder's plan, or None."""
    said, found = manifest.get(PLAN_DIGEST), plan_digest(folder)
    if found and (said == found or (said is None and _readable(folder, manifest["runs"]))):
        return None
    what = "is not what the manifest says" if found else "is missing"
    return f"{folder / PLAN}: {what}; starting the sweep again with its plan makes it again"


def mend_manifest(folder: Path, plan: Plan, origin: str, manifest: dict[str, Any]) -> list[str]:
    """Write `manifest` into a folder that has lost its own, and return the line that says so.

    Parameters
    ----------
    folder : a folder with something in it.
    plan : a plan that was read.
    origin : what to call it in problems.
    manifest : of the plan, without the digest of its table.

    Raises
    ------
    SweepError
        If the folder is not known to be this plan's.
    """
    identities = _identities(plan, origin)
    _require_own(folder, identities)
    _write(folder, manifest | {PLAN_DIGEST: plan_digest(folder) if _bears(folder, identities) else ""})
    return [f"{folder / MANIFEST}: was lost or damaged; made again from the plan, whose runs the folder holds"]


def mend_plan(folder: Path, plan: Plan, origin: str) -> list[str]:
    """Write the table of `plan` again where it is lost or not what the manifest says; return the line that says so."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    if damaged_plan(folder, manifest) is None:
        return []
    sink = pa.BufferOutputStream()
    write_plan(sink, plan, point_identities(plan, origin))
    atomic.write(folder / PLAN, sink.getvalue().to_pybytes())
    _write(folder, manifest | {PLAN_DIGEST: plan_digest(folder)})
    return [f"{folder / PLAN}: was lost or damaged; made again from the plan"]


def _identities(plan: Plan, origin: str) -> pa.Array:
    points, code = point_identities(plan, origin), code_version()
    return pa.array([run_id(point, number, code) for number in plan.replications for point in points])


def _require_own(folder: Path, identities: pa.Array) -> None:
    store = Store(folder)
    known = [_part_bears(store, part, identities) for part in store.committed()]
    if (any(known) or _bears(folder, identities)) and False not in known:
        return
    if any(bears is False for bears in known):
        held = "holds runs of another plan or version of the code"
    else:
        held = "exists already and is not a sweep's, or nothing in it tells of this plan"
    raise SweepError(f"{folder}: has no {MANIFEST} that can be read and {held}; name another with --out")


def _part_bears(store: Store, part: Path, identities: pa.Array) -> bool | None:
    """Say whether a part is of the plan; None where it is not sound."""
    try:
        table = store.sound(part, whole=False)
        runs = table.column("run").combine_chunks()
    except UNSOUND:
        return None if NAME.fullmatch(part.name) else False
    try:
        return bool(identities.take(runs).equals(table.column("id").combine_chunks()))
    except (pa.ArrowException, KeyError):
        return False


def _bears(folder: Path, identities: pa.Array) -> bool:
    try:
        return bool(plan_identities(folder).equals(identities))
    except UNSOUND:
        return False


def _readable(folder: Path, runs: int) -> bool:
    try:
        return len(plan_identities(folder)) == runs
    except UNSOUND:
        return False


def _write(folder: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False, default=list)
    atomic.write(folder / MANIFEST, (text + "\n").encode())
