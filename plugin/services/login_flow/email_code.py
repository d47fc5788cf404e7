"""E-mail verification by a code. The contact is looked up only after the right code, so that the
page looks the same for every address and does not reveal whether HubSpot has it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal, NamedTuple

from sqlalchemy import case, or_, update

from plugin.core.clock import utcnow
from plugin.core.security.email_codes import code_fingerprint, is_code, new_code, typed_code
from plugin.core.security.tokens import fingerprint
from plugin.gateways import ContactRecord, GatewayError, Letter, MailGateway
from plugin.models.base import db
from plugin.models.login_flow.email_proof import EmailProof
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.mail_count import MailCount
from plugin.models.sql import insert_or
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.login_flow.identify import note_contact
from plugin.services.login_flow.unverified_email import (
    close_attempt,
    hold_unverified,
    owner_of_email,
)

CODE_LIFE = timedelta(minutes=10)
MAX_TRIES = 5
Verdict = Literal["right", "wrong", "spent"]
# Renders the e-mail that carries a code.
RenderEmail = Callable[[str], Letter]


class TooManyCodes(Exception):
    """The address or the friend reached a limit of codes; without a mail server, of addresses."""


class Limit(NamedTuple):
    """At most `most` codes in a window that begins with the first."""

    window: timedelta
    most: int


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADDRESS_LIMITS = (Limit(HOUR, 3), Limit(DAY, 6))
FRIEND_LIMITS = (Limit(HOUR, 5), Limit(DAY, 10))


def send_code(
    deps: Dependencies,
    mail: MailGateway,
    attempt: LoginAttempt,
    recipient: tuple[str, str],
    write: RenderEmail,
) -> None:
    """Send `recipient`, an address and a name, a code that replaces the one before. Raise
    `TooManyCodes`, or `GatewayError` where the mail server did not accept the e-mail."""
    code, (email, name) = new_code(), recipient
    with transaction():
        _count("address", email, ADDRESS_LIMITS)
        _count("friend", attempt.line_user_id, FRIEND_LIMITS)
        _store_code(deps, attempt, email, name, code)
    try:
        mail.send(write(code))
    except GatewayError as error:
        # Where it is unknown whether the e-mail went out, the friend may still enter the code.
        if error.reason != "lost":
            forget_code(attempt)
        raise


def count_address(attempt: LoginAttempt) -> None:
    """Count an address that no code verifies. Raise `TooManyCodes`."""
    with transaction():
        _count("friend", attempt.line_user_id, FRIEND_LIMITS)


def forget_code(attempt: LoginAttempt) -> None:
    with transaction() as session:
        proof = EmailProof.of(attempt.id)
        if proof is not None:
            session.delete(proof)


def submit_code(deps: Dependencies, attempt: LoginAttempt, text: str) -> Verdict:
    """Return "right" where the attempt has its contact or is closed. Raise `GatewayError` where
    HubSpot could not be reached; the code stays valid."""
    proof = EmailProof.of(attempt.id)
    if proof is None:
        return "spent"
    if not _use_try(proof):
        return "right" if proof.proved_at else "spent"
    keys, code = deps.settings.secret_keys, typed_code(text)
    if not is_code(keys, proof.code, attempt.reference, proof.email, code):
        return "wrong" if proof.tries < MAX_TRIES else "spent"
    try:
        record = owner_of_email(deps, attempt, proof.email)
    except GatewayError:
        _return_try(proof)
        raise
    _complete(attempt, proof, record)
    return "right"


def is_verified(attempt: LoginAttempt) -> bool:
    proof = EmailProof.of(attempt.id)
    return proof is not None and proof.proved_at is not None


def _count(subject: str, name: str, limits: tuple[Limit, ...]) -> None:
    # One statement for each window: concurrent requests cannot exceed it.
    now = utcnow()
    for limit in limits:
        hours = int(limit.window / HOUR)
        row = {"key": f"{subject}:{hours}:{fingerprint(name)}", "until": now + limit.window}
        expired = MailCount.until <= now
        statement = insert_or(MailCount).values(**row, count=1).on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((expired, 1), else_=MailCount.count + 1),
                "until": case((expired, row["until"]), else_=MailCount.until),
            },
            where=or_(expired, MailCount.count < limit.most),
        )  # fmt: skip
        if db.session.scalar(statement.returning(MailCount.count)) is None:
            raise TooManyCodes


def _store_code(
    deps: Dependencies, attempt: LoginAttempt, email: str, name: str, code: str
) -> None:
    code_hash = code_fingerprint(deps.settings.secret_keys[0], attempt.reference, email, code)
    proof = EmailProof.of(attempt.id) or EmailProof(attempt_id=attempt.id)
    proof.email, proof.name, proof.code = email, name, code_hash
    proof.expires_at, proof.tries, proof.proved_at = utcnow() + CODE_LIFE, 0, None
    db.session.add(proof)


def _use_try(proof: EmailProof) -> bool:
    # Before the check, so that concurrent requests get no more tries.
    statement = update(EmailProof).where(
        EmailProof.attempt_id == proof.attempt_id,
        EmailProof.code == proof.code,
        EmailProof.proved_at.is_(None),
        EmailProof.expires_at > utcnow(),
        EmailProof.tries < MAX_TRIES,
    )
    with transaction() as session:
        tried = affected(statement.values(tries=EmailProof.tries + 1)) == 1
        session.refresh(proof)
    return tried


def _return_try(proof: EmailProof) -> None:
    with transaction():
        proof.tries = EmailProof.tries - 1


def _complete(attempt: LoginAttempt, proof: EmailProof, record: ContactRecord | None) -> None:
    with transaction() as session:
        session.refresh(attempt, with_for_update={"of": LoginAttempt})
        if attempt.outcome:
            return
        proof.proved_at = utcnow()
        attempt.typed, attempt.contact_email, attempt.contact_name = True, proof.email, proof.name
        note_contact(attempt, record)
    if record is None and not attempt.makes_contact:
        close_attempt(attempt, "nobody")


def submit_form(
    deps: Dependencies, attempt: LoginAttempt, email: str, name: str, write: RenderEmail
) -> str:
    """Return `proposed` or `nobody` (closed), `code` (sent), "" (to confirm), or the outcome of an
    attempt closed meanwhile. Raise `TooManyCodes` and `GatewayError`."""
    # LINE has verified this address, and the lookup at the login found no contact with it.
    verified = not attempt.typed and email == attempt.contact_email.lower()
    mail = deps.gateways.mail
    if mail is not None and not verified:
        send_code(deps, mail, attempt, (email, name), write)
        return "code"
    if not verified:
        # Without verification the response reveals whether HubSpot has the address.
        count_address(attempt)
    record = None if verified else owner_of_email(deps, attempt, email)
    if record is not None:
        return hold_unverified(attempt, record)
    if not attempt.makes_contact:
        return close_attempt(attempt, "nobody")
    with transaction() as session:
        session.refresh(attempt, with_for_update={"of": LoginAttempt})
        if not attempt.outcome:
            attempt.typed, attempt.contact_email, attempt.contact_name = True, email, name
    return attempt.outcome
