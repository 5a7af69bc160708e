"""``backstop rare``: the probability of an event that plain replications would hardly see."""

import math
from typing import Any

import click
from click.core import ParameterSource

from experiments.cli.answer import begin, tell
from experiments.plan.configuration import Plan, plan
from experiments.plan.options import ConfigurationError, Options
from experiments.results.folder import ResultFolder
from experiments.run.progress import Progress
from experiments.run.stream import announce
from experiments.study.rare.answer import Answer
from experiments.study.rare.run import Effort, check_metric, expected_runs, keep, study, words
from experiments.study.rare.search import Event
from experiments.study.rare.splitting.importance import SPLIT
from experiments.study.rare.splitting.study import (
    SplitAnswer,
    SplitEffort,
    expected_parts,
    keep_split,
    split_caveats,
    split_document,
    split_study,
    split_tables,
)
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
    told = begin(chosen, quiet)
    answer = (_split if method == "splitting" else _answer)(chosen, own, quiet)
    _report(answer, chosen, quiet, as_json, told)
    return 0


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
    if method == "splitting" and own["metric"] not in SPLIT:
        problems.append(
            f"command line: --metric: {own['metric']!r}: allowed with --method splitting: {', '.join(SPLIT)}"
        )
    if method == "splitting":
        useless = [f"--{name}" for name in ONLY_TILTING if _typed(name)]
        problems += [f"command line: {option}: allowed with --method tilting alone" for option in useless]
    if problems:
        raise ConfigurationError(problems)


def _typed(name: str) -> bool:
    """Tell whether an option was given on the command line."""
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _answer(chosen: Plan, own: dict[str, Any], quiet: bool) -> Answer:
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


def _split(chosen: Plan, own: dict[str, Any], quiet: bool) -> SplitAnswer:
    """Estimate by splitting; what only tilting needs is not looked at."""
    event, effort = Event(own["metric"], own["threshold"]), SplitEffort(own["pilot"], own["seeds"])
    asked = {**words(chosen, event, Effort(own["pilot"], 0.0, 0, 0, own["seeds"])), "method": "splitting"}
    with (
        ResultFolder(chosen.folder, "rare", asked, series=False) as folder,
        Progress(expected_parts(chosen, effort), quiet) as progress,
    ):
        answer = split_study(chosen, event, effort, progress.advance)
        keep_split(folder, chosen, answer)
    return answer


def _report(answer: Answer | SplitAnswer, chosen: Plan, quiet: bool, as_json: bool, told: dict[str, Any]) -> None:
    if isinstance(answer, SplitAnswer):
        tell(answer, split_document, split_tables, quiet, as_json, told)
        lines = split_caveats(answer)
    else:
        tell(answer, document, tables, quiet, as_json, told)
        lines = caveats(answer)
    announce([*lines, f"results in {chosen.folder}"], quiet)
