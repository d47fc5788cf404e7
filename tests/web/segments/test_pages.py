"""The list of segments and their own pages: what they say, use and lead to, and for whom."""

import re

import pytest
import requests
from sqlalchemy import delete, update

from plugin.core.clock import utcnow
from plugin.core.segments.ready import READY
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import create_draft
from tests.support.people import linked
from tests.support.world import Tenant, World, sql_of
from tests.web.pages import marks
from tests.web.segments.form import LINKED, LINKED_RULE, build, saved, send

TAGGED = {"rule.1.field": "friend.tag", "rule.1.op": "in"}


def test_a_portal_without_an_account_is_led_to_connect_one(world: World) -> None:
    walker = world.install().walker
    assert {"empty", "connect"} <= set(marks(walker.go(f"{world.url}/segments")))
    assert walker.go(f"{world.url}/segments/new").url == f"{world.url}/segments"


def test_foreign_segments_and_accounts_are_not_there(
    world: World, alice: Tenant, charlie: Tenant
) -> None:
    hers = build(world, alice)
    number = hers.url.rpartition("/")[2]
    page = charlie.walker.go(f"{world.url}/segments/new")
    assert "Linked" not in charlie.walker.go(f"{world.url}/segments").text.replace("Linked fr", "")
    for path in ("rule", "preview"):
        answer = send(charlie, page, f"/segments/{path}", segment=number, **LINKED)
        assert answer.status == 404
    # Another tenant's account is none to choose: the segment is made on the own one.
    send(charlie, page, "/segments/new", name="His", account=str(alice.account_id), **LINKED)
    assert charlie.walker.page.status == 200
    assert "His" not in alice.walker.go(f"{world.url}/segments").text
    named = {"rule.0.field": "segment", "rule.0.op": "in", "rule.0.value": number}
    assert send(charlie, page, "/segments/new", name="His", **named).status == 422


def test_ready_segments_stand_in_their_order(world: World, alice: Tenant) -> None:
    page = alice.walker.go(f"{world.url}/segments")
    places = [page.text.index(str(ready.name)) for ready in READY.values()]
    assert places == sorted(places)


def test_archived_segments_are_found_and_restored(world: World, alice: Tenant) -> None:
    page = build(world, alice)
    path = page.url.removeprefix(world.url)
    page = send(alice, page, f"{path}/duplicate")
    assert [row[0] for row in saved(world)] == ["Linked", "Copy of Linked"]
    page = send(alice, page, f"{path}/archive")
    assert "Linked is archived" in page.text
    assert alice.walker.go(world.url + path).status == 404
    page = alice.walker.go(f"{world.url}/segments?archived=yes")
    assert marks(page).count("segment-row") == 1
    page = send(alice, page, f"{path}/restore")
    assert page.url == world.url + path
    assert send(alice, page, f"{path}/restore").status == 404


def test_a_long_list_needs_few_statements(world: World, alice: Tenant) -> None:
    for number in range(3):
        build(world, alice, f"Linked {number}")
    with sql_of(world) as few:
        alice.walker.go(f"{world.url}/segments")
    for number in range(20):
        build(world, alice, f"More {number}", **LINKED, **{**TAGGED, "rule.1.value": "VIP"})
    with sql_of(world) as many:
        alice.walker.go(f"{world.url}/segments")
    # One more: the page after this one is looked for, and tags have names.
    assert len(many) <= len(few) + 2


def test_a_stranger_sees_no_segment(world: World, alice: Tenant) -> None:
    page = build(world, alice)
    answer = requests.get(page.url, timeout=30, allow_redirects=False)
    assert answer.status_code == 302


