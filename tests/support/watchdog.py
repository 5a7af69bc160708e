"""The watchdog of the tests: a test that hangs is ended with every process it started, and told with all stacks.

pytest-timeout does the rest. Its thread ends this process, which nothing in native code can prevent; under xdist that
is one worker, the test fails and the others go on.
"""

import os
import threading

import psutil
import pytest
import pytest_timeout


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item, settings):
    """Watch over one test."""
    timer = threading.Timer(settings.timeout, end, (item, settings))
    timer.daemon = True
    item.cancel_timeout = timer.cancel
    timer.start()
    return True


def end(item, settings):
    """End what the test started, then tell what hung and end this process."""
    for child in psutil.Process(os.getpid()).children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    pytest_timeout.timeout_timer(item, settings)
