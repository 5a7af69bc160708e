"""``backstop sweep``: a design over scenario fields, run anywhere, resumed at will."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import REPORTER, SERIES, explained


@click.command()
@click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN.toml")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Default results/ and the plan's name.")
@REPORTER
@SERIES
@click.option("--workers", type=click.IntRange(1), help="1: this process (default); more: processes here, or jobs.")
@click.option("--scheduler", metavar="ADDRESS", help="Address of a Dask scheduler, such as tcp://host:8786.")
@click.option("--tls-ca-file", metavar="PEM", help="The authority's certificate, for --scheduler tls://... or --slurm.")
@click.option("--tls-cert", metavar="PEM", help="This side's certificate, which the authority has signed.")
@click.option("--tls-key", metavar="PEM", help="Its key, where that is in a file of its own.")
@click.option("--slurm", is_flag=True, help="--workers SLURM jobs, by dask-jobqueue and its configuration.")
@click.option("--shard", metavar="I/N", help="Only the I-th of N shares; shares may run at once, anywhere.")
@click.option("--sbatch", is_flag=True, help="Print a SLURM job file of --workers shards, and run nothing.")
@click.option("--retry-failed", "retry", is_flag=True, help="Do runs again that failed before.")
@click.option("--yes", "allow_many", is_flag=True, help="Run more than 20,000 runs.")
@click.option("--quiet", is_flag=True, help="No progress.")
@explained
def sweep(**typed: Any) -> int:
    """Run a plan of many scenarios; started again, it does what is missing.

    Exit codes: 0 done, 1 some runs failed, 130 Ctrl-C (finished runs are kept), 2 bad usage or plan.
    """
    return load("experiments.cli.study.sweep:sweep")(**typed)
