"""HubSpot's own parser reads the exported project; needs Node.js and npm."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugin.commands.hubspot_project import DEFINITION
from plugin.core.hubspot_project import Profile, project_files

pytestmark = [pytest.mark.node, pytest.mark.slow]
PACKAGE = "@hubspot/project-parsing-lib@0.23.0"
SCRIPT = Path(__file__).with_name("project_parser.mjs")
BASE = "https://line.example.com"


def absent(why: str) -> None:
    """Skip where somebody works; fail where it was promised."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """What a command says, and how it ends."""
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="session")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with HubSpot's parser installed, and our few lines that call it."""
    if not shutil.which("node") or not shutil.which("npm"):
        absent("Node.js and npm are not installed")
    folder = tmp_path_factory.mktemp("parser")
    shutil.copy(SCRIPT, folder)
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    done = run(command, folder)
    if done.returncode:
        absent(f"npm cannot install {PACKAGE}: {done.stderr[-300:]}")
    return folder


@pytest.fixture
def parsed(parser: Path, tmp_path: Path) -> dict[str, Any]:
    """What HubSpot understands of our project."""
    app = json.loads(DEFINITION.read_text(encoding="utf-8"))
    for name, text in project_files(app, [Profile("production", BASE, 12345)]).items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    command = ["node", SCRIPT.name, str(tmp_path), "production"]
    done = run(command, parser)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_hubspots_parser_reads_the_whole_project(parsed: dict[str, Any]) -> None:
    app = json.loads(DEFINITION.read_text(encoding="utf-8"))
    kinds = [one["componentType"] for one in parsed["nodes"].values()]
    assert kinds.count("APPLICATION") == kinds.count("WEBHOOKS") == 1
    assert kinds.count("WORKFLOW_ACTION") == len(app["workflowActions"])
    assert parsed["skipped"] == []
    placed = sum(
        one["count"] for name, one in parsed["components"].items()
        if name in ("app", "webhooks", "workflow-action")
    )  # fmt: skip
    assert placed == len(parsed["nodes"])


def test_the_profile_fills_every_address(parsed: dict[str, Any]) -> None:
    text = json.dumps(parsed["nodes"])
    assert "${" not in text
    assert f"{BASE}/hubspot/callback" in text
    assert f"{BASE}/hubspot/actions/send-message" in text
