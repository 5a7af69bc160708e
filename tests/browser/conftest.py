"""The app as a person meets it: a server of its own, and Chromium that reports whatever goes wrong."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = bool(os.environ.get("BACKSTOP_BROWSER"))
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
PATIENCE = 120
SMALL = "compare --replications 4 --set trader.number=64 --workers 1 --quiet --out"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """The folder of result folders."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def uploads(tmp_path_factory):
    """The folder in which the server makes its temporary ones."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="session")
def address(results, uploads):
    """Address of a server that runs for all tests."""
    pytest.importorskip("playwright", reason="playwright is not installed: uv run --group browser pytest -m browser")
    if CHROMIUM is None and not REQUIRED:
        pytest.skip("no Chromium on this machine")
    number = free_port()
    run = [sys.executable, "-m", "experiments.cli.main"]
    subprocess.run([*run, *SMALL.split(), str(results / "small")], cwd=ROOT, check=True)
    make_map(results / "map")
    serve = [*run, "app", "--port", str(number), "--no-open", "--idle", "2", "--results", str(results)]
    server = subprocess.Popen(serve, cwd=ROOT, env={**os.environ, "TMPDIR": str(uploads)})
    wait_for(f"http://localhost:{number}/readyz", server)
    yield f"http://localhost:{number}/"
    server.terminate()
    server.wait(20)


def make_map(place: Path) -> None:
    """Make the folder of a sweep of two fields whose runs cost nothing."""
    from experiments.run.sweep.run import sweep  # noqa: PLC0415
    from experiments.study.phase.axis import read_axis  # noqa: PLC0415
    from experiments.study.phase.run import grid_plan  # noqa: PLC0415

    axes = [read_axis("axis", text) for text in ("price.severity_correlation=0,0.3", "price.severity=0.75:3.75:4")]
    across = {"backstop.structure": ("isolated", "pooled"), "backstop.regime": ("bad_debt",)}
    settings = ("protocol.number=4", "protocol.open_interest=[100.0]")
    plan = grid_plan({"settings": settings, "process": "gbm"}, tuple(axes), across, 5, False)
    sweep(plan._replace(runner="sweep_runner:waterfall"), place, quiet=True)


def wait_for(url: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(url)


@pytest.fixture(scope="session")
def browser(address):
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Visitor:
    """A page in a context of its own, and everything that went wrong on it."""

    def __init__(self, browser, address, **options):
        self.context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.wrong, self.host = [], urlsplit(address).netloc
        self.page.on(
            "response", lambda answer: answer.status < 400 or self.wrong.append(f"{answer.status} {answer.url}")
        )
        self.page.on("request", self.check_host)
        self.page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))
        self.page.on("console", lambda said: said.type != "error" or self.wrong.append(f"console: {said.text}"))

    def check_host(self, request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.wrong.append(f"request to {parts.netloc}")

    def open(self, address):
        self.page.goto(address)
        self.page.wait_for_selector("[data-canvas=price] canvas")
        self.page.wait_for_selector("[data-busy=false]")
        return self.page


@pytest.fixture
def visit(browser, address):
    """Open the app in a context of its own; nothing may go wrong on any page opened so."""
    visitors = []

    def come(query="", **options):
        visitors.append(Visitor(browser, address, **options))
        return visitors[-1].open(address + query)

    yield come
    for visitor in visitors:
        visitor.context.close()
    assert [wrong for visitor in visitors for wrong in visitor.wrong] == []
