"""Tags are rows: what is written at once is all kept, and how many carry a tag is counted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from plugin.models import Friend, FriendTag, Tag, TagChange, db
from plugin.models.transaction import transaction
from plugin.services.friends.tag_counts import check_tags, fold_tags
from plugin.services.friends.tags import change_tags, register_tags
from plugin.services.sync.erasure import erase_friend
from tests.support.people import carry, contact_of, friend_of, linked
from tests.support.world import ALICE, BOB, Tenant, World
from tests.web.friends.test_tags import crowd

pytestmark = pytest.mark.both_databases
AT_ONCE = 6


def counts(tenant: Tenant) -> dict[str, int]:
    rows = db.session.scalars(Tag.owned(tenant.installation_id))
    return {tag.name: tag.friends for tag in rows}


def folded(tenant: Tenant) -> dict[str, int]:
    while fold_tags():
        pass
    return counts(tenant)


def carrying(tenant: Tenant) -> dict[str, int]:
    """How many rows each tag has."""
    number = select(func.count()).where(FriendTag.tag_id == Tag.id).scalar_subquery()
    own = select(Tag.name, number).where(Tag.installation_id == tenant.installation_id)
    return dict(db.session.execute(own).tuples().all())


def test_tags_given_at_once_to_one_friend_are_all_kept(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)

    def give(number: int) -> bool:
        with world.app.app_context():
            return change_tags(friend_id, added=[f"tag {number}", "new to all"])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert all(pool.map(give, range(AT_ONCE)))
    with world.app.app_context():
        tags = friend_of(friend_id).tags
        assert sorted(tags) == ["new to all", *(f"tag {number}" for number in range(AT_ONCE))]
        places = db.session.scalars(select(FriendTag.place).order_by(FriendTag.place)).all()
        assert places == list(range(1, AT_ONCE + 2))
        assert folded(alice) == dict.fromkeys(tags, 1)


def test_a_new_tag_given_at_once_to_many_friends_is_one_tag(world: World, alice: Tenant) -> None:
    crowd(world, alice, AT_ONCE)
    with world.app.app_context():
        ids = db.session.scalars(select(Friend.id)).all()

    def give(friend_id: int) -> bool:
        # In another order each time, as writers do not know of each other.
        tags = ["a", "b", "c"] if friend_id % 2 else ["c", "b", "a"]
        with world.app.app_context():
            return change_tags(friend_id, added=tags)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert all(pool.map(give, ids))
    with world.app.app_context():
        assert folded(alice) == {"a": AT_ONCE, "b": AT_ONCE, "c": AT_ONCE}
        assert {tuple(friend_of(id_).tags) for id_ in ids} == {("a", "b", "c"), ("c", "b", "a")}


def test_tags_stand_in_the_order_in_which_they_came(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        assert change_tags(friend_id, added=["z", "a", "m"])
        assert change_tags(friend_id, added=["b", "z"], removed=["a"])
        assert change_tags(friend_id, added=["a"])
        assert friend_of(friend_id).tags == ["z", "m", "b", "a"]


def test_a_tag_has_the_letters_that_were_written(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        change_tags(friend_id, added=["VIP", "vip", "Vip"])
        change_tags(friend_id, removed=["vip"])
        assert friend_of(friend_id).tags == ["VIP", "Vip"]
        assert folded(alice) == {"VIP": 1, "Vip": 1, "vip": 0}


def test_each_tenant_has_tags_of_its_own(world: World, alice: Tenant, charlie: Tenant) -> None:
    hers, _ = linked(world, alice)
    his, _ = linked(world, charlie)
    with world.app.app_context():
        change_tags(hers, added=["vip"])
        change_tags(his, added=["vip", "his"])
        assert (folded(alice), folded(charlie)) == ({"vip": 1}, {"vip": 1, "his": 1})
        assert len(set(db.session.scalars(select(FriendTag.tag_id)))) == 3


def test_who_is_erased_carries_nothing(world: World, alice: Tenant) -> None:
    friend_id, contact_row_id = linked(world, alice)
    other_id, _ = linked(world, alice, BOB, "U" + "b" * 32)
    with world.app.app_context():
        for each in (friend_id, other_id):
            change_tags(each, added=["vip", "tokyo"])
        with transaction():
            erase_friend(friend_of(friend_id), contact_of(contact_row_id), "test")
        assert friend_of(friend_id).tags == []
        assert friend_of(other_id).tags == ["vip", "tokyo"]
        assert folded(alice) == {"vip": 1, "tokyo": 1}
    assert ALICE


def test_counts_that_went_astray_are_corrected(world: World, alice: Tenant) -> None:
    friend_id, _ = linked(world, alice)
    with world.app.app_context():
        change_tags(friend_id, added=["vip", "tokyo"])
        with transaction() as session:
            session.execute(update(Tag).where(Tag.name == "vip").values(friends=7))
        assert check_tags(alice.account_id) is False
        assert folded(alice) == carrying(alice) == {"vip": 1, "tokyo": 1}
        check_tags(alice.account_id)
        assert db.session.scalar(select(func.count()).select_from(TagChange)) == 0


def test_the_most_used_tags_come_first(world: World, alice: Tenant) -> None:
    crowd(world, alice, 3)
    with world.app.app_context():
        with transaction():
            for number, friend in enumerate(db.session.scalars(select(Friend)).unique().all()):
                carry(friend, *["all", "two", "one"][: 3 - number])
            register_tags(alice.installation_id, ["100%", "100 % off", "none"])
        folded(alice)
        found = db.session.scalars(Tag.most_used(alice.installation_id)).all()
        assert [tag.name for tag in found][:3] == ["all", "two", "one"]
        searched = db.session.scalars(Tag.most_used(alice.installation_id, "0%"))
        assert [tag.name for tag in searched] == ["100%"]
