"""The output of a calibration: the estimate, which moments are met, a scenario, a result folder."""

from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tomli_w
from rich.table import Table

from experiments.figure.attempt import save_alone
from experiments.statistics.verdict import HIT, MISS, VAGUE
from experiments.study.calibration.field import current_value
from experiments.study.calibration.fit import Fit
from experiments.study.calibration.judgement import Judged
from experiments.study.calibration.moment import Series
from experiments.study.calibration.record import Record
from experiments.study.comparison.manifest import study_manifest
from experiments.study.comparison.table import interval, number
from experiments.study.phase.run import write_rows
from model.scenario import plant

if TYPE_CHECKING:
    from experiments.results.folder import ResultFolder
    from model.scenario import Scenario

PER_STEP = ("garch",)  # processes whose parameters hold for one length of a step only


class Calibration(NamedTuple):
    """A finished calibration.

    Attributes
    ----------
    scenario : simulated, before the estimate.
    record : the recorded prices.
    names : of the moments.
    fit : the estimate.
    series : simulated bars at the estimate, for the figure.
    whole : whether the whole model was simulated, not the price process alone.
    judged : the moments of the fit, with its errors.
    again : moments of other replications at the estimate, as long in all as the record; None where not simulated.
    """

    scenario: "Scenario"
    record: Record
    names: list[str]
    fit: Fit
    series: Series
    whole: bool
    judged: Judged
    again: Judged | None = None


def field_rows(found: Calibration) -> list[dict[str, Any]]:
    """Return a row per free field: estimate, interval, bounds, value before."""
    rows = []
    for i, (name, value) in enumerate(found.fit.values.items()):
        low, high = found.fit.interval(i)
        field = found.fit.fields[i]
        rows.append(
            {
                "field": name,
                "estimate": value,
                "low": low,
                "high": high,
                "least": field.low,
                "most": field.high,
                "before": current_value(found.scenario, name),
            }
        )
    return rows


def moment_rows(found: Calibration) -> list[dict[str, Any]]:
    """Return a row per moment: recorded, simulated, standardised difference, error, verdict, and these `again`."""
    assets = len(found.record.assets)
    volume = any(name.endswith("volume with absolute returns") for name in found.names)
    again = found.again.rows(assets, volume) if found.again else [dict[str, Any]()] * len(found.names)
    return [
        {"moment": name, **row, **{f"{key}_again": more[key] for key in AGAIN if more}}
        for name, row, more in zip(found.names, found.judged.rows(assets, volume), again, strict=True)
    ]


def tables(found: Calibration) -> list[Table]:
    """Return the estimate and the moments as tables."""
    fields, moments = Table(title="Estimate and 95 % intervals"), Table(title=title(found))
    columns = [*COLUMNS, *([f"{found.again.days:,.0f} days", "z", "verdict"] if found.again else [])]
    for table, names in ((fields, ["field", "estimate", "interval", "before"]), (moments, columns)):
        for name in names:
            table.add_column(name, justify="left" if name in ("field", "moment", "verdict") else "right")
    for row in field_rows(found):
        fields.add_row(
            row["field"], number(row["estimate"]), interval(row["low"], row["high"]), number(float(row["before"]))
        )
    for row in moment_rows(found):
        told = [row["moment"], number(row["recorded"]), number(row["simulated"]), f"{row['z']:.1f}", row["error"]]
        more = [number(row["simulated_again"]), f"{row['z_again']:.1f}", row["verdict_again"]] if found.again else []
        moments.add_row(*told, row["verdict"], *more)
    return [fields, moments]


COLUMNS = ("moment", "recorded", "simulated", "z", "error", "verdict")
AGAIN = ("simulated", "z", "error", "verdict")


def title(found: Calibration) -> str:
    """Return the title of the moments: distance, days simulated, and how many are met."""
    fit, rows, days = found.fit, moment_rows(found), found.record.days
    text = (
        f"Moments: J = {fit.distance:.1f}, a worse fit with probability {fit.probability:.2f}; of {len(rows)}, "
        f"{counted(rows, 'verdict')}, by the errors of {found.judged.days:,.0f} days simulated for {days:,.0f} recorded"
    )
    if found.again is None:
        return text
    return f"{text}; in {found.again.days:,.0f} other days simulated {counted(rows, 'verdict_again')}"


def counted(rows: list[dict[str, Any]], key: str) -> str:
    """Return how many rows have each verdict."""
    return ", ".join(f"{sum(row[key] == verdict for row in rows)} {verdict}" for verdict in (HIT, MISS, VAGUE))


def fragment(found: Calibration) -> str:
    """Return the estimate as a scenario in TOML, to be given to ``--scenario``."""
    process = found.scenario.price.process
    tree: dict[str, Any] = {"minutes": found.scenario.minutes} if process in PER_STEP else {}
    plant(tree, "price.process", process)
    for name, value in found.fit.values.items():
        plant(tree, name, _rounded(value, attrgetter(name)(found.scenario)))
    told = f"Calibrated to {', '.join(found.record.assets)}; {title(found).removeprefix('Moments: ')}."
    return f"# {''.join(sign if sign.isprintable() else ' ' for sign in told)}\n{tomli_w.dumps(tree)}"


def _rounded(value: float, held: Any) -> Any:
    """Return an estimate to six digits, as a list or whole number where the scenario holds one."""
    short = float(f"{value:.6g}")
    return [short] if isinstance(held, tuple) else round(value) if isinstance(held, int) else short


def document(found: Calibration) -> dict[str, Any]:
    """Return all of it for JSON."""
    fit = found.fit
    return {
        "assets": list(found.record.assets),
        "bars": len(found.record.series.returns),
        "bar_minutes": found.record.minutes,
        "whole_model": found.whole,
        "fields": field_rows(found),
        "moments": moment_rows(found),
        "distance": fit.distance,
        "probability": fit.probability,
        "missed": _named(found, "verdict", MISS),
        "too_vague": _named(found, "verdict", VAGUE),
        "record_days": found.record.days,
        "simulated_days": found.judged.days,
        "again_days": found.again.days if found.again else 0.0,
        "missed_again": _named(found, "verdict_again", MISS),
        "too_vague_again": _named(found, "verdict_again", VAGUE),
        "evaluations": fit.evaluations,
    }


def _named(found: Calibration, key: str, verdict: str) -> list[str]:
    """Return the moments of which `key` says `verdict`."""
    return [row["moment"] for row in moment_rows(found) if row.get(key) == verdict]


def keep(folder: "ResultFolder", found: Calibration) -> None:
    """Write tables, scenario, figure and manifest into the result folder."""
    write_rows(folder.path / "fields.csv", field_rows(found))
    write_rows(folder.path / "moments.csv", moment_rows(found))
    (folder.path / "calibrated.toml").write_text(fragment(found), encoding="utf-8")
    save_alone(folder.path, "moments", found, "experiments.study.calibration.figure")
    start = str(np.datetime64(found.record.start, "ms"))
    folder.finish(study_manifest(found.scenario, "calibration", document(found), first_bar=start))
