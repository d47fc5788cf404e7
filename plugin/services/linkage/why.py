"""Why a friend is not linked, from what is stored: seven statements at most, no call."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from plugin.core.clock import utcnow
from plugin.core.diagnosis.linked import (
    AccountFacts,
    ContactFacts,
    EndFacts,
    LinkFacts,
    LoginFacts,
    explain_link,
)
from plugin.core.diagnosis.step import Step
from plugin.core.properties import named
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.login_flow.visit_count import VisitCount
from plugin.models.people.conflict import Conflict
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import LINKING_EVENTS, Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.services.linkage.history import GONE

LATELY = timedelta(days=7)
# Visits that end before LINE says who it is, so that they belong to no friend.
TURNED_BACK = (
    "declined", "other_browser", "login_expired", "login_failed", "login_restart", "unreachable",
    "tampered", "foreign", "expired",
)  # fmt: skip
ENTRIES = 50


def why_linked(friend: Friend) -> list[Step]:
    """Explain why the friend is not linked, or what keeps HubSpot from showing the link."""
    if friend.linkage is not None:
        facts = LinkFacts(AccountFacts(""), _contact_facts(friend.linkage))
    else:
        facts = _facts(friend)
    return explain_link(facts)


def _contact_facts(linkage: Linkage) -> ContactFacts:
    contact, account = linkage.contact, linkage.friend.official_account
    own = {prop.name for prop in named(account.property_suffix)}
    troubles = PropertyTrouble.list_owned(account.installation_id)
    return ContactFacts(
        contact.contact_id,
        linkage.linked_at,
        contact.deleted_at is not None,
        contact.push_error,
        contact.push_pending,
        tuple(trouble.name for trouble in troubles if trouble.name in own),
        not account.installation.is_alive or account.installation.refused_since is not None,
    )


def _facts(friend: Friend) -> LinkFacts:
    account, now = friend.official_account, utcnow()
    login = _login_facts(friend, now)
    newest = _newest_entries(friend)
    end = newest.get("erased") or newest.get("linking")
    conflict = select(Conflict.decision).where(
        Conflict.friend_id == friend.id, Conflict.decided_at.is_(None)
    )
    return LinkFacts(
        _account_facts(account, now, counts_visits=login is None),
        login=login,
        end=_end_facts(end) if end else None,
        conflict=db.session.scalar(conflict.order_by(Conflict.id.desc()).limit(1)) or "",
        kept_at=newest["kept"].at if "kept" in newest else None,
        refused=_end_facts(newest["refused"]) if "refused" in newest else None,
    )


def _account_facts(account: OfficialAccount, now: datetime, *, counts_visits: bool) -> AccountFacts:
    codes = select(QRCode.id).where(QRCode.official_account_id == account.id)
    linking = codes.where(
        QRCode.archived_at.is_(None),
        QRCode.linkage_type == "hubspot",
        or_(QRCode.starts_at.is_(None), QRCode.starts_at <= now),
        or_(QRCode.ends_at.is_(None), QRCode.ends_at > now),
    )
    visits = select(func.coalesce(func.sum(VisitCount.count), 0)).where(
        VisitCount.qr_code_id.in_(codes),
        VisitCount.day > (now - LATELY).date(),
        VisitCount.outcome.in_(TURNED_BACK),
    )
    provider = account.checks.get("provider", {}).get("ok")
    return AccountFacts(
        account.name,
        account.can_login,
        None if provider is None else bool(provider),
        db.session.scalar(linking.limit(1)) is not None,
        int(db.session.scalar(visits) or 0) if counts_visits else 0,
    )


def _login_facts(friend: Friend, now: datetime) -> LoginFacts | None:
    statement = select(LoginAttempt).join(LoginAttempt.qr_code)
    statement = statement.where(
        LoginAttempt.line_user_id == friend.line_user_id,
        LoginAttempt.returned_at.is_not(None),
        QRCode.official_account_id == friend.official_account_id,
    )
    attempt = db.session.scalar(statement.order_by(LoginAttempt.id.desc()).limit(1))
    if attempt is None or attempt.returned_at is None:
        return None
    is_open = not attempt.outcome and attempt.expires_at > now
    name, missing = attempt.qr_code.name, attempt.token_missing
    return LoginFacts(attempt.returned_at, name, attempt.outcome, is_open, missing)


def _newest_entries(friend: Friend) -> dict[str, HistoryEntry]:
    """Return the newest entry that unlinked ("linking"), and those after it, by their type."""
    statement = select(HistoryEntry).where(
        HistoryEntry.official_account_id == friend.official_account_id,
        HistoryEntry.line_user_id == friend.line_user_id,
    )
    newest: dict[str, HistoryEntry] = {}
    for entry in db.session.scalars(statement.order_by(HistoryEntry.id.desc()).limit(ENTRIES)):
        if entry.event_type in LINKING_EVENTS:
            newest["linking"] = entry
            break
        newest.setdefault(entry.event_type, entry)
    return newest


def _end_facts(entry: HistoryEntry) -> EndFacts:
    by_deletion = entry.source == GONE
    return EndFacts(entry.event_type, entry.at, entry.contact_id, entry.actor, by_deletion)
