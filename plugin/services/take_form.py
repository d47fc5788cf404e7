"""The short form: an address and a name, and what they are worth."""

from plugin.models.base import transaction
from plugin.models.qr_code import LoginAttempt
from plugin.services import Outside
from plugin.services.propose_tie import end_walk, owner_of_email, propose
from plugin.services.prove_email import Write, count_address, send_code


def take_form(outside: Outside, attempt: LoginAttempt, email: str, name: str, write: Write) -> str:
    """What the friend typed: `proposed` or `nobody` end the walk, `code` waits for a code that was
    sent, "" leads to the one question.

    Raises `TooManyCodes`, and `GatewayError` where HubSpot or the mail server could not be asked.
    """
    # LINE vouches for this one, and nobody in HubSpot has it: it was looked up at the login.
    vouched = not attempt.typed and email == attempt.contact_email.lower()
    mail = outside.gateways.mail
    if mail is not None and not vouched:
        send_code(outside, mail, attempt, (email, name), write)
        return "code"
    if not vouched:
        # Where nothing is proved, the answer tells whether HubSpot has the address.
        count_address(attempt)
    record = None if vouched else owner_of_email(outside, attempt, email)
    if record is not None:
        return propose(attempt, record)
    if not attempt.qr_code.makes_contact:
        return end_walk(attempt, "nobody")
    with transaction():
        attempt.typed, attempt.contact_email, attempt.contact_name = True, email, name
    return ""
