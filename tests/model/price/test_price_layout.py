"""Price files as programs write them: each layout with each way to write a time or number is read as meant, or refused.

Nothing here runs the model.
"""

import gzip
import io
import zipfile
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.price.reader.file import Limits, PriceFileError, read_prices, read_volume
from tests.support.environment import SHARED, present

START = datetime(2024, 2, 14, tzinfo=UTC)
HEADING = ("time", "open", "high", "low", "close", "größe")
HOURS = [START + timedelta(hours=hour) for hour in range(48)]
DAYS = [START + timedelta(days=day) for day in range(29)]
NEEDED = "a date such as 2024-02-01 00:00, or seconds to nanoseconds since 1970, is needed"


def milliseconds(moments):
    return [int(moment.timestamp()) * 1000 for moment in moments]


def table(times, price=lambda number: f"{number:.2f}"):
    """A heading and as many rows of text as there are times."""
    bars = [(1250.0 + k, 1252.5 + k, 1249.25 + k, 1251.75 + k, 1.5) for k in range(len(times))]
    return [HEADING, *[(time, *map(price, bar)) for time, bar in zip(times, bars, strict=True)]]


def joined(rows, mark=",", end="\n", quote=""):
    return "".join(mark.join(f"{quote}{cell}{quote}" for cell in row) + end for row in rows)


def parquet(rows):
    columns = dict(zip(rows[0], map(list, zip(*rows[1:], strict=True)), strict=True))
    pq.write_table(pa.table(columns), held := io.BytesIO())
    return held.getvalue()