def test_a_property_that_hubspot_deleted_is_said_at_its_condition(
    world: World, alice: Tenant
) -> None:
    chosen = {"installation_id": alice.installation_id, "chosen_at": utcnow()}
    with world.app.app_context(), transaction() as session:
        session.add(SyncedProperty(name="size", label="Size", type="number", **chosen))
    sized = {"rule.1.field": "hubspot.size", "rule.1.op": "gt", "rule.1.value": "40"}
    page = build(world, alice, **LINKED, **sized)
    assert "broken" not in marks(page)
    with world.app.app_context(), transaction() as session:
        session.execute(update(SyncedProperty).values(state="missing"))
    page = alice.walker.go(page.url)
    assert "broken" in marks(page)
    assert "HubSpot has no property “Size” any more." in page.text
    assert "needs attention" in alice.walker.go(f"{page.url}/size").text
    page = alice.walker.go(f"{page.url}/edit")
    assert marks(page).count("fault") == 1
    assert 'value="40"' in page.html
    # Chosen no more, it is kept as it stands until somebody takes it out.
    with world.app.app_context(), transaction() as session:
        session.execute(delete(SyncedProperty))
    page = alice.walker.go(page.url)
    assert "Nobody can be chosen by this." in page.text
    path = page.url.removeprefix(world.url)
    assert send(alice, page, path, name="Linked", **LINKED, **sized).status == 422
    assert send(alice, page, path, name="Linked", **LINKED).status == 200
    assert saved(world)[0][2] == LINKED_RULE


@pytest.mark.both_databases
def test_what_uses_a_segment_is_said_on_the_list_and_before_it_is_archived(
    world: World, alice: Tenant
) -> None:
    number = build(world, alice).url.rpartition("/")[2]
    inside = {"rule.0.field": "segment", "rule.0.op": "in", "rule.0.value": number}
    build(world, alice, "Inside", **inside)
    with world.app.app_context():
        draft = create_draft(world.account(alice), "Spring sale")
        with transaction() as session:
            session.execute(
                update(Broadcast).where(Broadcast.id == draft.id).values(segment_id=int(number))
            )
    page = alice.walker.go(f"{world.url}/segments/{number}")
    assert {"uses", "broadcast"} <= set(marks(page))
    assert "Inside" in page.text
    assert "Spring sale" in page.text
    assert "It is used in 2 places." in page.text
    assert "1 segment, 1 broadcast" in alice.walker.go(f"{world.url}/segments").text
    # Itself it cannot name, nor is it offered to.
    page = alice.walker.go(f"{world.url}/segments/{number}/edit")
    page = send(alice, page, f"/segments/{number}/edit", name="Linked", **inside)
    assert page.status == 422
    assert "would name itself" in page.text


def test_a_page_counts_by_itself_for_a_browser_without_scripts(world: World, alice: Tenant) -> None:
    linked(world, alice)
    page = build(world, alice)
    assert "count" not in marks(page)
    assert "count" in marks(alice.walker.go(f"{page.url}?count=yes"))
    assert "count" in marks(alice.walker.go(f"{world.url}/segments/new?count=yes"))


def test_each_button_of_a_segment_leads_to_its_people(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    page = build(world, alice)
    number = page.url.rpartition("/")[2]
    for mark in ("broadcast", "see-friends", "csv", "make-list"):
        found = re.search(rf'href="([^"]+)" data-testid="{mark}"', page.html)
        assert found, mark
        assert found[1].endswith(f"segment={number}")
        led = alice.walker.go(world.url + found[1])
        assert led.status == 200, mark
    friends = alice.walker.go(f"{world.url}/friends?segment={number}")
    assert f"/friends/{friend_id}" in friends.html


def test_a_page_in_japanese_says_everything_in_japanese(world: World, alice: Tenant) -> None:
    url = build(world, alice).url
    assert "コンタクトと連携している友だち" in alice.walker.go(f"{url}?lang=ja").text
    shelf = alice.walker.go(f"{world.url}/segments").text
    assert "過去30日間にタップした友だち" in shelf
    page = alice.walker.go(f"{url}/edit")
    assert "リンクのタップ" in page.text
    assert "次のすべてに一致" in page.text
    page = send(alice, page, f"{url.removeprefix(world.url)}/edit", name="", **LINKED, **TAGGED)
    assert "下の印が付いた箇所を確認してください。" in page.text
