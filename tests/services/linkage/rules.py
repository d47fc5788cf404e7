"""What tests of many at once share: a request to link, and the rules that hold afterwards."""

from collections import Counter

from sqlalchemy import select

from plugin.models import Contact, Friend, HistoryEntry, Linkage, db
from plugin.models.people.linkage import LINKING_EVENTS
from plugin.models.transaction import retried, transaction
from plugin.services.contacts.records import get_or_create_contact
from plugin.services.friends.records import get_or_create_friend
from plugin.services.linkage.history import LinkRequest
from plugin.services.linkage.link import link
from tests.support.people import NOW
from tests.support.world import Tenant, World

USERS = ["U" + letter * 32 for letter in "abcd"]


@retried
def request(world: World, alice: Tenant, user_id: str, contact_id: int) -> None:
    """Somebody proves that the two are one."""
    with world.app.app_context(), transaction():
        friend = get_or_create_friend(world.account(alice), user_id, NOW)
        contact = get_or_create_contact(alice.installation_id, contact_id)
        link(LinkRequest(friend, contact, "manual", "test"))


def assert_the_rules(world: World) -> None:
    """The rules of linkages, and nothing is left to be pushed."""
    with world.app.app_context():
        assert_one_to_one()
        assert_history_comes_to_linkages()
        linked = {linkage.friend_id for linkage in db.session.scalars(select(Linkage))}
        assert linked <= set(db.session.scalars(select(Friend.id)))
        assert not db.session.scalars(select(Contact.id).where(Contact.push_pending)).all()


def assert_one_to_one() -> None:
    """One friend at most one contact, one contact at most one friend, on one account."""
    linkages = db.session.scalars(select(Linkage)).all()
    assert max(Counter(each.friend_id for each in linkages).values(), default=1) == 1
    assert max(Counter(each.contact_row_id for each in linkages).values(), default=1) == 1


def assert_history_comes_to_linkages() -> None:
    """Read from its first entry to its last, the history comes to the linkages that stand."""
    told: dict[str, int] = {}
    for entry in db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)):
        if entry.event_type == "unlinked":
            assert told.pop(entry.line_user_id) == entry.contact_id
        elif entry.event_type in LINKING_EVENTS:
            assert (entry.event_type == "moved") == (entry.line_user_id in told)
            told[entry.line_user_id] = entry.contact_id
    linkages = db.session.scalars(select(Linkage)).all()
    assert told == {each.friend.line_user_id: each.contact.contact_id for each in linkages}
