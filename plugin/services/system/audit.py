"""What agents read: noted though nothing changes."""

from plugin.models.system.audit_entry import Deed, begin_deed, end_deed
from plugin.models.transaction import transaction


def note_reading(deed: Deed) -> None:
    """Note what an agent read, in a transaction of its own."""
    begin_deed(deed)
    try:
        with transaction():
            # The transaction notes the deed.
            pass
    finally:
        end_deed()
