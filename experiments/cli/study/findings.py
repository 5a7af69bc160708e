"""``backstop findings``: what README and docs quote, measured again and written to one page."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.cli.option import explained, stoppable
from experiments.run.stream import announce

if TYPE_CHECKING:
    from experiments.study.findings.page import Content

PLACE = click.Path(path_type=Path)


@click.command()
@click.option("--write", is_flag=True, help="Write docs/findings.md, or --page, instead of standard output.")
@click.option("--page", "place", type=PLACE, metavar="FILE", help="Where to write; default docs/findings.md.")
@click.option("--replications", type=click.IntRange(2), default=200, show_default=True, help="Of a usual study.")
@click.option("--study", "names", multiple=True, metavar="NAME", help="Only these studies; repeatable; default all.")
@click.option("--quick", is_flag=True, help="Tiny worlds, to see that the page can be written.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of every random stream.")
@click.option("--workers", type=click.IntRange(1), help="Processes; default one per core. Results do not depend on it.")
@click.option(
    "--out", type=PLACE, default=Path("results/findings"), show_default=True, metavar="FOLDER",
    help="Where finished studies are kept; started again only what is missing is run.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@explained
@stoppable
def findings(write: bool, place: Path | None, as_json: bool, quiet: bool, **typed: Any) -> int:
    """Measure every finding, with the changes of the world under which it turns.

    Each finding is told with its interval and n; what is an identity, an artefact of the allotment or of thin venues is
    called so by what was measured. Exit codes: 0 done, 1 a run failed, 130 Ctrl-C (finished studies are kept), 2 bad
    usage.
    """
    from experiments.run.process_pool import prepare  # noqa: PLC0415

    prepare(typed["workers"])
    from experiments.study.findings.page import PAGE, document, page  # noqa: PLC0415

    content = _measured(quiet, typed)
    text = page(content)
    if write or place:
        (place or PAGE).write_text(text, encoding="utf-8")
        announce([f"written: {place or PAGE}"], quiet)
    if as_json:
        import json  # noqa: PLC0415

        from experiments.results.folder import plain  # noqa: PLC0415

        click.echo(json.dumps(plain(document(content)), indent=2, ensure_ascii=False, allow_nan=False))
    elif not (write or place):
        click.echo(text, nl=False)
    return 1 if any(one.failure for one in content.measured.values()) else 0


def _measured(quiet: bool, typed: dict[str, Any]) -> "Content":
    from experiments.plan.resources import cores  # noqa: PLC0415
    from experiments.results.provenance import commit, utc_now  # noqa: PLC0415
    from experiments.run.process_pool import WorkerPool  # noqa: PLC0415
    from experiments.run.progress import Progress  # noqa: PLC0415
    from experiments.study.findings.page import Content  # noqa: PLC0415
    from experiments.study.findings.run import Effort, measure  # noqa: PLC0415
    from experiments.study.findings.study import LEAST, QUICK  # noqa: PLC0415

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
    from experiments.plan.configuration import ORIGIN  # noqa: PLC0415
    from experiments.plan.options import ConfigurationError  # noqa: PLC0415
    from experiments.study.findings.study import SIZE, studies  # noqa: PLC0415
    from model.scenario.problem import suggestion  # noqa: PLC0415

    known = [*(study.name for study in studies()), SIZE]
    wrong = [name for name in names if name not in known]
    if wrong:
        raise ConfigurationError(
            f"{ORIGIN}: --study: {name}: unknown{suggestion(name, known)}; allowed: {', '.join(known)}"
            for name in wrong
        )
    return [study for study in studies() if not names or study.name in names], not names or SIZE in names


def _runs(study: Any, asked: int) -> int:
    cells = len(study.structures) + ("isolated" in study.structures)
    return int(cells * max(len(study.regimes), 1) * study.replications(asked))


def _sizes(effort: Any, folder: Path, quiet: bool) -> list[Any]:
    from experiments.study.findings.run import size  # noqa: PLC0415
    from experiments.study.findings.study import DEFAULT, TARGETS  # noqa: PLC0415

    scenario, number = DEFAULT.scenario(effort.seed, effort.further), 2 * effort.replications
    found = []
    for target in TARGETS:
        announce([f"size: target {target:.0%}, n = {number}"], quiet)
        found.append(size(scenario, target, number, effort.workers, folder))
    return found
