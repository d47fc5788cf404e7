"""Whatever is asked of the API, it never fails, and answers as its description says."""

import os

import pytest
import requests

from plugin.core.visit_limits import Rate, VisitLimiter
from tests.api.client import key_for
from tests.api.fuzz.estate import estate_of
from tests.api.fuzz.explore import METHODS, Explorer, described, operations_of
from tests.api.test_access import filled
from tests.api.test_description import operations
from tests.support.world import Tenant, World

# `make test` asks the same each time; `make fuzz` more, and something else each time.
FEW, MANY = 4, int(os.environ.get("FUZZ_EXAMPLES", "0"))
RESOURCES = [
    "audit",
    "broadcasts",
    "campaigns",
    "canned-answers",
    "conflicts",
    "conversations",
    "coupons",
    "deliveries",
    "disconnect",
    "doctor",
    "friend-imports",
    "friends",
    "hubspot",
    "imports",
    "inbox-rules",
    "jobs",
    "linkage-tokens",
    "linkages",
    "list-exports",
    "list-preparations",
    "media",
    "members",
    "official-accounts",
    "openapi.json",
    "qr-codes",
    "relays",
    "segments",
    "sending-rules",
    "sync-settings",
    "tags",
    "template-drafts",
    "templates",
    "webhook-deliveries",
    "webhooks",
]


@pytest.fixture
def explorer(world: World, alice: Tenant) -> Explorer:
    """A program of Alice's whose key has no limits."""
    world.app.extensions["musubi_api_rates"] = VisitLimiter(Rate(1e9, 1e9))
    rows = {**estate_of(world, alice), "number": "1"}
    key = key_for(world, alice)
    return Explorer(world.url, key, rows, MANY or FEW, derandomize=not MANY)


def test_every_resource_is_asked(world: World) -> None:
    paths = world.app.extensions["musubi_openapi"]["paths"]
    assert {path.split("/")[3] for path in paths} == set(RESOURCES)


@pytest.mark.parametrize("resource", RESOURCES)
def test_no_request_breaks_it(world: World, explorer: Explorer, resource: str) -> None:
    for operation in operations_of(described(world.app.extensions["musubi_openapi"]), resource):
        explorer.explore(operation)


def test_a_method_that_is_not_there_is_refused_by_name(world: World, explorer: Explorer) -> None:
    spec = world.app.extensions["musubi_openapi"]
    headers = {"Authorization": f"Bearer {explorer.key}"}
    for path, item in spec["paths"].items():
        url = f"{world.url}{filled(path.replace('{', '<'))}"
        there = {method.upper() for method in item if method in METHODS}
        for method in {name.upper() for name in METHODS} - there:
            answer = requests.request(method, url, headers=headers, timeout=30)
            # A word in an address may also be taken for an id that is not there.
            assert answer.status_code in (400, 404, 405), (method, path)
            if answer.status_code == 405:
                allowed = set(answer.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"}
                assert there <= allowed, (method, path)
                for other in allowed - there:
                    taken = requests.request(other, url, headers=headers, timeout=30)
                    assert taken.status_code != 405, (other, path)
            assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/xml"])
def test_a_body_of_another_kind_is_refused(world: World, explorer: Explorer, kind: str) -> None:
    headers = {"Authorization": f"Bearer {explorer.key}", "Content-Type": kind}
    spec = world.app.extensions["musubi_openapi"]
    for method, path, operation in operations(spec):
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            url = f"{world.url}{filled(path.replace('{', '<'))}"
            answer = requests.request(method, url, data=b"{}", headers=headers, timeout=30)
            assert (answer.status_code, answer.json()["code"]) == (415, "not_json"), path


def test_a_request_without_a_key_is_refused_whatever_it_is(
    world: World, explorer: Explorer
) -> None:
    explorer.key = "musubi_wrong"
    for operation in operations_of(described(world.app.extensions["musubi_openapi"]), "friends"):
        explorer.explore(operation)
    assert set(explorer.seen) == {401}
