"""Every route with ids that no row has, and every door with values that nobody means.

Whatever is sent, the answer is a page or a refusal: nothing here may be a mistake of ours.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from plugin.core.text.row_ids import LARGEST_ID
from plugin.services.actions.registry import ACTIONS
from tests.api.client import PREFIX, program
from tests.support.signing import hubspot_post
from tests.support.world import ALICE, PORTAL, Tenant, World
from tests.web.pages import PAGES
from tests.web.test_tenancy import csrf
from tests.webhooks.test_line import event
from tests.webhooks.test_line import post as line_post

# What is kept as it came, and numbers that a database looks up, are tried on both databases; what a
# page or the API checks first, on one of them.
both_databases = pytest.mark.both_databases
PLUGIN = Path(__file__).parents[2] / "plugin"
NOT_THERE = (
    "0", "-1", "007", str(LARGEST_ID), str(LARGEST_ID + 1), "9" * 30, "9" * 5000, "1.5", "١", "x",
    "%00", "1%00", "%ED%A0%80", "%2e%2e",
)  # fmt: skip
TEXTS = (
    "\0", "a\0b", "9" * 5000, str(2**63), "-9223372036854775809", "9999-12-31", "0001-01-01",
    "9999-12-31T23:59:59Z", "remove:" + "9" * 5000, "NaN", "[" * 5000, "x" * 70_000, "\u202e",
    "http://[", "{{ contact.x", "١٢",
)  # fmt: skip
UNKNOWN = "nothing_of_ours"
# Names of fields, as templates and code write them.
NAMES = re.compile(
    r"""(?:\bname="|(?:form|args|values)(?:\.get\(|\[)")([a-z_]{1,30})\""""
    r"""|^\s+([a-z_]+) = \w+Field\(""",
    re.MULTILINE,
)
EDITOR = ("bubble.0.cards", "bubble.0.actions", "bubble.0.kind", "bubble.0.cards.0.cards.0.label",
          "bubble.0.cards.0.label", "bubble.0.actions.9.label", "bubble.0.json")  # fmt: skip
BUILDER = (
    "rule.kind", "rule.0.kind", "rule.0.0.field", "rule.1.field", "rule.1.op", "rule.1.value",
    "rule.1.until", "rule.1.days", "rule.2.0.value", "rule.9999.field",
)  # fmt: skip


def field_names() -> list[str]:
    """Every name that a form or an address of ours has."""
    found: set[str] = {*EDITOR, *BUILDER}
    sources = [*PLUGIN.glob("web/**/*.py"), *PLUGIN.glob("templates/**/*.html")]
    for path in sources:
        for match in NAMES.finditer(path.read_text(encoding="utf-8")):
            found.add(match[1] or match[2])
    found.discard("csrf_token")
    return sorted(found)


def rules(world: World, *prefixes: str) -> Iterator[tuple[str, Any]]:
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint.startswith(prefixes):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def filled(rule: Any, value: str) -> str:
    """The rule's path with `value` in every place."""
    return re.sub(r"<[^>]+>", value, rule.rule)


def send(session: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
    prepared = session.prepare_request(requests.Request(method, url, **more))
    # As it is: requests would tidy the path up.
    prepared.url = url if "params" not in more else prepared.url
    return session.send(prepared, allow_redirects=False, timeout=60)


def test_the_names_of_fields_are_found() -> None:
    names = field_names()
    assert {"act", "tags", "email", "starts_on", "every_minutes", "after", "login"} <= set(names)
    assert len(names) > 60


@both_databases
def test_ids_that_no_row_has_are_simply_not_there(world: World, alice: Tenant) -> None:
    session, token = alice.walker.session, csrf(world, alice)
    asked = 0
    for method, rule in rules(world, *PAGES, "line_webhooks.", "actions.", "static"):
        if "<" not in rule.rule:
            continue
        for value in NOT_THERE:
            data = {"csrf_token": token} if method == "POST" else None
            answer = send(session, method, world.url + filled(rule, value), data=data)
            assert answer.status_code < 500, (method, rule.rule, value[:40], answer.status_code)
            if "<row_id:" in rule.rule:
                assert answer.status_code == 404, (method, rule.rule, value[:40])
            asked += 1
    assert asked > 500


def test_no_route_takes_plain_numbers(world: World) -> None:
    found = [rule.rule for rule in world.app.url_map.iter_rules() if "<int:" in rule.rule]
    assert not found


@pytest.mark.parametrize("text", TEXTS, ids=[repr(text[:20]) for text in TEXTS])
def test_every_form_and_address_of_a_page_takes_any_text(
    world: World, alice: Tenant, text: str
) -> None:
    ids = {"account_id": alice.account_id, "code_id": alice.qr_code_id, "slug": alice.slug}
    names = field_names()
    # Written out once: with texts so long that costs more than the routes' answers.
    form = urlencode({**dict.fromkeys(names, text), "csrf_token": csrf(world, alice)})
    query = urlencode({name: text[:500] for name in names if "." not in name})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for method, rule in rules(world, *PAGES):
        values = {name: ids.get(name, 1) for name in rule.arguments}
        with world.app.test_request_context():
            path = world.app.url_map.bind("").build(rule.endpoint, values)
        if rule.endpoint in (
            "web.leave",
            "web.leave_everywhere",
            "settings.disconnect_account",
            "settings.remove_from_hubspot",
        ):
            continue
        more: dict[str, Any] = {} if method == "GET" else {"data": form, "headers": headers}
        url = f"{world.url}{path}?{query}" if method == "GET" else world.url + path
        answer = send(alice.walker.session, method, url, **more)
        assert answer.status_code < 500, (method, rule.rule, text[:40], answer.status_code)


DEEP = b"[" * 5000 + b"]" * 5000
ODD: tuple[Any, ...] = (
    "\0", "\ud800", 2**63, 2**200, -1, 1.5, True, None, [], ["a", "b"], {}, {"a": {"b": []}},
    "9" * 5000, "9999-12-31", float("inf"), float("nan"),
)  # fmt: skip


@both_databases
@pytest.mark.parametrize("odd", ODD, ids=[repr(odd)[:20] for odd in ODD])
def test_signed_doors_take_any_value(world: World, alice: Tenant, odd: Any) -> None:
    call = {
        "callbackId": "callback",
        "origin": {"portalId": PORTAL},
        "object": {"objectId": ALICE, "objectType": "CONTACT"},
        "inputFields": {},
    }
    inputs = (
        "text", "template", "official_account", "choices", "wait_hours", "qr_code", "question",
        "valid_days", "tags", "rich_menu", "message_json", "image_url", "buttons",
    )  # fmt: skip
    bodies = [
        {**call, "callbackId": odd},
        {**call, "origin": {"portalId": odd}},
        {**call, "object": {"objectId": odd, "objectType": odd}},
        {**call, "callbackId": "other", "inputFields": dict.fromkeys(inputs, odd)},
        {**call, "inputFields": odd, "origin": odd},
        {"portalId": PORTAL, "inputFieldName": odd, "fetchOptions": {"q": odd, "after": odd}},
        {"portalId": odd, "inputFieldName": "template", "fetchOptions": odd},
    ]
    for name in ACTIONS:
        for path in (f"/hubspot/actions/{name}", f"/hubspot/actions/{name}/options"):
            for body in bodies:
                status = hubspot_post(world.url + path, body).status_code
                assert status < 500, (path, status)
    told = {"portalId": PORTAL, "objectId": ALICE, "subscriptionType": "object.propertyChange"}
    events = [{**told, name: odd} for name in (*told, "eventId", "occurredAt", "propertyValue")]
    assert hubspot_post(f"{world.url}/hubspot/webhooks", [*events, odd]).status_code == 200
    good = event("message", message={"type": "text", "id": "1", "text": "x"})
    told_by_line = [{**good, name: odd} for name in good]
    assert line_post(world, alice, [*told_by_line, odd]).status_code == 200
    world.work()


@both_databases
@pytest.mark.parametrize("raw", [DEEP, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"\xff", b"1e999"])
def test_signed_doors_take_any_body(world: World, alice: Tenant, raw: bytes) -> None:
    for name in ACTIONS:
        for path in (f"/hubspot/actions/{name}", f"/hubspot/actions/{name}/options"):
            assert hubspot_post(world.url + path, raw).status_code == 400
    assert hubspot_post(f"{world.url}/hubspot/webhooks", raw).status_code == 200
    body = b'{"destination": "x", "events": [%s]}' % raw
    from tests.support.signing import line_post as signed

    with world.app.app_context():
        account = world.account(alice)
        url, secret = f"{world.url}/line/webhooks/{account.webhook_key}", account.channel_secret
    assert signed(url, body, secret).status_code == 200


@pytest.mark.parametrize("odd", ODD, ids=[repr(odd)[:20] for odd in ODD])
def test_the_api_takes_any_value(world: World, alice: Tenant, odd: Any) -> None:
    hers = program(world, alice)
    known = {"official_account": str(alice.account_id), "qr_code": str(alice.qr_code_id)}
    asked = 0
    for method, rule, operation in operations(world):
        path = filled(rule, "1").removeprefix(PREFIX)
        if method == "GET" or path.endswith("disconnect"):
            continue
        for name in fields_of(world, operation):
            answer = hers.ask(method, path, {**known, name: odd})
            assert answer.status_code < 500, (method, rule.rule, name, answer.text)
            asked += 1
        assert hers.ask(method, path, odd).status_code < 500, (method, rule.rule)
        message = {**known, "name": "Odd", "messages": [{"type": "text", "text": odd}]}
        assert hers.ask(method, path, message).status_code < 500, (method, rule.rule)
    assert asked > 60


@pytest.mark.parametrize("text", TEXTS, ids=[repr(text[:20]) for text in TEXTS])
def test_the_filters_of_the_api_take_any_text(world: World, alice: Tenant, text: str) -> None:
    hers = program(world, alice)
    ids = {"account_id": alice.account_id, "code_id": alice.qr_code_id}
    asked = 0
    for method, rule, operation in operations(world):
        if method != "GET":
            continue
        path = rule.rule.removeprefix(PREFIX)
        for name in rule.arguments:
            path = re.sub(rf"<[^>]*{name}>", str(ids.get(name, 1)), path)
        for name in [*filters_of(operation), UNKNOWN]:
            query = urlencode({name: text[:500]})
            assert hers.ask("GET", f"{path}?{query}").status_code < 500, (rule.rule, name)
            asked += 1
    assert asked > 60


def operations(world: World) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The API's routes, each with what its own description says; a test there compares the two."""
    paths = world.app.extensions["musubi_openapi"]["paths"]
    for method, rule in rules(world, "api."):
        described = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        yield method, rule, paths[described][method.lower()]


def filters_of(operation: dict[str, Any]) -> list[str]:
    return [one["name"] for one in operation.get("parameters", []) if one.get("in") == "query"]


def fields_of(world: World, operation: dict[str, Any]) -> list[str]:
    """The fields of the body that it takes, and one that it does not."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    schemas = world.app.extensions["musubi_openapi"]["components"]["schemas"]
    found = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
    return [*found.get("properties", {}), UNKNOWN]
