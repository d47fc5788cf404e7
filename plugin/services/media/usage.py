"""Where an uploaded file is used: what would show an empty place without it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, String, and_, cast, exists, not_, or_, select

from plugin.models.base import db
from plugin.models.broadcasts.broadcast import DRAFT, PAUSED, SCHEDULED, SENDING, Broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.models.broadcasts.variant_draft import VariantDraft
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.message import ConversationMessage
from plugin.models.media.media import Media
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft
from plugin.models.sending.template_version import TemplateVersion

UNFINISHED = (DRAFT, SCHEDULED, SENDING, PAUSED)
# Of each kind; whoever sees so many needs no more to think twice.
MOST = 50


class MediaUsage(NamedTuple):
    """Templates whose published version shows it, what is written and not published, broadcasts
    that have not ended (by the version that they send, or by what is written for them), prepared
    answers with its address, and conversations in which somebody was sent it."""

    templates: Sequence[Template] = ()
    drafts: Sequence[TemplateDraft] = ()
    broadcasts: Sequence[Broadcast] = ()
    answers: Sequence[CannedAnswer] = ()
    conversations: Sequence[Conversation] = ()

    @property
    def total(self) -> int:
        return sum(map(len, self))


def usage_of_media(media: Media) -> MediaUsage:
    """Return at most fifty uses of each kind, in five statements."""
    tenant_id, key = media.installation_id, media.key
    published = TemplateVersion.number == Template.version
    templates = Template.owned(tenant_id).join(
        TemplateVersion, and_(TemplateVersion.template_id == Template.id, published)
    )
    drafts = TemplateDraft.owned(tenant_id).where(
        cast(TemplateDraft.content, String).contains(key, autoescape=True)
    )
    broadcasts = Broadcast.owned(tenant_id).where(
        Broadcast.state.in_(UNFINISHED),
        or_(
            exists().where(Variant.broadcast_id == Broadcast.id, _sends(key)),
            exists().where(
                VariantDraft.broadcast_id == Broadcast.id,
                cast(VariantDraft.content, String).contains(key, autoescape=True),
            ),
        ),
    )
    answers = CannedAnswer.owned(tenant_id).where(CannedAnswer.text.contains(key, autoescape=True))
    sent = select(ConversationMessage.conversation_id).where(
        ConversationMessage.media_id == media.id
    )
    conversations = Conversation.owned(tenant_id).where(Conversation.id.in_(sent))
    named = cast(TemplateVersion.messages, String).contains(key, autoescape=True)
    return MediaUsage(
        db.session.scalars(templates.where(named).order_by(Template.id).limit(MOST)).all(),
        db.session.scalars(drafts.order_by(TemplateDraft.id).limit(MOST)).all(),
        db.session.scalars(broadcasts.order_by(Broadcast.id).limit(MOST)).unique().all(),
        db.session.scalars(answers.limit(MOST)).all(),
        db.session.scalars(conversations.order_by(Conversation.id).limit(MOST)).unique().all(),
    )


def _sends(key: str) -> ColumnElement[bool]:
    """Whether a variant sends the file: in messages of its own, in those of the version that was
    kept when its broadcast was scheduled, or in a template's published ones until then."""
    published = (
        select(TemplateVersion.id)
        .join(Template, Template.id == TemplateVersion.template_id)
        .where(
            TemplateVersion.template_id == Variant.template_id,
            TemplateVersion.number == Template.version,
            cast(TemplateVersion.messages, String).contains(key, autoescape=True),
        )
    )
    kept = and_(Broadcast.frozen_at.is_not(None), Variant.template_version.is_not(None))
    own = or_(Variant.template_id.is_(None), kept)
    named = cast(Variant.messages, String).contains(key, autoescape=True)
    return or_(and_(own, named), and_(not_(own), published.exists()))
