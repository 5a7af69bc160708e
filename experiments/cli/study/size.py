"""``backstop size``: the least capital that keeps uncovered loss as rare as wanted."""

from typing import Any

import click

from experiments.cli.answer import begin, tell
from experiments.plan.configuration import Plan, plan
from experiments.plan.options import ConfigurationError, Options
from experiments.plan.world import unstressed
from experiments.results.folder import ResultFolder
from experiments.run.progress import Progress
from experiments.run.stream import announce
from experiments.study.size.answer import Answer
from experiments.study.size.caveat import caveats
from experiments.study.size.run import expected_runs, find, keep, words
from experiments.study.size.table import document, tables, verdict

DEFAULT_STRUCTURES = ("isolated", "pooled")


def size(
    target: float, tolerance: float, quiet: bool, as_json: bool, structures: tuple[str, ...],
    **typed: Any,
) -> int:  # fmt: skip
    """Size the backstop: how large must the fund be, and what would joining a pool save or risk.

    Parameters
    ----------
    target : wanted probability of cover, in (0, 1).
    tolerance : relative width at which a search stops, > 0.
    quiet : no progress and no tables.
    as_json : one JSON document instead of tables.
    structures : to size; empty for the usual ones.
    typed : the other options of :class:`experiments.plan.options.Options`.
    """
    _check(target, tolerance)
    chosen = plan(Options(structures=structures, **typed), DEFAULT_STRUCTURES, ("backstop.capital_ratio",))
    told = begin(chosen, quiet)
    answer = _answer(chosen, target, tolerance, quiet)
    _report(answer, chosen, quiet, as_json, told)
    return 0


def _check(target: float, tolerance: float) -> None:
    problems = []
    if not 0.0 < target < 1.0:
        problems.append(f"command line: --target: {target}: allowed is above 0 and below 1")
    if not 1e-6 <= tolerance < 1.0:
        problems.append(f"command line: --tolerance: {tolerance}: allowed is 1e-6 to below 1")
    if problems:
        raise ConfigurationError(problems)


def _answer(chosen: Plan, target: float, tolerance: float, quiet: bool) -> Answer:
    with (
        ResultFolder(chosen.folder, "sizing", words(chosen, target, tolerance), series=False) as folder,
        Progress(expected_runs(chosen), quiet) as progress,
    ):
        progress.say_found(folder)
        answer = find(chosen, target, tolerance, progress.advance, folder.runs)
        if not folder.unchanged:
            keep(folder, chosen, answer)
    return answer


def _report(answer: Answer, chosen: Plan, quiet: bool, as_json: bool, told: dict[str, Any]) -> None:
    warned = unstressed(answer.losses.sum(axis=1).tolist())
    tell(answer, document, tables, quiet, as_json, {**told, "warnings": warned})
    if not (quiet or as_json):
        for line in verdict(answer):
            click.echo(line)
    announce([*caveats(answer), *warned, f"results in {chosen.folder}"], quiet)
