"""Claims about the folders of studies that are neither comparisons nor sweeps: reported like those."""

import csv
import json
import re
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.report.build import build
from experiments.results.sweep.rows import encoded
from experiments.results.sweep.store import Store

SMALL = ("trader.number=20", "protocol.number=3", "steps=12", "provider.number=2", "price.process=gbm", "minutes=60")
SET = [word for setting in (*SMALL, "asset.daily_volatility=0.3") for word in ("--set", setting)]
STUDIES = {
    "size": [*SET, "--replications", 12, "--target", 0.8, "--tolerance", 0.3, "--structure", "pooled"],
    "rare": [*SET, "--replications", 50, "--pilot", 50, "--seeds", 1, "--structure", "pooled"],
    "network": [*SET, "--replications", 3],
    "attribute": [*SET, "--replications", 3, "--structure", "pooled"],
    "calibrate": ["--starts", 2, "--iterations", 1, "--replications", 1],
}
TABLES = {
    "size": {"sizes", "over-own", "exposure", "members"},
    "rare": {"probabilities", "tilts"},
    "network": {"protocols"},
    "attribute": {"terms", "conditions"},
    "calibrate": {"fields", "moments"},
}


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def prices(place):
    """Write made-up hourly prices and return their file."""
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(3).standard_normal(1001) * 0.01))
    table = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=1001, freq="1h"), "open": close, "close": close})
    table.assign(high=close * 1.01, low=close * 0.99, volume=1.0).to_csv(place / "prices.csv", index=False)
    return place / "prices.csv"


@pytest.fixture(
    scope="module", params=["size", "network", "attribute", "calibrate", pytest.param("rare", marks=pytest.mark.slow)]
)
def study(request, tmp_path_factory):
    """Return the name of a command, its finished folder and what it printed as JSON."""
    place = tmp_path_factory.mktemp(request.param)
    name, words = request.param, STUDIES[request.param]
    more = ["--prices", f"BTC={prices(place)}"] if name == "calibrate" else []
    done = invoke(name, *words, *more, "--workers", 1, "--quiet", "--json", "--out", place / "out")
    assert done.exit_code == 0, done.output
    return name, place / "out", json.loads(done.stdout)


def test_a_report_is_whole_and_the_same_bytes_when_built_again(study, tmp_path):
    name, folder, _ = study
    first, second = (build(folder, tmp_path / place) for place in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert TABLES[name] <= {path.stem for path in first if path.suffix == ".tex"}
    figures = 0 if name == "attribute" else 1
    page, methods = ((tmp_path / "one" / file).read_text() for file in ("index.html", "methods.txt"))
    assert page.count("<img") == len([path for path in first if path.suffix == ".png"]) == figures
    assert not re.search(r'(?:src|href)="(?!data:)', page)  # nothing is fetched from elsewhere
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["summary"] or name == "attribute"
    assert all(line.split()[0] in page for line in manifest["summary"])
    assert manifest["code"] in methods and f"backstop {manifest['versions']['backstop']}" in methods
    assert str(folder.parent) not in page + methods  # where the folder was is nobody's business


def rows(place, name):
    with (place / "tables" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def test_tables_say_what_the_study_said(study, tmp_path):
    name, folder, told = study
    build(folder, tmp_path)
    if name == "size":
        found = [(row["arrangement"], row["target"], float(row["capital"])) for row in rows(tmp_path, "sizes")]
        assert found == [(one["arrangement"], one["target"], one["capital"]) for one in told["sizes"]]
        assert {row["protocol"] for row in rows(tmp_path, "members")} == {"0", "1", "2"}
    elif name == "rare":
        [row] = rows(tmp_path, "probabilities")
        [arrangement] = told["cells"].values()
        assert float(row["probability"]) == arrangement["probability"] and float(row["high"]) == arrangement["ci95"][1]
    elif name == "network":
        assert [float(row["owes"]) for row in rows(tmp_path, "protocols")] == [one["owes"] for one in told["protocols"]]
    elif name == "attribute":
        measured = [float(row["mean"]) for row in rows(tmp_path, "terms") if row["term"] == "total"]
        assert measured == [told["cells"]["pooled"][name]["total"] for name in ("default", "uncovered", "bad_debt")]
    else:
        assert [float(row["estimate"]) for row in rows(tmp_path, "fields")] == [
            one["estimate"] for one in told["fields"]
        ]


@pytest.mark.parametrize("harm", [None, [], {}, {"sizes": 3}, {"sizes": [1]}])
def test_an_answer_that_is_not_what_was_written_is_one_line(study, tmp_path, harm):
    _, folder, _ = study
    manifest = json.loads((folder / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {manifest["asked"]["study"]: harm}))
    done = invoke("report", tmp_path)
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1 and "manifest.json" in done.stderr


def test_runs_are_made_again_bit_for_bit_from_the_folder_alone(study, tmp_path):
    _, folder, _ = study
    done = invoke("reproduce", folder, "--runs", 12)
    assert done.exit_code == 0 and "are the same, bit for bit" in done.output, done.output
    made = int(done.output.split()[0])
    assert 3 <= made <= 12


def test_a_run_that_differs_in_a_bit_is_named(study, tmp_path):
    _, folder, _ = study
    shutil.copytree(folder, tmp_path / "out")
    [part, *_] = sorted((tmp_path / "out" / "runs").iterdir())
    table = pq.read_table(part)
    metric = next(name for name in reversed(table.column_names) if pa.types.is_floating(table.schema.field(name).type))
    values = np.nextafter(table.column(metric).to_numpy(), np.inf)
    wrong = table.set_column(table.column_names.index(metric), metric, pa.array(values))
    part.unlink()
    store = Store(tmp_path / "out")
    store.commit(0, encoded(wrong), b"")
    done = invoke("reproduce", tmp_path / "out", "--runs", 2)
    assert done.exit_code == 1 and f"{metric} differs" in done.stderr and "they differ" in done.stdout
