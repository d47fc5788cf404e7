"""Sessions end: by signing out, by themselves, everywhere at once, and with the portal."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from plugin.core.security.tokens import fingerprint
from plugin.models import Contact, Installation, Member, WebSession, db
from plugin.models.transaction import transaction
from plugin.services.connections import sessions
from plugin.services.system.retention import delete_expired
from plugin.web.blueprint import TEAM_BLUEPRINTS
from tests.api.client import program
from tests.support.people import linked
from tests.support.walker import Walker
from tests.support.world import ALICE, PORTAL, Tenant, World
from tests.web.pages import csrf_of, marks

pytestmark = pytest.mark.both_databases

EMAIL = "hanako@example.com"


@pytest.fixture
def walker(world: World, alice: Tenant) -> Walker:
    """Alice's browser; a contact of hers is linked, with its name read."""
    _, contact_row_id = linked(world, alice)
    world.work()
    with world.app.app_context(), transaction() as session:
        session.get_one(Contact, contact_row_id).email = EMAIL
    return alice.walker


def twin(walker: Walker) -> Walker:
    """A copy of the browser's cookies, as somebody kept them."""
    other = Walker()
    other.session.cookies = copy.deepcopy(walker.session.cookies)
    return other


def post(world: World, walker: Walker, path: str) -> Any:
    token = csrf_of(walker.go(f"{world.url}/settings"))
    return walker.session.post(f"{world.url}{path}", data={"csrf_token": token})


def is_in(world: World, walker: Walker) -> bool:
    """Whether the browser sees a page of the team."""
    return "person" in marks(walker.go(f"{world.url}/settings"))


def age(world: World, **moved: timedelta) -> None:
    """All sessions as if moments of theirs lay so much further back."""
    with world.app.app_context(), transaction() as session:
        for row in session.scalars(select(WebSession)):
            for name, ago in moved.items():
                setattr(row, name, getattr(row, name) - ago)


def test_a_cookie_that_was_kept_opens_nothing_after_the_sign_out(
    world: World, walker: Walker
) -> None:
    kept = twin(walker)
    assert is_in(world, kept)
    post(world, walker, "/sign-out")
    assert not is_in(world, kept)
    assert not is_in(world, walker)


def test_sign_out_everywhere_ends_this_persons_sessions_and_no_others(
    world: World, walker: Walker, charlie: Tenant
) -> None:
    phone = world.install().walker
    assert [is_in(world, each) for each in (walker, phone, charlie.walker)] == [True] * 3
    assert "in 2 browsers" in walker.page.text
    assert post(world, walker, "/sign-out/everywhere").status_code == 200
    assert [is_in(world, each) for each in (walker, phone, charlie.walker)] == [False, False, True]


@pytest.mark.parametrize(
    "moved",
    [{"ends_at": sessions.LIFETIME}, {"seen_at": sessions.IDLE}],
    ids=["after a day", "after eight idle hours"],
)
def test_a_session_ends_by_itself(
    world: World, walker: Walker, moved: dict[str, timedelta]
) -> None:
    """A HubSpot user who was removed from the portal is out within a day."""
    almost = {name: ago - timedelta(hours=1) for name, ago in moved.items()}
    age(world, **almost)
    assert is_in(world, walker)
    age(world, **moved)
    assert not is_in(world, walker)
    assert "signed-out" in marks(walker.go(f"{world.url}/friends"))


def test_pages_keep_a_session_from_idling_but_not_from_its_end(
    world: World, walker: Walker
) -> None:
    for _ in range(3):
        age(world, seen_at=timedelta(hours=7), ends_at=timedelta(hours=7))
        assert is_in(world, walker)
    age(world, ends_at=timedelta(hours=4))
    assert not is_in(world, walker)


def test_the_id_changes_and_the_old_one_dies_with_the_change_after(
    world: World, walker: Walker
) -> None:
    kept = twin(walker)
    before = walker.session.cookies.get("musubi")
    age(world, rotated_at=sessions.ROTATION)
    assert is_in(world, walker)
    assert walker.session.cookies.get("musubi") != before
    assert is_in(world, kept)
    age(world, rotated_at=sessions.ROTATION)
    assert is_in(world, walker)
    assert not is_in(world, kept)
    assert is_in(world, walker)


def test_a_browser_that_goes_on_with_the_id_before_is_not_signed_out(
    world: World, walker: Walker
) -> None:
    """Two requests at once: the answer to the slower one put the older cookie back."""
    slower = twin(walker)
    age(world, rotated_at=sessions.ROTATION)
    assert is_in(world, walker)
    age(world, rotated_at=sessions.OVERLAP)
    assert is_in(world, slower)
    age(world, rotated_at=sessions.ROTATION)
    assert is_in(world, slower)


