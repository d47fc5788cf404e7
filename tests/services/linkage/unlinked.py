"""What tests of the ledger share: its newest line, and a friend who is unlinked by a person."""

from sqlalchemy import select

from plugin.models import Friend, HistoryEntry, db
from plugin.services.linkage.link import unlink_manually
from plugin.services.linkage.undo import undo
from tests.support.portal import Portal


def newest(portal: Portal) -> HistoryEntry:
    lines = HistoryEntry.owned(portal.tenant.installation_id).order_by(HistoryEntry.id.desc())
    return db.session.scalars(lines.limit(1)).one()


def undo_newest(portal: Portal) -> str:
    with portal.world.app.app_context():
        return undo(newest(portal), "bob@example.com")


def unlink(portal: Portal) -> None:
    with portal.world.app.app_context():
        friend = db.session.scalars(select(Friend).order_by(Friend.id)).first()
        assert friend is not None
        assert friend.linkage is not None
        unlink_manually(friend.linkage, "bob@example.com")
