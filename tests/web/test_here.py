"""A page that answers a form can be opened again: its links lead to where a GET is taken."""

import re

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from plugin.web.here import here
from tests.services.inbox.talks import talk
from tests.support.people import linked
from tests.support.world import Tenant, World
from tests.web.pages import csrf_of

PAGES_PREFIXES = ("/api", "/sandbox", "/hubspot/", "/line/", "/mcp")


def test_links_of_a_refused_form_lead_to_its_page(world: World, alice: Tenant) -> None:
    conversation_id = talk(world, alice)
    world.connect(alice, 1)
    friend_id, _ = linked(world, alice)
    for path, field, back in (
        (f"/inbox/{conversation_id}/answer", "text", f"/inbox/{conversation_id}"),
        (f"/inbox/{conversation_id}/note", "note", f"/inbox/{conversation_id}"),
        (f"/friends/{friend_id}/tags", "tags", f"/friends/{friend_id}"),
    ):
        data = {"csrf_token": csrf_of(alice.walker.go(f"{world.url}/inbox")), field: ""}
        if field == "tags":
            data["tags"] = "x" * 500
        answer = alice.walker.session.post(world.url + path, data=data)
        assert answer.status_code == 422, path
        links = re.findall(r'<a href="([^"]+)" lang=', answer.text)
        assert len(links) > 2
        assert {link.partition("?")[0] for link in links} == {back}
        assert f'name="next" value="{back}"' in answer.text
        assert alice.walker.session.get(world.url + links[0]).status_code == 200


def test_every_address_of_a_form_has_a_page(world: World) -> None:
    adapter = world.app.url_map.bind("localhost")
    for rule in world.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.rule.startswith(PAGES_PREFIXES):
            continue
        built = rule.build(dict.fromkeys(rule.arguments, 1))
        assert built is not None
        with world.app.test_request_context(built[1], method="POST"):
            try:
                adapter.match(here(), method="GET")
            except (MethodNotAllowed, NotFound):
                pytest.fail(f"{built[1]} leads to {here()}")
            except RequestRedirect:
                continue


def test_what_does_not_exist_stays_where_it_is(world: World) -> None:
    with world.app.test_request_context("/nowhere/at/all", method="GET"):
        assert here() == "/nowhere/at/all"
