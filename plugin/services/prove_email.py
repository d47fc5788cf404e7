"""A typed address is proved by a code that is sent there, whoever's it is.

Nothing is looked up before the code came back right, so the page says the same of every address
and a stranger learns of none whether HubSpot has it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal, NamedTuple

from sqlalchemy import case, or_, update

from plugin.core.clock import utcnow
from plugin.core.email_codes import code_fingerprint, is_code, new_code, typed_code
from plugin.core.tokens import fingerprint
from plugin.gateways import ContactRecord, GatewayError, Letter, MailGateway
from plugin.models.base import affected, db, transaction
from plugin.models.email_proof import EmailProof, MailCount
from plugin.models.qr_code import LoginAttempt
from plugin.models.upsert import insert_or
from plugin.services import Outside
from plugin.services.propose_tie import end_walk, owner_of_email
from plugin.services.recognise_friend import note_contact

CODE_LIFE = timedelta(minutes=10)
TRIES = 5
Verdict = Literal["right", "wrong", "spent"]
# The letter that carries a code.
Write = Callable[[str], Letter]


class TooManyCodes(Exception):
    """This address, or this friend, had as many codes as it gets for now; without a mail server
    the friend typed as many addresses."""


class Limit(NamedTuple):
    """At most so many codes in a window that begins with the first."""

    window: timedelta
    most: int


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OF_ADDRESS = (Limit(HOUR, 3), Limit(DAY, 6))
OF_FRIEND = (Limit(HOUR, 5), Limit(DAY, 10))


def send_code(
    outside: Outside, mail: MailGateway, attempt: LoginAttempt, who: tuple[str, str], write: Write
) -> None:
    """Send a new code to `who`, an address and a name; the one before is good no more.

    Raises `TooManyCodes`, or `GatewayError` where the letter could not be handed in.
    """
    code, (email, name) = new_code(), who
    with transaction():
        _count("address", email, OF_ADDRESS)
        _count("friend", attempt.line_user_id, OF_FRIEND)
        _keep(outside, attempt, email, name, code)
    try:
        mail.send(write(code))
    except GatewayError as error:
        # Where nobody knows whether it went out, the friend may still enter it.
        if error.reason != "lost":
            forget_code(attempt)
        raise


def count_address(attempt: LoginAttempt) -> None:
    """One more address that no code proves. Raises `TooManyCodes`."""
    with transaction():
        _count("friend", attempt.line_user_id, OF_FRIEND)


def forget_code(attempt: LoginAttempt) -> None:
    """The friend chooses another address."""
    with transaction() as session:
        proof = EmailProof.of(attempt.id)
        if proof is not None:
            session.delete(proof)


def take_code(outside: Outside, attempt: LoginAttempt, text: str) -> Verdict:
    """What the friend entered. Right: the walk knows its contact, or has ended.

    Raises `GatewayError` where HubSpot could not be asked; the code stays good.
    """
    proof = EmailProof.of(attempt.id)
    if proof is None:
        return "spent"
    if not _try(proof):
        return "right" if proof.proved_at else "spent"
    keys, code = outside.settings.secret_keys, typed_code(text)
    if not is_code(keys, proof.code, attempt.reference, proof.email, code):
        return "wrong" if proof.tries < TRIES else "spent"
    try:
        record = owner_of_email(outside, attempt, proof.email)
    except GatewayError:
        _give_back(proof)
        raise
    _settle(attempt, proof, record)
    return "right"


def is_proved(attempt: LoginAttempt) -> bool:
    """Whether the friend read a code at the address that the walk goes on with."""
    proof = EmailProof.of(attempt.id)
    return proof is not None and proof.proved_at is not None


def _count(whose: str, name: str, limits: tuple[Limit, ...]) -> None:
    """One more, in one statement for each window: requests that race cannot pass it together."""
    now = utcnow()
    for limit in limits:
        hours = int(limit.window / HOUR)
        row = {"key": f"{whose}:{hours}:{fingerprint(name)}", "until": now + limit.window}
        over = MailCount.until <= now
        one_more = insert_or(MailCount).values(**row, count=1).on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((over, 1), else_=MailCount.count + 1),
                "until": case((over, row["until"]), else_=MailCount.until),
            },
            where=or_(over, MailCount.count < limit.most),
        )  # fmt: skip
        if db.session.scalar(one_more.returning(MailCount.count)) is None:
            raise TooManyCodes


def _keep(outside: Outside, attempt: LoginAttempt, email: str, name: str, code: str) -> None:
    kept = code_fingerprint(outside.settings.secret_keys[0], attempt.reference, email, code)
    proof = EmailProof.of(attempt.id) or EmailProof(attempt_id=attempt.id)
    proof.email, proof.name, proof.code = email, name, kept
    proof.expires_at, proof.tries, proof.proved_at = utcnow() + CODE_LIFE, 0, None
    db.session.add(proof)


def _try(proof: EmailProof) -> bool:
    """Use up one try before it is judged, so that many at once are not more."""
    fresh = update(EmailProof).where(
        EmailProof.attempt_id == proof.attempt_id,
        EmailProof.code == proof.code,
        EmailProof.proved_at.is_(None),
        EmailProof.expires_at > utcnow(),
        EmailProof.tries < TRIES,
    )
    with transaction() as session:
        tried = affected(fresh.values(tries=EmailProof.tries + 1)) == 1
        session.refresh(proof)
    return tried


def _give_back(proof: EmailProof) -> None:
    with transaction():
        proof.tries -= 1


def _settle(attempt: LoginAttempt, proof: EmailProof, record: ContactRecord | None) -> None:
    with transaction():
        proof.proved_at = utcnow()
        attempt.typed, attempt.contact_email, attempt.contact_name = True, proof.email, proof.name
        note_contact(attempt, record)
    if record is None and not attempt.qr_code.makes_contact:
        end_walk(attempt, "nobody")
