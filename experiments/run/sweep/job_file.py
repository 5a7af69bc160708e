"""A job file for SLURM: an array of shards, each a process that needs no other."""

import shlex
from collections.abc import Iterable
from pathlib import Path

FILE = """#!/bin/bash
#SBATCH --job-name=backstop
#SBATCH --array=1-{shards}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --time=24:00:00
#SBATCH --output=%x-%A_%a.log
set -euo pipefail
cd {here}
# A shard that was killed goes on where it stopped when its task is started again.
backstop sweep {plan} --out {out} --shard "$SLURM_ARRAY_TASK_ID/{shards}"{more}
"""


def job_file(plan: Path, out: Path, shards: int, words: Iterable[str] = ()) -> str:
    """Return the text of a job file.

    Parameters
    ----------
    plan, out : plan file and result folder, which all nodes must see.
    shards : tasks of the array.
    words : that every shard's command repeats, such as ``--yes``.
    """
    here, file, folder = (shlex.quote(str(path.absolute())) for path in (Path(), plan, out))
    return FILE.format(
        shards=shards, here=here, plan=file, out=folder, more="".join(f" {shlex.quote(word)}" for word in words)
    )
