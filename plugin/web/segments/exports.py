"""Words about lists that are made in HubSpot."""

from plugin.core.text.sentences import Sentence
from plugin.models.audience.list_export import ACCOUNT_GONE, NOT_ALLOWED, RULE_BROKEN, ListExport
from plugin.services.segments.list_export import NO_SCOPE
from plugin.web.language import in_words

REASONS = {
    NOT_ALLOWED: NO_SCOPE,
    ACCOUNT_GONE: Sentence("The Official Account is not in use any more."),
    RULE_BROKEN: Sentence(
        "A condition of the segment cannot be answered any more. Open the segment to see which."
    ),
}


def failure_words(export: ListExport) -> str:
    """Return why it failed, in the reader's language; HubSpot's own words stay as they are."""
    if export.reason in REASONS:
        return in_words(REASONS[export.reason])
    return in_words(Sentence("HubSpot did not take the list: %(words)s", words=export.error))
