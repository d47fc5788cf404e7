"""Importing the LINE User IDs of a list: what is linked, what is not, and what it costs."""

import pytest

from plugin.core.clock import utcnow
from plugin.models import (
    Contact,
    Friend,
    HistoryEntry,
    ImportMember,
    ImportRun,
    Linkage,
    ListImport,
    db,
)
from plugin.models.transaction import transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.imports import decide
from plugin.services.imports.manage import run_now
from plugin.services.imports.run import import_list
from plugin.services.imports.unknown_ids import COOLDOWN
from plugin.services.linkage.link import unlink_manually
from tests.support.imports import (
    befriend,
    calls,
    contacts_with,
    counts,
    imported,
    list_of,
    outcomes,
    put,
    run_again,
    ties,
)
from tests.support.people import linked
from tests.support.portal import mute
from tests.support.world import ALICE, Sandbox, Tenant, World

pytestmark = pytest.mark.both_databases

PROFILE = "GET /line-api/v2/bot/profile/<user_id>"


def stranger(sandbox: Sandbox) -> str:
    """An id of another provider."""
    body = {"channel": "2000000001", "users": [{"person": "nobody"}]}
    sandbox.control("POST", "/line-users", body)
    return "U" + "0" * 32


def test_contacts_are_linked_and_hubspot_shows_it(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    friends = befriend(sandbox, 3)
    ids = contacts_with(sandbox, friends)
    import_id = imported(world, alice, list_of(sandbox, ids))
    assert counts(world, import_id) == {"read": 3, "linked": 3}
    assert ties(world) == dict(zip(ids, friends, strict=True))
    shown = sandbox.contact(ids[0])
    assert shown["line_user_id"] == friends[0]
    assert shown["line_link_method"] == "import"
    assert shown["line_friend_status"] == "following"
    assert shown["line_display_name"] == "Friend 1"
    with world.app.app_context():
        contact = Contact.of_portal(alice.installation_id, ids[0])
        assert contact is not None
        assert contact.email == sandbox.contact(ids[0])["email"]
        lines = db.session.query(HistoryEntry).filter_by(contact_id=ids[0]).all()
        assert [(one.event_type, one.method, one.actor) for one in lines] == [
            ("linked", "import", "import")
        ]
        assert lines[0].source.startswith("list:")


def test_what_cannot_be_linked_is_counted_and_listed(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    a, b, c, d = befriend(sandbox, 4)
    taken = "U" + "a" * 32
    linked(world, alice, ALICE, taken)
    values = [a, f" {b} ", "", "not an id", b.upper(), stranger(sandbox), c, c, f"{a};{b}", taken]
    ids = [*contacts_with(sandbox, values), ALICE]
    put(sandbox, ALICE, d)
    import_id = imported(world, alice, list_of(sandbox, ids))
    assert counts(world, import_id) == {
        "read": 11, "linked": 2, "invalid_id": 2, "unknown_friend": 1, "conflict": 5,
    }  # fmt: skip
    met = outcomes(world, import_id)
    assert [met[one] for one in (ALICE, *ids[:10])] == [
        "contact_taken", "linked", "linked", "empty", "invalid_id", "invalid_id",
        "unknown_friend", "shared_id", "shared_id", "several_ids", "friend_taken",
    ]  # fmt: skip
    assert ties(world) == {ids[0]: a, ids[1]: b, ALICE: taken}
    with world.app.app_context():
        found = {
            one.contact_id: one for one in db.session.scalars(ImportMember.problems(import_id))
        }
        assert found[ids[9]].other == str(ALICE)
        assert found[ALICE].other == taken
        assert found[ids[6]].other == str(ids[7])


def test_a_second_run_changes_nothing(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    friends = befriend(sandbox, 3)
    import_id = imported(world, alice, list_of(sandbox, contacts_with(sandbox, friends)))
    before = ties(world)
    assert run_again(world, import_id) == {"read": 3, "already_linked": 3}
    assert ties(world) == before
    with world.app.app_context():
        assert db.session.query(HistoryEntry).count() == 3


def test_two_contacts_with_one_id_are_linked_when_one_gives_it_up(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    friend = befriend(sandbox, 1)[0]
    one, two = contacts_with(sandbox, [friend, friend])
    import_id = imported(world, alice, list_of(sandbox, [one, two]))
    assert ties(world) == {}
    put(sandbox, one, "")
    run_again(world, import_id)
    assert ties(world) == {two: friend}
    assert outcomes(world, import_id) == {one: "empty", two: "linked"}


def test_what_a_person_unlinked_stays_unlinked(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    friends = befriend(sandbox, 2)
    ids = contacts_with(sandbox, friends)
    import_id = imported(world, alice, list_of(sandbox, ids))
    with world.app.app_context():
        tie = Linkage.owned(alice.installation_id).order_by(Linkage.id)
        unlink_manually(db.session.scalars(tie).all()[0], "admin@example.com")
    for _ in range(2):
        assert run_alone(world, import_id) == {"read": 2, "already_linked": 1, "conflict": 1}
    put(sandbox, ids[0], befriend(sandbox, 1, first=9)[0])
    assert run_alone(world, import_id)["linked"] == 1


def run_alone(world: World, import_id: int) -> dict[str, int]:
    """Another run, while nothing else works."""
    with world.app.app_context():
        run_now(db.session.get_one(ListImport, import_id))
        import_list(world.deps, import_id)
    return counts(world, import_id)


def test_deleted_contacts_are_passed_over(world: World, alice: Tenant, sandbox: Sandbox) -> None:
    friends = befriend(sandbox, 3)
    ids = contacts_with(sandbox, friends)
    import_id = imported(world, alice, list_of(sandbox, [ids[0], 999, *ids[1:]]))
    assert counts(world, import_id) == {"read": 3, "linked": 3}
    assert set(outcomes(world, import_id)) == set(ids)


def test_a_contact_that_hubspot_shows_again_is_not_deleted(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    ids = contacts_with(sandbox, befriend(sandbox, 1))
    with world.app.app_context(), transaction():
        get_or_create_contact(alice.installation_id, ids[0]).deleted_at = utcnow()
    import_id = imported(world, alice, list_of(sandbox, ids))
    assert counts(world, import_id) == {"read": 1, "linked": 1}


def test_an_unverified_account_is_asked_one_by_one(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    sandbox.control("POST", "/line-channels/2000000001", {"verified": False})
    friends = befriend(sandbox, 30)
    ids = contacts_with(sandbox, [*friends, "U" + "0" * 32])
    import_id = imported(world, alice, list_of(sandbox, ids))
    assert counts(world, import_id) == {"read": 31, "linked": 30, "unknown_friend": 1}
    with world.app.app_context():
        friend = Friend.of_account(alice.account_id, friends[0])
        assert friend is not None
        assert (friend.display_name, friend.status) == ("Friend 1", "following")


def test_ids_of_another_provider_are_not_asked_for_without_end(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    sandbox.control("POST", "/line-channels/2000000001", {"verified": False})
    ids = contacts_with(sandbox, [f"U{number:032x}" for number in range(450)])
    sandbox.control("DELETE", "/calls")
    import_id = imported(world, alice, list_of(sandbox, ids))
    assert counts(world, import_id) == {"read": 450, "unknown_friend": 450}
    assert calls(sandbox)["GET /line-api/v2/bot/profile/<user_id>"] == 200


def test_who_was_asked_for_in_vain_is_left_in_peace_for_a_day(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    strangers = [f"U{number:032x}" for number in range(4)]
    ids = contacts_with(sandbox, strangers[:3])
    import_id = imported(world, alice, list_of(sandbox, ids))
    sandbox.control("DELETE", "/calls")
    for _ in range(2):
        assert run_again(world, import_id) == {"read": 3, "unknown_friend": 3}
    assert calls(sandbox)[PROFILE] == 0
    put(sandbox, ids[0], strangers[3])
    run_again(world, import_id)
    assert calls(sandbox)[PROFILE] == 1
    with world.app.app_context(), transaction():
        for run in ImportRun.newest(import_id, 9):
            run.started_at -= COOLDOWN
    run_again(world, import_id)
    assert calls(sandbox)[PROFILE] == 4


def test_an_id_that_stands_in_our_own_property_is_not_written_over(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    """An earlier tool kept one id there and another elsewhere: nobody but a person knows."""
    mute(world)
    a, b = befriend(sandbox, 2)
    other = "U" + "e" * 32
    one, two = contacts_with(sandbox, [a, b])
    put(sandbox, one, other, "line_user_id")
    put(sandbox, two, b, "line_user_id")
    import_id = imported(world, alice, list_of(sandbox, [one, two]))
    assert outcomes(world, import_id) == {one: "several_ids", two: "linked"}
    assert ties(world) == {two: b}
    assert sandbox.contact(one)["line_user_id"] == other
    with world.app.app_context():
        [listed] = db.session.scalars(ImportMember.problems(import_id))
        assert listed.value == f"{a}; {other}"
    put(sandbox, one, "", "line_user_id")
    run_again(world, import_id)
    assert ties(world) == {one: a, two: b}


def test_an_id_that_we_wrote_ourselves_is_no_second_one(
    world: World, alice: Tenant, sandbox: Sandbox
) -> None:
    a, b = befriend(sandbox, 2)
    [one] = contacts_with(sandbox, [a])
    import_id = imported(world, alice, list_of(sandbox, [one]))
    put(sandbox, one, b)
    run_again(world, import_id)
    assert outcomes(world, import_id) == {one: "contact_taken"}
    assert ties(world) == {one: a}


def test_many_conflicts_are_decided_a_few_at_a_time(
    world: World, alice: Tenant, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A piece that takes longer than its lease would never end."""
    monkeypatch.setattr(decide, "ONE_BY_ONE", 2)
    friends = befriend(sandbox, 6)
    ids = contacts_with(sandbox, [*friends, *friends[:5]])
    import_id = imported(world, alice, list_of(sandbox, ids))
    found = outcomes(world, import_id)
    assert [found[one] for one in ids] == [*["shared_id"] * 5, "linked", *["shared_id"] * 5]
    assert counts(world, import_id) == {"read": 11, "linked": 1, "conflict": 10}
