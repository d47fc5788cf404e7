"""Who the friend says to be: the short form, and the code that proves its address."""

from collections.abc import Mapping

import structlog
from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.addresses import email_address
from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.email_proof import EmailProof
from plugin.models.qr_code import LoginAttempt, QRCode
from plugin.services.friend_walk import LoginRefused
from plugin.services.prove_email import TooManyCodes, forget_code, take_code
from plugin.services.take_form import take_form
from plugin.web import friend_pages as pages
from plugin.web.friend_letter import code_letter

log = structlog.get_logger()
# What the buttons of the two pages ask for.
FORM_STEPS = ("form", "resend", "code", "other_email")


def who_page(attempt: LoginAttempt) -> Response:
    """The short form, or once a code is on its way the question for it."""
    proof = EmailProof.of(attempt.id)
    if proof is not None:
        return pages.code_question(attempt, proof)
    return pages.question(attempt, {"email": attempt.contact_email, "name": ""})


def take_step(code: QRCode, step: str) -> Response:
    """A button of one of the two pages was pressed."""
    reference = request.form.get("login", "")
    try:
        attempt = pages.own_attempt(code, reference)
        if attempt.outcome or not pages.must_be_asked(attempt):
            return pages.to_page(attempt)
        return _take(attempt, step)
    except LoginRefused as refused:
        return pages.walk_refused(refused.outcome, refused.attempt, code)
    except TooManyCodes:
        what = "codes" if outside().gateways.mail is not None else "addresses"
        return pages.refusal(f"too_many_{what}", code, login=reference)
    except GatewayError as error:
        log.warning("friend_form_failed", reason=error.reason, status=error.status)
        by_mail = step != "code" and outside().gateways.mail is not None
        outcome = "mail_failed" if by_mail else "form_failed"
        return pages.refusal(outcome, code, login=reference)


def _take(attempt: LoginAttempt, step: str) -> Response:
    proof = EmailProof.of(attempt.id)
    if step == "form":
        return _take_form(attempt, request.form)
    if proof is None:
        # Another window of this browser chose another address.
        return pages.to_page(attempt)
    if step == "resend":
        return _take_form(attempt, {"email": proof.email, "name": proof.name})
    if step == "code":
        return _take_code(attempt, proof)
    forget_code(attempt)
    return pages.to_page(attempt)


def _take_form(attempt: LoginAttempt, given: Mapping[str, str]) -> Response:
    """A plausible address, or the form once more."""
    email, name = email_address(given.get("email", "")), given.get("name", "").strip()[:255]
    if not email:
        return pages.question(attempt, given, _("This does not look like an email address."))
    try:
        take_form(outside(), attempt, email, name, code_letter(attempt, email))
    except GatewayError as error:
        if error.permanent and error.reason == "invalid":
            # The mail server's word on the address; whether HubSpot has it was not asked.
            return pages.question(attempt, given, _("No mail can be sent to this address."))
        raise
    return pages.to_page(attempt)


def _take_code(attempt: LoginAttempt, proof: EmailProof) -> Response:
    verdict = take_code(outside(), attempt, request.form.get("code", ""))
    if verdict == "wrong":
        return pages.code_question(attempt, proof, _("This is not the code. Please try again."))
    if verdict == "spent":
        words = _("This code is no longer good. Have a new one sent.")
        return pages.code_question(attempt, proof, words)
    return pages.to_page(attempt)