def test_pages_write_nothing_as_long_as_the_session_is_young(world: World, walker: Walker) -> None:
    with world.app.app_context():
        before = db.session.execute(select(WebSession.__table__)).all()
    walker.go(f"{world.url}/settings")
    with world.app.app_context():
        assert db.session.execute(select(WebSession.__table__)).all() == before


def test_nothing_that_opens_a_session_is_stored(world: World, walker: Walker) -> None:
    with world.app.app_context():
        row = db.session.scalars(select(WebSession)).one()
        token = sessions.begin_session(
            db.session.scalars(select(Installation)).one(), db.session.scalars(select(Member)).one()
        )
        stored = str(db.session.execute(select(WebSession.__table__)).all())
        assert token not in stored
        assert fingerprint(token) in stored
        assert row.ends_at - row.created_at <= timedelta(days=1)


def test_a_cookie_of_the_old_kind_opens_nothing(world: World, walker: Walker) -> None:
    with world.app.app_context():
        member = db.session.scalars(select(Member)).one()
        ids = {"installation": member.installation_id, "member": member.id}
    client = world.app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(ids)
    assert client.get("/friends").status_code == 302


def disconnect(world: World) -> None:
    """HubSpot has refused for good: the app was uninstalled there."""
    with world.app.app_context(), transaction() as session:
        session.execute(
            update(Installation)
            .where(Installation.portal_id == PORTAL)
            .values(state="disconnected", disconnect_reason="gone")
        )


def test_after_the_uninstall_no_page_and_no_export_answers(world: World, walker: Walker) -> None:
    """A person's name is on none of them; the connection itself can be seen, and removed."""
    assert walker.session.get(f"{world.url}/settings/hubspot/links.csv").text.count(EMAIL) == 1
    disconnect(world)
    looked_at = 0
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] not in TEAM_BLUEPRINTS or "GET" not in (rule.methods or ()):
            continue
        looked_at += 1
        path = rule.rule
        for argument in rule.arguments:
            start = next(p for p in path.split("<")[1:] if p.split(">")[0].endswith(argument))
            path = path.replace(f"<{start.split('>')[0]}>", "1")
        answer = walker.session.get(f"{world.url}{path}", allow_redirects=False)
        assert EMAIL not in answer.text, path
    assert looked_at > 40
    answer = walker.session.get(f"{world.url}/settings/hubspot/links.csv")
    assert "text/csv" not in answer.headers["Content-Type"]
    shown = marks(walker.go(f"{world.url}/settings/hubspot"))
    assert {"connection", "remove-ask", "disconnected"} <= set(shown)
    assert "export-csv" not in shown
    assert post_to(world, walker, "/settings/hubspot/compare") == 401
    assert post_to(world, walker, "/settings/hubspot/remove") == 200


def post_to(world: World, walker: Walker, path: str) -> int:
    token = csrf_of(walker.go(f"{world.url}/settings/hubspot"))
    return walker.session.post(f"{world.url}{path}", data={"csrf_token": token}).status_code


def test_after_the_uninstall_keys_are_refused_in_words(
    world: World, walker: Walker, alice: Tenant, charlie: Tenant
) -> None:
    api, other = program(world, alice), program(world, charlie)
    assert api.results("/linkages")
    disconnect(world)
    for method, path in (("GET", "/linkages"), ("GET", "/friends"), ("POST", "/imports")):
        answer = api.ask(method, path, {} if method == "POST" else None)
        assert (answer.status_code, answer.json["code"]) == (403, "disconnected")
        assert "Install Musubi into HubSpot again" in answer.json["detail"]
    assert api.get("/disconnect")["state"] == "disconnected"
    assert other.ask("GET", "/linkages").status_code == 200
    world.install()
    assert api.results("/linkages")[0]["contact_id"] == str(ALICE)


def test_who_signs_in_again_is_let_in(world: World, walker: Walker) -> None:
    disconnect(world)
    assert not is_in(world, walker)
    walker.go(f"{world.url}/hubspot/install?next=/settings")
    walker.submit(button="approve", portal=str(PORTAL), decision="approve")
    assert is_in(world, walker)


def test_sessions_that_ended_are_deleted(world: World, walker: Walker) -> None:
    age(world, ends_at=sessions.LIFETIME + timedelta(minutes=1))
    with world.app.app_context():
        delete_expired()
        assert db.session.scalars(select(WebSession)).all() == []
