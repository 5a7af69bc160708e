"""Price files: every layout reads the same, every fault is named, nothing faulty passes."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.price.reader.check import moment
from model.price.reader.file import KLINE, PriceFileError, read_prices

HOUR = 3_600_000
START = 1_583_020_800_000  # 2020-03-01 00:00 UTC
BARS = [(10.0, 12.0, 9.0, 11.0), (11.0, 11.5, 10.0, 10.5), (10.5, 14.0, 10.5, 13.0), (13.0, 13.0, 8.0, 9.0)]


def rows(bars=BARS, times=None):
    times = times or [START + HOUR * index for index in range(len(bars))]
    return [(time, *bar) for time, bar in zip(times, bars, strict=True)]


def write(path, table, heading="timestamp,open,high,low,close"):
    lines = [heading, *(",".join(str(value) for value in row) for row in table)]
    path.write_text("\n".join(line for line in lines if line) + "\n")
    return path


def problems(path):
    with pytest.raises(PriceFileError) as caught:
        read_prices(path)
    return caught.value.problems


def iso(time, zone=""):
    return str(np.datetime64(time, "ms")).replace("T", " ")[:19] + zone


LAYOUTS = {
    "heading.csv": lambda path: write(
        path, [(iso(time), *bar, 1.0) for time, *bar in rows()], "Date,Open,High,Low,Close,Volume"
    ),
    "zoned.csv": lambda path: write(
        path, [(iso(time, "+00:00"), *bar, 1.0) for time, *bar in rows()], "DATE,OPEN,HIGH,LOW,CLOSE,VOLUME"
    ),
    "shifted.csv": lambda path: write(
        path, [(iso(time + HOUR, "+01:00"), *bar) for time, *bar in rows()], "datetime,open,high,low,close"
    ),
    "milliseconds.csv": lambda path: write(path, rows()),
    "seconds.csv": lambda path: write(path, [(time // 1000, *bar) for time, *bar in rows()]),
    "microseconds.csv": lambda path: write(path, [(time * 1000, *bar) for time, *bar in rows()]),
    "kline.csv": lambda path: write(path, [(*row, *[0] * 7) for row in rows()], ",".join(KLINE)),
    "headless.csv": lambda path: write(path, [(*row, *[0] * 7) for row in rows()], ""),
    "moments.parquet": lambda path: parquet(path, pa.array([row[0] for row in rows()], pa.timestamp("ms", "UTC"))),
    "integers.parquet": lambda path: parquet(path, pa.array([row[0] for row in rows()])),
}


def parquet(path, time):
    prices = {name: [bar[at] for bar in BARS] for at, name in enumerate(("Open", "High", "Low", "Close"))}
    pq.write_table(pa.table({"Date": time, **prices}), path)
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_the_same(tmp_path, layout):
    series = read_prices(LAYOUTS[layout](tmp_path / layout))
    assert series.name == layout.split(".", maxsplit=1)[0]
    assert series.time.tolist() == [START + HOUR * index for index in range(4)]
    assert np.array_equal(np.stack(series[2:], axis=1), BARS)


def bar(index, **fields):
    names = ("open", "high", "low", "close")
    changed = [list(values) for values in BARS]
    for name, value in fields.items():
        changed[index][names.index(name)] = value
    return rows(changed)


FAULTS = [
    (bar(1, close="nan"), "close: row 2 (2020-03-01T01:00): nan: a number is needed"),
    (bar(1, close="abc"), "close: row 2 (2020-03-01T01:00): abc: a number is needed"),
    (bar(1, close=""), "close: row 2 (2020-03-01T01:00): nothing: a number is needed"),
    (bar(2, open="inf"), "open: row 3 (2020-03-01T02:00): inf: a number is needed"),
    (bar(0, low=0), "low: row 1 (2020-03-01T00:00): 0: a price above 0 is needed"),
    (bar(3, low=-8), "low: row 4 (2020-03-01T03:00): -8: a price above 0 is needed"),
    (bar(0, high=8), "high: row 1 (2020-03-01T00:00): 8: no less than low is allowed"),
    (bar(0, high=10.5), "high: row 1 (2020-03-01T00:00): 10.5: no less than open and close is allowed"),
    (bar(0, low=10.5), "low: row 1 (2020-03-01T00:00): 10.5: no more than open and close is allowed"),
    (
        rows(times=[START, START + HOUR, START + 2 * HOUR, START + 5 * HOUR]),
        "timestamp: row 4 (2020-03-01T05:00): gap of 180 min: a step of 60 min after every row is needed",
    ),
    (
        rows(times=[START, START + HOUR, START + HOUR, START + 2 * HOUR]),
        "timestamp: row 3 (2020-03-01T01:00): 1583024400000: duplicated time",
    ),
    (
        rows(times=[START, START + 2 * HOUR, START + HOUR, START + 3 * HOUR]),
        "timestamp: row 3 (2020-03-01T01:00): 1583024400000: unsorted time",
    ),
    (
        rows(times=[START, "soon", START + 2 * HOUR, START + 3 * HOUR]),
        "timestamp: row 2 (no time): soon: a date",
    ),
]


@pytest.mark.parametrize(("table", "line"), FAULTS)
def test_a_fault_is_named_with_file_field_row_and_value(tmp_path, table, line):
    path = write(tmp_path / "prices.csv", table)
    assert any(found.startswith(f"{path}: {line}") for found in problems(path)), problems(path)


def test_all_faults_are_told_at_once_and_alike_ones_in_one_line(tmp_path):
    bars = [(0, 12, 9, 11), (11, 11.5, 10, "x"), (10.5, 14, 10.5, "x"), (13, 13, 8, "x")]
    path = write(tmp_path / "prices.csv", rows(bars, [START, START + HOUR, START + HOUR, START + 9 * HOUR]))
    found = problems(path)
    assert len(found) == len({line.split(":")[1] + line.split(":")[-1] for line in found})
    assert any("close: row 2" in line and line.endswith("(and 2 more rows)") for line in found)
    assert any(" open: row 1" in line for line in found)
    assert any("duplicated" in line for line in found)


def test_what_is_no_price_file_is_refused_in_one_line(tmp_path):
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 nothing else")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(bytes(range(256)))
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    cases = {
        tmp_path / "absent.csv": "no such file",
        tmp_path: "no such file",
        empty: "empty",
        broken: "unreadable",
        binary: "unreadable",
        write(tmp_path / "columns.csv", rows(), "timestamp,open,high,low,last"): "columns: timestamp, open",
        write(tmp_path / "notime.csv", rows(), "moment,open,high,low,close"): "columns: moment",
        write(tmp_path / "twice.csv", rows(), "timestamp,open,open,low,close"): "columns",
        write(tmp_path / "single.csv", rows()[:1]): "1 rows",
        write(tmp_path / "heading.csv", []): "0 rows",
        write(tmp_path / "short.csv", [*rows(), (1, 2)]): "line 6: 2 columns: 5 are needed",
    }
    for path, reason in cases.items():
        (line,) = problems(path)
        assert line.startswith(f"{path}: {reason}")


def test_rounding_in_the_last_digit_is_no_fault(tmp_path):
    path = write(tmp_path / "prices.csv", bar(0, high=11.0, close=11.000001))
    assert read_prices(path).high[0] == 11.0


def test_arrays_cannot_be_changed_by_accident(tmp_path):
    series = read_prices(write(tmp_path / "prices.csv", rows()))
    with pytest.raises(ValueError, match="read-only"):
        series.close[0] = 1.0


@pytest.mark.parametrize(
    ("name", "count", "first", "last", "close"),
    [
        ("BTCUSDT_perp_1h_2020-2024", 37_660, "2020-01-01T00:00", "2024-04-18T03:00", 61_953.5),
        ("ETHUSDT_perp_1h_2020-2026", 53_308, "2020-03-01T00:00", "2026-03-31T03:00", 2_066.56),
        ("BTCUSD_PERP-1m-2025-10-10", 1_440, "2025-10-10T00:00", "2025-10-10T23:59", 112_992.6),
    ],
)
def test_the_real_files_are_read(price_folder, name, count, first, last, close):
    series = read_prices(price_folder / f"{name}.csv")
    assert (series.name, len(series.time), series.close[-1]) == (name, count, close)
    assert (moment(series.time[0]), moment(series.time[-1])) == (first, last)


def test_a_lone_wick_is_no_fault(price_folder):
    series = read_prices(price_folder / "ETHUSDT_perp_1h_2020-2026.csv")
    assert series.high[290] == 323.0
    assert series.low.min() == 84.23
