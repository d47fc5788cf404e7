"""What tests of many at once share: a wish to be tied, and the rules that hold afterwards."""

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
    """One friend one contact, and the ledger comes to the same ties."""
    with world.app.app_context():
        ties = db.session.scalars(select(Linkage)).all()
        assert max(Counter(one.friend_id for one in ties).values(), default=1) == 1
        assert max(Counter(one.contact_row_id for one in ties).values(), default=1) == 1
        told: dict[str, int] = {}
        for line in db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)):
            if line.event_type == "unlinked":
                assert told.pop(line.line_user_id) == line.contact_id
            elif line.event_type in LINKING_EVENTS:
                assert (line.event_type == "moved") == (line.line_user_id in told)
                told[line.line_user_id] = line.contact_id
        assert told == {one.friend.line_user_id: one.contact.contact_id for one in ties}
        shown = {one.friend_id for one in db.session.scalars(select(Linkage))}
        assert shown <= set(db.session.scalars(select(Friend.id)))
        assert not db.session.scalars(select(Contact.id).where(Contact.push_pending)).all()
