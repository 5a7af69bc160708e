"""``backstop sweep``: a design over scenario fields, run anywhere, resumed at will."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli.option import explained
from experiments.run.stream import announce

if TYPE_CHECKING:
    from experiments.plan.shard import Shard
    from experiments.run.sweep.run import Outcome, Where

TOLD = 5  # different errors told


@click.command()
@click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN.toml")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Default results/ and the plan's name.")
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
def sweep(plan: Path, out: Path | None, quiet: bool, **typed: object) -> int:
    """Run a plan of many scenarios; started again, it does what is missing.

    Exit codes: 0 done, 1 some runs failed, 130 Ctrl-C (finished runs are kept), 2 bad usage or plan.
    """
    folder = out or Path("results") / plan.stem
    outcome = _sweep(plan, folder, quiet, typed)
    if outcome is None:
        return 0
    _report(outcome, folder, quiet)
    if outcome.stopped and not outcome.complete:
        return outcome.stopped
    return 0 if outcome.complete and not (outcome.failed or outcome.failed_before) else 1


def _sweep(plan: Path, folder: Path, quiet: bool, typed: dict) -> "Outcome | None":
    """Run it; None where only a job file was wanted."""
    from experiments.plan.plan import read_plan  # noqa: PLC0415

    shard, where = _shard(typed), _where(typed)
    read = read_plan(plan, bool(typed["allow_many"]))
    if typed["sbatch"]:
        from experiments.run.sweep.job_file import job_file  # noqa: PLC0415

        click.echo(job_file(plan, folder, typed["workers"] or 1, bool(typed["allow_many"])), nl=False)
        return None
    from experiments.results.sweep.world import opening  # noqa: PLC0415
    from experiments.run.interrupt import Interrupt  # noqa: PLC0415
    from experiments.run.sweep.demand import demand_line, require_room  # noqa: PLC0415
    from experiments.run.sweep.run import sweep as run  # noqa: PLC0415

    announce([*opening(read), demand_line(read)], quiet)
    require_room(read, folder, shard)
    with Interrupt() as stop:
        done = run(read, folder, str(plan), shard, where.open, stop, quiet, bool(typed["retry"]))
        return done._replace(stopped=stop.code)


def _shard(typed: dict) -> "Shard":
    from experiments.plan.shard import Shard, read_shard  # noqa: PLC0415

    return read_shard(typed["shard"]) if typed["shard"] else Shard()


def _where(typed: dict) -> "Where":
    from experiments.plan.problem import SweepError  # noqa: PLC0415
    from experiments.run.sweep.certificate import read_certificates  # noqa: PLC0415
    from experiments.run.sweep.run import Where  # noqa: PLC0415

    if typed["slurm"] and typed["scheduler"]:
        raise SweepError("--slurm together with --scheduler: allowed is one of the two")
    certificates = read_certificates(typed, typed["scheduler"], typed["slurm"])
    return Where(typed["workers"] or 1, typed["scheduler"], typed["slurm"], certificates)


def _report(outcome: "Outcome", folder: Path, quiet: bool) -> None:
    alike: dict[str, list[int]] = {}
    for run, error in outcome.failures:
        alike.setdefault(error, []).append(run)
    for error, runs in list(alike.items())[:TOLD]:
        click.echo(f"failed: {len(runs)} runs, first run {runs[0]}: {error}", err=True)
    earlier = outcome.failed_before
    if outcome.failed or earlier:
        click.echo(f"{outcome.failed + earlier} runs are recorded as failed; --retry-failed does them again", err=True)
    if not quiet:
        state = "complete" if outcome.complete else "interrupted"
        done = outcome.before + outcome.finished
        click.echo(f"{state}: {done} of {outcome.total} runs, {outcome.failed} failed now; in {folder}", err=True)
        if outcome.complete:  # what is broken off ends at once, and has not yet tested what it will
            from experiments.results.sweep.world import closing  # noqa: PLC0415

            announce(closing(folder), quiet)
