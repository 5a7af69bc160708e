"""The page docs/findings.md: the measured findings, their date and commit, and the changes they survive."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from experiments.plan.world import describe_world, unstressed
from experiments.study.findings import section
from experiments.study.findings.contrast import uncovered
from experiments.study.findings.run import Measured, Sized
from experiments.study.findings.study import (
    CHANGES,
    DEFAULT,
    EPISODE_STUDIES,
    INNOCENTS,
    ONE_EACH,
    REGIMES,
    WITHOUT_FEEDBACK,
    Study,
)

PAGE = Path("docs/findings.md")
OPENING = """# Findings

Written by `backstop findings --write`; do not edit. Commit {commit}, {date}, seed {seed}. Every interval is one of
95 %; differences are paired, on the same worlds. *Not told apart*: the interval holds zero. n: worlds. Amounts in
millions of USD unless said otherwise. (k of n): only k of n worlds differ, too few for an interval; *: fewer than ten
do; †: the interval covers about 90 %. Which interval a number has: [statistics.md](statistics.md).
"""
QUICK = "**A quick run of tiny worlds: its numbers mean nothing, it shows that the page can be written.**\n"


class Content(NamedTuple):
    """The contents of the page: measured studies by name, sizings, and their origin."""

    measured: dict[str, Measured]
    sized: Sequence[Sized]
    commit: str
    date: str
    seed: int
    quick: bool = False


def page(content: Content) -> str:
    """Return the page."""
    head = OPENING.format(commit=content.commit, date=content.date, seed=content.seed)
    parts = [head, *([QUICK] if content.quick else [])]
    for title, needs, body in _sections(content):
        if all(name in content.measured and not content.measured[name].failure for name in needs):
            parts.append(f"## {title}\n\n{body()}\n")
    lines = list(section.failures(list(content.measured.values())))
    if lines:
        parts.append("## Not measured\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


type Section = tuple[str, tuple[str, ...], Callable[[], str]]


def _sections(content: Content) -> list[Section]:
    """Return title, studies needed and body of every section, in order."""
    measured = content.measured
    default, cut = DEFAULT.name, WITHOUT_FEEDBACK
    sections: list[Section] = [
        ("The world", (default,), lambda: _world(measured[default])),
        ("What each structure leaves uncovered", (default,), lambda: section.structures(measured[default])),
        ("What of it is no finding", (default, cut), lambda: _artefacts(measured)),
        ("Under which changes it turns", (default,), lambda: section.turns(measured[default], _changed(content))),
        ("All headline metrics", (default,), lambda: section.headlines(measured[default])),
        ("All funds together", (default,), lambda: section.joint(measured[default])),
        ("Innocents and saved", (default,), lambda: section.harmed(measured[default])),
        (_titled(INNOCENTS), (INNOCENTS.name,), lambda: _innocents(measured[INNOCENTS.name])),
        *((_titled(study), (study.name,), _episode(content, study)) for study in EPISODE_STUDIES),
        ("Deleveraging against socialised loss", (REGIMES.name,), lambda: section.regimes(measured[REGIMES.name])),
    ]
    if content.sized:
        sections.append(("How large", (default,), lambda: section.sizes(content.sized)))
    return sections


def _world(measured: Measured) -> str:
    arrangements, number = measured.comparison.arrangements, measured.comparison.replications
    lines = describe_world(measured.scenario, arrangements, (), number)
    return "\n".join([f"- {line}" for line in [*lines, *_calm(measured)]])


def _calm(measured: Measured) -> list[str]:
    comparison = measured.comparison
    return unstressed(
        value for arrangement in comparison.arrangements for value in comparison.values(arrangement, "deficit")
    )


def _artefacts(measured: dict[str, Measured]) -> str:
    default, apart = measured[DEFAULT.name], measured.get(ONE_EACH.name)
    parts = [section.identity(default, measured[WITHOUT_FEEDBACK]), section.allotment(default)]
    return "\n\n".join([*parts, *([section.thin(apart)] if apart and not apart.failure else [])])


def _changed(content: Content) -> list[Measured]:
    held = (content.measured.get(study.name) for study in CHANGES)
    return [one for one in held if one is not None and not one.failure]


def _innocents(measured: Measured) -> str:
    return "\n\n".join([section.borne(measured), section.harmed(measured)])


def _episode(content: Content, study: Study) -> Callable[[], str]:
    def body() -> str:
        measured = content.measured[study.name]
        return "\n\n".join([section.structures(measured), *_calm(measured)])

    return body


def _titled(study: Study) -> str:
    return study.title[:1].upper() + study.title[1:]


def document(content: Content) -> dict[str, Any]:
    """Return the differences behind the page, ready for JSON."""
    differences = {
        name: {
            "title": one.study.title,
            "failure": one.failure,
            "replications": one.comparison.replications,
            "world": describe_world(one.scenario, one.comparison.arrangements, (), one.comparison.replications),
            "uncovered": [_plain(one, a, b) for a, b in one.comparison.pairs],
        }
        for name, one in content.measured.items()
    }
    sized = [{"target": one.target, "sentences": one.sentences} for one in content.sized]
    return {
        "commit": content.commit,
        "date": content.date,
        "seed": content.seed,
        "studies": differences,
        "sizes": sized,
    }


def _plain(measured: Measured, a: str, b: str) -> dict[str, Any]:
    one = uncovered(measured.comparison, a, b)
    ends = [one.low, one.high]
    return {"a": a, "b": b, "difference": one.mean, "ci95": ends, "n": one.number, "verdict": one.verdict}
