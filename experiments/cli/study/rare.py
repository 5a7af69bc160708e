"""``backstop rare``: the probability of an event that plain replications would hardly see."""

from typing import TYPE_CHECKING, Any

import click

from experiments.cli.answer import begin, tell
from experiments.cli.option import explained, scenario_options, stoppable
from experiments.run.stream import announce

if TYPE_CHECKING:
    from experiments.plan.configuration import Plan
    from experiments.study.rare.answer import Answer

DEFAULT_STRUCTURES = ("isolated", "pooled")


@click.command()
@click.option("--metric", default="uncovered", show_default=True, metavar="NAME", help="Metric of a run.")
@click.option("--threshold", type=float, default=0.01, show_default=True, help="What it has to exceed, in its unit.")
@click.option(
    "--structure",
    "structures",
    multiple=True,
    metavar="NAME",
    help="Repeatable; default isolated, pooled, or as compare.",
)
@click.option("--regime", "regimes", multiple=True, metavar="NAME", help="Repeatable; default the scenario's.")
@scenario_options
@click.option("--replications", type=int, default=1000, show_default=True, help="Replications of every seed.")
@click.option("--pilot", type=int, default=400, show_default=True, help="Replications of one trial of a pilot.")
@click.option("--untilted", type=float, default=0.1, show_default=True, help="Share of replications left as they are.")
@click.option("--blocks", type=int, default=8, show_default=True, help="Stretches a long stream is tilted in.")
@click.option("--plain", type=int, default=0, show_default=True, help="Plain replications as well, to compare.")
@click.option("--seeds", type=int, default=3, show_default=True, help="Times all is done again, pilot and all.")
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="The answer as one JSON document on standard output.")
@explained
@stoppable
def rare(quiet: bool, as_json: bool, structures: tuple[str, ...], **typed: Any) -> int:
    """Estimate how probable it is that a metric exceeds a threshold, down to 1e-4 and below.

    Importance sampling on the shock tape: a pilot finds which shocks make the event common, replications are drawn
    with those shocks shifted and weighted by their exact likelihood ratio. All of it is done with several seeds, the
    scenario's and those that follow: told are their common estimate with interval and relative error, and from least to
    most the gain over plain replications at equal work. Exit codes: 0 done, 1 a run failed, 130 Ctrl-C, 2 bad usage or
    configuration.
    """
    from experiments.run.process_pool import prepare  # noqa: PLC0415

    prepare(typed["workers"])
    from experiments.plan.configuration import plan  # noqa: PLC0415
    from experiments.plan.options import Options  # noqa: PLC0415

    own = {name: typed.pop(name) for name in ("metric", "threshold", "pilot", "untilted", "blocks", "plain", "seeds")}
    _check(own)
    chosen = plan(Options(structures=structures, **typed), DEFAULT_STRUCTURES)
    told = begin(chosen, quiet)
    answer = _answer(chosen, own, quiet)
    _report(answer, chosen, quiet, as_json, told)
    return 0


def _check(own: dict[str, Any]) -> None:
    import math  # noqa: PLC0415

    from experiments.plan.options import ConfigurationError  # noqa: PLC0415

    allowed = {
        "threshold": (math.isfinite(own["threshold"]), "a number"),
        "pilot": (50 <= own["pilot"] <= 100_000, "50 to 100000"),
        "untilted": (0.01 <= own["untilted"] < 1.0, "0.01 to below 1"),
        "blocks": (1 <= own["blocks"] <= 64, "1 to 64"),
        "plain": (0 <= own["plain"] <= 1_000_000, "0 to 1000000"),
        "seeds": (1 <= own["seeds"] <= 100, "1 to 100"),
    }
    problems = [
        f"command line: --{name}: {own[name]}: allowed is {text}" for name, (well, text) in allowed.items() if not well
    ]
    if problems:
        raise ConfigurationError(problems)


def _answer(chosen: "Plan", own: dict[str, Any], quiet: bool) -> "Answer":
    from experiments.results.folder import ResultFolder  # noqa: PLC0415
    from experiments.run.progress import Progress  # noqa: PLC0415
    from experiments.study.rare.run import Effort, check_metric, expected_runs, keep, study, words  # noqa: PLC0415
    from experiments.study.rare.search import Event  # noqa: PLC0415

    event = Event(own["metric"], own["threshold"])
    effort = Effort(own["pilot"], own["untilted"], own["blocks"], own["plain"], own["seeds"])
    check_metric(chosen, event.metric)
    with (
        ResultFolder(chosen.folder, "rare", words(chosen, event, effort), series=False) as folder,
        Progress(expected_runs(chosen, effort), quiet) as progress,
    ):
        progress.say_found(folder)
        answer = study(chosen, event, effort, progress.advance, folder.runs)
        if not folder.unchanged:
            keep(folder, chosen, answer)
    return answer


def _report(answer: "Answer", chosen: "Plan", quiet: bool, as_json: bool, told: dict[str, Any]) -> None:
    from experiments.study.rare.table import caveats, document, tables  # noqa: PLC0415

    tell(answer, document, tables, quiet, as_json, told)
    announce([*caveats(answer), f"results in {chosen.folder}"], quiet)
