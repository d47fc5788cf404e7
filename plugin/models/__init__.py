"""Database rows with their queries and short rules. Tenants are reached through their owner.

`owned(installation_id)` selects a tenant's rows; `find_owned` returns None for a missing row and
for another tenant's alike. Some columns keep an older name in the database: Contact's `push_...`
are "mirror_...", its `pull_...` are "check_..." and `lifecycle_ms` is "life_ms"; Job's `tenant_id`
is "lane" and `failed` is "parked"; HistoryEntry's `event_type` is "deed", in "ledger_entry".
"""

from plugin.models.audience.contact_values import ContactValues
from plugin.models.audience.list_export import ListExport
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.segment import Segment, SegmentVersion
from plugin.models.audience.synced_list import ListMembership, SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import db
from plugin.models.broadcasts.audience_member import AudienceMember
from plugin.models.broadcasts.broadcast import Broadcast
from plugin.models.broadcasts.measures import DailyCount, GoalHit, StatusChange, TemplateUnit
from plugin.models.broadcasts.multicast import Multicast
from plugin.models.broadcasts.recipient import Recipient, Tally
from plugin.models.broadcasts.sending_rules import SendingRules
from plugin.models.broadcasts.variant import Variant
from plugin.models.broadcasts.variant_draft import VariantDraft, VariantDraftStep
from plugin.models.connections.api_key import ApiKey
from plugin.models.connections.doctor_report import DoctorReport
from plugin.models.connections.installation import Installation
from plugin.models.connections.member import Member
from plugin.models.connections.oauth_state import OAuthState
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.connections.web_session import WebSession
from plugin.models.imports.friend_candidate import FriendCandidate
from plugin.models.imports.friend_import import FriendImport
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.import_run import ImportRun
from plugin.models.imports.list_import import ListImport
from plugin.models.imports.list_preparation import ListPreparation
from plugin.models.imports.reconcile import ReconcileRun
from plugin.models.inbox.canned_answer import CannedAnswer
from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.inbox_rules import InboxRules
from plugin.models.inbox.message import ConversationMessage
from plugin.models.login_flow.email_proof import EmailProof
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.mail_count import MailCount
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.login_flow.visit_count import VisitCount
from plugin.models.media.media import Media
from plugin.models.outgoing.event import EventDelivery, OutgoingEvent
from plugin.models.outgoing.line_relay import LineRelay, RelayedCall
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.models.people.conflict import Conflict
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.known_property import KnownProperty
from plugin.models.people.linkage import Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.search_term import SearchPending, SearchTerm
from plugin.models.people.tag import FriendTag, Tag, TagChange
from plugin.models.people.tagging import Tagging
from plugin.models.people.user_token import UserToken
from plugin.models.people.visitor_hint import VisitorHint
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.delivery import Delivery
from plugin.models.sending.link_click import LinkClick
from plugin.models.sending.link_target import LinkTarget
from plugin.models.sending.question import Question
from plugin.models.sending.received_message import ReceivedMessage
from plugin.models.sending.rich_menu import RichMenuSwitch
from plugin.models.sending.template import Template
from plugin.models.sending.template_draft import TemplateDraft, TemplateDraftStep
from plugin.models.sending.template_version import TemplateVersion
from plugin.models.system.activity import Activity, ActivityChange
from plugin.models.system.audit_entry import AuditEntry
from plugin.models.system.idempotency import IdempotentCall
from plugin.models.system.job import Job
from plugin.models.system.lease import Lease
from plugin.models.system.rate_budget import BudgetSpent
from plugin.models.system.unsent_message import UnsentMessage
from plugin.models.system.webhook_event import WebhookEvent
from plugin.models.transaction import transaction

__all__ = [
    "ActionCall",
    "Activity",
    "ActivityChange",
    "ApiKey",
    "AudienceMember",
    "AuditEntry",
    "Broadcast",
    "BudgetSpent",
    "CannedAnswer",
    "Conflict",
    "Contact",
    "ContactValues",
    "Conversation",
    "ConversationMessage",
    "DailyCount",
    "Delivery",
    "DoctorReport",
    "EmailProof",
    "EventDelivery",
    "Friend",
    "FriendCandidate",
    "FriendImport",
    "FriendTag",
    "GoalHit",
    "HistoryEntry",
    "IdempotentCall",
    "ImportMember",
    "ImportRun",
    "InboxRules",
    "Installation",
    "Job",
    "KnownProperty",
    "Lease",
    "LineRelay",
    "LinkClick",
    "LinkTarget",
    "Linkage",
    "LinkageToken",
    "ListExport",
    "ListImport",
    "ListMembership",
    "ListPreparation",
    "LoginAttempt",
    "MailCount",
    "Media",
    "Member",
    "Multicast",
    "OAuthState",
    "OfficialAccount",
    "OutgoingEvent",
    "PropertySync",
    "PropertyTrouble",
    "QRCode",
    "Question",
    "ReceivedMessage",
    "Recipient",
    "ReconcileRun",
    "RelayedCall",
    "RichMenuSwitch",
    "SearchPending",
    "SearchTerm",
    "Segment",
    "SegmentVersion",
    "SendingRules",
    "StatusChange",
    "SyncedList",
    "SyncedProperty",
    "Tag",
    "TagChange",
    "Tagging",
    "Tally",
    "Template",
    "TemplateDraft",
    "TemplateDraftStep",
    "TemplateUnit",
    "TemplateVersion",
    "UnsentMessage",
    "UserToken",
    "Variant",
    "VariantDraft",
    "VariantDraftStep",
    "VisitCount",
    "VisitorHint",
    "WebSession",
    "WebhookEvent",
    "WebhookReceiver",
    "db",
    "transaction",
]  # fmt: skip
