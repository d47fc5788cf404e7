"""Which broadcasts send a template, in which version, and how one takes a newer version."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import APPROVED, ASKED, DRAFT, SCHEDULED, Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.transaction import transaction
from plugin.services.broadcasts.drafts import WrongState, held_in
from plugin.services.broadcasts.freeze import fix_version


class SentVersion(NamedTuple):
    """`number`: of the version that goes out; `newest`: of the template; `is_kept`: a version that
    is published later changes nothing any more; `may_change`: by a person, since nothing is out."""

    template: Template
    number: int
    newest: int
    is_kept: bool
    may_change: bool

    @property
    def is_older(self) -> bool:
        return self.number < self.newest


def broadcasts_using(template: Template) -> Sequence[Broadcast]:
    """Return drafts and scheduled ones; a broadcast that started keeps the words it began with."""
    sending = Broadcast.id.in_(
        select(Variant.broadcast_id).where(Variant.template_id == template.id)
    )
    waiting = Broadcast.state.in_((DRAFT, SCHEDULED)), Broadcast.frozen_at.is_(None)
    owned = Broadcast.owned(template.official_account.installation_id)
    return db.session.scalars(owned.where(sending, *waiting).order_by(Broadcast.id)).all()


def sent_versions(broadcast: Broadcast, variants: list[Variant]) -> dict[int, SentVersion]:
    """Return the version of each variant that sends a template, by the variant's number."""
    ids = {variant.template_id for variant in variants if variant.template_id is not None}
    rows = db.session.scalars(select(Template).where(Template.id.in_(ids))).unique() if ids else ()
    templates = {template.id: template for template in rows}
    return {
        variant.number: _sent(broadcast, variant, templates[variant.template_id])
        for variant in variants
        if variant.template_id in templates
    }


def _sent(broadcast: Broadcast, variant: Variant, template: Template) -> SentVersion:
    is_kept = variant.is_kept(broadcast)
    number = variant.template_version if is_kept else template.version
    may_change = is_kept and broadcast.state == SCHEDULED and template.archived_at is None
    return SentVersion(template, number or template.version, template.version, is_kept, may_change)


def messages_of_variant(broadcast: Broadcast, variant: Variant) -> list[dict[str, Any]]:
    """Return the messages that go out: a template's as they are now, or as they were frozen."""
    if variant.is_kept(broadcast) or variant.template_id is None:
        return variant.messages
    account = broadcast.official_account
    template = Template.find_owned(account.installation_id, variant.template_id)
    fits = template is not None and template.official_account_id == account.id
    return TemplateVersion.current(template).messages if template and fits else variant.messages


def kept_versions(broadcast: Broadcast) -> tuple[int, ...]:
    """Return which words a frozen broadcast keeps, for whoever approves what they read: the draft's
    version, then of each variant its template's version, 0 where it has messages of its own."""
    variants = Variant.of_broadcast(broadcast.id)
    return broadcast.version, *(variant.template_version or 0 for variant in variants)


def take_newest(broadcast: Broadcast, by: str) -> None:
    """Send the newest versions instead of the kept ones. Whoever approved it saw other words, so
    it has to be approved again, by somebody else than `by`. Raise `WrongState` or `CouldNotStart`.
    """
    with transaction():
        current = held_in(broadcast, SCHEDULED)
        if current.frozen_at is None:
            raise WrongState(current.state)
        for variant in Variant.of_broadcast(current.id):
            fix_version(variant)
        if current.approval in (ASKED, APPROVED):
            current.approval, current.started_by = ASKED, by
            current.approved_by, current.approved_at = "", None
