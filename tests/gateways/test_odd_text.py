"""What no database takes is taken out where an answer comes in, and costs nobody else anything."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.core.text.clean import DEEPEST, storable
from plugin.gateways import Channel, GatewayError, Portal, Profile
from plugin.gateways.hubspot.gateway import LiveHubSpot
from plugin.gateways.line.gateway import LiveLine
from plugin.gateways.line_login.gateway import LiveLineLogin
from tests.gateways.scripted_server import Reply, ScriptedServer

# LINE cuts names by UTF-16 units, so that half of an emoji may be left at their end.
CUT, CLEAN = "Ali\0ce \ud83d", "Alice ?"
CONTACTS = "/sandbox/hubspot-api/crm/objects/2026-09/contacts"
USER = "U" + "a" * 32
TEXTS = st.text(st.characters() | st.sampled_from("\0\ud800\udfff\ud83d"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


@given(JSON)
def test_anything_can_be_stored_afterwards(told: Any) -> None:
    kept = storable(told)
    text = json.dumps(kept, ensure_ascii=False)
    text.encode()  # raises for half a surrogate pair
    assert "\\u0000" not in text
    assert storable(kept) == kept


def test_what_is_nested_without_end_is_cut() -> None:
    told: Any = "bottom"
    for _ in range(5000):
        told = [told]
    kept, depth = storable(told), 0
    while isinstance(kept, list):
        kept, depth = kept[0], depth + 1
    assert (kept, depth) == (None, DEEPEST)


def test_a_profile_is_fit_to_be_stored(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    body = {"userId": USER, "displayName": CUT, "language": "ja\0"}
    server.on("GET", f"/v2/bot/profile/{USER}", Reply(body=body))
    expected = Profile(USER, CLEAN, "", "ja")
    assert line.profile(channel, USER) == expected
    assert line.profiles(channel, [USER]) == {USER: expected}


def test_lines_refusals_and_infos_too(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    server.on("GET", "/v2/bot/info", Reply(body={"userId": USER, "displayName": CUT}))
    assert line.bot_info(channel).display_name == CLEAN
    server.on("GET", f"/v2/bot/profile/{USER}", Reply(404, {"message": CUT}))
    with pytest.raises(GatewayError, match="Alice") as caught:
        line.profile(channel, USER)
    assert caught.value.message == CLEAN


def test_an_identity_is_fit_to_be_stored(
    line_login: LiveLineLogin, server: ScriptedServer, channel: Channel
) -> None:
    claims = {"sub": USER, "aud": channel.channel_id, "name": CUT + "x" * 300, "picture": "\0"}
    server.on("POST", "/oauth2/v2.1/verify", Reply(body=claims))
    found = line_login.verify_id_token(channel, "token", None)
    assert found.name == (CLEAN + "x" * 300)[:255]
    assert found.picture_url == ""


def test_hubspots_values_lists_and_labels(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    found = {"id": "1", "properties": {"firstname": CUT}}
    server.on("POST", f"{CONTACTS}/batch/read", Reply(body={"results": [found]}))
    [record] = hubspot.read_contacts(portal, ["1"], ["firstname"]).records
    assert record.properties == {"firstname": CLEAN}
    listed = {"listId": "7", "name": CUT}
    path = "/sandbox/hubspot-api/crm/lists/2026-09/7"
    server.on("GET", path, Reply(body={"list": listed}))
    assert hubspot.list_by_id(portal, "7").name == CLEAN
    field = {"name": "a", "label": CUT, "type": "string", "fieldType": "text"}
    path = "/sandbox/hubspot-api/crm/properties/2026-09/contacts"
    server.on("GET", path, Reply(body={"results": [field]}))
    assert [one.label for one in hubspot.text_properties(portal)] == [CLEAN]


def test_hubspots_oauth_answers(hubspot: LiveHubSpot, server: ScriptedServer) -> None:
    body = {"hub_id": 1, "user": CUT, "hub_domain": "x" * 300, "scopes": [CUT]}
    server.on("POST", "/sandbox/hubspot-api/oauth/2026-09/token/introspect", Reply(body=body))
    info = hubspot.introspect("token")
    assert (info.user, info.scopes, len(info.hub_domain)) == (CLEAN, (CLEAN,), 255)


@pytest.mark.parametrize(
    "worst", [Reply(503, {}), Reply(200, {"no": "id"}), Reply(200, b"["), Reply(500, {})]
)
def test_one_bad_profile_costs_the_others_nothing(
    line: LiveLine, server: ScriptedServer, channel: Channel, worst: Reply
) -> None:
    good, bad = [f"U{number:032x}" for number in range(5)], "U" + "f" * 32
    for user_id in good:
        body = {"userId": user_id, "displayName": "A"}
        server.on("GET", f"/v2/bot/profile/{user_id}", Reply(body=body))
    server.on("GET", f"/v2/bot/profile/{bad}", worst)
    assert list(line.profiles(channel, [bad, *good])) == good
    with pytest.raises(GatewayError):
        line.profiles(channel, [bad])


def test_many_bad_profiles_are_lines_trouble(
    line: LiveLine, server: ScriptedServer, channel: Channel
) -> None:
    users = [f"U{number:032x}" for number in range(5)]
    for place, user_id in enumerate(users):
        reply = Reply(body={"userId": user_id}) if place < 3 else Reply(503, {})
        server.on("GET", f"/v2/bot/profile/{user_id}", reply)
    with pytest.raises(GatewayError):
        line.profiles(channel, users)


def test_one_odd_record_costs_the_others_nothing(
    hubspot: LiveHubSpot, server: ScriptedServer, portal: Portal
) -> None:
    rows = [{"id": "1", "properties": {}}, {"id": "none"}, None, {"id": "2", "properties": {}}]
    server.on("POST", f"{CONTACTS}/batch/read", Reply(body={"results": rows}))
    batch = hubspot.read_contacts(portal, ["1", "2", "3"], ["email"])
    assert [record.contact_id for record in batch.records] == [1, 2]
    assert batch.missing == ("3",)
    server.on("POST", f"{CONTACTS}/batch/read", Reply(body={"results": [None]}))
    with pytest.raises(GatewayError):
        hubspot.read_contacts(portal, ["1"], ["email"])
