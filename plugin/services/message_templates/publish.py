"""Publishing: a draft becomes the version that is sent, and ends, in one transaction."""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from plugin.core.overwrites import Seen
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.transaction import transaction
from plugin.services.message_templates.kept_drafts import (
    SeenDraft,
    drop,
    refuse_overtaken,
)
from plugin.services.message_templates.library import add_template, add_version
from plugin.services.message_templates.template_drafts import held_draft


class Written(NamedTuple):
    """Checked messages, and the draft that they come from: its `content` as it was kept or typed
    last, and as what it was seen."""

    name: str
    messages: Sequence[dict[str, Any]]
    tracks_links: bool
    content: dict[str, Any]
    seen: SeenDraft


def publish(
    template: Template,
    written: Written,
    by: str,
    seen: Seen | None = None,
    *,
    draft_alone: bool = False,
) -> bool:
    """Make it the template's newest version; True where it differs from the one before. Raise
    `DraftChanged` where the draft holds something else, and `ChangedMeanwhile` where the template
    differs from `seen`, as it does where the draft ended by another's publishing; nothing is stored
    then. `draft_alone`: the caller typed nothing of its own, so that a draft which was discarded is
    not published: raise `DraftEnded`."""
    installation_id = template.official_account.installation_id
    with transaction():
        draft = held_draft(installation_id, template, 0)
        if draft is not None or draft_alone:
            refuse_overtaken(draft, written.content, written.seen)
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


def publish_new(account: OfficialAccount, written: Written, by: str, form_key: str) -> Template:
    """Make it a template, or return the one that this form made before: `form_key` is the same for
    each press. Raise `DraftChanged` where the draft holds something else, and `DraftEnded` where it
    was published or discarded; nothing is stored then."""
    # What is typed otherwise is another template.
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, repr((form_key, written.content))))
    try:
        return _publish_new(account, written, by, key)
    except IntegrityError:
        made = Template.of_form(account.id, key)
        if made is None:
            raise
        return made


def _publish_new(account: OfficialAccount, written: Written, by: str, key: str) -> Template:
    with transaction():
        made = Template.of_form(account.id, key)
        if made is not None:
            return made
        if written.seen.id:
            draft = held_draft(account.installation_id, None, written.seen.id)
            refuse_overtaken(draft, written.content, written.seen)
            if draft is not None:
                drop(draft)
        return add_template(
            account,
            written.name,
            written.messages,
            by,
            tracks_links=written.tracks_links,
            form_key=key,
        )
