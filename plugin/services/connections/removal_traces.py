"""Erases HubSpot's data in rows that outlive its removal: filled messages, and people's names."""

from sqlalchemy import case, select, update

from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.base import db
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.recipient import Recipient
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.variant_draft import VariantDraft, VariantDraftStep
from plugin.models.connections.installation import Installation
from plugin.models.connections.member import Member
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.models.media.media import Media
from plugin.models.people.tagging import Tagging
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft, TemplateDraftStep
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction

BATCH_SIZE = 1000
REMOVED_FIRST = "HubSpot was removed before this was sent."


def erase_message_batch(installation: Installation) -> bool:
    """Erase the words of up to a thousand messages; return True if more may be left."""
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation.id)
    statement = select(Delivery.id).where(
        Delivery.official_account_id.in_(accounts), Delivery.id > installation.erased_to
    )
    ids = list(db.session.scalars(statement.order_by(Delivery.id).limit(BATCH_SIZE)))
    if not ids:
        return False
    with transaction():
        # Nothing tells a filled text from another, so all go; time, recipient and result stay. A
        # reason may quote a value; ours is the same for everybody.
        error = case((Delivery.error == REMOVED_FIRST, Delivery.error), else_="")
        erased = (
            update(Delivery)
            .where(Delivery.id.in_(ids))
            .values(messages=[], written=None, error=error)
        )
        affected(erased.execution_options(synchronize_session=False))
        installation.erased_to = ids[-1]
    return True


def erase_recipient_batch(installation: Installation) -> bool:
    """Erase HubSpot's ids of up to a thousand list members who got no message; they stay counted.
    Return True if more may be left."""
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation.id)
    broadcasts = select(Broadcast.id).where(Broadcast.official_account_id.in_(accounts))
    statement = select(Recipient.id).where(
        Recipient.broadcast_id.in_(broadcasts), Recipient.contact_id.is_not(None)
    )
    ids = list(db.session.scalars(statement.limit(BATCH_SIZE)))
    if ids:
        with transaction():
            erased = update(Recipient).where(Recipient.id.in_(ids)).values(contact_id=None)
            affected(erased.execution_options(synchronize_session=False))
    return bool(ids)


def erase_small_traces(installation: Installation) -> None:
    """Erase what few rows hold of the portal and its people, inside the caller's transaction."""
    # The portal's number stays, which identifies it at a later install, and so do sessions under
    # way, without the person's name, until they end by themselves.
    _erase_actors(installation.id)
    _erase_members(installation.id)
    _erase_broadcasts(installation.id)
    installation.hub_domain = installation.ui_domain = installation.time_zone = ""
    installation.disconnect_reason = installation.properties_error = ""
    installation.scopes, installation.properties_ready_at = [], None
    installation.contacts_written_at = None
    installation.erased_to, installation.webhook_events = 0, []


def enqueue_log_truncation() -> None:
    """Empty SQLite's log, where deleted words still stand; inside the caller's transaction."""
    enqueue("truncate_log", "all", 0)


def _erase_actors(installation_id: int) -> None:
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    templates = select(Template.id).where(Template.official_account_id.in_(accounts))
    segments = select(Segment.id).where(Segment.official_account_id.in_(accounts))
    drafts = select(TemplateDraft.id).where(TemplateDraft.installation_id == installation_id)
    variants = select(VariantDraft.id).where(VariantDraft.installation_id == installation_id)
    for statement in (
        update(SegmentVersion).where(SegmentVersion.segment_id.in_(segments)).values(by=""),
        update(TemplateVersion).where(TemplateVersion.template_id.in_(templates)).values(by=""),
        update(SendingRules)
        .where(SendingRules.official_account_id.in_(accounts))
        .values(changed_by="", zone_property=""),
        update(CannedAnswer)
        .where(CannedAnswer.installation_id == installation_id)
        .values(changed_by=""),
        update(TemplateDraft)
        .where(TemplateDraft.installation_id == installation_id)
        .values(changed_by=""),
        update(TemplateDraftStep).where(TemplateDraftStep.draft_id.in_(drafts)).values(by=""),
        update(VariantDraft)
        .where(VariantDraft.installation_id == installation_id)
        .values(changed_by=""),
        update(VariantDraftStep).where(VariantDraftStep.draft_id.in_(variants)).values(by=""),
        update(Media).where(Media.installation_id == installation_id).values(created_by=""),
        update(Tagging).where(Tagging.installation_id == installation_id).values(actor=""),
    ):
        affected(statement.execution_options(synchronize_session=False))


def _erase_broadcasts(installation_id: int) -> None:
    # The team's own words, and what was sent how often, stay.
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    texts = ("list_id", "list_name", "list_after", "list_trail", "error", "created_by",
             "started_by", "approved_by", "winner_by")  # fmt: skip
    erased = dict.fromkeys(texts, "") | dict.fromkeys(("rule", "goal", "campaign"))
    statement = update(Broadcast).where(Broadcast.official_account_id.in_(accounts))
    affected(statement.values(erased).execution_options(synchronize_session=False))


def _erase_members(installation_id: int) -> None:
    # A later sign-in creates a new member; no HubSpot user has a number below zero.
    nameless = {"email": "", "hubspot_user_id": -Member.id, "test_friends": {}}
    statement = update(Member).where(Member.installation_id == installation_id)
    affected(statement.values(nameless).execution_options(synchronize_session=False))
