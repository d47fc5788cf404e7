"""Musubi as a newcomer has it: `python app.py`, sandbox mode, an empty folder; and Chromium."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page

from tests.browser.chromium import PATIENCE_MS
from tests.support.processes import Nursery, ending, free_port, unconfigured

ROOT = Path(__file__).parents[2]


@pytest.fixture
def newcomer(nursery: Nursery, tmp_path: Path) -> Iterator[str]:
    """The address of a Musubi that has never been started before, without the time it takes Python
    to load two processes."""
    with ending(nursery.make({}, tmp_path)) as (process,):
        yield process.wait().url.replace("127.0.0.1", "localhost")


@pytest.fixture
def first_start(tmp_path: Path) -> Iterator[str]:
    """The same, all of it: `python app.py` and its worker process."""
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")],
            cwd=tmp_path, env={**unconfigured(), "PORT": str(port)}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            url = f"http://localhost:{port}"
            _wait_for(url, process, tmp_path / "log")
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser window that reads English."""
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"app.py ended: {log.read_text()}")
        try:
            if requests.get(f"{url}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    pytest.fail("app.py does not answer")
