"""Nothing that a link, a file or a folder is called runs on the page, and no foreign page reads it."""

import json
import shutil
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest

from experiments.app.session.configuration import Configuration

pytestmark = [pytest.mark.compiled, pytest.mark.browser]

HOSTILE = "<img src=x onerror=window.__pwned=1>"
WATCH = """
window.__broken = [];
document.addEventListener("securitypolicyviolation", (e) => window.__broken.push(e.effectiveDirective + e.blockedURI));
"""
PLACES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def watched(browser, address, query=""):
    """Return a page that notes what its policy stops, and the errors it says."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(60_000)
    page.add_init_script(WATCH)
    wrong = []
    page.on("console", lambda said: said.type != "error" or wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address + query)
    page.wait_for_selector("[data-canvas=price] canvas")
    page.wait_for_selector("[data-busy=false]")
    return page, wrong


def unharmed(page, wrong):
    assert page.evaluate("window.__pwned") is None
    assert page.evaluate("window.__broken") == wrong == []


def hover(page, key):
    """Point at a chart all over."""
    canvas = page.locator(f"[data-canvas={key}] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for down in PLACES:
        for across in PLACES:
            page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])


def hostile_link():
    changes = {"price.process": "gbm", "asset.name": (HOSTILE,), "protocol.number": 3, "trader.number": 64, "steps": 60}
    return "?" + Configuration(changes=changes).to_query()


def test_all_views_keep_the_policy(browser, address):
    page, wrong = watched(browser, address)
    page.click("[data-do=theme]")
    page.click("[data-do=step]")
    page.click("[data-view=Learn]")
    page.wait_for_selector("[data-canvas=price] canvas")
    page.click("[data-view=Explore]")
    page.wait_for_selector("[data-choice=Results]")
    page.wait_for_timeout(500)
    unharmed(page, wrong)
    page.context.close()


def test_a_hostile_link_is_shown_and_not_run(browser, address):
    page, wrong = watched(browser, address, hostile_link())
    assert HOSTILE in page.inner_text("[data-chart=price] .bs-chart-title")
    for key in ("network-a", "network-b", "price", "layers", "liquidations"):
        hover(page, key)
    with page.expect_download() as waiting:
        page.locator("[data-chart=price] button", has_text="SVG").click()
    assert "<img" not in waiting.value.path().read_text(encoding="utf-8")
    page.select_option("[data-choice='Look into']", "P1")
    page.wait_for_selector("[data-detail=protocol] table")
    page.wait_for_timeout(300)
    assert page.locator("img[src=x]").count() == 0
    unharmed(page, wrong)
    page.context.close()


def test_a_tooltip_is_a_picture_of_the_name(browser, address):
    """Without the policy, too: what would be stopped is not even there."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.goto(address + hostile_link())
    page.wait_for_selector("[data-canvas=network-a] canvas")
    page.wait_for_selector("[data-busy=false]")
    for key in ("network-a", "price"):
        hover(page, key)
    page.wait_for_timeout(300)
    assert page.evaluate("window.__pwned") is None
    assert page.locator("[data-canvas] div:not(:has(canvas))").count() == 0
    context.close()


def test_hostile_files_and_messages_are_shown_and_not_run(browser, address):
    page, wrong = watched(browser, address)
    rows = "".join(
        f"2025-01-01 {hour:02}:00,{100 + hour},{101 + hour},{99 + hour},{100.5 + hour},1\n" for hour in range(9)
    )
    good = ("Date,Open,High,Low,Close,Volume\n" + rows).encode()
    for content in (b"not,a\nprice,file\n", good):
        file = {"name": f"{HOSTILE}.csv", "mimeType": "text/csv", "buffer": content}
        page.set_input_files("[data-part=upload]", file)
        page.wait_for_timeout(800)
    page.click("[data-group=files] summary")
    bad = {"name": f"{HOSTILE}.toml", "mimeType": "text/plain", "buffer": f'[asset]\n"{HOSTILE}" = 1\n'.encode()}
    page.set_input_files("[data-part=load]", bad)
    page.wait_for_selector("[data-problem=load]")
    page.fill("[data-do=seed]", HOSTILE)
    page.press("[data-do=seed]", "Enter")
    page.wait_for_selector(".bs-transport .bs-problem")
    hover(page, "price")
    assert page.locator("img[src=x]").count() == 0
    unharmed(page, wrong)
    page.context.close()


@pytest.fixture
def hostile_folder(address, results):
    """A result folder whose name, and the names in it, are hostile."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    place = results / HOSTILE.replace("/", "")
    shutil.copytree(results / "small", place)
    for part in (place / "runs").rglob("*.parquet"):
        table = pq.read_table(part)
        arrangements = [f"{HOSTILE}{name}" for name in table["cell"].to_pylist()]
        pq.write_table(table.set_column(table.schema.get_field_index("cell"), "cell", [arrangements]), part)
    yield place.name
    shutil.rmtree(place)


def test_a_hostile_folder_is_shown_and_not_run(browser, address, hostile_folder):
    page, wrong = watched(browser, address)
    page.click("[data-view=Explore]")
    page.wait_for_selector("[data-choice=Results]")
    page.select_option("[data-choice=Results]", hostile_folder)
    page.wait_for_timeout(1500)
    if page.locator("[data-canvas=distribution] canvas").count():
        hover(page, "distribution")
    assert page.locator("img[src=x]").count() == 0
    unharmed(page, wrong)
    page.context.close()


FOREIGN = """target => new Promise((done) => {
  const socket = new WebSocket(`ws://${target}/jupyter/api/kernels/0f0f0f/channels?session_id=1`);
  socket.onopen = () => done("open");
  socket.onclose = () => done("closed");
})"""


class Elsewhere(BaseHTTPRequestHandler):
    """Another site."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Elsewhere</h1>")

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def elsewhere():
    site = HTTPServer(("localhost", 0), Elsewhere)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://localhost:{site.server_port}/"
    site.shutdown()
    site.server_close()


def test_a_foreign_page_opens_nothing_and_embeds_nothing(browser, address, elsewhere):
    page = browser.new_context().new_page()
    page.goto(elsewhere)
    assert page.evaluate(FOREIGN, urlsplit(address).netloc) == "closed"
    page.set_content(f"<iframe src='{address}'></iframe>")
    page.wait_for_timeout(1000)
    assert page.frames[1].evaluate("document.querySelector('[data-view]')") is None
    page.goto(address)
    assert page.evaluate(FOREIGN, urlsplit(address).netloc) == "open"
    assert json.loads(page.evaluate("JSON.stringify(document.cookie)")) == ""
    page.context.close()


def test_a_name_that_was_bent_to_this_machine_is_not_answered(address):
    with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 400")
