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


def field_rows(calibration: Calibration) -> list[dict[str, Any]]:
    """Return a row per free field: estimate, interval, bounds, value before."""
    rows = []
    for i, (name, value) in enumerate(calibration.fit.values.items()):
        low, high = calibration.fit.interval(i)
        field = calibration.fit.fields[i]
        rows.append(
            {
                "field": name,
                "estimate": value,
                "low": low,
                "high": high,
                "least": field.low,
                "most": field.high,
                "before": current_value(calibration.scenario, name),
            }
        )
    return rows


def moment_rows(calibration: Calibration) -> list[dict[str, Any]]:
    """Return a row per moment: recorded, simulated, standardised difference, error, verdict, and these `again`."""
    assets = len(calibration.record.assets)
    volume = any(name.endswith("volume with absolute returns") for name in calibration.names)
    again = calibration.again.rows(assets, volume) if calibration.again else [dict[str, Any]()] * len(calibration.names)
    return [
        {"moment": name, **row, **{f"{key}_again": more[key] for key in AGAIN if more}}
        for name, row, more in zip(calibration.names, calibration.judged.rows(assets, volume), again, strict=True)
    ]


def tables(calibration: Calibration) -> list[Table]:
    """Return the estimate and the moments as tables."""
    fields, moments = Table(title="Estimate and 95 % intervals"), Table(title=title(calibration))
    columns = [*COLUMNS, *([f"{calibration.again.days:,.0f} days", "z", "verdict"] if calibration.again else [])]
    for table, names in ((fields, ["field", "estimate", "interval", "before"]), (moments, columns)):
        for name in names:
            table.add_column(name, justify="left" if name in ("field", "moment", "verdict") else "right")
    for row in field_rows(calibration):
        fields.add_row(
            row["field"], number(row["estimate"]), interval(row["low"], row["high"]), number(float(row["before"]))
        )
    for row in moment_rows(calibration):
        cells = [row["moment"], number(row["recorded"]), number(row["simulated"]), f"{row['z']:.1f}", row["error"]]
        more = (
            [number(row["simulated_again"]), f"{row['z_again']:.1f}", row["verdict_again"]] if calibration.again else []
        )
        moments.add_row(*cells, row["verdict"], *more)
    return [fields, moments]


COLUMNS = ("moment", "recorded", "simulated", "z", "error", "verdict")
AGAIN = ("simulated", "z", "error", "verdict")


def title(calibration: Calibration) -> str:
    """Return the title of the moments: distance, days simulated, and how many are met."""
    fit, rows, days = calibration.fit, moment_rows(calibration), calibration.record.days
    text = (
        f"Moments: J = {fit.distance:.1f}, a worse fit with probability {fit.probability:.2f}; of {len(rows)}, "
        f"{counted(rows, 'verdict')}, by the errors of {calibration.judged.days:,.0f} days simulated for "
        f"{days:,.0f} recorded"
    )
    if calibration.again is None:
        return text
    return f"{text}; in {calibration.again.days:,.0f} other days simulated {counted(rows, 'verdict_again')}"


def counted(rows: list[dict[str, Any]], key: str) -> str:
    """Return how many rows have each verdict."""
    return ", ".join(f"{sum(row[key] == verdict for row in rows)} {verdict}" for verdict in (HIT, MISS, VAGUE))


def fragment(calibration: Calibration) -> str:
    """Return the estimate as a scenario in TOML, to be given to ``--scenario``."""
    process = calibration.scenario.price.process
    tree: dict[str, Any] = {"minutes": calibration.scenario.minutes} if process in PER_STEP else {}
    plant(tree, "price.process", process)
    for name, value in calibration.fit.values.items():
        plant(tree, name, _rounded(value, attrgetter(name)(calibration.scenario)))
    heading = f"Calibrated to {', '.join(calibration.record.assets)}; {title(calibration).removeprefix('Moments: ')}."
    return f"# {''.join(sign if sign.isprintable() else ' ' for sign in heading)}\n{tomli_w.dumps(tree)}"


def _rounded(value: float, held: Any) -> Any:
    """Return an estimate to six digits, as a list or whole number where the scenario holds one."""
    short = float(f"{value:.6g}")
    return [short] if isinstance(held, tuple) else round(value) if isinstance(held, int) else short


def document(calibration: Calibration) -> dict[str, Any]:
    """Return all of it for JSON."""
    fit = calibration.fit
    return {
        "assets": list(calibration.record.assets),
        "bars": len(calibration.record.series.returns),
        "bar_minutes": calibration.record.minutes,
        "whole_model": calibration.whole,
        "fields": field_rows(calibration),
        "moments": moment_rows(calibration),
        "distance": fit.distance,
        "probability": fit.probability,
        "missed": _named(calibration, "verdict", MISS),
        "too_vague": _named(calibration, "verdict", VAGUE),
        "record_days": calibration.record.days,
        "simulated_days": calibration.judged.days,
        "again_days": calibration.again.days if calibration.again else 0.0,
        "missed_again": _named(calibration, "verdict_again", MISS),
        "too_vague_again": _named(calibration, "verdict_again", VAGUE),
        "evaluations": fit.evaluations,
    }


def _named(calibration: Calibration, key: str, verdict: str) -> list[str]:
    """Return the moments of which `key` says `verdict`."""
    return [row["moment"] for row in moment_rows(calibration) if row.get(key) == verdict]


def keep(folder: "ResultFolder", calibration: Calibration) -> None:
    """Write tables, scenario, figure and manifest into the result folder."""
    write_rows(folder.path / "fields.csv", field_rows(calibration))
    write_rows(folder.path / "moments.csv", moment_rows(calibration))
    (folder.path / "calibrated.toml").write_text(fragment(calibration), encoding="utf-8")
    save_alone(folder.path, "moments", calibration, "experiments.study.calibration.figure")
    start = str(np.datetime64(calibration.record.start, "ms"))
    told = {"first_bar": start, "summary": [title(calibration)]}
    folder.finish(study_manifest(calibration.scenario, "calibration", document(calibration), **told))
