"""A preview: the friend's pages as a contact would see them, with no login and no way to tie."""

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.doorway import outside
from plugin.models.qr_code import LoginAttempt, QRCode
from plugin.services.linkage_tokens import TokenRead, read_token
from plugin.web import friend_pages as pages

# Which page follows on a page's one button.
NEXT = {"begin": "confirm", "confirm": "linked"}


def is_preview(code: QRCode) -> bool:
    """Whether the address, or the form that was sent, is a preview's; so it is on any code."""
    text = request.values.get("t", "")
    return bool(text) and read_token(outside(), text, code).verdict == "preview"


def go_on(code: QRCode) -> Response:
    """The one button was pressed: on to the next page, and nothing else."""
    step = NEXT.get(request.form.get("step", ""), "")
    address = url_for("friend.walk", slug=code.slug, t=request.form["t"], step=step or None)
    return redirect(address, 303)


def show(code: QRCode, read: TokenRead, text: str) -> Response:
    """The page that the address names; the first of them where it names none."""
    step = request.args.get("step", "")
    if step == "confirm":
        return pages.confirmation(_walk(code, read), preview=text)
    if step in ("linked", "cancelled"):
        return pages.ending(step, code, preview=text)
    return pages.landing(code, text, preview=text)


def _walk(code: QRCode, read: TokenRead) -> LoginAttempt:
    """What a walk would know by then. It is never stored, so nobody can confirm it."""
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
