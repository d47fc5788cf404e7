"""Templates: created, changed, archived, restored; and the version that workflows send now."""

from collections.abc import Sequence
from typing import Any

from plugin.core.clock import utcnow
from plugin.core.messages.drafts import kind_of
from plugin.core.overwrites import Seen, refuse_overwrite
from plugin.core.text.row_ids import row_id
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.transaction import transaction

Messages = Sequence[dict[str, Any]]
LONGEST_NAME = 120


def current_version(template_id: str, installation_id: int) -> TemplateVersion | None:
    """Return a version with unfilled tokens; None: archived, missing or foreign. A workflow stores
    `template_id`, so it may be any text."""
    template_row_id = row_id(template_id.strip())
    template = Template.find_owned(installation_id, template_row_id) if template_row_id else None
    return None if template is None else TemplateVersion.current(template)


def create_template(
    account: OfficialAccount,
    name: str,
    messages: Messages,
    by: str = "",
    *,
    tracks_links: bool = True,
) -> Template:
    """Create a template with its first version, from messages that were checked before."""
    with transaction():
        return add_template(account, name, messages, by, tracks_links=tracks_links)


def add_template(
    account: OfficialAccount,
    name: str,
    messages: Messages,
    by: str,
    *,
    tracks_links: bool,
    form_key: str | None = None,
) -> Template:
    """Do what `create_template` does, inside the caller's transaction."""
    now = utcnow()
    template = Template(
        official_account=account,
        name=name,
        kind=kind_of(messages[0]),
        created_at=now,
        changed_at=now,
        form_key=form_key,
    )
    db.session.add(template)
    db.session.flush()
    _store_version(template, messages, by, tracks_links)
    return template


def save_version(
    template: Template,
    name: str,
    messages: Messages,
    by: str = "",
    *,
    tracks_links: bool | None = None,
    seen: Seen | None = None,
) -> bool:
    """Store the name and, where anything else changed, a new version; True where it did. Raise
    `ChangedMeanwhile` where the template differs from `seen`. `tracks_links` None: as before."""
    with transaction():
        return add_version(template, name, messages, by, tracks_links=tracks_links, seen=seen)


def add_version(
    template: Template,
    name: str,
    messages: Messages,
    by: str,
    *,
    tracks_links: bool | None,
    seen: Seen | None,
) -> bool:
    """Do what `save_version` does, inside the caller's transaction."""
    # A concurrent save waits here, and then follows as the next version.
    db.session.refresh(template, with_for_update={"of": Template})
    refuse_overwrite(seen, editable(template))
    before = TemplateVersion.current(template)
    tracks = before.tracks_links if tracks_links is None else tracks_links
    changed = before.messages != list(messages) or before.tracks_links != tracks
    template.name, template.changed_at = name, utcnow()
    if changed:
        template.kind = kind_of(messages[0])
        template.version = before.number + 1
        _store_version(template, messages, by, tracks)
    return changed


def editable(template: Template) -> dict[str, object]:
    """Return the fields that the editor can change, with a version number for the messages."""
    return {"name": template.name, "version": template.version}


def duplicate(template: Template, name: str, by: str = "") -> Template:
    version, account = TemplateVersion.current(template), template.official_account
    tracks = version.tracks_links
    return create_template(account, name[:LONGEST_NAME], version.messages, by, tracks_links=tracks)


def archive_template(template: Template) -> None:
    """Take a template out of use. Workflows that name it fail; sent messages stay in the log."""
    with transaction():
        template.archived_at = utcnow()


def restore_template(template: Template) -> None:
    with transaction():
        template.archived_at = None


def _store_version(template: Template, messages: Messages, by: str, tracks_links: bool) -> None:
    version = TemplateVersion(
        template_id=template.id,
        number=template.version or 1,
        messages=list(messages),
        tracks_links=tracks_links,
        by=by,
        created_at=utcnow(),
    )
    db.session.add(version)