def zipped(content, *names):
    with zipfile.ZipFile(held := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return held.getvalue()


FORMATS = {
    "comma": lambda rows: joined(rows).encode(),
    "crlf": lambda rows: joined(rows, end="\r\n").encode(),
    "old_mac": lambda rows: joined(rows, end="\r").encode(),
    "quoted": lambda rows: joined(rows, quote='"').encode(),
    "semicolon": lambda rows: joined(rows, ";").encode(),
    "tab": lambda rows: joined(rows, "\t").encode(),
    "bar": lambda rows: joined(rows, "|").encode(),
    "mark": lambda rows: b"\xef\xbb\xbf" + joined(rows).encode(),
    "utf16": lambda rows: joined(rows).encode("utf-16"),
    "utf16_bare": lambda rows: joined(rows).encode("utf-16-le"),
    "latin1": lambda rows: joined(rows, ";").encode("latin-1"),
    "banner": lambda rows: ("https://data.example\n\n" + joined(rows)).encode(),
    "comments": lambda rows: ("# made by hand, 2024\n" + joined(rows[:9]) + "# pause\n\n" + joined(rows[9:])).encode(),
    "commented_heading": lambda rows: b"# " + joined(rows).encode(),
    "gzip": lambda rows: gzip.compress(joined(rows).encode()),
    "zip": lambda rows: zipped(joined(rows).encode(), "folder/prices.csv"),
    "parquet": parquet,
    "parquet_gzip": lambda rows: gzip.compress(parquet(rows)),
}


def shown(form):
    return lambda moments: [moment.strftime(form) for moment in moments]


def epoch(scale):
    return lambda moments: [str(int(moment.timestamp()) * scale) for moment in moments]


READ = {
    "iso": (HOURS, shown("%Y-%m-%d %H:%M:%S")),
    "microseconds": (HOURS, shown("%Y-%m-%dT%H:%M:%S.%f")),
    "zone": (HOURS, shown("%Y-%m-%d %H:%M:%S+00")),
    "utc": (HOURS, shown(" %Y-%m-%d %H:%M:%S UTC ")),
    "seconds": (HOURS, epoch(1)),
    "nanoseconds": (HOURS, epoch(10**9)),
    "yyyymmdd": (DAYS, shown("%Y%m%d")),
    "backwards": (HOURS[::-1], shown("%Y-%m-%d %H:%M")),
}
REFUSED = {
    "bar_number": (
        lambda: list(map(str, range(48))),
        f"row 1 (no time): 0: {NEEDED}, from 2009 to 2100; this looks like a c",
    ),
    "spreadsheet": (lambda: [str(45_323 + day) for day in range(29)], "45323: " + NEEDED),
    "either": (lambda: shown("%d/%m/%Y %H:%M")(HOURS[:1]) + ["01/02/2024 00:00"] * 2, "time: row"),
    "inf": (lambda: [*epoch(1000)(HOURS[:9]), "inf"], f"row 10 (no time): inf: {NEEDED}"),
    "gap": (lambda: shown("%Y-%m-%d %H:%M")([*HOURS[:20], *HOURS[23:]]), "row 21 (2024-02-14T23:00): gap of 240 min"),
    "twice": (lambda: shown("%Y-%m-%d %H:%M")([*HOURS[:20], *HOURS[19:]]), "row 21 (2024-02-14T19:00)"),
    "empty_time": (lambda: [*shown("%Y-%m-%d %H:%M")(HOURS[:5]), ""], "row 6 (no time): nothing: " + NEEDED),
    "1990": (
        lambda: shown("%Y-%m-%d")([day.replace(year=1990) for day in DAYS[:9]]),
        "(1990-02-14T00:00): 1990-02-14: a time f",
    ),
}


def read(tmp_path, content, name="prices.csv", **limits):
    place = tmp_path / name
    place.write_bytes(content)
    return read_prices(place, Limits(**limits))


def refused(tmp_path, content, name="prices.csv", **limits):
    with pytest.raises(PriceFileError) as caught:
        read(tmp_path, content, name, **limits)
    for line in caught.value.problems:
        assert line.startswith(f"{tmp_path / name}: ")
        assert "\n" not in line and len(line) - len(str(tmp_path)) < 500
    return caught.value.problems


@pytest.mark.parametrize("times", READ)
@pytest.mark.parametrize("layout", FORMATS)
def test_a_layout_is_read_as_meant(tmp_path, layout, times):
    moments, form = READ[times]
    rows = table(form(moments))
    series = read(tmp_path, FORMATS[layout](rows))
    assert series.time.tolist() == sorted(milliseconds(moments))
    closes = [float(row[4]) for row in rows[1:]]
    assert series.close.tolist() == (closes[::-1] if times == "backwards" else closes)


@pytest.mark.parametrize("fault", REFUSED)
@pytest.mark.parametrize("layout", FORMATS)
def test_a_fault_is_named_in_every_layout(tmp_path, layout, fault):
    times, words = REFUSED[fault]
    lines = refused(tmp_path, FORMATS[layout](table(times())))
    assert any(": time: row " in line and words in line for line in lines), lines


@pytest.mark.parametrize(
    "first",
    [
        "2024-02-14", "2024/02/14 00:00", "2024.02.14 00:00:00", "2024-2-14 0:00", "2024-02-14T00:00:00.123456789Z",
        "2024-02-14T00:00:00.000000", "2024-02-14 00:00:00+0000", "2024-02-14 00:00+00:00", "2024-02-14T00:00 UTC",
        "2024-02-14 00:00:00 +0000 UTC", "2024-02-14 02:00:00+02:00", "2024-02-14 02:00:00 +02",
        "2024-02-13 19:00-0500",
        "14/02/2024", "14.02.2024 00:00:00.000", "02/14/2024 12:00 AM", "2024-02-14 12-AM", "2024-02-14 12 AM",
        "Feb 14, 2024", "14 Feb 2024", "14-Feb-2024 00:00", "Wed Feb 14 2024 00:00:00", "February 14, 2024",
        "20240214 000000", "20240214T000000Z", "20240214T0000", "20240214 00:00:00", "202402140000", "20240214000000",
        "20240214000000000", "1707868800", "1707868800.0", "1.7078688e9", "1707868800000", "1707868800000000",
        "1707868800000000000", "14.02.2024 01:00:00.000 GMT+0100", "2024-02-14 00:00:00 GMT", " 2024-02-14 ",
        "20240214",
    ],
)  # fmt: skip
def test_a_day_however_written_is_that_day(tmp_path, first):
    """The second day is the same text with another day in it, so that the column is written in one way."""
    second = first.replace("14", "15").replace("13 19", "14 19").replace("1707868800", "1707955200")
    second = second.replace("1.7078688e9", "1.7079552e9").replace("Wed", "Thu")
    series = read(tmp_path, joined(table([first, second]), "\t").encode())
    assert series.time.tolist() == [1_707_868_800_000 + (123 if ".123" in first else 0) + day for day in
                                    (0, 86_400_000)]  # fmt: skip


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (("01/02/2024", "02/02/2024"), "day or month first?"),
        (("2023", "2024"), "looks like years"),
        (("202401", "202402"), "looks like months"),
        (("45323.0", "45323.5"), "looks like a spreadsheet's days"),
        (("19754", "19755"), "looks like days since 1970"),
        (("-1", "0"), "-1: a date"),
        (("-3600000", "-1800000"), "looks like a time before 1970"),
        (("1000000000", "1000003600"), "seconds since 1970 before 2009"),
        (("1000000000000", "1000003600000"), "milliseconds since 1970 before 2009"),
        (("5000000000", "5000003600"), NEEDED),
        (("20240230", "20240231"), "20240230"),
        (("20241301", "20241302"), "20241301"),
        (("20240214250000", "20240214260000"), "20240214250000"),
        (("2034021400", "2034021401"), "YYYYMMDDhh"),
        (("2024-02-30", "2024-02-31"), "2024-02-30"),
        (("2024-02-14 25:00", "2024-02-14 26:00"), "25:00"),
        (("2024-02-14 00:00 EST", "2024-02-14 01:00 EST"), "the zone as an offset"),
        (("14/02/24", "15/02/24"), "a year of four digits"),
        (("2024-02-14 00:00Z", "2024-02-14 01:00"), "without a zone"),
        (("2150-01-01", "2150-01-02"), "a time from 2009 to 2100"),
        (("0001-01-01", "0001-01-02"), "a time from 2009 to 2100"),
        (("nan", "1707868800"), "row 1 (no time): nan"),
        (("inf", "inf"), "row 1 (no time): inf"),
        (("1e400", "1e401"), NEEDED),
        (("", ""), "nothing"),
        (("soon", "later"), "soon"),
        (("00:00", "01:00"), "00:00"),
        (("Q1 2024", "Q2 2024"), "Q1 2024"),
        (("131512464000000000", "131512500000000000"), "a Windows file time"),
        (("28464480", "28464540"), "minutes or hours since 1970"),
        (("2024-02-14", "1707955200"), "1707955200"),
        (("\u0661\u0662", "\u0661\u0663"), NEEDED),
        (("1_707_868_800", "1_707_872_400"), "1_707_868_800"),
        (("x" * 5_000, "x"), "x..."),
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_by_name(tmp_path, times, words):
    (line,) = refused(tmp_path, joined(table(times), "\t").encode())
    assert ": time: row " in line and words in line, line


def test_epoch_units_may_change_within_a_file_and_dates_may_not(tmp_path):
    mixed = [*epoch(1_000)(HOURS[:24]), *epoch(1_000_000)(HOURS[24:])]
    assert read(tmp_path, joined(table(mixed)).encode()).time.tolist() == milliseconds(HOURS)
    (line,) = refused(tmp_path, joined(table(["20240214", *epoch(1)(HOURS[1:9])])).encode())
    assert "row 1 (no time): 20240214" in line


@pytest.mark.parametrize(
    ("price", "mark", "factor"),
    [
        (lambda x: f"{x:.2f}".replace(".", ","), ";", 1.0),
        (lambda x: f"{x:.2f}".replace(".", ","), "\t", 1.0),
        (lambda x: f'"{x:.2f}"'.replace(".", ","), ",", 1.0),
        (lambda x: f'"{x:,.2f}"', ",", 1.0),
        (lambda x: f"{x:,.2f}".translate(str.maketrans(",.", ".,")), ";", 1.0),
        (lambda x: f"{x:,.2f}".replace(",", " "), ";", 1.0),
        (lambda x: f"{x:,.2f}".replace(",", "'"), ";", 1.0),
        (lambda x: f"{x:,.2f}".translate(str.maketrans(",.", "\u00a0,")), ";", 1.0),
        (lambda x: f"{x * 1e3:,.0f}".replace(",", "."), ";", 1e3),
        (lambda x: f" {x:.4e} ", ",", 1.0),
    ],
)  # fmt: skip
def test_numbers_are_read_as_one_file_writes_them(tmp_path, price, mark, factor):
    rows = table(shown("%Y-%m-%d %H:%M")(HOURS), price)
    series = read(tmp_path, joined(rows, mark).encode())
    exact = [float(f"{(1251.75 + k) * factor:.4e}" if "e" in rows[1][4] else (1251.75 + k) * factor) for k in range(48)]
    assert series.close.tolist() == exact


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        (("1,250", "1,252", "1,249", "1,251"), "1,250: with decimals or with thousands"),
        (("1250,5", "1252.5", "1249,5", "1251,5"), "decimal points and decimal commas in one file"),
        (("$1250.5", "1252.5", "1249.5", "1251.5"), "open: row 1 (2024-02-14T00:00): $1250.5: a number is needed"),
        (("1_250", "1252", "1249", "1251"), "1_250: a number is needed"),
        (("0x10", "1252", "1249", "1251"), "0x10: a number is needed"),
        (("true", "1252", "1249", "1251"), "true: a number is needed"),
        (("1e400", "1252", "1249", "1251"), "1e400: a number is needed"),
        (("", "1252", "1249", "1251"), "open: row 1 (2024-02-14T00:00): nothing: a number is needed"),
        (("1250", "1252", "-1249", "1251"), "-1249: a price above 0 is needed"),
        (("12 50", "1252", "1249", "1251"), "12 50: a number is needed"),
        (("1.2.3", "1252", "1249", "1251"), "1.2.3: a number is needed"),
    ],
)
def test_what_is_no_price_is_refused_by_name(tmp_path, prices, words):
    rows = [HEADING, *[(moment, *prices, "0") for moment in shown("%Y-%m-%d %H:%M")(HOURS[:3])]]
    lines = refused(tmp_path, joined(rows, ";").encode())
    assert any(words in line for line in lines), lines


