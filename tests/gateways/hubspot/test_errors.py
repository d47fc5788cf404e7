"""HubSpot's refusals: the verdict, the waiting time, the words for people."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from plugin.gateways import GatewayError, Portal
from plugin.gateways.hubspot.errors import refusal
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.conftest import NOW, RecordingMeter
from tests.gateways.scripted_server import Reply, ScriptedServer

BASE = "/sandbox/hubspot-api"


@pytest.mark.parametrize(
    ("status", "reason", "permanent", "wait"),
    [
        (400, "invalid", True, None),
        (401, "unauthorized", False, None),
        (403, "forbidden", True, None),
        (404, "not_found", True, None),
        (405, "refused", True, None),
        (409, "conflict", True, None),
        (414, "refused", True, None),
        (423, "unavailable", False, 2),
        (429, "rate_limited", False, 10),
        (477, "unavailable", False, 600),
        (500, "unavailable", False, None),
        (503, "unavailable", False, None),
        (521, "unavailable", False, None),
        (302, "unavailable", False, None),
    ],
)
def test_every_status_has_a_verdict(
    status: int, reason: str, permanent: bool, wait: int | None
) -> None:
    error = refusal(status, {}, b"", NOW, search=False)
    assert (error.reason, error.permanent, error.status) == (reason, permanent, status)
    assert error.retry_at == (None if wait is None else NOW + timedelta(seconds=wait))
    assert error.message == f"HubSpot answered {status}"


@pytest.mark.parametrize(
    ("policy", "search", "wait"),
    [
        ("TEN_SECONDLY_ROLLING", False, 10),
        ("SECONDLY", False, 1),
        ("DAILY", False, 3600),
        (None, True, 1),
        ("TEN_SECONDLY_ROLLING", True, 10),
        (["odd"], False, 10),
    ],
)
def test_a_rate_limit_waits_as_long_as_its_policy(policy: object, search: bool, wait: int) -> None:
    body = json.dumps({"policyName": policy}).encode()
    error = refusal(429, {}, body, NOW, search=search)
    assert error.retry_at == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("status", "policy", "header", "wait"),
    [
        (429, "TEN_SECONDLY_ROLLING", "3", 3),
        (429, "SECONDLY", "7", 7),
        # Longer than any window: a unit that is not what it seems.
        (429, "TEN_SECONDLY_ROLLING", "9000", 60),
        (429, "DAILY", "1800", 1800),
        (429, None, "Thu, 01 Jan 1970 00:00:00 GMT", 0),
        (503, None, "20", 20),
        (502, None, "99999", 600),
        (423, None, "5", 5),
    ],
)
def test_what_hubspot_asks_for_is_kept_within_reason(
    status: int, policy: str | None, header: str, wait: int
) -> None:
    body = json.dumps({"policyName": policy}).encode()
    error = refusal(status, {"Retry-After": header}, body, NOW, search=False)
    assert error.retry_at == NOW + timedelta(seconds=wait)


def test_a_503_without_a_word_is_backed_off() -> None:
    assert refusal(503, {"Retry-After": "soon"}, b"", NOW, search=False).retry_at is None


@pytest.mark.parametrize(
    ("header", "wait"), [("120", 120), ("soon", 600), ("9999999", 86_400), ("", 600)]
)
def test_a_moving_account_says_how_long_in_seconds(header: str, wait: int) -> None:
    error = refusal(477, {"Retry-After": header}, b"", NOW, search=False)
    assert error.retry_at == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize("search", [False, True])
def test_a_429_closes_the_bucket_it_was_taken_from(
    hubspot: LiveHubSpot,
    server: ScriptedServer,
    portal: Portal,
    meter: RecordingMeter,
    search: bool,
) -> None:
    server.on("POST", f"{BASE}/crm/objects/2026-09/contacts/search", Reply(429))
    server.on(
        "GET",
        f"{BASE}/account-info/2026-09/details",
        Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}),
    )
    searching = partial(hubspot.search_contacts, portal, {}, [])
    ask: Callable[[], object] = searching if search else partial(hubspot.account_details, portal)
    with pytest.raises(GatewayError):
        ask()
    bucket, seconds = ("hubspot-search", 1) if search else ("hubspot", 10)
    assert meter.closed == {f"{bucket}:20000001": NOW + timedelta(seconds=seconds)}


def test_the_words_for_people_are_kept() -> None:
    body = {
        "status": "error",
        "message": "Property values were not valid",
        "correlationId": "c-1",
        "category": "MISSING_SCOPES",
        "errors": [
            {"message": "line_tags is too long", "in": "line_tags"},
            {"context": {"requiredGranularScopes": ["crm.lists.read"]}},
            "odd",
        ],
    }
    error = refusal(403, None, json.dumps(body).encode(), NOW, search=False)
    assert error.message == "Property values were not valid"
    assert error.request_id == "c-1"
    assert error.details == ("line_tags is too long", "requiredGranularScopes: crm.lists.read")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"null", b'{"errors": 5}', None])
def test_any_body_has_a_verdict(body: bytes | None) -> None:
    assert refusal(400, {}, body, NOW, search=False).reason == "invalid"
