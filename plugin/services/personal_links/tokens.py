"""Personal linkage tokens: issued, verified, used up."""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import update

from plugin.core.clock import utcnow
from plugin.core.security import tokens
from plugin.core.security.damaged_links import candidates
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.login_flow.linkage_token import LinkageToken
from plugin.models.login_flow.qr_code import QRCode
from plugin.models.people.contact import Contact
from plugin.models.transaction import affected
from plugin.services import Dependencies

Verdict = Literal[
    "valid", "preview", "test_send", "shared_default", "tampered", "foreign", "expired", "used",
    "revoked",
]  # fmt: skip
MAX_DAYS, DEFAULT_DAYS = 365, 30


class TokenRead(NamedTuple):
    """`token` and `contact` are set where the text is genuine."""

    verdict: Verdict
    token: LinkageToken | None = None
    contact: Contact | None = None


class FoundToken(NamedTuple):
    text: str
    token: LinkageToken


def issue_token(code: QRCode, contact: Contact, valid_days: int, now: datetime) -> LinkageToken:
    """Add a token for a contact, inside the caller's transaction."""
    token = LinkageToken(**token_row(code, contact, valid_days, now))
    db.session.add(token)
    db.session.flush()
    return token


def token_row(code: QRCode, contact: Contact, valid_days: int, now: datetime) -> dict[str, Any]:
    """Raise `ValueError` for days that the entry points should have refused."""
    if not 1 <= valid_days <= MAX_DAYS:
        raise ValueError(f"A personal link is good for 1 to {MAX_DAYS} days")
    return {
        "nonce": tokens.new_nonce(),
        "installation_id": contact.installation_id,
        "qr_code_id": code.id,
        "contact_row_id": contact.id,
        "created_at": now,
        # Whole seconds, because the signature covers whole seconds.
        "expires_at": now.replace(microsecond=0) + timedelta(days=valid_days),
    }


def token_text(deps: Dependencies, token: LinkageToken, portal_id: int, contact_id: int) -> str:
    """Return the token as it stands in a link, signed with the newest key."""
    claim = token.claim(portal_id, contact_id)
    return tokens.issue(deps.settings.secret_keys[0], token.nonce, claim)


def text_of(deps: Dependencies, token_id: int | None) -> str:
    """Return the text of a stored token, for an attempt that is restarted; "" for none."""
    token = db.session.get(LinkageToken, token_id) if token_id else None
    installation = Installation.by_id(token.installation_id) if token else None
    contact = db.session.get(Contact, token.contact_row_id) if token else None
    if token is None or installation is None or contact is None:
        return ""
    return token_text(deps, token, installation.portal_id, contact.contact_id)


def read_token(deps: Dependencies, text: str, code: QRCode) -> TokenRead:
    """Verify the text of a token on `code`'s page. Changes nothing."""
    text = text.strip()
    if tokens.is_placeholder(text):
        return TokenRead("test_send")
    if tokens.is_too_short(text):
        return TokenRead("shared_default")
    nonce = tokens.nonce_of(text)
    token = LinkageToken.by_nonce(nonce) if nonce else None
    contact = _signed_for(deps, token, text) if token else None
    if token is None or contact is None:
        return TokenRead("tampered")
    return TokenRead(_verdict(token, code), token, contact)


def find_token(deps: Dependencies, address: str) -> FoundToken | None:
    """Return the genuine token in a damaged address."""
    pieces = candidates(address)
    texts = {nonce: text for text in reversed(pieces) if (nonce := tokens.nonce_of(text))}
    for token in LinkageToken.by_nonces(list(texts)):
        text = texts[token.nonce]
        if _signed_for(deps, token, text) is not None:
            return FoundToken(text, token)
    return None


def _signed_for(deps: Dependencies, token: LinkageToken, text: str) -> Contact | None:
    """Return the token's contact, or None where no key of ours signed the text."""
    installation = Installation.by_id(token.installation_id)
    contact = db.session.get(Contact, token.contact_row_id)
    if installation is None or contact is None:
        return None
    claim = token.claim(installation.portal_id, contact.contact_id)
    genuine = tokens.is_genuine(deps.settings.secret_keys, text, claim)
    return contact if genuine else None


def use_up(token_id: int, line_user_id: str) -> bool:
    """Use up a token, inside the caller's transaction. False: another request came first."""
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
