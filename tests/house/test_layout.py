"""Everything is where the house says, and nothing has a name that says nothing."""

import re
from pathlib import PurePath

from tests.house.project import files

TOP = {
    ".ci",
    ".editorconfig",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "app.py",
    "docs",
    "hubspot-app.json",
    "plugin",
    "pyproject.toml",
    "requirements.txt",
    "tests",
}
PLUGIN = {
    "actions",
    "agents",
    "api",
    "commands",
    "core",
    "gateways",
    "migrations",
    "models",
    "monitoring",
    "sandbox",
    "scheduler",
    "server",
    "services",
    "static",
    "templates",
    "translations",
    "web",
    "webhooks",
}
EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common|stuff)$")


def test_the_top_level_holds_what_was_promised_and_nothing_else() -> None:
    assert {path.split("/")[0] for path in files()} == TOP


def test_the_plugin_has_the_folders_of_the_house_and_no_other() -> None:
    inside = [path.split("/") for path in files() if path.startswith("plugin/")]
    assert {parts[1] for parts in inside if len(parts) > 2} == PLUGIN


def test_every_name_says_what_is_inside() -> None:
    names = {path: PurePath(path) for path in files() if path.endswith(".py")}
    assert not [
        path
        for path, name in names.items()
        if any(EMPTY_NAMES.search(part) for part in (*name.parent.parts, name.stem))
    ]
