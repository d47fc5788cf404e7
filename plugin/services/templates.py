"""Templates: made, changed, archived, restored; and what a workflow sends at this moment."""

from collections.abc import Sequence
from typing import Any

from plugin.core.bubbles import kind_of
from plugin.core.clock import utcnow
from plugin.models.base import db, transaction
from plugin.models.official_account import OfficialAccount
from plugin.models.template import Template, TemplateVersion

Messages = Sequence[dict[str, Any]]
LONGEST_NAME = 120


def current_version(template_id: str, installation_id: int) -> TemplateVersion | None:
    """What a saved template says now, tokens unfilled; None: archived, missing or foreign.

    `template_id` is what a saved workflow keeps, so it may be any text.
    """
    text = template_id.strip()
    if not (text.isdecimal() and len(text) <= 18):
        return None
    template = Template.find_owned(installation_id, int(text))
    return None if template is None else TemplateVersion.current(template)


def create_template(
    account: OfficialAccount,
    name: str,
    messages: Messages,
    by: str = "",
    *,
    tracks_links: bool = True,
) -> Template:
    """A new template with its first version. The messages were checked before."""
    now = utcnow()
    template = Template(
        official_account=account,
        name=name,
        kind=kind_of(messages[0]),
        created_at=now,
        changed_at=now,
    )
    with transaction() as session:
        session.add(template)
        session.flush()
        _keep(template, messages, by, tracks_links)
    return template


def save_version(
    template: Template,
    name: str,
    messages: Messages,
    by: str = "",
    *,
    tracks_links: bool | None = None,
) -> bool:
    """Take a new name and, where it says something else, a new version; True where it does.

    `tracks_links` None: as it was.
    """
    before = TemplateVersion.current(template)
    tracks = before.tracks_links if tracks_links is None else tracks_links
    changed = before.messages != list(messages) or before.tracks_links != tracks
    with transaction():
        template.name, template.changed_at = name, utcnow()
        if changed:
            template.kind = kind_of(messages[0])
            template.version = before.number + 1
            _keep(template, messages, by, tracks)
    return changed


def duplicate(template: Template, name: str, by: str = "") -> Template:
    """Another template that begins with what this one says now."""
    said, account = TemplateVersion.current(template), template.official_account
    tracks = said.tracks_links
    return create_template(account, name[:LONGEST_NAME], said.messages, by, tracks_links=tracks)


def archive_template(template: Template) -> None:
    """Out of use; workflows that name it are told so, and what was sent stays in the log."""
    with transaction():
        template.archived_at = utcnow()


def restore_template(template: Template) -> None:
    """In use again; workflows that name it send it from now on."""
    with transaction():
        template.archived_at = None


def _keep(template: Template, messages: Messages, by: str, tracks_links: bool) -> None:
    version = TemplateVersion(
        template_id=template.id,
        number=template.version or 1,
        messages=list(messages),
        tracks_links=tracks_links,
        by=by,
        created_at=utcnow(),
    )
    db.session.add(version)
