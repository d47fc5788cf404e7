"""Why people were left out, sends failed or a broadcast paused: keys that are stored, and words."""

from plugin.core.text.sentences import Sentence

LEFT_OUT = {
    "blocked": Sentence("Blocks the Official Account"),
    "not_linked": Sentence("Not linked with a LINE friend"),
    "unlinked": Sentence("Not linked any more"),
    "not_friend": Sentence("Is no friend of the Official Account"),
    "wrong_provider": Sentence("LINE does not know this user ID here"),
    "frequency_cap": Sentence("Has had as many messages as the frequency cap allows"),
    "missing_value": Sentence("A value that the message needs is missing or does not fit"),
    "budget": Sentence("Beyond the number of messages for this broadcast"),
    "forgotten": Sentence("Asked to be forgotten"),
    "cancelled": Sentence("The broadcast was cancelled before"),
}
FAILED = {
    "invalid_message": Sentence("LINE refused the message"),
    "failed": Sentence("LINE refused the send"),
    "not_sent": Sentence("Settled by hand: not sent"),
    "expired": Sentence("LINE could not be reached in time"),
}
# Why a broadcast is paused by itself, waits, or ended otherwise than by its last message.
STATES = {
    "failures": Sentence("Five sends in a row failed."),
    "message_refused": Sentence("LINE refuses the message."),
    "line_refuses": Sentence("LINE refuses the channel of the Official Account."),
    "quota": Sentence("The month's messages do not suffice."),
    "quota_next_month": Sentence("The month's messages are used up; it goes on next month."),
    "quota_reserved": Sentence("Another send has reserved the month's last messages."),
    "no_winner": Sentence("No difference between the variants was seen. Choose one."),
    "no_test": Sentence("Nobody of the split test got the message. Choose a variant for the rest."),
    "account_disconnected": Sentence("The Official Account is not connected any more."),
    "hubspot_removed": Sentence("HubSpot was removed."),
    "hubspot_away": Sentence("HubSpot does not answer; the list is read again soon."),
    "list_gone": Sentence("HubSpot does not give the list."),
    "template_gone": Sentence("A template of the broadcast is archived."),
    "segment_gone": Sentence("The segment cannot be used any more."),
    "nobody": Sentence("Nobody is left to send to."),
    "approval_expired": Sentence("Nobody approved it in time, so nothing was sent."),
    "declined": Sentence("Another member declined it, so nothing was sent."),
    "split_test": Sentence("The rest waits for the winner of the split test."),
    "quiet_hours": Sentence("It waits for the end of the quiet hours."),
}


def words_of(reason: str) -> Sentence | None:
    """Return the words of a recipient's or a broadcast's reason; None where there is none."""
    return LEFT_OUT.get(reason) or FAILED.get(reason) or STATES.get(reason)
