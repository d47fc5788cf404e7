"""Publishing: a draft becomes the version that is sent, and ends, in one transaction."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from plugin.core.overwrites import Seen
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.transaction import transaction
from plugin.services.message_templates.kept_drafts import drop, refuse_overtaken
from plugin.services.message_templates.library import add_template, add_version
from plugin.services.message_templates.template_drafts import held_draft


class DraftEnded(Exception):
    """The draft was published or discarded since the form was loaded."""


class Written(NamedTuple):
    """Checked messages, and the draft that they come from: its `content` as it was kept or typed
    last, and its `step` as it was read."""

    name: str
    messages: Sequence[dict[str, Any]]
    tracks_links: bool
    content: dict[str, Any]
    step: int


def publish(template: Template, written: Written, by: str, seen: Seen | None = None) -> bool:
    """Make it the template's newest version; True where it differs from the one before. Raise
    `DraftChanged` where the draft holds something else, and `ChangedMeanwhile` where the template
    differs from `seen`; nothing is stored then."""
    with transaction():
        draft = held_draft(None, template)
        if draft is not None:
            refuse_overtaken(draft, written.content, written.step)
        changed = add_version(
            template,
            written.name,
            written.messages,
            by,
            tracks_links=written.tracks_links,
            seen=seen,
        )
        if draft is not None:
            drop(draft)
    return changed


def publish_new(account: OfficialAccount, draft_id: int, written: Written, by: str) -> Template:
    """Make it a template; `draft_id` 0: it was never kept. Raise `DraftChanged` where the draft
    holds something else, and `DraftEnded` where it was published or discarded; nothing is stored
    then."""
    with transaction():
        if draft_id:
            found = TemplateDraft.find_owned(account.installation_id, draft_id)
            draft = held_draft(found, None) if found is not None else None
            if draft is None or draft.template_id is not None:
                raise DraftEnded
            refuse_overtaken(draft, written.content, written.step)
            drop(draft)
        return add_template(
            account, written.name, written.messages, by, tracks_links=written.tracks_links
        )
