"""Every event that receivers can choose, in one table."""

from plugin.core.text.sentences import Sentence

FRIEND_LINKED, FRIEND_UNLINKED, FRIEND_MOVED = "friend.linked", "friend.unlinked", "friend.moved"
MESSAGE_RECEIVED, LINK_TAPPED, ANSWER_GIVEN = "message.received", "link.tapped", "answer.given"
BROADCAST_FINISHED = "broadcast.finished"
# Sent only by the button that tries a receiver out.
TEST = "webhook.test"

EVENT_TYPES = {
    FRIEND_LINKED: Sentence("A friend was linked with a contact"),
    FRIEND_UNLINKED: Sentence("A friend was unlinked"),
    FRIEND_MOVED: Sentence("A friend's link moved to another contact, by a merge for example"),
    MESSAGE_RECEIVED: Sentence("A friend wrote"),
    LINK_TAPPED: Sentence("A friend tapped a tracked link"),
    ANSWER_GIVEN: Sentence("A friend answered a question of a workflow"),
    BROADCAST_FINISHED: Sentence("A broadcast has ended"),
}
