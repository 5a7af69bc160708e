"""The server may end and be started again: the work is in the address, and the page comes back with it."""

import os
import subprocess
import sys

import pytest
from browser.conftest import ROOT, free_port, wait_for

pytestmark = [pytest.mark.compiled, pytest.mark.browser, pytest.mark.slow]


def started(port, results):
    """Return a server that answers."""
    serve = [sys.executable, "-m", "experiments.cli.main", "app", "--no-open", "--port", str(port)]
    server = subprocess.Popen([*serve, "--results", str(results)], cwd=ROOT, env=os.environ)
    wait_for(f"http://localhost:{port}/readyz", server)
    return server


def test_the_work_comes_back_after_the_server_was_killed(browser, results):
    port = free_port()
    server = started(port, results)
    try:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"http://localhost:{port}/")
        page.wait_for_selector("[data-busy=false]")
        page.select_option("[data-side=b] [data-part=structure]", "reinsured")
        page.fill("[data-do=seed]", "12")
        page.press("[data-do=seed]", "Enter")
        page.click("[data-group=interventions] summary")
        page.click("[data-kind=exploit] button")
        page.wait_for_selector(".bs-done li")
        done, address = page.inner_text(".bs-done li"), page.url
        assert "?c=" in address
        server.kill()
        server.wait(20)
        server = started(port, results)
        page.reload()
        page.wait_for_selector("[data-busy=false]")
        assert page.url == address
        assert page.input_value("[data-side=b] [data-part=structure]") == "reinsured"
        assert page.input_value("[data-do=seed]") == "12"
        page.click("[data-group=interventions] summary")
        assert page.inner_text(".bs-done li") == done
        page.close()
    finally:
        server.kill()
        server.wait(20)
