"""``backstop rare``: the probability of an event that plain replications would hardly see."""

import math
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from experiments.cli.answer import begin, tell
from experiments.plan.configuration import Plan, plan
from experiments.plan.options import ConfigurationError, Options
from experiments.results.folder import ResultFolder
from experiments.run.progress import Progress
from experiments.run.stream import announce
from experiments.study.rare.answer import Answer
from experiments.study.rare.choice import AUTO, SPLITTING, TILTING, Choice, expected_pilot, only_way, pilot
from experiments.study.rare.outcome import Outcome, keep
from experiments.study.rare.run import Effort, check_metric, expected_runs, outcome, study, words
from experiments.study.rare.search import Event
from experiments.study.rare.splitting.answer import SplitAnswer, SplitEffort
from experiments.study.rare.splitting.importance import SPLIT
from experiments.study.rare.splitting.study import expected_parts, split_outcome, split_study
from experiments.study.rare.splitting.table import split_caveats, split_document, split_tables
from experiments.study.rare.table import caveats, document, tables

DEFAULT_STRUCTURES = ("isolated", "pooled")
ONLY_TILTING = ("untilted", "blocks", "plain")
"""Options that say how shocks are tilted, or what to compare it with."""


def rare(quiet: bool, as_json: bool, structures: tuple[str, ...], **typed: Any) -> int:
    """Estimate how probable it is that a metric exceeds a threshold, down to 1e-4 and below."""
    method = typed.pop("method")
    own = {name: typed.pop(name) for name in ("metric", "threshold", "pilot", "untilted", "blocks", "plain", "seeds")}
    _check(own, method)
    chosen = plan(Options(structures=structures, **typed), DEFAULT_STRUCTURES)
    asked = Asked(chosen, Event(own.pop("metric"), own.pop("threshold")), Effort(**own), method, _only_tilting())
    if method != SPLITTING:
        check_metric(chosen, asked.event.metric)
    told = begin(chosen, quiet)
    with (
        ResultFolder(chosen.folder, "rare", asked.words(), series=False) as folder,
        Progress(0, quiet) as progress,
    ):
        progress.say_found(folder)
        choice = _choice(asked, folder, progress)
        answer = (_split if choice.method == SPLITTING else _tilt)(asked, choice, folder, progress)
    _report(answer, choice, chosen, Shown(quiet, as_json, told))
    return 0


class Asked(NamedTuple):
    """What is to be found, and how."""

    plan: Plan
    event: Event
    effort: Effort
    method: str
    only_tilting: list[str]  # options given that splitting does not have

    def words(self) -> dict[str, Any]:
        """Return everything the numbers depend on."""
        split = self.effort._replace(untilted=0.0, blocks=0, plain=0)
        own: dict[str, dict[str, Any]] = {
            TILTING: {},
            SPLITTING: {"method": SPLITTING},
            AUTO: {"method": AUTO, "only_tilting": self.only_tilting},
        }
        return {**words(self.plan, self.event, split if self.method == SPLITTING else self.effort), **own[self.method]}


class Shown(NamedTuple):
    """How the answer is shown, and what is told next to it."""

    quiet: bool
    as_json: bool
    told: dict[str, Any]


def _check(own: dict[str, Any], method: str) -> None:
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
    if method == SPLITTING and own["metric"] not in SPLIT:
        problems.append(
            f"command line: --metric: {own['metric']!r}: allowed with --method splitting: {', '.join(SPLIT)}"
        )
    if method == SPLITTING:
        problems += [f"command line: --{name}: allowed with --method tilting alone" for name in _only_tilting()]
    if problems:
        raise ConfigurationError(problems)


def _only_tilting() -> list[str]:
    """Return the options given on the command line that only tilting has."""
    context = click.get_current_context(silent=True)
    given = ParameterSource.COMMANDLINE
    return [name for name in ONLY_TILTING if context is not None and context.get_parameter_source(name) is given]


def _choice(asked: Asked, folder: ResultFolder, progress: Progress) -> Choice:
    """Return the way that was asked for, or the better one of both."""
    if asked.method != AUTO:
        return Choice(asked.method)
    only = only_way(asked.plan, asked.event, asked.only_tilting)
    if only is not None:
        return only
    progress.expect(expected_pilot(asked.plan, asked.effort))
    return pilot(asked.plan, asked.event, asked.effort, progress.advance, folder.pilot)


def _tilt(asked: Asked, choice: Choice, folder: ResultFolder, progress: Progress) -> Answer:
    """Estimate by tilting."""
    progress.expect(expected_runs(asked.plan, asked.effort))
    answer = study(asked.plan, asked.event, asked.effort, progress.advance, folder.runs)
    if not folder.unchanged:
        _keep(folder, asked.plan, outcome(answer), choice)
    return answer


def _split(asked: Asked, choice: Choice, folder: ResultFolder, progress: Progress) -> SplitAnswer:
    """Estimate by splitting; what only tilting needs is not looked at."""
    effort = SplitEffort(asked.effort.pilot, asked.effort.seeds)
    progress.expect(expected_parts(asked.plan, effort))
    answer = split_study(asked.plan, asked.event, effort, progress.advance, folder.runs)
    if not folder.unchanged:
        _keep(folder, asked.plan, split_outcome(answer), choice)
    return answer


def _keep(folder: ResultFolder, plan: Plan, outcome: Outcome, choice: Choice) -> None:
    """Leave the outcome in its folder, with how its way was chosen."""
    lines = [*choice.lines, *outcome.summary]
    keep(folder, plan, outcome._replace(document=choice.added(dict)(outcome.document), summary=lines))


def _report(answer: Answer | SplitAnswer, choice: Choice, chosen: Plan, shown: Shown) -> None:
    quiet, as_json, told = shown
    if isinstance(answer, SplitAnswer):
        tell(answer, choice.added(split_document), split_tables, quiet, as_json, told)
        lines = split_caveats(answer)
    else:
        tell(answer, choice.added(document), tables, quiet, as_json, told)
        lines = caveats(answer)
    announce([*choice.lines, *lines, f"results in {chosen.folder}"], quiet)
