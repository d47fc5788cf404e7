"""Rows with their queries and two-line rules. Tenants are reached through their owner."""

from plugin.models.base import db, transaction
from plugin.models.budget import BudgetSpent
from plugin.models.conflict import Conflict
from plugin.models.email_proof import EmailProof, MailCount
from plugin.models.friend_import import FriendCandidate, FriendImport
from plugin.models.idempotency import IdempotentCall
from plugin.models.inbox import UnsentMessage, WebhookEvent
from plugin.models.installation import ApiKey, Installation, Member, OAuthState
from plugin.models.job import Job
from plugin.models.lease import Lease
from plugin.models.link_click import LinkClick, LinkTarget
from plugin.models.list_import import ImportMember, ImportRun, ListImport
from plugin.models.list_preparation import ListPreparation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode, VisitCount
from plugin.models.question import Question
from plugin.models.reconcile import ReconcileRun
from plugin.models.rich_menu import RichMenuSwitch
from plugin.models.sending import ActionCall, Delivery
from plugin.models.tag import Tag
from plugin.models.tagging import Tagging
from plugin.models.template import Template, TemplateVersion
from plugin.models.user_token import UserToken
from plugin.models.visitor_hint import VisitorHint

__all__ = [
    "ActionCall",
    "ApiKey",
    "BudgetSpent",
    "Conflict",
    "Contact",
    "Delivery",
    "EmailProof",
    "Friend",
    "FriendCandidate",
    "FriendImport",
    "IdempotentCall",
    "ImportMember",
    "ImportRun",
    "Installation",
    "Job",
    "Lease",
    "LedgerEntry",
    "LinkClick",
    "LinkTarget",
    "Linkage",
    "LinkageToken",
    "ListImport",
    "ListPreparation",
    "LoginAttempt",
    "MailCount",
    "Member",
    "OAuthState",
    "OfficialAccount",
    "QRCode",
    "Question",
    "ReconcileRun",
    "RichMenuSwitch",
    "Tag",
    "Tagging",
    "Template",
    "TemplateVersion",
    "UnsentMessage",
    "UserToken",
    "VisitCount",
    "VisitorHint",
    "WebhookEvent",
    "db",
    "transaction",
]  # fmt: skip
