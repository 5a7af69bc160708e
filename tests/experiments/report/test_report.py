"""Claims about reports: whole, the same bytes when built again, and numbers that are those of the folder."""

import csv
import json
import re
import shutil

import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.report.build import build
from experiments.report.table import Table, comma_separated, latex, markup

SMALL = ("trader.number=20", "protocol.number=3", "steps=6", "provider.number=2")
PLAN = """
replications = 2
process = "gbm"
[set]
trader.number = 20
protocol.number = 3
steps = 6
provider.number = 2
[fields]
backstop.capital_ratio = { low = 0.001, high = 0.1, scale = "log", levels = 3 }
[across]
backstop.structure = ["isolated", "pooled"]
"""


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def folder_of(kind, place):
    """Return a finished comparison or sweep."""
    if kind == "sweep":
        (place / "plan.toml").write_text(PLAN)
        result = invoke("sweep", place / "plan.toml", "--out", place / "out")
    else:
        settings = [word for setting in SMALL for word in ("--set", setting)]
        options = ("--replications", 3, "--process", "gbm", "--workers", 1, "--quiet", "--out", place / "out")
        result = invoke("compare", "--structure", "pooled", "--structure", "reinsured", *settings, *options)
    assert result.exit_code == 0, result.output
    return place / "out"


@pytest.fixture(scope="module", params=["compare", "sweep"])
def folder(request, tmp_path_factory):
    return folder_of(request.param, tmp_path_factory.mktemp(request.param))


def test_a_report_is_whole_and_the_same_bytes_when_built_again(folder, tmp_path):
    first, second = (build(folder, tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    kinds = {path.suffix for path in first}
    assert kinds == {".html", ".pdf", ".svg", ".png", ".tex", ".csv", ".txt"}
    page = (tmp_path / "one" / "index.html").read_text()
    assert all("Seed 1, replications 0 to" in path.read_text() for path in first if path.suffix in (".tex", ".html"))
    assert not re.search(r'(?:src|href)="(?!data:)', page)  # nothing is fetched from elsewhere
    assert page.count("<img") == len([path for path in first if path.suffix == ".svg"])


def test_tables_say_what_the_runs_say(folder, tmp_path):
    build(folder, tmp_path)
    name = "points" if (tmp_path / "tables" / "points.csv").exists() else "means"
    with (tmp_path / "tables" / f"{name}.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "deficit"]
    if name == "points":
        wanted = json.loads(
            invoke("query", folder, "SELECT avg(deficit) AS m FROM runs GROUP BY point", "--json").stdout
        )
        assert sorted(float(row["mean"]) for row in rows) == pytest.approx(sorted(row["m"] for row in wanted))
    else:
        assert [row["cell"] for row in rows] == ["pooled", "reinsured"]
    text = (tmp_path / "methods.txt").read_text()
    assert (
        "3 protocols with 20 traders" in text
        and "[" not in text
        and "common random numbers" in text
        and "seed 1" in text
    )


def test_a_table_is_printed_by_booktabs_and_its_numbers_kept_whole():
    table = Table("t", "Share & more", ("metric", "a_b"), (("10 %", "−1 $"),), "Note", ({"x": 1 / 3, "y": "a,b"},))
    text = latex(table)
    assert r"10 \% & $-$1 \$ \\" in text and r"metric & a\_b \\" in text and r"\bottomrule" in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert comma_separated(table) == 'x,y\n0.3333333333333333,"a,b"\n'
    assert r"\caption{Share \& more. Note}" in text and r"\label{tab:t}" in text
    assert re.findall(r"<t[hd] ?>(.*)</t[hd]>", markup(table)) == ["metric", "a_b", "10 %", "−1 $"]
    assert latex(table._replace(rows=())).count(r"\\") == 1


def test_columns_that_are_called_alike_stand_side_by_side():
    table = Table("t", "T", ("a", "a"), (("1", "2"),), "", ())
    assert re.findall(r"<t[hd] ?>(.*)</t[hd]>", markup(table)) == ["a", "a", "1", "2"]
    assert "a & a \\\\" in latex(table)


HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("where", ["heading", "cell"])
def test_a_hostile_word_of_a_table_is_text(where):
    head, rows = ((HOSTILE,), (("1",),)) if where == "heading" else (("a",), ((HOSTILE,),))
    page = markup(Table("t", "T", head, rows, "", ()))
    assert "<img" not in page and "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_hostile_name_is_text_on_the_page(folder, tmp_path):
    place = tmp_path / HOSTILE
    shutil.copytree(folder, place)
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["command_line"] = ["backstop", HOSTILE]
    (place / "manifest.json").write_text(json.dumps(manifest))
    build(place, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text()
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 4  # title, heading, methods and manifest


def test_a_folder_of_neither_kind_is_one_line(tmp_path):
    result = invoke("report", tmp_path)
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
    (tmp_path / "manifest.json").write_text("{}")
    assert invoke("report", tmp_path).exit_code == 2
