"""Contacts read, searched and found in HubSpot: partial answers, missing ones, visitors."""

import pytest

from plugin.gateways import ContactRecord, Portal
from plugin.gateways.hubspot.gateway import LiveHubSpot
from tests.gateways.hubspot.contact_answers import CONTACTS, not_found, raw
from tests.gateways.scripted_server import Reply, ScriptedServer

READ = f"{CONTACTS}/batch/read"
SEARCH = f"{CONTACTS}/search"
BIG = 150000000001


@pytest.mark.parametrize("status", [200, 207])
def test_missing_contacts_are_told_whatever_the_status(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, status: int
) -> None:
    answer = {
        "results": [raw(BIG, email="alice@example.com", phone=None)],
        "numErrors": 1,
        "errors": [not_found("7")],
    }
    server.on("POST", READ, Reply(status, answer))
    batch = hubspot.read_contacts(portal, [str(BIG), "7", str(BIG)], ["email", "phone"])
    assert batch.records == (ContactRecord(BIG, {"email": "alice@example.com", "phone": None}),)
    assert (batch.missing, batch.errors) == (("7",), {})
    assert server.seen[0].json() == {
        "inputs": [{"id": str(BIG)}, {"id": "7"}],
        "properties": ["email", "phone"],
        "propertiesWithHistory": [],
    }


def test_a_contact_that_is_silently_left_out_is_missing_too(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", READ, Reply(body={"results": [raw(1)]}))
    batch = hubspot.read_contacts(portal, ["1", "2"], [])
    assert (batch.missing, list(batch.errors)) == (("2",), ["2"])


@pytest.mark.parametrize("context", [{"ids": ["2"]}, {}])
def test_what_hubspot_says_of_a_contact_is_told_from_missing(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, context: dict[str, list[str]]
) -> None:
    error = {"category": "INTERNAL_ERROR", "message": "not now", "context": context}
    server.on("POST", READ, Reply(207, {"results": [raw(1)], "errors": [error]}))
    batch = hubspot.read_contacts(portal, ["1", "2"], [])
    assert (batch.missing, batch.errors) == (("2",), {"2": "not now"})


def test_reading_by_email_names_the_property(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    answer = {"results": [raw(1)], "errors": [not_found("bob@example.com")]}
    server.on("POST", READ, Reply(207, answer))
    batch = hubspot.read_contacts(
        portal, ["alice@example.com", "bob@example.com"], [], id_property="email"
    )
    assert batch.missing == ("bob@example.com",)
    assert server.seen[0].json()["idProperty"] == "email"


def test_nothing_asked_is_nothing_sent(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    assert hubspot.read_contacts(portal, [], []).records == ()
    assert hubspot.update_contacts(portal, []).records == ()
    assert server.seen == []


def test_search_sends_what_hubspot_lists_as_required(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", SEARCH, Reply(body={"total": 1, "results": [raw(3, email="a")]}))
    found = hubspot.search_contacts(portal, {"line_user_id": "U1", "email": "a"}, ["email"], 2)
    assert [record.contact_id for record in found] == [3]
    assert server.seen[0].json() == {
        "filterGroups": [
            {
                "filters": [
                    {"propertyName": "line_user_id", "operator": "EQ", "value": "U1"},
                    {"propertyName": "email", "operator": "EQ", "value": "a"},
                ]
            }
        ],
        "sorts": [],
        "properties": ["email"],
        "limit": 2,
    }


def test_words_are_searched_for_in_what_hubspot_searches(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("POST", SEARCH, Reply(body={"results": [raw(BIG, email="a@example.com")]}))
    found = hubspot.find_contacts(portal, "Alice Example", ["email"], 10)
    assert found == (ContactRecord(BIG, {"email": "a@example.com"}),)
    assert server.seen[0].json() == {
        "filterGroups": [],
        "sorts": [],
        "query": "Alice Example",
        "properties": ["email"],
        "limit": 10,
    }


OLD, VISITOR = "/sandbox/hubspot-api", "0123456789abcdef" * 2
# The old form of a record, as HubSpot's legacy reference shows it.
SEEN = {
    "vid": 12,
    "canonical-vid": 150000000001,
    "is-contact": True,
    "properties": {"email": {"value": "alice@example.com"}, "lastname": {}},
}


def test_whose_a_visitor_cookie_is(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    server.on("GET", f"{OLD}/contacts/v1/contact/byUtk/batch/", Reply(body={VISITOR: SEEN}))
    found = hubspot.contact_of_visitor(portal, VISITOR)
    email = {"email": "alice@example.com", "firstname": None, "lastname": None}
    assert found == ContactRecord(150000000001, email)
    assert server.seen[0].query["utk"] == VISITOR
    assert server.seen[0].headers["authorization"] == "Bearer portal-token"


@pytest.mark.parametrize(
    "said", [{}, {"0" * 32: SEEN}, {VISITOR: {**SEEN, "is-contact": False}}, {VISITOR: None}]
)
def test_a_cookie_without_a_contact(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal, said: dict[str, object]
) -> None:
    server.on("GET", f"{OLD}/contacts/v1/contact/byUtk/batch/", Reply(body=said))
    assert hubspot.contact_of_visitor(portal, VISITOR) is None
