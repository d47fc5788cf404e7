"""Rows with their queries and two-line rules. Tenants are reached through their owner."""

from plugin.models.base import db, transaction
from plugin.models.budget import BudgetSpent
from plugin.models.idempotency import IdempotentCall
from plugin.models.inbox import WebhookEvent
from plugin.models.installation import ApiKey, Installation, Member, OAuthState
from plugin.models.job import Job
from plugin.models.lease import Lease
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, LedgerEntry, Linkage
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode, VisitCount
from plugin.models.sending import ActionCall, Delivery

__all__ = [
    "ActionCall",
    "ApiKey",
    "BudgetSpent",
    "Contact",
    "Delivery",
    "Friend",
    "IdempotentCall",
    "Installation",
    "Job",
    "Lease",
    "LedgerEntry",
    "Linkage",
    "LinkageToken",
    "LoginAttempt",
    "Member",
    "OAuthState",
    "OfficialAccount",
    "QRCode",
    "VisitCount",
    "WebhookEvent",
    "db",
    "transaction",
]  # fmt: skip
