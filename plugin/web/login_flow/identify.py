"""Self-identification of a friend: the short form, and the code that verifies the email."""

from collections.abc import Mapping

import structlog
from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.clean import email_address
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.login_flow.email_proof import EmailProof
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.login_flow.email_code import (
    TooManyCodes,
    forget_code,
    submit_code,
    submit_form,
)
from plugin.services.login_flow.session import LoginRefused
from plugin.web.login_flow import responses as pages
from plugin.web.login_flow.code_mail import code_letter

log = structlog.get_logger()
# The steps that the buttons of the two pages submit.
FORM_STEPS = ("form", "resend", "code", "other_email")


def identify_page(attempt: LoginAttempt) -> Response:
    """Return the short form, or the question for the code once one was sent."""
    proof = EmailProof.of(attempt.id)
    if proof is not None:
        return pages.code_page(attempt, proof)
    return pages.form_page(attempt, {"email": attempt.contact_email, "name": ""})


def handle_step(code: QRCode, step: str) -> Response:
    """Handle a button of one of the two pages."""
    reference = request.form.get("login", "")
    try:
        attempt = pages.own_attempt(code, reference)
        if attempt.outcome or not pages.needs_form(attempt):
            return pages.redirect_to_attempt(attempt)
        return _handle(attempt, step)
    except LoginRefused as refused:
        return pages.login_refused(refused.outcome, refused.attempt, code)
    except TooManyCodes:
        limit = "codes" if get_deps().gateways.mail is not None else "addresses"
        return pages.refusal(f"too_many_{limit}", code, login=reference)
    except GatewayError as error:
        log.warning("friend_form_failed", reason=error.reason, status=error.status)
        by_mail = step != "code" and get_deps().gateways.mail is not None
        outcome = "mail_failed" if by_mail else "form_failed"
        return pages.refusal(outcome, code, login=reference)


def _handle(attempt: LoginAttempt, step: str) -> Response:
    proof = EmailProof.of(attempt.id)
    if step == "form":
        return _handle_form(attempt, request.form)
    if proof is None:
        # Another window of this browser chose another address.
        return pages.redirect_to_attempt(attempt)
    if step == "resend":
        return _handle_form(attempt, {"email": proof.email, "name": proof.name})
    if step == "code":
        return _handle_code(attempt, proof)
    forget_code(attempt)
    return pages.redirect_to_attempt(attempt)


def _handle_form(attempt: LoginAttempt, fields: Mapping[str, str]) -> Response:
    email, name = email_address(fields.get("email", "")), fields.get("name", "").strip()[:255]
    if not email:
        return pages.form_page(attempt, fields, _("This does not look like an email address."))
    try:
        submit_form(get_deps(), attempt, email, name, code_letter(attempt, email))
    except GatewayError as error:
        if error.permanent and error.reason == "invalid":
            # The mail server refused the address; whether HubSpot has it was not asked.
            return pages.form_page(attempt, fields, _("No mail can be sent to this address."))
        raise
    return pages.redirect_to_attempt(attempt)


def _handle_code(attempt: LoginAttempt, proof: EmailProof) -> Response:
    result = submit_code(get_deps(), attempt, request.form.get("code", ""))
    if result == "wrong":
        return pages.code_page(attempt, proof, _("This is not the code. Please try again."))
    if result == "spent":
        words = _("This code is no longer good. Have a new one sent.")
        return pages.code_page(attempt, proof, words)
    return pages.redirect_to_attempt(attempt)
