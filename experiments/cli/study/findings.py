"""``backstop findings``: what README and docs quote, measured again and written to one page."""

import json
from pathlib import Path
from typing import Any

import click

from experiments.plan.configuration import ORIGIN
from experiments.plan.options import ConfigurationError
from experiments.plan.resources import cores
from experiments.results.folder import plain
from experiments.results.provenance import commit, utc_now
from experiments.run.process_pool import WorkerPool
from experiments.run.progress import Progress
from experiments.run.stream import announce
from experiments.study.findings.page import PAGE, Content, document, page
from experiments.study.findings.run import Effort, measure, size
from experiments.study.findings.study import DEFAULT, LEAST, QUICK, SIZE, TARGETS, studies
from model.scenario.problem import suggestion


def findings(write: bool, place: Path | None, as_json: bool, quiet: bool, **typed: Any) -> int:
    """Measure every finding, with the changes of the world under which it turns.

    Parameters
    ----------
    write : write the page to its place in the documentation.
    place : write it there instead.
    as_json : print the differences as JSON.
    quiet : no progress.
    typed : ``names`` of studies, ``replications``, ``seed``, ``workers``, ``quick``, ``out``, their folder.
    """
    content = _measured(quiet, typed)
    text = page(content)
    if write or place:
        (place or PAGE).write_text(text, encoding="utf-8")
        announce([f"written: {place or PAGE}"], quiet)
    if as_json:
        click.echo(json.dumps(plain(document(content)), indent=2, ensure_ascii=False, allow_nan=False))
    elif not (write or place):
        click.echo(text, nl=False)
    return 1 if any(one.failure for one in content.measured.values()) else 0


def _measured(quiet: bool, typed: dict[str, Any]) -> Content:
    quick, workers = typed["quick"], typed["workers"] or cores()
    asked = LEAST if quick else typed["replications"]
    effort = Effort(asked, workers, typed["seed"], QUICK if quick else {})
    chosen, sized = _chosen(typed["names"])
    found = {}
    with WorkerPool(workers) as executor:
        for study in chosen:
            announce([f"{study.name}: {study.title}, n = {study.replications(asked)}"], quiet)
            with Progress(_runs(study, asked), quiet) as progress:
                found[study.name] = measure(study, effort, executor, typed["out"], progress.advance)
    sizes = _sizes(effort, typed["out"], quiet) if sized else ()
    return Content(found, sizes, commit() or "unknown", utc_now(), typed["seed"], quick)


def _chosen(names: tuple[str, ...]) -> tuple[list[Any], bool]:
    """Return the studies named, all where none is, and whether sizes are wanted."""
    known = [*(study.name for study in studies()), SIZE]
    wrong = [name for name in names if name not in known]
    if wrong:
        raise ConfigurationError(
            f"{ORIGIN}: --study: {name}: unknown{suggestion(name, known)}; allowed: {', '.join(known)}"
            for name in wrong
        )
    return [study for study in studies() if not names or study.name in names], not names or SIZE in names


def _runs(study: Any, asked: int) -> int:
    arrangements = len(study.structures) + ("isolated" in study.structures)
    return int(arrangements * max(len(study.regimes), 1) * study.replications(asked))


def _sizes(effort: Any, folder: Path, quiet: bool) -> list[Any]:
    scenario, number = DEFAULT.scenario(effort.seed, effort.further), 2 * effort.replications
    found = []
    for target in TARGETS:
        announce([f"size: target {target:.0%}, n = {number}"], quiet)
        found.append(size(scenario, target, number, effort.workers, folder))
    return found
