"""The gate under hubspot-api-client: what the SDK would do by itself, and does not."""

import os
from concurrent.futures import ThreadPoolExecutor

import hubspot.oauth as hubspot_oauth
import pytest

from plugin.gateways import GatewayError, Portal, within
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.conftest import Calls, RecordingMeter, impatient
from tests.gateways.scripted_server import Reply, ScriptedServer, Seen

BASE = "/sandbox/hubspot-api"
DETAILS = f"{BASE}/account-info/2026-09/details"
LIST = f"{BASE}/crm/lists/2026-09/7"
MEMBERS = f"{LIST}/memberships"
READ = f"{BASE}/crm/objects/2026-09/contacts/batch/read"
PROPERTIES = f"{BASE}/crm/properties/2026-09/contacts"
NO_RESULTS = Reply(body={"results": []})


def test_calls_of_four_packages_use_one_connection(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", READ, NO_RESULTS)
    server.on("GET", MEMBERS, NO_RESULTS)
    server.on("GET", PROPERTIES, NO_RESULTS)
    server.on("GET", DETAILS, Reply(body={"portalId": 1, "uiDomain": "app.hubspot.com"}))
    for _ in range(3):
        hubspot.read_contacts(portal, ["1"], [])
        hubspot.memberships(portal, "7", None)
        hubspot.ensure_properties(portal, ("line", "LINE"), [])
        hubspot.account_details(portal)
    assert len(server.seen) == 12
    assert len({seen.connection for seen in server.seen}) == 1


def test_tokens_of_sixteen_threads_never_cross(
    hubspot: LiveHubSpot, server: ScriptedServer
) -> None:
    def echo(seen: Seen) -> Reply:
        number = seen.headers["authorization"].removeprefix("Bearer token-")
        return Reply(body={"results": [{"id": number, "properties": {}}]})

    server.on("POST", READ, echo)

    def ask(number: int) -> bool:
        batch = hubspot.read_contacts(Portal(number, f"token-{number}"), [str(number)], [])
        return batch.records[0].contact_id == number

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(1, 401)))
    assert len(server.seen) == 400


def test_every_call_is_announced_and_metered(
    hubspot: LiveHubSpot,
    server: ScriptedServer,
    portal: Portal,
    meter: RecordingMeter,
    calls: Calls,
) -> None:
    server.on("GET", MEMBERS, NO_RESULTS)
    server.on("POST", f"{BASE}/crm/objects/2026-09/contacts/search", NO_RESULTS)
    hubspot.memberships(portal, "7", None)
    hubspot.search_contacts(portal, {"email": "alice@example.com"}, [])
    assert meter.taken == ["hubspot:20000001", "hubspot-search:20000001"]
    assert calls.count == 2


def test_a_meter_that_says_no_stops_the_call(
    server: ScriptedServer, hubspot: LiveHubSpot, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(bucket: str) -> None:
        raise GatewayError("wait", permanent=False, reason="rate_limited")

    monkeypatch.setattr(hubspot._client._meter, "take", no)
    with pytest.raises(GatewayError) as caught:
        hubspot.memberships(portal, "7", None)
    assert caught.value.reason == "rate_limited"
    assert server.seen == []


@impatient
@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(delay=3)], ids=["drop", "silence"])
def test_a_get_without_an_answer_is_sent_once_and_lost(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, reply: Reply
) -> None:
    server.on("GET", MEMBERS, reply)
    with pytest.raises(GatewayError) as caught:
        hubspot.memberships(portal, "7", None)
    assert (caught.value.reason, caught.value.permanent) == ("lost", False)
    assert len(server.seen) == 1


