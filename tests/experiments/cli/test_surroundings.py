"""Claims about surroundings: signals, names that are not UTF-8, streams of few signs or none, terminals, ports."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.table import Table

from experiments.cli.main import main
from experiments.results.folder import plain
from experiments.results.parquet import read_table
from experiments.run.fold import print_table
from experiments.run.interrupt import Interrupt, heed
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.table import difference_table, mean_table, pairing_table
from model.scenario.asset_name import file_names
from tests.experiments.study.test_comparison import made_up, run_of  # noqa: F401

ROOT = Path(__file__).resolve().parents[3]
SMALL = ["trader.number=20", "protocol.number=3", "steps=6", "provider.number=2", "price.process=gbm"]
SET = [word for setting in SMALL for word in ("--set", setting)]
CELLS = [f"{structure}/{regime}" for structure in ("isolated", "pooled") for regime in ("socialized_loss", "adl")]
ODD = os.fsdecode(b"r\xe9s")


def compared():
    comparison = Comparison(CELLS, range(12))
    for replication in range(12):
        for place, cell in enumerate(CELLS):
            metrics = {"uncovered": 1e6 * (replication + place), "deficit": 3e7, "exhausted": float(place)}
            comparison.add(run_of(cell, replication, **metrics, backstop_loss_0=float(place)))
    return comparison


def words(table):
    """The longest words of a table's cells and headings, which is where a narrow column would break them."""
    texts = [str(text) for column in table.columns for text in (column.header, *column.cells)]
    return {word for text in texts for word in text.split() if len(word) > 3}


@pytest.mark.parametrize("width", [150, 80, 40])
@pytest.mark.parametrize("make", [mean_table, difference_table, pairing_table])
def test_no_word_of_a_cell_is_broken(width, make):
    table, out = make(compared()), io.StringIO()
    wanted = words(table)
    print_table(Console(file=out, width=width, highlight=False), table)
    assert [word for word in wanted if word not in out.getvalue()] == []
    assert max(map(len, out.getvalue().splitlines())) <= width


def test_a_row_whose_words_have_no_room_is_a_list():
    table, out = Table("name", "long\nheading", title="t"), io.StringIO()
    table.add_row("a" * 20, "b" * 20)
    print_table(Console(file=out, width=40), table)
    assert out.getvalue() == f"\nt\nname: {'a' * 20}\n  long heading: {'b' * 20}\n"


def test_a_width_that_is_told_is_kept_to(monkeypatch):
    from experiments.study.comparison.table import console  # noqa: PLC0415

    monkeypatch.delenv("COLUMNS", raising=False)
    assert console().width == 150
    monkeypatch.setenv("COLUMNS", "80")
    assert console().width == 80


def test_names_that_are_not_utf_8_are_kept_legibly():
    assert file_names([os.fsdecode(b"/x/pr\xefx.csv")]) == ("pr\\xefx",)
    assert json.dumps(plain({ODD: [ODD]}), ensure_ascii=False).encode() == b'{"r\\\\xe9s": ["r\\\\xe9s"]}'


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes")
def test_results_stay_in_a_folder_whose_name_is_not_utf_8(tmp_path, made_up, monkeypatch):  # noqa: F811
    monkeypatch.setattr("experiments.study.comparison.run.draw_all", lambda *_: [])
    (tmp_path / ODD).mkdir()
    out = tmp_path / ODD / "out"
    done = CliRunner().invoke(
        main, ["compare", *SET, "--structure", "pooled", "--replications", "2", "--workers", "1", "--out", str(out)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads((out / "manifest.json").read_bytes())["status"] == "complete"
    assert read_table(out / "runs").num_rows == 2


def test_ctrl_c_is_heard_where_the_shell_has_it_ignored():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        for first in (heed, lambda: None):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            first()
            with Interrupt() as stop:
                signal.raise_signal(signal.SIGINT)
                assert stop() and stop.code == 130
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def started(words, place):
    """Start a command as a script does in the background, and wait until it is at work."""
    child = subprocess.Popen(
        ["bash", "-c", "trap '' INT; exec \"$@\"", "-", sys.executable, "-m", "backstop_command", *words,
         "--out", str(place / "out")],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (place / "out").exists() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    return child


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("name", ["compare", "rare", "size", "network"])
def test_ctrl_c_ends_a_command_soon_and_what_is_finished_stays(tmp_path, name, workers):
    many = [] if name == "rare" else ["--replications", "5000"]
    child = started([name, *SET, "--set", "steps=400", *many, "--workers", workers], tmp_path)
    time.sleep(2.0)
    assert child.poll() is None
    others, before = psutil.Process(child.pid).children(recursive=True), time.monotonic()
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert time.monotonic() - before < 10.0 and child.returncode == 130 and "Traceback" not in told
    assert psutil.wait_procs(others, timeout=5)[1] == [] and list(tmp_path.glob(".*")) == []


def test_a_taken_port_answers_at_once():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ["app", "--host", "127.0.0.1", "--port", str(taken.getsockname()[1]), "--no-open"]
        done = CliRunner().invoke(main, words)
    assert done.exit_code == 2 and "something else is served there" in done.stderr and "Preparing" not in done.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_listings_are_told_in_any_encoding(encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [sys.executable, "-m", "backstop_command", "parameters"], cwd=ROOT, env=environment, capture_output=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.decode("utf-8" if encoding == "ascii" else encoding) and not done.stderr  # as click has it


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-", "| head -1"])
def test_streams_that_are_closed_lose_nothing(closed, tmp_path):
    command = f"cd / && {sys.executable} -m backstop_command episodes {closed}"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}  # no HOME, no TERM
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], check=False, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
