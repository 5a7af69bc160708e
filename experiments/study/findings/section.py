"""The sections of the page of findings, each made of one study's runs."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.headline_metrics import shown
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.innocents import pairings
from experiments.study.findings.contrast import (
    APPEARS,
    KEEPS,
    TURNS,
    UNDECIDED,
    VANISHES,
    Contrast,
    contrast,
    count,
    members,
    never_more,
    paired_p,
    uncovered,
)
from experiments.study.findings.run import Measured, Sized
from experiments.study.findings.word import amount, counted, difference, listed, mean, percent, sentence, spread, table
from model.price.segment import asset_of
from model.scenario.extent import asset_names, listing_counts
from model.state.initial import fund_sizes, open_interest, total_capital

BY_LOSS = "isolated_by_loss"
UNIT = 1.0
SAID = {KEEPS: KEEPS, TURNS: TURNS, VANISHES: VANISHES, UNDECIDED: f"is {UNDECIDED}", APPEARS: f"is {APPEARS}"}


def structures(measured: Measured) -> str:
    """Return what every structure leaves uncovered, who is exhausted, and the pairs that are told apart or not."""
    comparison = measured.comparison
    rows = [
        (
            arrangement,
            mean(comparison.interval(arrangement, "uncovered")),
            mean(comparison.interval(arrangement, "exhausted"), UNIT),
            counted(count(comparison.values(arrangement, "all_exhausted"))),
            mean(comparison.interval(arrangement, "covered_per_capital"), UNIT),
        )
        for arrangement in comparison.arrangements
    ]
    names = ("structure", "uncovered, $M", "funds exhausted", "all exhausted", "covered per USD of capital")
    pairs = [uncovered(comparison, a, b) for a, b in comparison.pairs]
    return "\n\n".join([table(names, rows), differences(pairs), " ".join(sentence(pair) for pair in _told(pairs))])


def headlines(measured: Measured) -> str:
    """Return every headline metric, a column per structure, as the tables of `backstop compare` show it."""
    comparison = measured.comparison
    rows = [
        (
            f"{line.label}, {line.unit}",
            *(
                mean(comparison.interval(arrangement, line.metric), line.factor)
                for arrangement in comparison.arrangements
            ),
        )
        for line in shown(comparison.metrics)
    ]
    return table(("mean and 95 % interval", *comparison.arrangements), rows)


def differences(pairs: Sequence[Contrast]) -> str:
    """Return paired differences of uncovered loss as a table."""
    rows = [(pair.a, pair.b, difference(pair), str(pair.number), pair.verdict) for pair in pairs]
    return table(("a", "b", "uncovered, a − b, $M", "n", "a has"), rows)


def _told(pairs: Sequence[Contrast]) -> list[Contrast]:
    """Return the pairs that have a sentence of their own: isolated funds against a pool."""
    return [pair for pair in pairs if pair.a.startswith("isolated") and not pair.b.startswith("isolated")]


def joint(measured: Measured) -> str:
    """Return how often all funds were exhausted together, and exact tests between structures."""
    comparison = measured.comparison
    lines = [
        f"{arrangement}: {counted(count(comparison.values(arrangement, 'all_exhausted')))}"
        for arrangement in comparison.arrangements
    ]
    tests = [
        f"{a} and {b}: p = {paired_p(*(comparison.values(arrangement, 'all_exhausted') for arrangement in (a, b))):.3g}"
        for a, b in comparison.pairs
    ]
    return f"All funds exhausted in one world: {'; '.join(lines)}. Exact paired tests: {'; '.join(tests)}."


def harmed(measured: Measured) -> str:
    """Return, per run, the protocols that arrangement b harmed though they were safe in a, and those it saved."""
    rows = [
        (pair.a, pair.b, mean(pair.innocents, UNIT), mean(pair.saved, UNIT), str(pair.innocents.number))
        for pair in pairings(measured.comparison.pairs, measured.comparison.metrics, measured.comparison.values)
    ]
    return table(("a", "b", "innocents of b", "saved by b", "n"), rows)


def borne(measured: Measured) -> str:
    """Return whether the hit of the world `innocents` can be borne at all, by computation."""
    scenario = measured.scenario
    interest = np.array(_interest(scenario))
    hit = scenario.shock.hit_share * interest[scenario.shock.hit_protocol]
    capital, own = total_capital(scenario), fund_sizes(scenario)[scenario.shock.hit_protocol]
    can = "can" if hit < capital else "cannot"
    return (
        f"The hit takes ${amount(hit)}M from a protocol whose own fund holds ${amount(own)}M; all capital is "
        f"${amount(capital)}M, so that one pool {can} bear it."
    )


def identity(default: Measured, cut: Measured) -> str:
    """Return that a pool leaves no more in total, where that is an identity, and in how many worlds it held."""
    held, open_ = (
        never_more(
            measured.comparison.values("isolated", "uncovered"), measured.comparison.values("pooled", "uncovered")
        )
        for measured in (cut, default)
    )
    same = never_same(default.comparison)
    return (
        "**Identity.** Where nobody reacts to who pays, max(0, ΣD − ΣF) ≤ Σ max(0, D − F): a pool of the same capital "
        f"cannot leave more uncovered in total. It held in {held.hits} of {held.number} worlds without feedback and in "
        f"{open_.hits} of {open_.number} worlds as above. That the sign is so is no finding; how much, and at whose "
        f"cost, is. Deficits of isolated and pooled are equal to 1e-9 in {same} worlds as above."
    )


def never_same(comparison: Comparison) -> str:
    """Return in how many worlds the deficits of isolated and pooled are equal, as `k of n`."""
    a, b = (comparison.values(arrangement, "deficit") for arrangement in ("isolated", "pooled"))
    known = np.isfinite(a) & np.isfinite(b)
    return f"{int(np.isclose(a[known], b[known], rtol=1e-9, atol=0.0).sum())} of {int(known.sum())}"


def allotment(measured: Measured) -> str:
    """Return how much of the gain from pooling is left once funds are sized by expected loss."""
    comparison = measured.comparison
    by_interest, by_loss = (uncovered(comparison, arrangement, "pooled") for arrangement in ("isolated", BY_LOSS))
    lines = [sentence(by_interest), sentence(by_loss)]
    if by_interest.decided and not by_loss.decided:
        lines.append(
            f"As far as {by_loss.number} worlds tell, what a pool seems to save over funds by open interest is **an "
            "artefact of their allotment**."
        )
    elif by_interest.decided and by_loss.verdict != by_interest.verdict:
        lines.append("The sign turns with the allotment.")
    elif by_interest.decided:
        left = by_loss.mean / by_interest.mean
        lines.append(
            f"Of the difference to funds by open interest {percent(left)} is left with funds by expected loss."
        )
    return f"**Allotment.** {' '.join(lines)}"


def thin(measured: Measured) -> str:
    """Return the differences where each protocol lists one asset, and without the protocols of the thinnest."""
    comparison, thin_ones = measured.comparison, thin_protocols(measured)
    kept = np.setdiff1d(np.arange(measured.scenario.protocol.number), thin_ones)
    arrangements = ("isolated", BY_LOSS, "pooled")
    values = {arrangement: members(comparison, arrangement, kept) for arrangement in arrangements}
    left = [contrast(arrangement, "pooled", values[arrangement], values["pooled"]) for arrangement in arrangements[:2]]
    whole = [uncovered(comparison, arrangement, "pooled") for arrangement in arrangements[:2]]
    lines = [*map(sentence, whole)]
    called = measured.scenario.protocol.names()
    lines.append(f"Without protocols {listed([called[i] for i in thin_ones])}, on the thinnest asset:")
    for one, other in zip(whole, left, strict=True):
        lines.append(sentence(other, "uncovered at the others"))
        if one.decided and not other.decided:
            lines.append(
                f"As far as {other.number} worlds tell, that {one.a} differs from {one.b} is **due to these protocols "
                "alone**."
            )
    return f"**One asset a protocol.** {' '.join(lines)}"


def thin_protocols(measured: Measured) -> NDArray[np.intp]:
    """Return the protocols that trade nothing but the asset with the least depth over open interest."""
    names = asset_names(measured.scenario)
    depth = np.array(measured.scenario.asset.values("depth_per_oi", names))
    counts = listing_counts(measured.scenario)
    others = asset_of(measured.scenario, len(names)) != int(depth.argmin())
    return np.flatnonzero(np.bincount(np.repeat(np.arange(len(counts)), counts), others) == 0)


def regimes(measured: Measured) -> str:
    """Return deleveraging against socialised loss, structure by structure."""
    comparison = measured.comparison
    metrics = {"deficit": "deficit", "uncovered": "uncovered", "paid_regime": "borne by the regime"}
    rows = []
    for structure in dict.fromkeys(arrangement.partition("/")[0] for arrangement in comparison.arrangements):
        a, b = f"{structure}/adl", f"{structure}/socialized_loss"
        for metric, name in metrics.items():
            one = contrast(a, b, comparison.values(a, metric), comparison.values(b, metric))
            both = [mean(comparison.interval(arrangement, metric)) for arrangement in (a, b)]
            rows.append((structure, f"{name}, $M", *both, difference(one), str(one.number), one.verdict))
    return table(("structure", "metric", "adl", "socialised loss", "adl − socialised", "n", "adl has"), rows)


def sizes(sizings: Sequence[Sized]) -> str:
    """Return what `backstop size` says at every target, in its own words."""
    rows = [
        (f"{one.target:.0%}", row["structure"], amount(row["capital"]), spread(*map(_number, row["interval"])))
        for one in sizings
        for row in one.document["capital"]
    ]
    lines = [f"- target {one.target:.0%}: {line}" for one in sizings for line in one.sentences]
    return "\n\n".join([table(("target", "structure", "capital, $M", "95 %, $M"), rows), "\n".join(lines)])


def turns(default: Measured, changed: Sequence[Measured]) -> str:
    """Return the table of changes, and in sentences under which of them each difference keeps its sign."""
    rows, parts = [], []
    for a in (BY_LOSS, "isolated"):
        base = uncovered(default.comparison, a, "pooled")
        under = [(one.study.title, uncovered(one.comparison, a, "pooled")) for one in changed]
        rows.append((f"{a} − pooled", "as above", difference(base), str(base.number), base.verdict))
        rows += [(f"{a} − pooled", title, difference(c), str(c.number), base.under(c)) for title, c in under]
        parts.append(_summary(base, under))
    return "\n\n".join([table(("difference", "world", "uncovered, $M", "n", "finding"), rows), *parts])


def _summary(base: Contrast, under: Sequence[tuple[str, Contrast]]) -> str:
    fates: dict[str, list[str]] = {}
    for title, changed in under:
        fates.setdefault(base.under(changed), []).append(title)
    text = "; ".join(
        f"{SAID[fate]} under {len(names)} of {len(under)} changes ({listed(names)})" for fate, names in fates.items()
    )
    return f"{sentence(base)} It {text}."


def failures(studies: Sequence[Measured]) -> Iterator[str]:
    """Yield a line for every study that could not be finished."""
    for one in studies:
        if one.failure:
            yield f"- {one.study.title}: a run failed: {one.failure}"


def _interest(scenario: object) -> list[float]:
    return [float(value) for value in open_interest(scenario)]  # type: ignore[arg-type]


def _number(value: float | str | None) -> float:
    return float("nan") if value is None else float(value)
