"""Why a friend is not linked: every reason is reached through the rows that lead to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from plugin.core.clock import utcnow
from plugin.core.diagnosis.linked import CONFLICTS, ENDS
from plugin.models import Contact, Friend, LoginAttempt, QRCode, VisitCount, db
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.people.conflict import Conflict
from plugin.models.people.linkage import Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.history import EntryIds, LinkCause, record_ids
from plugin.services.linkage.link import unlink_manually
from plugin.services.linkage.why import why_linked
from plugin.services.sync.lifecycle import erase, mark_deleted
from tests.support.people import NOW, friend_of, linked
from tests.support.world import ALICE, Tenant, World

pytestmark = pytest.mark.both_databases
USER = "U" + "a" * 32
Change = Callable[[Friend], None]


@pytest.fixture
def loose(world: World, alice: Tenant) -> int:
    with world.app.app_context(), transaction() as session:
        friend = get_or_create_friend(world.account(alice), USER, NOW)
        session.flush()
        return friend.id


def steps_of(world: World, friend_id: int, change: Change = lambda _: None) -> dict[str, str]:
    """Change rows, and return the state and the words of every step by its key."""
    with world.app.app_context():
        with transaction():
            change(friend_of(friend_id))
        db.session.expire_all()
        steps = why_linked(friend_of(friend_id))
        return {step.key: f"{step.state}: {step.text}" for step in steps}


def login(outcome: str = "", *, ends_in: int = -1, missing: bool = False) -> Change:
    def change(friend: Friend) -> None:
        code = db.session.scalars(db.select(QRCode)).first()
        assert code is not None
        db.session.add(
            LoginAttempt(
                reference="r", state="s", browser="b", qr_code_id=code.id, nonce="n",
                code_verifier="v", expires_at=utcnow() + timedelta(minutes=ends_in),
                returned_at=utcnow(), line_user_id=friend.line_user_id, outcome=outcome,
                token_missing=missing,
            )
        )  # fmt: skip

    return change


def entry(event_type: str, actor: str = "friend") -> Change:
    def change(friend: Friend) -> None:
        account = friend.official_account
        ids = EntryIds(account.installation_id, account.id, friend.line_user_id, ALICE)
        record_ids(event_type, ids, LinkCause("property", actor, ""), utcnow())

    return change


def conflict(decision: str) -> Change:
    def change(friend: Friend) -> None:
        account, now = friend.official_account, utcnow()
        contact = get_or_create_contact(account.installation_id, ALICE)
        both = {"friend_id": friend.id, "standing_friend_id": friend.id}
        both |= {"contact_row_id": contact.id, "standing_contact_row_id": contact.id}
        db.session.add(
            Conflict(
                installation_id=account.installation_id, official_account_id=account.id,
                decision=decision, method="qr", actor="friend", opened_at=now, seen_at=now, **both,
            )
        )  # fmt: skip

    return change


def without_login(friend: Friend) -> None:
    friend.official_account.login_channel_id = ""


def other_provider(friend: Friend) -> None:
    friend.official_account.checks = {"provider": {"ok": False, "detail": ""}}


def code_is_over(_: Friend) -> None:
    db.session.execute(db.update(QRCode).values(ends_at=utcnow()))


def code_links_nothing(_: Friend) -> None:
    db.session.execute(db.update(QRCode).values(linkage_type="none"))


def turned_back(friend: Friend) -> None:
    code = db.session.scalars(db.select(QRCode)).one()
    for outcome, count in (("declined", 2), ("other_browser", 3), ("scan", 90)):
        row = {"qr_code_id": code.id, "day": utcnow().date(), "outcome": outcome, "count": count}
        db.session.add(VisitCount(**row))


CASES = {
    "no_login": (without_login, "login", "failing: Sandbox Shop has no LINE Login channel"),
    "provider": (other_provider, "login", "does not fit its Official Account"),
    "over": (code_is_over, "code", "failing: No QR code that links is open now."),
    "no_linking_code": (code_links_nothing, "code", "failing: No QR code"),
    "turned_back": (turned_back, "turned_back", "before that: 5 (declined"),
    "open": (login(ends_in=9), "opened", "unknown: They logged in at “Counter”"),
    "damaged": (login(missing=True), "opened", "failing: Their personal link arrived damaged"),
    "was_linked": (login("linked"), "opened", "ok: They logged in at “Counter”"),
    "other_end": (login("odd"), "opened", "and nothing was linked."),
    "kept": (entry("kept"), "kept", "failing: A request to link them was turned down on"),
    "refused": (entry("refused"), "refused", f"failing: Contact {ALICE} named this friend"),
}


@pytest.mark.parametrize("case", CASES)
def test_every_reason_is_reached(world: World, alice: Tenant, loose: int, case: str) -> None:
    change, key, words = CASES[case]
    assert words in steps_of(world, loose, change)[key]


@pytest.mark.parametrize("outcome", ENDS)
def test_every_end_of_a_login_is_said(
    world: World, alice: Tenant, loose: int, outcome: str
) -> None:
    said = steps_of(world, loose, login(outcome))["opened"]
    assert said.startswith("failing: ")
    assert ENDS[outcome][0].partition("%")[0] in said


@pytest.mark.parametrize("decision", CONFLICTS)
def test_every_conflict_is_said(world: World, alice: Tenant, loose: int, decision: str) -> None:
    steps = steps_of(world, loose, conflict(decision))
    assert steps["conflict"] == f"failing: {CONFLICTS[decision]}"


def test_who_never_logged_in_is_not_accused(world: World, alice: Tenant, loose: int) -> None:
    steps = steps_of(world, loose)
    assert [said.partition(":")[0] for said in steps.values()] == ["ok", "ok", "unknown"]


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("hubspot:merge", "was merged in HubSpot on"),
        ("hubspot:property", "Somebody cleared the LINE User ID of contact"),
        ("admin@example.com", "by admin@example.com."),
    ],
)
def test_who_ended_the_link_is_said(
    world: World, alice: Tenant, loose: int, actor: str, words: str
) -> None:
    assert words in steps_of(world, loose, entry("unlinked", actor))["unlinked"]


def test_a_request_from_before_the_last_link_is_over(
    world: World, alice: Tenant, loose: int
) -> None:
    steps_of(world, loose, entry("kept"))
    with world.app.app_context():
        linked(world, alice, user_id=USER)
        unlink_manually(_linkage(loose), "admin@example.com")
    assert {"kept", "unlinked"} & set(steps_of(world, loose)) == {"unlinked"}


def _linkage(friend_id: int) -> Linkage:
    linkage = friend_of(friend_id).linkage
    assert linkage is not None
    return linkage


def test_a_deleted_and_a_forgotten_contact_are_told_apart(world: World, alice: Tenant) -> None:
    friend_id, row = linked(world, alice)

    def delete(_: Friend) -> None:
        mark_deleted(db.session.get_one(Contact, row), "deletion")

    assert "was deleted in HubSpot on" in steps_of(world, friend_id, delete)["unlinked"]

    def forget(_: Friend) -> None:
        erase(db.session.get_one(Contact, row), "privacy")

    assert list(steps_of(world, friend_id, forget)) == ["erased"]


def _of_contact(**values: object) -> Change:
    def change(friend: Friend) -> None:
        assert friend.linkage is not None
        for name, value in {"push_pending": False, **values}.items():
            setattr(friend.linkage.contact, name, value)

    return change


def _trouble(friend: Friend) -> None:
    _of_contact()(friend)
    now, tenant = utcnow(), friend.official_account.installation_id
    for name in ("line_tags", "line_tags_2"):
        row = {"installation_id": tenant, "name": name, "reason": "missing"}
        db.session.add(PropertyTrouble(**row, since=now, seen_at=now))


def _refused(friend: Friend) -> None:
    _of_contact(push_pending=True)(friend)
    friend.official_account.installation.refused_since = utcnow()


BEHIND = {
    "shown": (_of_contact(), "hubspot", "ok: HubSpot shows the LINE values."),
    "pending": (_of_contact(push_pending=True), "hubspot", "unknown: The LINE values are being"),
    "refused": (_of_contact(push_error="line_tags: no"), "hubspot", "refused the LINE values: li"),
    "trouble": (_trouble, "hubspot", "failing: HubSpot does not take line_tags."),
    "waits": (_refused, "hubspot", "failing: The LINE values wait until"),
    "deleted": (_of_contact(deleted_at=NOW), "contact", "failing: The contact is deleted"),
}


@pytest.mark.parametrize("case", BEHIND)
def test_behind_the_link_every_reason_is_reached(world: World, alice: Tenant, case: str) -> None:
    friend_id, _ = linked(world, alice)
    change, key, words = BEHIND[case]
    steps = steps_of(world, friend_id, change)
    assert steps["linked"].startswith(f"ok: Linked with contact {ALICE}")
    assert words in steps[key]


def test_the_history_is_read_no_further_than_needed(
    world: World, alice: Tenant, loose: int
) -> None:
    def many(friend: Friend) -> None:
        for _ in range(60):
            entry("conflict")(friend)

    steps_of(world, loose, many)
    with world.app.app_context():
        assert db.session.query(HistoryEntry).count() == 60
