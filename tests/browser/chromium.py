"""One headless Chromium for all tests of a process, and pictures of what a person would see."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

SHOTS = Path(__file__).parent / "screenshots"
# The first has no windows, which take two thirds of the others' work on a page.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# Long enough for a busy machine: what is expected comes, or the test fails.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """Start it; in CI it must be there. A process can have one only: Playwright's loop goes on
    until its end."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have Chromium")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def shoot(page: Page, name: str) -> None:
    """Keep a picture for people, where they ask for it by SHOTS=yes: each is half a second of
    drawing. A machine too busy to draw it fails no test.
    """
    if not os.environ.get("SHOTS"):
        return
    SHOTS.mkdir(exist_ok=True)
    with suppress(Error):
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
