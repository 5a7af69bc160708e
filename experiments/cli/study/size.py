"""``backstop size``: the least capital that keeps uncovered loss as rare as wanted."""

from typing import TYPE_CHECKING, Any

import click

from experiments.cli.answer import begin, tell
from experiments.cli.option import explained, scenario_options, stoppable
from experiments.run.stream import announce

if TYPE_CHECKING:
    from experiments.plan.configuration import Plan
    from experiments.study.size.answer import Answer

DEFAULT_STRUCTURES = ("isolated", "pooled")


@click.command()
@click.option("--target", type=float, default=0.99, show_default=True, help="Wanted probability of cover.")
@click.option(
    "--structure",
    "structures",
    multiple=True,
    metavar="NAME",
    help="Repeatable; default isolated, pooled, or as compare.",
)
@click.option("--regime", "regimes", multiple=True, metavar="NAME", help="Repeatable; default the scenario's.")
@scenario_options
@click.option(
    "--replications", type=int, default=400, show_default=True, help="Replications, the same at every capital."
)
@click.option("--tolerance", type=float, default=0.01, show_default=True, help="Relative width at which to stop.")
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="The answer as one JSON document on standard output.")
@explained
@stoppable
def size(
    target: float, tolerance: float, quiet: bool, as_json: bool, structures: tuple[str, ...],
    **typed: Any,
) -> int:  # fmt: skip
    """Size the backstop: how large must the fund be, and what would joining a pool save or risk.

    The least total capital of every structure and regime, and of isolated funds of their own right sizes, at two
    targets: "each", every member by itself is left uncovered with a probability of at most 1 - target, and "any",
    somebody is. By bisection on common random numbers, learnt from one half of them and judged on the other. Exit
    codes: 0 done, 1 a run failed, 130 Ctrl-C, 2 bad usage or configuration.
    """
    from experiments.run.process_pool import prepare  # noqa: PLC0415

    prepare(typed["workers"])
    from experiments.plan.configuration import plan  # noqa: PLC0415
    from experiments.plan.options import Options  # noqa: PLC0415

    _check(target, tolerance)
    chosen = plan(Options(structures=structures, **typed), DEFAULT_STRUCTURES, ("backstop.capital_ratio",))
    told = begin(chosen, quiet)
    answer = _answer(chosen, target, tolerance, quiet)
    _report(answer, chosen, quiet, as_json, told)
    return 0


def _check(target: float, tolerance: float) -> None:
    from experiments.plan.options import ConfigurationError  # noqa: PLC0415

    problems = []
    if not 0.0 < target < 1.0:
        problems.append(f"command line: --target: {target}: allowed is above 0 and below 1")
    if not 1e-6 <= tolerance < 1.0:
        problems.append(f"command line: --tolerance: {tolerance}: allowed is 1e-6 to below 1")
    if problems:
        raise ConfigurationError(problems)


def _answer(chosen: "Plan", target: float, tolerance: float, quiet: bool) -> "Answer":
    from experiments.results.folder import ResultFolder  # noqa: PLC0415
    from experiments.run.progress import Progress  # noqa: PLC0415
    from experiments.study.size.run import expected_runs, find, keep, words  # noqa: PLC0415

    with (
        ResultFolder(chosen.folder, "sizing", words(chosen, target, tolerance), series=False) as folder,
        Progress(expected_runs(chosen), quiet) as progress,
    ):
        progress.say_found(folder)
        answer = find(chosen, target, tolerance, progress.advance, folder.runs)
        if not folder.unchanged:
            keep(folder, chosen, answer)
    return answer


def _report(answer: "Answer", chosen: "Plan", quiet: bool, as_json: bool, told: dict[str, Any]) -> None:
    from experiments.plan.world import unstressed  # noqa: PLC0415
    from experiments.study.size.caveat import caveats  # noqa: PLC0415
    from experiments.study.size.table import document, tables, verdict  # noqa: PLC0415

    warned = unstressed(answer.losses.sum(axis=1).tolist())
    tell(answer, document, tables, quiet, as_json, {**told, "warnings": warned})
    if not (quiet or as_json):
        for line in verdict(answer):
            click.echo(line)
    announce([*caveats(answer), *warned, f"results in {chosen.folder}"], quiet)
