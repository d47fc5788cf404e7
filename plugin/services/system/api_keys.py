"""API keys: shown once, stored as a fingerprint."""

import secrets
from datetime import timedelta

import structlog
from sqlalchemy import or_, update

from plugin.core.clock import utcnow
from plugin.core.security.tokens import fingerprint
from plugin.models.connections.api_key import ApiKey
from plugin.models.connections.installation import Installation
from plugin.models.lock_wait import UNAVAILABLE, reset_write_deadline, set_write_deadline
from plugin.models.transaction import autocommit_scalar, transaction

log = structlog.get_logger()
# An agent's key reads and drafts; nothing that it may do sends a message.
ADMIN, AGENT, READER = "admin", "agent", "reader"
ROLES = (ADMIN, AGENT, READER)
LONGEST_NAME = 80
USES_APART = timedelta(hours=1)
# The caller waits for it.
NOTE_SECONDS = 0.5


def create_api_key(installation: Installation, role: str, name: str = "") -> str:
    """Return the key's text, which is never shown again. Raise `ValueError` for an unknown role."""
    if role not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}")
    text = f"musubi_{secrets.token_urlsafe(32)}"
    with transaction() as session:
        session.add(
            ApiKey(
                installation_id=installation.id,
                fingerprint=fingerprint(text),
                prefix=text[:12],
                role=role,
                name=" ".join(name.split())[:LONGEST_NAME],
                created_at=utcnow(),
            )
        )
    return text


def key_of(text: str) -> ApiKey | None:
    return ApiKey.of_fingerprint(fingerprint(text))


def note_use(key: ApiKey) -> None:
    """Store that the key was used, once an hour. A busy database refuses no call for it."""
    now = utcnow()
    if key.last_used_at is not None and now - key.last_used_at < USES_APART:
        return
    unnoted = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - USES_APART)
    note = update(ApiKey).where(ApiKey.id == key.id, unnoted).values(last_used_at=now)
    hurried = set_write_deadline(NOTE_SECONDS)
    try:
        autocommit_scalar(note.returning(ApiKey.id))
    except UNAVAILABLE:
        log.info("use_of_key_not_noted", key=key.id)
    finally:
        reset_write_deadline(hurried)


def revoke_api_key(installation: Installation, key_id: int) -> bool:
    owned = {key.id: key for key in ApiKey.list_owned(installation.id)}
    if key_id not in owned:
        return False
    with transaction():
        owned[key_id].revoked_at = owned[key_id].revoked_at or utcnow()
    return True
