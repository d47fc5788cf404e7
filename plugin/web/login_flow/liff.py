"""The LIFF app: the page in LINE's own browser, and the tokens that it submits."""

from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.guards import get_deps, public_route
from plugin.models.login_flow.qr_code import QRCode
from plugin.services.connections.liff_app import endpoint_url, liff_id
from plugin.services.login_flow.liff import LiffTokens, liff_link, login_with_liff
from plugin.services.login_flow.session import LoginRefused, closed_reason, count_visit
from plugin.settings import REAL_BASES
from plugin.web.login_flow import responses as pages
from plugin.web.login_flow.blueprint import blueprint
from plugin.web.login_flow.browser import browser, is_person, new_browser, remember, visitor
from plugin.web.login_flow.links import Refused, read_address, submitted_link
from plugin.web.login_flow.preview import is_preview

# The hosts of LINE's LIFF SDK beside those of its API, as its version 2.31.0 names them.
SDK_SCRIPTS = ("https://liffsdk.line-scdn.net",)
SDK_CALLS = ("https://liffsdk.line-scdn.net", "https://uts-front.line-apps.com")
SDK_FRAMES = ("https://liff-subwindow.line.me",)


class Intent(NamedTuple):
    """The contents of a LIFF URL behind the LIFF app's id."""

    slug: str
    token: str
    visitor: str
    counted: bool


@blueprint.get("/liff/", defaults={"slug": ""})
@blueprint.get("/liff/<path:slug>")
@public_route("a code's slug; a signed token. LINE's tokens stay in the browser")
def liff(slug: str) -> Response:
    """The endpoint of the LIFF app: LINE opens it twice, first with everything in `liff.state`."""
    intent = _intent(slug)
    code = QRCode.by_slug(intent.slug)
    closed = closed_reason(code)
    if code is None or closed:
        return pages.refusal(closed, code)
    address = liff_link(code, intent.token, intent.visitor)
    if not address:
        # The account has no LIFF app any more.
        token, hutk = intent.token or None, intent.visitor or None
        return redirect(url_for("login_flow.attempt", slug=code.slug, t=token, hutk=hutk), 303)
    # Only LINE's first opening counts, no reload or redirect of LINE's. A scan was counted where it
    # came in; a personal link counts once its button is pressed.
    if not slug and is_person() and (intent.token or not intent.counted):
        count_visit(code, "scan")
    return remember(_page(code, intent, address), browser() or new_browser())


@blueprint.post("/liff/<slug>")
@public_route("a form of ours with an ID token, which LINE verifies")
def enter(slug: str) -> Response:
    """Identify the friend by LINE's tokens; the same question follows as after LINE Login on the
    web."""
    code, text, form = QRCode.by_slug(slug), request.form.get("t", ""), request.form
    closed = closed_reason(code)
    if code is None or closed:
        return pages.refusal(closed, code)
    if is_preview(code):
        return redirect(url_for("login_flow.attempt", slug=slug, t=text), 303)
    tokens = LiffTokens(form.get("id_token", ""), form.get("access_token", ""))
    secret = browser() or new_browser()
    try:
        attempt = login_with_liff(get_deps(), code, submitted_link(code), secret, tokens, visitor())
    except Refused as refused:
        return refused.page
    except LoginRefused as refused:
        return pages.refusal(refused.outcome, code, token=text, visitor=visitor())
    return remember(pages.redirect_to_attempt(attempt), secret)


def _intent(slug: str) -> Intent:
    """From the path; before `liff.init` has run, from `liff.state`."""
    try:
        state = urlsplit(request.args.get("liff.state", ""))
    except ValueError:
        abort(400)
    packed = parse_qs(state.query)
    token = request.args.get("t") or packed.get("t", [""])[0]
    target, token = read_address(slug or state.path.strip("/"), token)
    hutk = visitor() or visitor(packed.get("hutk", [""])[0])
    return Intent(target, token, hutk, "seen" in packed)


def _page(code: QRCode, intent: Intent, address: str) -> Response:
    query = {"t": intent.token, "hutk": intent.visitor}
    arguments = urlencode({name: text for name, text in query.items() if text})
    response = pages.render(
        "login_flow/liff.html",
        code,
        token=intent.token,
        visitor=intent.visitor,
        liff_id=liff_id(code.official_account),
        liff_url=address,
        address=f"{endpoint_url(get_deps())}{code.slug}{'?' if arguments else ''}{arguments}",
        sdk_url=get_deps().settings.line_liff_sdk_url,
    )
    response.headers["Content-Security-Policy"] = _policy()
    return response


def _policy() -> str:
    # Allow LINE's SDK and what it calls; no other script, and no frame around the page.
    settings = get_deps().settings
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
