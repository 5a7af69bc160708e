"""Claims about CSV: no spreadsheet runs what a cell says, and numbers stay numbers."""

import csv
import io
import re

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from experiments.app import export as app_export
from experiments.report.table import Table, comma_separated
from experiments.results.csv_text import PLAIN_NUMBER, RISKY, guarded, sheet
from experiments.results.sweep import query
from experiments.study.phase.run import write_rows

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(1)", "-"]
HARMLESS = ["pooled", "", "a=b", "-0.5", "+1e-3", "-.5", "-inf", "1-2", "'=1", " x"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_formula_is_left_alone(text):
    assert guarded(text) == text


def test_numbers_keep_every_digit():
    values = [-1.5, np.float64(-0.1), -3, float("-inf"), 0.1 + 0.2, None, True]
    [_, *rows] = csv.reader(io.StringIO(sheet(["x"], [{"x": value} for value in values])))
    assert [row[0] if row else "" for row in rows] == ["-1.5", "-0.1", "-3", "-inf", "0.30000000000000004", "", "True"]


def test_every_table_is_guarded_heading_and_cells(tmp_path):
    rows = [{"=name": "=cell", "x": -1.0}]
    table = Table("t", "t", ("=name",), (), "", tuple(rows))
    for text in (comma_separated(table), write_rows(tmp_path / "t.csv", rows).read_text()):
        assert list(csv.reader(io.StringIO(text))) == [["'=name", "x"], ["'=cell", "-1.0"]]


def test_what_duckdb_writes_is_guarded_alike(tmp_path):
    connection = duckdb.connect()
    held = pa.table({"run": list(range(len(FORMULAS + HARMLESS))), "=t": FORMULAS + HARMLESS})
    connection.register("held", held)
    connection.execute("CREATE VIEW plan AS SELECT * FROM held")
    path = query._copy(connection, "plan", query.ORDER["plan"], tmp_path)
    found = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert found[0] == ["run", "'=t"]
    assert [row[1] for row in found[1:]] == [guarded(text) for text in FORMULAS + HARMLESS]


def test_what_the_page_exports_is_guarded(monkeypatch):
    monkeypatch.setattr(app_export, "table", lambda world: pa.table({"=asset price": [-1.5], "side": ["a"]}))
    heading, row = csv.reader(io.StringIO(app_export.csv(None).decode()))
    assert heading == ["'=asset price", "side"] and row == ["-1.5", "a"]


def test_the_patterns_are_one_language():
    assert all(re.search(PLAIN_NUMBER, text) for text in ("-1", "1.", "1e9", "nan")) and not re.search(RISKY, "a")
