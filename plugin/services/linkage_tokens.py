"""Personal linkage tokens: given out, read back, used up."""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import update

from plugin.core import tokens
from plugin.core.clock import utcnow
from plugin.models.base import affected, db
from plugin.models.installation import Installation
from plugin.models.people import Contact
from plugin.models.qr_code import LinkageToken, QRCode
from plugin.services import Outside

Verdict = Literal[
    "valid", "preview", "test_send", "shared_default", "tampered", "foreign", "expired", "used",
    "revoked",
]  # fmt: skip
MAX_DAYS, DEFAULT_DAYS = 365, 30


class TokenRead(NamedTuple):
    """What a token text is worth; `token` and `contact` are there when it is genuine."""

    verdict: Verdict
    token: LinkageToken | None = None
    contact: Contact | None = None


def give_token(code: QRCode, contact: Contact, valid_days: int, now: datetime) -> LinkageToken:
    """A new token row for a contact, inside the caller's transaction."""
    token = LinkageToken(**token_row(code, contact, valid_days, now))
    db.session.add(token)
    db.session.flush()
    return token


def token_row(code: QRCode, contact: Contact, valid_days: int, now: datetime) -> dict[str, Any]:
    """The columns of a new token."""
    return {
        "nonce": tokens.new_nonce(),
        "installation_id": contact.installation_id,
        "qr_code_id": code.id,
        "contact_row_id": contact.id,
        "created_at": now,
        # Whole seconds, because the signature covers whole seconds.
        "expires_at": now.replace(microsecond=0) + timedelta(days=valid_days),
    }


def token_text(outside: Outside, token: LinkageToken, portal_id: int, contact_id: int) -> str:
    """The token as it stands in a link, signed with the newest key."""
    claim = token.claim(portal_id, contact_id)
    return tokens.issue(outside.settings.secret_keys[0], token.nonce, claim)


def text_of(outside: Outside, token_id: int | None) -> str:
    """The text of a token whose row is known, for a walk that is begun again; "" for none."""
    token = db.session.get(LinkageToken, token_id) if token_id else None
    installation = Installation.by_id(token.installation_id) if token else None
    contact = db.session.get(Contact, token.contact_row_id) if token else None
    if token is None or installation is None or contact is None:
        return ""
    return token_text(outside, token, installation.portal_id, contact.contact_id)


def read_token(outside: Outside, text: str, code: QRCode) -> TokenRead:
    """Judge a token text that came to `code`'s page. Changes nothing."""
    text = text.strip()
    if tokens.is_placeholder(text):
        return TokenRead("test_send")
    if tokens.is_word(text):
        return TokenRead("shared_default")
    nonce = tokens.nonce_of(text)
    token = LinkageToken.by_nonce(nonce) if nonce else None
    if token is None:
        return TokenRead("tampered")
    installation = Installation.by_id(token.installation_id)
    contact = db.session.get(Contact, token.contact_row_id)
    if installation is None or contact is None:
        return TokenRead("tampered")
    claim = token.claim(installation.portal_id, contact.contact_id)
    if not tokens.is_genuine(outside.settings.secret_keys, text, claim):
        return TokenRead("tampered")
    return TokenRead(_verdict(token, code), token, contact)


def use_up(token_id: int, line_user_id: str) -> bool:
    """Consume a token, inside the caller's transaction. False: somebody was faster."""
    free = update(LinkageToken).where(
        LinkageToken.id == token_id,
        LinkageToken.used_at.is_(None),
        LinkageToken.revoked_at.is_(None),
        LinkageToken.preview.is_(False),
    )
    return affected(free.values(used_at=utcnow(), used_by=line_user_id)) == 1


def _verdict(token: LinkageToken, code: QRCode) -> Verdict:
    if token.qr_code.official_account_id != code.official_account_id:
        return "foreign"
    if token.revoked_at is not None:
        return "revoked"
    if token.used_at is not None:
        return "used"
    if token.expires_at <= utcnow():
        return "expired"
    return "preview" if token.preview else "valid"
