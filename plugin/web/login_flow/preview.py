"""Previews: the friend's pages as a contact would see them, without login or linking."""

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.guards import get_deps
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.personal_links.tokens import TokenRead, read_token
from plugin.web.login_flow import responses as pages

# The page behind each page's one button.
NEXT = {"begin": "confirm", "confirm": "linked"}


def is_preview(code: QRCode) -> bool:
    """Return whether the address or the submitted form has a preview token, of any code."""
    text = request.values.get("t", "")
    return bool(text) and read_token(get_deps(), text, code).verdict == "preview"


def go_on(code: QRCode) -> Response:
    """Redirect to the next page; the button does nothing else."""
    step = NEXT.get(request.form.get("step", ""), "")
    address = url_for("login_flow.attempt", slug=code.slug, t=request.form["t"], step=step or None)
    return redirect(address, 303)


def show(code: QRCode, read: TokenRead, text: str) -> Response:
    """Return the page that the address names, or the first."""
    step = request.args.get("step", "")
    if step == "confirm":
        return pages.confirmation(_preview(code, read), preview=text)
    if step in ("linked", "cancelled"):
        return pages.outcome_page(step, code, preview=text)
    return pages.landing(code, text, preview=text)


def _preview(code: QRCode, read: TokenRead) -> LoginAttempt:
    # A login attempt as it would be by then, never stored, so that it cannot be confirmed.
    contact = read.contact
    return LoginAttempt(
        reference="",
        qr_code=code,
        display_name=_("Your friend on LINE"),
        picture_url="",
        contact_id=contact.contact_id if contact else None,
        contact_name=contact.name if contact else "",
        contact_email=contact.email if contact else "",
    )
