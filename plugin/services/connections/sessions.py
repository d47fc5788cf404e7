"""Sessions of signed-in people, as rows, so that they can be ended early."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, update

from plugin.core.clock import utcnow
from plugin.core.security.tokens import fingerprint
from plugin.models.connections.installation import Installation
from plugin.models.connections.member import Member
from plugin.models.connections.web_session import WebSession
from plugin.models.transaction import affected, transaction

# No HubSpot API tells without further scopes whether a user is still in the portal, so each person
# proves it by signing in through HubSpot again after this long, whatever they do.
LIFETIME = timedelta(hours=24)
IDLE = timedelta(hours=8)
# The id in the cookie changes this often; the one before stays valid until the change after it.
ROTATION = timedelta(hours=1)
# A simultaneous request with the id before gets no new one so soon.
OVERLAP = timedelta(seconds=30)
# The precision of the last request's time; a write for every page would be too many.
SEEN_EVERY = timedelta(minutes=5)


class SignedInPerson(NamedTuple):
    """The session's person. `new_token`: the cookie's next content, "" to leave it as it is."""

    installation: Installation
    member: Member
    new_token: str = ""


def begin_session(installation: Installation, member: Member) -> str:
    """Return the content of the browser's cookie; only its fingerprint is stored."""
    token, now = secrets.token_urlsafe(32), utcnow()
    with transaction() as session:
        session.add(
            WebSession(
                fingerprint=fingerprint(token),
                installation_id=installation.id,
                member_id=member.id,
                created_at=now,
                rotated_at=now,
                seen_at=now,
                ends_at=now + LIFETIME,
            )
        )
    return token


def find_session(token: str) -> SignedInPerson | None:
    """Return the session's person; None if the session is unknown or has ended."""
    shown, now = fingerprint(token), utcnow()
    found = WebSession.with_person(shown)
    if found is None:
        return None
    row, installation, member = found
    has_ended = row.ends_at <= now or now - row.seen_at >= IDLE
    if has_ended or installation is None or member is None:
        end_session(token)
        return None
    return SignedInPerson(installation, member, _touch(row, shown, now))


def end_session(token: str) -> None:
    """Sign this browser out, with its current id or the one before."""
    row = WebSession.of_fingerprint(fingerprint(token))
    if row is not None:
        with transaction():
            affected(delete(WebSession).where(WebSession.id == row.id))


def end_sessions(member: Member) -> int:
    """Sign a person out everywhere; return the number of browsers."""
    statement = delete(WebSession).where(WebSession.member_id == member.id)
    with transaction():
        return affected(statement.execution_options(synchronize_session=False))


def _touch(row: WebSession, shown: str, now: datetime) -> str:
    """Record the request, and rotate an old id; return the new id or ""."""
    is_current = row.fingerprint == shown
    # After a race or a lost response a browser still has the id before: it gets another one later,
    # so that nobody is signed out.
    if now - row.rotated_at < (ROTATION if is_current else OVERLAP):
        if now - row.seen_at >= SEEN_EVERY:
            _update_row(row, row.fingerprint, {"seen_at": now})
        return ""
    token = secrets.token_urlsafe(32)
    ids = {"fingerprint": fingerprint(token), "previous": shown}
    changed = _update_row(row, row.fingerprint, {**ids, "rotated_at": now, "seen_at": now})
    return token if changed else ""


def _update_row(row: WebSession, known_fingerprint: str, values: dict[str, object]) -> bool:
    statement = update(WebSession).where(
        WebSession.id == row.id, WebSession.fingerprint == known_fingerprint
    )
    with transaction():
        return bool(affected(statement.values(values).execution_options(synchronize_session=False)))
