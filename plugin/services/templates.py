"""Templates: make, change, duplicate, archive; and what a workflow sends at this moment."""

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
    account: OfficialAccount, name: str, messages: Messages, by: str = ""
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
        _keep(template, messages, by)
    return template


def save_version(template: Template, name: str, messages: Messages, by: str = "") -> bool:
    """Take a new name and, where the messages differ, a new version; True where they did."""
    before = TemplateVersion.current(template)
    changed = before.messages != list(messages)
    with transaction():
        template.name, template.changed_at = name, utcnow()
        if changed:
            template.kind = kind_of(messages[0])
            template.version = before.number + 1
            _keep(template, messages, by)
    return changed


def duplicate(template: Template, name: str, by: str = "") -> Template:
    """Another template that begins with what this one says now."""
    messages = TemplateVersion.current(template).messages
    return create_template(template.official_account, name[:LONGEST_NAME], messages, by)


def archive_template(template: Template) -> None:
    """Out of use; workflows that name it are told so, and what was sent stays in the log."""
    with transaction():
        template.archived_at = utcnow()


def _keep(template: Template, messages: Messages, by: str) -> None:
    version = TemplateVersion(
        template_id=template.id,
        number=template.version or 1,
        messages=list(messages),
        by=by,
        created_at=utcnow(),
    )
    db.session.add(version)
