"""``backstop sweep``: a design over scenario fields, run anywhere, resumed at will."""

from pathlib import Path

import click

from experiments.plan.plan import read_plan
from experiments.plan.plan_file import Typed
from experiments.plan.problem import SweepError
from experiments.plan.shard import Shard, read_shard
from experiments.results.sweep.world import closing, opening
from experiments.run.interrupt import Interrupt
from experiments.run.stream import announce
from experiments.run.sweep.certificate import read_certificates
from experiments.run.sweep.demand import demand_line, require_room
from experiments.run.sweep.job_file import job_file
from experiments.run.sweep.run import Outcome, Where
from experiments.run.sweep.run import sweep as run_sweep

TOLD = 5  # different errors told


def sweep(plan: Path, out: Path | None, quiet: bool, **typed: object) -> int:
    """Run a plan of many scenarios; started again, it does what is missing."""
    folder = out or Path("results") / plan.stem
    outcome = _sweep(plan, folder, quiet, typed)
    if outcome is None:
        return 0
    _report(outcome, folder, quiet)
    if outcome.stopped and not outcome.complete:
        return outcome.stopped
    return 0 if outcome.complete and not (outcome.failed or outcome.failed_before) else 1


def _sweep(plan: Path, folder: Path, quiet: bool, typed: dict) -> Outcome | None:
    """Run it; None where only a job file was wanted."""
    shard, where = _shard(typed), _where(typed)
    added = Typed(typed["reporters"], typed["series"])
    read = read_plan(plan, bool(typed["allow_many"]), typed=added)
    if typed["sbatch"]:
        click.echo(job_file(plan, folder, typed["workers"] or 1, _again(typed)), nl=False)
        return None
    announce([*opening(read), demand_line(read)], quiet)
    require_room(read, folder, shard)
    with Interrupt() as stop:
        done = run_sweep(read, folder, str(plan), shard, where.open, stop=stop, quiet=quiet, retry=bool(typed["retry"]))
        return done._replace(stopped=stop.code)


def _again(typed: dict) -> list[str]:
    """Return the words of the command line that every shard of a job file repeats."""
    reporters = [word for text in typed["reporters"] for word in ("--reporter", text)]
    series = [word for text in typed["series"] for word in ("--series", text)]
    return [*reporters, *series, *(["--yes"] if typed["allow_many"] else [])]


def _shard(typed: dict) -> Shard:
    return read_shard(typed["shard"]) if typed["shard"] else Shard()


def _where(typed: dict) -> Where:
    if typed["slurm"] and typed["scheduler"]:
        raise SweepError("--slurm together with --scheduler: allowed is one of the two")
    certificates = read_certificates(typed, typed["scheduler"], typed["slurm"])
    return Where(typed["workers"] or 1, typed["scheduler"], typed["slurm"], certificates)


def _report(outcome: Outcome, folder: Path, quiet: bool) -> None:
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
            announce(closing(folder), quiet)
