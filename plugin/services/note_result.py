"""What came of a send, told to whoever looks at the contact in HubSpot."""

from plugin.models.people import Friend
from plugin.services.link_friend import owe_mirror


def note_result(friend: Friend, result: str) -> None:
    """Keep it, and owe HubSpot the word, inside the caller's transaction."""
    friend.last_result = result
    if friend.linkage is not None:
        owe_mirror(friend.linkage.contact)
