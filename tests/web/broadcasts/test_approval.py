"""Approval of the number: by another member, or typed by a lone owner."""

from tests.support.world import Tenant, World
from tests.web.broadcasts.drafts import colleague, kept, post, written
from tests.web.broadcasts.test_sending import rules, send, states, two_friends
from tests.web.pages import marks


def test_a_second_member_approves_the_number(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    rules(world, alice, approval_above=1)
    bob = colleague(world, alice)
    path = written(world, alice)
    assert "Ask for approval" in alice.walker.go(f"{world.url}{path}/check").text
    send(alice, path, 2)
    world.work()
    page = alice.walker.go(f"{world.url}{path}")
    assert "approval" in marks(page)
    assert "approve" not in marks(page)
    page = post(alice.walker, f"{path}/approve")
    assert "Not approved" in page.text
    page = bob.go(f"{world.url}{path}")
    assert "Approve: send to 2 friends" in page.text
    post(bob, f"{path}/approve")
    world.work()
    assert states(world) == {"sent": 2}
    assert kept(world).approved_by == "bob@example.com"


def test_a_declined_one_is_a_draft_again_and_says_so(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    rules(world, alice, approval_above=1)
    bob = colleague(world, alice)
    path = written(world, alice)
    send(alice, path, 2)
    world.work()
    bob.go(f"{world.url}{path}")
    post(bob, f"{path}/decline")
    world.work()
    page = alice.walker.go(f"{world.url}{path}")
    assert page.url.endswith("/check")
    assert "Another member declined it" in page.text
    assert kept(world).state == "draft"


def test_a_lone_owner_types_the_number(world: World, alice: Tenant) -> None:
    two_friends(world, alice)
    rules(world, alice, approval_above=1)
    path = written(world, alice)
    send(alice, path, 2)
    world.work()
    page = alice.walker.go(f"{world.url}{path}")
    assert "type-number" in marks(page)
    post(alice.walker, f"{path}/approve", number="3")
    assert "Not approved" in alice.walker.page.text
    post(alice.walker, f"{path}/approve", number="2")
    world.work()
    assert states(world) == {"sent": 2}