GOOD = joined(table(shown("%Y-%m-%d %H:%M")(HOURS))).encode()
NO_FILE = {
    b"": "empty",
    b" \n\n": "empty",
    b"\xef\xbb\xbf": "empty",
    GOOD.splitlines(keepends=True)[0]: "0 rows",
    GOOD.splitlines()[0]: "0 rows",
    b"\n".join(GOOD.splitlines()[:2]): "1 rows",
    bytes(range(256)) * 9: "unreadable: neither text nor Parquet",
    GOOD + b"\0": "unreadable: neither text nor Parquet",
    b"\x89PNG\r\n\x1a\n": "unreadable: neither text nor Parquet",
    b"\xff\xfea": "unreadable: neither text nor Parquet",
    GOOD + b'"' + GOOD: "line 50: ",
    GOOD + b"x" * 3_000_000: "line 50: 1 columns: 6 are needed",
    b"x" * 3_000_000: "line 1: more than 1,000,000 characters",
    GOOD.replace(b"time,", b"moment,"): "columns: moment, open",
    GOOD.replace(b"high", b"Close"): "columns: time, open, close, low, close",
    GOOD.replace("größe".encode(), b"Close"): "columns: close: named twice, columns 5 and 6",
    b"# a\n# b\n" + GOOD + b"1,2,3\n": "line 52: 3 columns: 6 are needed",
    b"address\n\n" + GOOD + b"\n\n1,2,3\n": "line 54: 3 columns: 6 are needed",
    GOOD.replace(b".75", b",75"): "line 2: 7 columns: 6 are needed; decimal or thousands commas",
    b"https://data.example\na,b,c,d,e\n" + GOOD.split(b"\n", 1)[1]: "line 1 is no heading",
    gzip.compress(GOOD)[:-20]: "unreadable: damaged or cut off",
    gzip.compress(GOOD)[:30] + b"junk" * 20: "unreadable: damaged or cut off",
    gzip.compress(b""): "empty",
    gzip.compress(gzip.compress(GOOD)): "unreadable: packed twice",
    zipped(GOOD, "a.csv", "b.csv"): "unreadable: a zip of 2 files",
    zipped(GOOD): "unreadable: a zip without a file",
    zipped(GOOD, "[Content_Types].xml", "sheet.xml"): "unreadable: a spreadsheet (xlsx)",
    zipped(zipped(GOOD, "a.csv"), "b.zip"): "unreadable: packed twice",
    zipped(GOOD, "a.csv")[:-40]: "unreadable: damaged or unknown zip",
    b"BZh91AY": "unreadable: compressed with bzip2",
    b"<!DOCTYPE html><html>": "unreadable: a page of HTML",
    b'{"prices": []}': "unreadable: JSON",
    b"ARROW1\0\0": "unreadable: Feather",
    b"PARE" + bytes(99): "unreadable: encrypted Parquet",
    b"version https://git-lfs.github.com/spec/v1\n": "unreadable: a pointer of Git LFS",
    b"PAR1 nothing else": "unreadable: ",
    parquet(table(shown("%Y-%m-%d")(DAYS)))[:-9]: "unreadable: ",
    parquet(table(shown("%Y-%m-%d")(DAYS)))[:200] + parquet(table(shown("%Y-%m-%d")(DAYS)))[-4:]: "unreadable: ",
}  # fmt: skip


