"""axe-core in the browser; needs npm, which brings it."""

import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.commands.test_hubspot_parser import absent, run

# Deque's own package (MPL-2.0), for the tests alone.
PACKAGE = "axe-core@4.14.1"
RUN = """(rules) => axe.run(document, {
  resultTypes: ["violations"], runOnly: rules,
}).then((found) => found.violations.map((rule) => ({
  id: rule.id, help: rule.help,
  nodes: rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)),
})))"""
ALL = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# What another colour or another width of the same page can break.
OF_LOOKS = ("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block")


@cache
def axe_script(folder: Path) -> str:
    """Return the script, installed into a folder of the test session."""
    if not shutil.which("npm"):
        absent("npm is not installed")
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    done = run(command, folder)
    if done.returncode:
        absent(f"npm cannot install {PACKAGE}: {done.stderr[-300:]}")
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, script: str, rules: Sequence[str] = ALL) -> list[dict[str, Any]]:
    """Return what axe finds on the page as it stands."""
    # Through the debugger, which no content policy of the page forbids.
    page.evaluate(script)
    found: list[dict[str, Any]] = page.evaluate(RUN, list(rules))
    return found