def test_a_caller_in_a_hurry_is_not_held_but_a_new_token_is_waited_for(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    """Who would give up on a refresh might lose the only token that is good from then on."""
    server.on("POST", READ, Reply(body={"results": []}, delay=2))
    with within(0.1), pytest.raises(GatewayError) as caught:
        hubspot.read_contacts(portal, ["1"], [])
    assert caught.value.reason == "lost"
    tokens = {"access_token": "a", "refresh_token": "r", "expires_in": 1800}
    server.on("POST", f"{BASE}/oauth/2026-09/token", Reply(body=tokens, delay=0.5))
    with within(0.1):
        assert hubspot.refresh("old").refresh_token == "r"


def test_a_429_with_retry_after_does_not_sleep_inside_the_call(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("GET", MEMBERS, Reply(429, {"message": "slow"}, {"Retry-After": "30"}))
    with pytest.raises(GatewayError) as caught:
        hubspot.memberships(portal, "7", None)
    assert caught.value.reason == "rate_limited"
    assert len(server.seen) == 1


def test_a_redirect_is_not_followed_with_the_token(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", READ, Reply(307, None, {"Location": "/elsewhere"}))
    with pytest.raises(GatewayError) as caught:
        hubspot.read_contacts(portal, ["1"], [])
    assert (caught.value.reason, caught.value.status) == ("unavailable", 307)
    assert [seen.path for seen in server.seen] == [READ]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>maintenance</html>", headers={"Content-Type": "text/html"}),
        Reply(body=b""),
        Reply(body=b"\xff\xfe\x00"),
        Reply(body=b"{}", headers={"Content-Type": "application/json; charset=klingon"}),
        Reply(body=[1]),
        Reply(status=204),
        Reply(body={"results": [{"id": "not a number"}]}),
    ],
    ids=["html", "empty", "not utf-8", "unknown charset", "list", "no content", "odd id"],
)
def test_a_good_status_that_cannot_be_read_is_lost_for_writes_only(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, reply: Reply
) -> None:
    server.on("POST", READ, reply)
    server.on("POST", f"{BASE}/crm/objects/2026-09/contacts", reply)
    with pytest.raises(GatewayError) as read:
        hubspot.read_contacts(portal, ["1"], [])
    with pytest.raises(GatewayError) as write:
        hubspot.create_contact(portal, {"email": "alice@example.com"})
    assert (read.value.reason, write.value.reason) == ("unavailable", "lost")


def test_an_error_page_that_is_not_utf8_keeps_its_status(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("GET", MEMBERS, Reply(502, b"\xff\xfe<html>"))
    with pytest.raises(GatewayError) as caught:
        hubspot.memberships(portal, "7", None)
    assert (caught.value.reason, caught.value.status) == ("unavailable", 502)


def test_an_unreadable_date_fails_nothing(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    contact = {"id": "5", "properties": {"email": None}, "createdAt": "the day before yesterday"}
    server.on("POST", f"{BASE}/crm/objects/2026-09/contacts", Reply(201, contact))
    record = hubspot.create_contact(portal, {"email": ""})
    assert (record.contact_id, record.properties) == (5, {"email": None})
    assert server.seen[0].json() == {"properties": {"email": ""}, "associations": []}


def test_a_refusal_does_not_carry_the_body_into_tracebacks(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("GET", MEMBERS, Reply(403, {"message": "no", "secret": "alice@example.com"}))
    with pytest.raises(GatewayError) as caught:
        hubspot.memberships(portal, "7", None)
    assert caught.value.__suppress_context__


def test_token_and_compression_are_asked_for(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("GET", MEMBERS, NO_RESULTS)
    hubspot.memberships(portal, "7", None)
    assert server.seen[0].headers["authorization"] == "Bearer portal-token"
    assert server.seen[0].headers["accept-encoding"] == "gzip"


def test_a_forked_process_makes_its_own_clients(
    hubspot: LiveHubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = hubspot._client._client(hubspot_oauth)
    assert hubspot._client._client(hubspot_oauth) is ours
    monkeypatch.setattr(os, "getpid", lambda: -1)
    theirs = hubspot._client._client(hubspot_oauth)
    assert theirs.rest_client.pool_manager is not ours.rest_client.pool_manager