@pytest.mark.parametrize("content", NO_FILE, ids=[f"{k}-{words[:20]}" for k, words in enumerate(NO_FILE.values())])
def test_what_is_no_price_file_is_named(tmp_path, content):
    lines = refused(tmp_path, content)
    assert lines[0].startswith(f"{tmp_path / 'prices.csv'}: ") and NO_FILE[content] in lines[0], lines


def test_a_folder_a_long_name_and_a_damaged_byte_are_refused_in_one_line(tmp_path):
    for place in (tmp_path, tmp_path / ("x" * 400), tmp_path / "absent\0.csv"):
        with pytest.raises(PriceFileError) as caught:
            read_prices(place)
        assert len(caught.value.problems) == 1


def test_no_damage_to_parquet_ends_otherwise_than_in_bars_or_a_line(tmp_path):
    sound = np.frombuffer(parquet(table(shown("%Y-%m-%d")(DAYS))), np.uint8)
    generator = np.random.default_rng(7)
    for _ in range(60):
        damaged = sound.copy()
        damaged[generator.integers(4, len(sound) - 4, 6)] = generator.integers(0, 256, 6)
        try:
            series = read(tmp_path, damaged.tobytes())
        except PriceFileError as error:
            assert error.problems
        else:
            assert (np.diff(series.time) > 0).all()


