"""The page that LINE's own browser opens, and the tokens it brings."""

from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.doorway import open_to_strangers, outside
from plugin.models.qr_code import QRCode
from plugin.services.friend_liff import (
    LiffTokens,
    endpoint_url,
    enter_by_liff,
    liff_id,
    liff_link,
)
from plugin.services.friend_walk import LoginRefused, why_closed
from plugin.services.linkage_tokens import read_token
from plugin.services.visits import count_visit
from plugin.settings import REAL_BASES
from plugin.web import friend_pages as pages
from plugin.web.friend import friend
from plugin.web.friend_browser import browser, is_only_looking, new_browser, remember, visitor
from plugin.web.friend_preview import is_preview

# The hosts of LINE's LIFF SDK beside those of its API, as its version 2.31.0 names them.
SDK_SCRIPTS = ("https://liffsdk.line-scdn.net",)
SDK_CALLS = ("https://liffsdk.line-scdn.net", "https://uts-front.line-apps.com")
SDK_FRAMES = ("https://liff-subwindow.line.me",)


class Intent(NamedTuple):
    """What a LIFF URL says behind the LIFF app's id."""

    slug: str
    token: str
    visitor: str


@friend.get("/liff/", defaults={"slug": ""})
@friend.get("/liff/<slug>")
@open_to_strangers("a code's slug; a signed token. LINE's tokens stay in the browser")
def liff(slug: str) -> Response:
    """The endpoint of the LIFF app: LINE opens it twice, first with everything in `liff.state`."""
    intent = _intent(slug)
    code = QRCode.by_slug(intent.slug)
    closed = why_closed(code)
    if code is None or closed:
        return pages.refusal(closed, code)
    address = liff_link(code, intent.token, intent.visitor)
    if not address:
        # The account has no LIFF app any more.
        token, hutk = intent.token or None, intent.visitor or None
        return redirect(url_for("friend.walk", slug=code.slug, t=token, hutk=hutk), 303)
    # The first opening is the one that LINE makes; reloads and LINE's own redirects are not.
    if not slug and not is_only_looking():
        count_visit(code, "scan")
    return remember(_page(code, intent, address), browser() or new_browser())


@friend.post("/liff/<slug>")
@open_to_strangers("a form of ours with an ID token, which LINE verifies")
def enter(slug: str) -> Response:
    """Who LINE says is there; then the same question as after LINE Login on the web."""
    code, text, given = QRCode.by_slug(slug), request.form.get("t", ""), request.form
    closed = why_closed(code)
    if code is None or closed:
        return pages.refusal(closed, code)
    if is_preview(code):
        return redirect(url_for("friend.walk", slug=slug, t=text), 303)
    read = read_token(outside(), text, code) if text and code.by_token else None
    if read and read.verdict not in ("valid", "used"):
        return pages.refusal(read.verdict, code, token=text)
    tokens = LiffTokens(given.get("id_token", ""), given.get("access_token", ""))
    secret, token = browser() or new_browser(), read.token if read else None
    try:
        attempt = enter_by_liff(outside(), code, token, secret, tokens, visitor())
    except LoginRefused as refused:
        return pages.refusal(refused.outcome, code, token=text, visitor=visitor())
    return remember(pages.to_page(attempt), secret)


def _intent(slug: str) -> Intent:
    """From the path; before `liff.init` has run, from what LINE packed into `liff.state`."""
    try:
        state = urlsplit(request.args.get("liff.state", ""))
    except ValueError:
        abort(400)
    packed = parse_qs(state.query)
    token = request.args.get("t") or packed.get("t", [""])[0]
    return Intent(
        slug or state.path.strip("/"), token, visitor() or visitor(packed.get("hutk", [""])[0])
    )


def _page(code: QRCode, intent: Intent, address: str) -> Response:
    query = {"t": intent.token, "hutk": intent.visitor}
    kept = urlencode({name: text for name, text in query.items() if text})
    response = pages.shown(
        "friend/liff.html",
        code,
        token=intent.token,
        visitor=intent.visitor,
        liff_id=liff_id(code.official_account),
        liff_url=address,
        address=f"{endpoint_url(outside())}{code.slug}{'?' if kept else ''}{kept}",
        sdk_url=outside().settings.line_liff_sdk_url,
    )
    response.headers["Content-Security-Policy"] = _policy()
    return response


def _policy() -> str:
    """LINE's SDK and what it calls; nothing else, and nobody may frame the page."""
    settings = outside().settings
    sdk: tuple[str, ...] = (_origin(settings.line_liff_sdk_url),)
    bases = (settings.line_api_base, settings.line_access_base, settings.line_liff_base)
    calls: tuple[str, ...] = tuple(map(_origin, bases))
    frames: tuple[str, ...] = ("'none'",)
    if settings.line_liff_sdk_url == REAL_BASES["LINE_LIFF_SDK_URL"]:
        sdk, calls, frames = sdk + SDK_SCRIPTS, calls + SDK_CALLS, SDK_FRAMES
    return (
        f"default-src 'self'; script-src 'self' {_list(sdk)}; connect-src 'self' {_list(calls)};"
        f" frame-src {_list(frames)}; img-src 'self' https: {_origin(bases[0])};"
        " object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _list(sources: tuple[str, ...]) -> str:
    return " ".join(dict.fromkeys(sources))
