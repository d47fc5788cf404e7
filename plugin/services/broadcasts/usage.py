"""Which broadcasts send a template, as it will be when they start."""

from collections.abc import Sequence

from sqlalchemy import select

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import DRAFT, SCHEDULED, Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.sending.template import Template


def broadcasts_using(template: Template) -> Sequence[Broadcast]:
    """Return drafts and scheduled ones; a broadcast that started keeps the words it began with."""
    sending = Broadcast.id.in_(
        select(Variant.broadcast_id).where(Variant.template_id == template.id)
    )
    waiting = Broadcast.state.in_((DRAFT, SCHEDULED)), Broadcast.frozen_at.is_(None)
    owned = Broadcast.owned(template.official_account.installation_id)
    return db.session.scalars(owned.where(sending, *waiting).order_by(Broadcast.id)).all()