PRICES = {name: pa.array([10.0, 11.0]) for name in ("open", "high", "low", "close")}
TIME = pa.array(milliseconds(HOURS[:2]), pa.timestamp("ms"))
KINDS = {
    "zoned": ("time", pa.array(milliseconds(HOURS[:2]), pa.timestamp("ms", "Asia/Tokyo")), ""),
    "nanoseconds": ("time", TIME.cast(pa.timestamp("ns")), ""),
    "seconds": ("time", TIME.cast(pa.timestamp("s")), ""),
    "date32": ("time", pa.array([19_767, 19_768], pa.date32()), ""),
    "integers": ("time", TIME.cast(pa.int64()), ""),
    "unsigned": ("time", TIME.cast(pa.int64()).cast(pa.uint64()), ""),
    "floats": ("time", pa.array([1.7078688e12, 1.7078724e12]), ""),
    "decimal_time": ("time", pa.array([1707868800, 1707872400]).cast(pa.decimal128(19, 0)), ""),
    "text": ("time", pa.array(["2024-02-14 00:00", "2024-02-14 01:00"]), ""),
    "large_text": ("time", pa.array(["2024-02-14 00:00", "2024-02-14 01:00"], pa.large_string()), ""),
    "bytes": ("time", pa.array([b"2024-02-14 00:00", b"2024-02-14 01:00"]), ""),
    "dictionary": ("time", pa.array(["2024-02-14 00:00", "2024-02-14 01:00"]).dictionary_encode(), ""),
    "decimal": ("close", pa.array([10, 11]).cast(pa.decimal128(38, 2)), ""),
    "float32": ("close", pa.array([10.0, 11.0], pa.float32()), ""),
    "whole": ("close", pa.array([10, 11]), ""),
    "price_text": ("close", pa.array(["10", "11"]), ""),
    "price_dictionary": ("close", pa.array(["10", "11"]).dictionary_encode(), ""),
    "time32": ("time", pa.array([0, 1], pa.time32("s")), "time: a column of time32["),
    "duration": ("time", pa.array([0, 1], pa.duration("s")), "time: a column of duration[s]: times"),
    "time_boolean": ("time", pa.array([True, False]), "time: a column of bool: times"),
    "time_struct": ("time", pa.array([{"at": 1}, {"at": 2}]), "time: a column of struct<at: int64>: times"),
    "boolean": ("close", pa.array([True, False]), "close: a column of bool: numbers or text are needed"),
    "struct": ("close", pa.array([{"usd": 10.0}, {"usd": 11.0}]), "close: a column of struct<usd: double>: numbers"),
    "list": ("close", pa.array([[10.0], [11.0]]), "close: a column of list<"),
    "price_date": ("close", pa.array([1, 2], pa.date32()), "close: a column of date32[day]: numbers"),
    "bad_bytes": ("close", pa.array([b"\xff\xfe", b"1"]), "unreadable: "),
    "infinite_time": ("time", pa.array([1.7078688e12, np.inf]), "time: row 2 (no time): inf: a date"),
    "nan_time": ("time", pa.array([1.7078688e12, np.nan]), "time: row 2 (no time): nan: a date"),
    "null_time": ("time", pa.array([TIME[0], None]), "time: row 2 (no time): nothing: a date"),
    "all_null": ("close", pa.nulls(2), "close: row 1 (2024-02-14T00:00): nothing: a number"),
    "null": ("close", pa.array([10.0, None]), "close: row 2 (2024-02-14T01:00): nothing: a number"),
    "nan": ("close", pa.array([10.0, np.nan]), "close: row 2 (2024-02-14T01:00): nan: a number"),
    "distant": ("time", pa.array([-(2**62), 2**62], pa.timestamp("ms")), "time: row 1"),
    "long_text": ("close", pa.array(["1" * 5_000, "11"]), "close: text of 5,000 characters"),
    "days_of_dates": ("time", pa.array([45_323, 45_324]), "looks like a spreadsheet's days"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_parquet_column_is_read_or_named_with_its_kind(tmp_path, kind):
    name, column, words = KINDS[kind]
    pq.write_table(pa.table({"time": TIME, **PRICES, name: column}), held := io.BytesIO())
    if words:
        assert any(words in line for line in refused(tmp_path, held.getvalue()))
        return
    series = read(tmp_path, held.getvalue())
    assert series.time.tolist()[0] == 1_707_868_800_000
    assert series.close.tolist() == [10.0, 11.0]


def test_parquet_without_rows_and_with_a_column_named_twice_is_refused(tmp_path):
    pq.write_table(pa.table({"time": TIME, **PRICES}).slice(0, 0), held := io.BytesIO())
    assert "0 rows: at least two" in refused(tmp_path, held.getvalue())[0]
    pq.write_table(pa.table({"time": TIME, **PRICES, "Close": PRICES["close"]}), held := io.BytesIO())
    assert "columns: close: named twice, columns 5 and 6" in refused(tmp_path, held.getvalue())[0]
    pq.write_table(pa.table({"time": TIME, **PRICES, "Time ": TIME}), held := io.BytesIO())
    assert "columns: time: named twice" in refused(tmp_path, held.getvalue())[0]


def test_nothing_is_read_beyond_the_limits(tmp_path):
    rows = parquet(table(shown("%Y-%m-%d")(DAYS)))
    assert "29 rows: at most 28 are allowed" in refused(tmp_path, rows, rows=28)[0]
    assert "6 columns: at most 5 are allowed" in refused(tmp_path, rows, columns=5)[0]
    assert "bytes of prices: at most 99 are allowed" in refused(tmp_path, rows, size=99)[0]
    assert "lines: at most 5 are allowed" in refused(tmp_path, GOOD, rows=5)[0]
    assert "6 columns: at most 5 are allowed" in refused(tmp_path, GOOD, columns=5)[0]
    for content in (GOOD, gzip.compress(GOOD), zipped(GOOD, "a.csv")):
        assert "more than 999 bytes" in refused(tmp_path, content, size=999)[0]


def test_a_small_file_of_many_rows_is_refused_before_it_is_read(tmp_path):
    most = Limits().rows
    column = pa.array(np.zeros(most + 1, np.int8))
    pq.write_table(pa.table({"time": column, **dict.fromkeys(PRICES, column)}), place := tmp_path / "long.parquet")
    assert place.stat().st_size < 100_000
    with pytest.raises(PriceFileError, match=r"5,000,001 rows: at most 5,000,000 are allowed"):
        read_prices(place)


def test_columns_nobody_reads_may_be_anything(tmp_path):
    heading, *bars = table(shown("%Y-%m-%d")(DAYS))
    rows = [(*heading, "Plot", "Plot", ""), *[(*bar, "", "n/a", "1,5") for bar in bars]]
    assert len(read(tmp_path, joined(rows, ";").encode()).time) == 29


def test_a_time_of_day_in_a_column_of_its_own_belongs_to_its_date(tmp_path):
    rows = [(moment.strftime("%Y.%m.%d"), moment.strftime("%H:%M"), 10, 12, 9, 11) for moment in HOURS]
    heading = ("<DATE>", "<TIME>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>")
    assert read(tmp_path, joined([heading, *rows], "\t").encode()).time.tolist() == milliseconds(HOURS)


def test_volume_follows_the_bars_also_backwards(tmp_path):
    rows = [(moment, 10, 12, 9, 11, volume) for volume, moment in enumerate(shown("%Y-%m-%d")(DAYS[:3]))]
    heading = ("date", "open", "high", "low", "close", "Volume")
    for order, found in ((1, [0.0, 1.0, 2.0]), (-1, [0.0, 1.0, 2.0])):
        place = tmp_path / "volume.csv"
        place.write_text(joined([heading, *rows[::order]]))
        assert read_volume(place).tolist() == found
    place.write_text(joined([heading, *[(*row[:5], "many") for row in rows]]))
    assert read_volume(place).tolist() == [0.0, 0.0, 0.0]


def test_rows_of_a_file_that_runs_backwards_are_named_as_they_stand(tmp_path):
    rows = table(shown("%Y-%m-%d %H:%M")(HOURS[::-1]))
    rows[5] = (rows[5][0], "none", *rows[5][2:])
    assert "open: row 5 (2024-02-15T19:00): none" in refused(tmp_path, joined(rows).encode())[0]


CASES = {
    "prices_yyyymmdd.csv": (29, 1_440, "2024-02-01"),
    "prices_bar_number.csv": "time: row 1 (no time): 0: ",
    "prices_ms_then_us.csv": (48, 60, "2024-02-01"),
    "prices_banner_line.csv": (48, 60, "2024-02-01"),
    "prices_microseconds_iso.csv": (48, 60, "2024-02-01"),
    "prices_time_inf.csv": "timestamp: row 48 (no time): inf: ",
    "prices_twice_named.csv": (48, 60, "2024-02-01"),
    "prices_close_and_Close.parquet": "columns: close: named twice",
}


@pytest.mark.parametrize("name", CASES)
def test_the_cases_of_public_reports_are_read_or_refused_as_is_right(name):
    place, right = present(SHARED / "cases" / name), CASES[name]
    if isinstance(right, str):
        with pytest.raises(PriceFileError, match=f"^{place}: ") as caught:
            read_prices(place)
        assert right in caught.value.problems[0]
        assert len(caught.value.problems) == 1
    else:
        series = read_prices(place)
        assert (len(series.time), np.unique(np.diff(series.time)).tolist()) == (right[0], [right[1] * 60_000])
        assert series.time[0] == np.datetime64(right[2], "ms").astype(np.int64)
