"""The rows that a removal of HubSpot deletes, those that point at others first."""

from sqlalchemy import ColumnElement, Select, select

from plugin.models.audience.contact_values import ContactValues
from plugin.models.audience.list_export import ListExport
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.synced_list import ListMembership, SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import Base
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.measures import GoalHit
from plugin.models.connections.doctor_report import DoctorReport
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.import_run import ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.imports.list_preparation import ListPreparation
from plugin.models.imports.reconcile import ReconcileRun
from plugin.models.login_flow.email_proof import EmailProof
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.outgoing.event import EventDelivery, OutgoingEvent
from plugin.models.outgoing.line_relay import LineRelay, RelayedCall
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.people.conflict import Conflict
from plugin.models.people.contact import Contact
from plugin.models.people.known_property import KnownProperty
from plugin.models.people.linkage import Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.search_term import SearchTerm
from plugin.models.people.visitor_hint import VisitorHint
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sending.question import Question
from plugin.models.sending.rich_menu import RichMenuSwitch
from plugin.models.system.audit_entry import AuditEntry
from plugin.models.system.idempotency import IdempotentCall
from plugin.models.system.job import Job
from plugin.models.system.job_kinds import OUTLIVING_HUBSPOT
from plugin.models.system.webhook_event import HUBSPOT, WebhookEvent

# What a tenant keeps of HubSpot by its own choice.
KEPT = (SyncedList, SyncedProperty, ContactValues, PropertySync)
Rows = list[tuple[type[Base], ColumnElement[bool]]]
Accounts = Select[tuple[int]]


def owned_rows(installation_id: int) -> Rows:
    """Return models with the condition of their rows. Accounts, friends and QR codes stay."""
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    return [
        *_work(installation_id),
        *_outgoing(installation_id, accounts),
        *_links(installation_id, accounts),
        *_actions(installation_id),
        *_audiences(installation_id, accounts),
        *((model, model.installation_id == installation_id) for model in KEPT),
        (Contact, Contact.installation_id == installation_id),
    ]


def _work(installation_id: int) -> Rows:
    events = (WebhookEvent.source == HUBSPOT) & (WebhookEvent.owner_id == installation_id)
    imports = select(ListImport.id).where(ListImport.installation_id == installation_id)
    return [
        (Job, (Job.tenant_id == installation_id) & Job.kind.not_in(OUTLIVING_HUBSPOT)),
        (WebhookEvent, events),
        (ImportMember, ImportMember.list_import_id.in_(imports)),
        (ImportRun, ImportRun.list_import_id.in_(imports)),
        (ListImport, ListImport.installation_id == installation_id),
    ]


def _outgoing(installation_id: int, accounts: Accounts) -> Rows:
    # Nobody could end them any more, since people sign in through HubSpot.
    receivers = select(WebhookReceiver.id).where(WebhookReceiver.installation_id == installation_id)
    return [
        (EventDelivery, EventDelivery.receiver_id.in_(receivers)),
        (WebhookReceiver, WebhookReceiver.installation_id == installation_id),
        (OutgoingEvent, OutgoingEvent.installation_id == installation_id),
        (LineRelay, LineRelay.official_account_id.in_(accounts)),
        (RelayedCall, RelayedCall.official_account_id.in_(accounts)),
    ]


def _links(installation_id: int, accounts: Accounts) -> Rows:
    codes = select(QRCode.id).where(QRCode.official_account_id.in_(accounts))
    attempts = select(LoginAttempt.id).where(LoginAttempt.qr_code_id.in_(codes))
    contacts = select(Contact.id).where(Contact.installation_id == installation_id)
    linked = select(Linkage.friend_id).where(Linkage.official_account_id.in_(accounts))
    return [
        # Written anew without the contact's words when its linkage goes.
        (SearchTerm, SearchTerm.friend_id.in_(linked)),
        (Linkage, Linkage.official_account_id.in_(accounts)),
        (Conflict, Conflict.installation_id == installation_id),
        (EmailProof, EmailProof.attempt_id.in_(attempts)),
        (LoginAttempt, LoginAttempt.qr_code_id.in_(codes)),
        (VisitorHint, VisitorHint.contact_row_id.in_(contacts)),
        (LinkageToken, LinkageToken.installation_id == installation_id),
        (ListPreparation, ListPreparation.installation_id == installation_id),
        (HistoryEntry, HistoryEntry.installation_id == installation_id),
        (ReconcileRun, ReconcileRun.installation_id == installation_id),
    ]


def _actions(installation_id: int) -> Rows:
    calls = select(ActionCall.id).where(ActionCall.installation_id == installation_id)
    return [
        (Question, Question.action_call_id.in_(calls)),
        (RichMenuSwitch, RichMenuSwitch.action_call_id.in_(calls)),
        (ActionCall, ActionCall.installation_id == installation_id),
        (KnownProperty, KnownProperty.installation_id == installation_id),
        (DoctorReport, DoctorReport.installation_id == installation_id),
        (PropertyTrouble, PropertyTrouble.installation_id == installation_id),
        (IdempotentCall, IdempotentCall.installation_id == installation_id),
        (AuditEntry, AuditEntry.installation_id == installation_id),
    ]


def _audiences(installation_id: int, accounts: Accounts) -> Rows:
    # Tracked addresses with a contact's own words; those for all friends alike are the team's.
    personal = select(LinkTarget.id).where(
        LinkTarget.official_account_id.in_(accounts), LinkTarget.friend_id.is_not(None)
    )
    broadcasts = select(Broadcast.id).where(Broadcast.official_account_id.in_(accounts))
    contacts = select(Contact.id).where(Contact.installation_id == installation_id)
    return [
        (LinkClick, LinkClick.link_target_id.in_(personal)),
        (LinkTarget, LinkTarget.id.in_(personal)),
        (AudienceMember, AudienceMember.broadcast_id.in_(broadcasts)),
        (GoalHit, GoalHit.broadcast_id.in_(broadcasts)),
        (ListExport, ListExport.installation_id == installation_id),
        (ListMembership, ListMembership.contact_row_id.in_(contacts)),
    ]
