"""Personal links as they arrive: whole, damaged, empty, or at a code that takes none."""

import re
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.core.security.damaged_links import letters, personal_part
from plugin.core.security.tokens import nonce_of
from plugin.guards import get_deps
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.login_flow.session import (
    PersonalLink,
    count_visit,
    earlier_link_attempt,
    resumable_link,
)
from plugin.services.personal_links.tokens import TokenRead, find_token, read_token
from plugin.web.login_flow import preview
from plugin.web.login_flow import responses as pages
from plugin.web.login_flow.browser import browser, is_person, visitor
from plugin.web.session import find_person

SLUG = re.compile(r"[A-Za-z0-9_-]*")
EMPTY = ("test_send", "shared_default")


class Refused(Exception):
    """The link is not valid; `page` explains why."""

    def __init__(self, page: Response) -> None:
        super().__init__(page.status)
        self.page = page


def redirect_damaged(slug: str, code: QRCode | None) -> Response | None:
    """Redirect a damaged address to what it meant; None for a whole one.

    A genuine token leads to its own code, wherever in the address it stands.
    """
    clean, address = _split(slug)
    if code is not None and nonce_of(request.args.get("t", "").strip()) is not None:
        return None
    match = find_token(get_deps(), address)
    if match is not None:
        return _to(match.token.qr_code.slug, match.text)
    part = personal_part(address)
    if clean == slug and (part is None or "t" in request.args):
        return None
    if part is None:
        # Letters behind the slug were part of a token, a full stop was not.
        part = letters(slug[len(clean) :]) or None
    return _to(clean, part) if clean else None


def read_address(slug: str, text: str) -> tuple[str, str]:
    """Return the slug and the token's text that a LIFF address means."""
    clean, address = _split(slug)
    if nonce_of(text.strip()) is not None:
        return clean, text
    match = find_token(get_deps(), address)
    if match is not None:
        return match.token.qr_code.slug, match.text
    return clean, text or (pages.LOST if personal_part(address) is not None else "")


def open_personal_link(code: QRCode, text: str) -> Response:
    """Show the page for a personal link, without effect: a mail scanner may have opened it."""
    read = read_token(get_deps(), text, code)
    if read.verdict == "preview":
        return preview.show(code, read, text)
    if read.verdict in EMPTY:
        return _without_token(code, read)
    if not code.takes_links and read.token is not None:
        own = read.token.qr_code
        if own.takes_links and own.archived_at is None:
            return _to(own.slug, text)
        return pages.refusal("revoked", code)
    earlier = earlier_link_attempt(read.token, browser()) if read.verdict == "used" else None
    if earlier is not None:
        return pages.outcome_page("already_linked", code, add_url=pages.add_friend_url(earlier))
    if read.verdict != "valid":
        return pages.refusal(read.verdict, code, token=text)
    if is_person():
        count_visit(code, "opened")
    return pages.landing(code, text)


def submitted_link(code: QRCode) -> PersonalLink:
    """Return the personal link that a form of ours submits. Raises `Refused`.

    A used token is accepted here: only the friend who used it gets the page that all is well.
    """
    reference, text = request.form.get("resume", ""), request.form.get("t", "")
    if reference:
        carried = resumable_link(code, reference)
        if carried is None:
            raise Refused(pages.refusal("login_unknown", code))
        return carried
    if not text:
        return PersonalLink()
    read = read_token(get_deps(), text, code)
    if read.verdict in EMPTY:
        return PersonalLink(missing=True)
    if read.verdict not in ("valid", "used"):
        raise Refused(pages.refusal(read.verdict, code, token=text))
    if not code.takes_links:
        raise Refused(pages.refusal("revoked", code))
    return PersonalLink(read.token)


def _without_token(code: QRCode, read: TokenRead) -> Response:
    # A customer continues without a link; only the shop's team learns why it is empty.
    if "team" in request.args or _is_of_the_team(code):
        return pages.refusal(read.verdict, code)
    if is_person():
        count_visit(code, read.verdict)
    cut = read.verdict == "shared_default" and request.args.get("t", "") != pages.LOST
    return pages.landing(code, pages.LOST, missing=True, cut=cut)


def _is_of_the_team(code: QRCode) -> bool:
    person = find_person()
    return person is not None and person.installation.id == code.official_account.installation_id


def _split(slug: str) -> tuple[str, str]:
    """The slug without trailing characters, and all of the address behind it."""
    match = SLUG.match(slug)
    clean = match[0] if match else ""
    return clean, f"{slug[len(clean) :]}?{request.query_string.decode('latin-1')}"


def _to(slug: str, text: str | None) -> Response:
    arguments = {name: request.args.get(name) for name in ("login", "lang")}
    query = {**arguments, "t": text, "hutk": visitor()}
    values: dict[str, Any] = {name: value for name, value in query.items() if value}
    if text == "":
        values["t"] = ""
    return redirect(url_for("login_flow.attempt", slug=slug, **values), 303)
