"""What agents read: noted though nothing changes."""

from plugin.models.system.audit_entry import Deed, add_entry
from plugin.models.transaction import transaction


def note_reading(deed: Deed) -> None:
    """Note what an agent read, in a transaction of its own."""
    with transaction() as session:
        add_entry(session, deed)
