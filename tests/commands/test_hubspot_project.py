"""The uploadable HubSpot project: the same bytes every time, and it says what the code does."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import Result
from flask import Flask

from plugin.commands.hubspot_project import DEFINITION
from plugin.core.hubspot_project import Profile, project_files
from plugin.gateways.hubspot.paths import DIRECT_PATHS, SDK_PATHS
from plugin.guards import get_deps
from plugin.services.actions.options import SOURCES
from plugin.services.actions.registry import ACTIONS
from plugin.services.connections.install import begin_install, redirect_uri
from tests.support.world import World

APP: dict[str, Any] = json.loads(DEFINITION.read_text(encoding="utf-8"))
BASE = "https://line.example.com"
PROFILES = [Profile("production", BASE, 12345), Profile("local", "http://localhost:8000", 12346)]
CONTACTS, SCHEMAS = "crm.objects.contacts", "crm.schemas.contacts"
# HubSpot's documentation names the scopes of each call.
SCOPES = {
    ("POST", "/crm/objects/2026-09/contacts"): {f"{CONTACTS}.write"},
    ("POST", "/crm/objects/2026-09/contacts/batch/read"): {f"{CONTACTS}.read"},
    ("POST", "/crm/objects/2026-09/contacts/batch/update"): {f"{CONTACTS}.write"},
    ("POST", "/crm/objects/2026-09/contacts/search"): {f"{CONTACTS}.read"},
    ("POST", "/crm/properties/2026-09/{objectType}/batch/read"): {f"{SCHEMAS}.read"},
    ("POST", "/crm/lists/2026-09"): {"crm.lists.write"},
    ("PUT", "/crm/lists/2026-09/{listId}/memberships/add"): {"crm.lists.write"},
    ("GET", "/contacts/v1/contact/byUtk/batch/"): {f"{CONTACTS}.read"},
}
BY_PREFIX = {
    "/crm/properties/": {"GET": f"{SCHEMAS}.read", "POST": f"{SCHEMAS}.write"},
    "/crm/owners/": {"GET": "crm.objects.owners.read"},
    "/crm/objects/2026-09/deals": {"POST": "crm.objects.deals.read"},
    "/crm/associations/": {"POST": "crm.objects.deals.read"},
    "/marketing/campaigns/": {
        "GET": "marketing.campaigns.read",
        "POST": "marketing.campaigns.write",
    },
    "/crm/lists/": {"GET": "crm.lists.read", "POST": "crm.lists.read"},
    "/automation/": {"POST": "automation"},
    "/account-info/": {"GET": "oauth"},
    "/oauth/": {"POST": "oauth"},
    "/appinstalls/": {"DELETE": "oauth"},
}


def files() -> dict[str, Any]:
    return {path: json.loads(text) for path, text in project_files(APP, PROFILES).items()}


def actions() -> list[dict[str, Any]]:
    return [one["config"] for path, one in files().items() if "/workflow-actions/" in path]


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["hubspot-project", "export", *words])


def read_all(folder: Path) -> dict[str, bytes]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_exporting_twice_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    profile = ("--profile", "production", BASE, "12345")
    for name in ("one", "two"):
        assert run(world.app, str(tmp_path / name), *profile).exit_code == 0
    one = read_all(tmp_path / "one")
    assert one == read_all(tmp_path / "two")
    assert run(world.app, str(tmp_path / "one"), *profile).exit_code == 0
    assert read_all(tmp_path / "one") == one
    assert all(text.endswith(b"}\n") and b"\r" not in text for text in one.values())


def test_an_action_that_is_gone_does_not_stay_behind(world: World, tmp_path: Path) -> None:
    old = tmp_path / "src/app/workflow-actions/old-hsmeta.json"
    card = tmp_path / "src/app/cards/mine-hsmeta.json"
    for one in (old, card):
        one.parent.mkdir(parents=True)
        one.write_text("{}")
    assert run(world.app, str(tmp_path)).exit_code == 0
    assert not old.exists()
    assert card.exists()


def test_without_a_profile_one_is_made_and_then_left_alone(world: World, tmp_path: Path) -> None:
    first = run(world.app, str(tmp_path))
    assert first.exit_code == 0
    assert "Enter accountId and SUPPORT_EMAIL in hsprofile.production.json." in first.output
    made = tmp_path / "src/hsprofile.production.json"
    variables = {"BASE_URL": world.url, "SUPPORT_EMAIL": ""}
    assert json.loads(made.read_text()) == {"accountId": 0, "variables": variables}
    made.write_text('{"accountId": 7}')
    assert run(world.app, str(tmp_path)).exit_code == 0
    assert made.read_text() == '{"accountId": 7}'


def test_whom_users_write_to_stands_in_the_profile(world: World, tmp_path: Path) -> None:
    told = ("--profile", "production", BASE, "12345", "--support-email", "help@example.com")
    done = run(world.app, str(tmp_path), *told)
    assert done.exit_code == 0
    assert "Enter" not in done.output
    profile = json.loads((tmp_path / "src/hsprofile.production.json").read_text())
    assert profile["variables"]["SUPPORT_EMAIL"] == "help@example.com"
    app = json.loads((tmp_path / "src/app/app-hsmeta.json").read_text())
    assert app["config"]["support"]["supportEmail"] == "${SUPPORT_EMAIL}"
    assert run(world.app, str(tmp_path), *told[:-1], "no address").exit_code == 2


def test_every_variable_is_one_that_profiles_have() -> None:
    used = set(re.findall(r"\$\{(\w+)\}", json.dumps(files())))
    assert used == set(files()["src/hsprofile.production.json"]["variables"])


@pytest.mark.parametrize("profile", [("A B", BASE, "1"), ("a", "http://a.example", "1")])
def test_a_profile_that_cannot_be_is_refused(
    world: World, tmp_path: Path, profile: tuple[str, ...]
) -> None:
    assert run(world.app, str(tmp_path), "--profile", *profile).exit_code == 2
    assert not (tmp_path / "hsproject.json").exists()


def test_every_file_has_the_form_of_its_kind() -> None:
    made = files()
    assert made["hsproject.json"]["platformVersion"] == "2026.09"
    components = {path: one for path, one in made.items() if path.endswith("-hsmeta.json")}
    assert {"src/app/app-hsmeta.json", "src/app/webhooks/webhooks-hsmeta.json"} < set(components)
    assert all(set(one) == {"uid", "type", "config"} for one in components.values())
    uids = [one["uid"] for one in components.values()]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,64}", uid) for uid in uids)


def test_redirect_urls_and_scopes_are_those_of_the_install(world: World) -> None:
    auth = files()["src/app/app-hsmeta.json"]["config"]["auth"]
    with world.app.app_context():
        asked = parse_qs(urlsplit(begin_install(get_deps(), "browser")).query)
        redirect = redirect_uri(get_deps())
    assert auth["redirectUrls"] == [redirect.replace(world.url, "${BASE_URL}")]
    assert asked["scope"][0].split() == auth["requiredScopes"]
    assert asked.get("optional_scope", [""])[0].split() == auth["optionalScopes"]


def test_every_scope_is_used_and_every_call_has_its_scope() -> None:
    needed: set[str] = set()
    for method, path in [(key[0], path) for key, path in SDK_PATHS.items()] + list(DIRECT_PATHS):
        by_prefix = [one.get(method) for start, one in BY_PREFIX.items() if path.startswith(start)]
        found = SCOPES.get((method, path)) or {scope for scope in by_prefix if scope}
        assert found, f"which scope does {method} {path} need?"
        needed |= found
    scopes = APP["scopes"]
    assert needed == {*scopes["required"], *scopes["optional"]}


def test_every_address_is_a_route_that_takes_posts(world: World) -> None:
    config = files()["src/app/webhooks/webhooks-hsmeta.json"]["config"]
    addresses = [config["settings"]["targetUrl"], *(one["actionUrl"] for one in actions())]
    types = [field["typeDefinition"] for one in actions() for field in one["inputFields"]]
    addresses += [one["optionsUrl"] for one in types if "optionsUrl" in one]
    routes = world.app.url_map.bind("localhost")
    for address in addresses:
        assert address.startswith("${BASE_URL}/")
        assert "?" not in address
        assert routes.test(address.removeprefix("${BASE_URL}"), "POST"), address
    assert {one["name"] for one in types if "optionsUrl" in one} <= set(SOURCES)


def test_the_declared_actions_are_those_that_run() -> None:
    assert [one["uid"] for one in APP["workflowActions"]] == list(ACTIONS)
    assert {one["actionUrl"].rpartition("/")[2] for one in actions()} == set(ACTIONS)


def test_every_result_has_its_words_and_its_line_in_the_history() -> None:
    services = "".join(
        path.read_text(encoding="utf-8") for path in Path("plugin/services").rglob("*.py")
    )
    for action in APP["workflowActions"]:
        results = options_of(action, "result")
        told = [rule["conditions"]["result"] for rule in action["executionRules"]]
        assert told == results, action["uid"]
        assert all(f'"{one}"' in services for one in results), action["uid"]
        for language in ("en", "ja"):
            labels = action["labels"][language]
            assert set(labels["executionRules"]) == set(results), (action["uid"], language)
            assert set(labels["outputFieldOptionLabels"]["result"]) == set(results)


def test_every_action_that_sends_knows_every_way_it_may_end() -> None:
    by_uid = {one["uid"]: one for one in APP["workflowActions"]}
    # The frequency cap does not count questions.
    sent = set(options_of(by_uid["send-message"], "result")) - {"sent", "capped"}
    assert sent <= set(options_of(by_uid["ask-question"], "result"))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_field_is_labelled(language: str) -> None:
    for action in APP["workflowActions"]:
        labels = action["labels"][language]
        names = {field["name"] for field in action["inputFields"]}
        assert set(labels["inputFieldLabels"]) == names, action["uid"]
        assert set(labels["inputFieldDescriptions"]) <= names
        outputs = {field["name"] for field in action["outputFields"]}
        assert set(labels["outputFieldLabels"]) == outputs, action["uid"]
        used = re.findall(r"\{\{\s*(\w+)\s*\}\}", labels["actionCardContent"])
        assert set(used) <= names


def options_of(action: dict[str, Any], name: str) -> list[str]:
    found = (one for one in action["outputFields"] if one["name"] == name)
    options: list[str] = next(found)["options"]
    return options
