"""Creates an Official Account's LIFF app at LINE, and keeps its endpoint correct."""

from urllib.parse import urlsplit

from plugin.core.diagnosis.doctor.verdict import Verdict, unanswered, waiting
from plugin.gateways import GatewayError, LiffApp
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.account_values import MINI_APPS, is_liff_url
from plugin.services.connections.channels import login_channel
from plugin.services.connections.unanswered import refused_or_unanswered

# Without them nobody is told apart (`gateways.line_login.liff`).
SCOPES = ("openid", "profile")


def ensure_liff_app(deps: Dependencies, account: OfficialAccount) -> str:
    """Create the app, or correct its endpoint; return its LIFF URL. Raise `GatewayError`."""
    login, channel = deps.gateways.line_login, login_channel(account)
    endpoint = endpoint_url(deps)
    apps = {app.liff_id: app for app in login.liff_apps(channel)}
    # An app that opens Musubi already is reused: a channel has 30 apps at most.
    reusable = [app.liff_id for app in apps.values() if app.endpoint == endpoint]
    app_id = next(iter([liff_id(account)] if liff_id(account) in apps else reusable), "")
    try:
        app_id = _write(deps, account, app_id, email=account.login_email)
    except GatewayError as error:
        if error.reason != "invalid" or not account.login_email:
            raise
        # The channel may not ask for e-mail addresses; everything else works without them.
        app_id = _write(deps, account, app_id, email=False)
    with transaction():
        account.liff_url = f"{deps.settings.line_liff_base}/{app_id}"
    return account.liff_url


def _write(deps: Dependencies, account: OfficialAccount, app_id: str, *, email: bool) -> str:
    login, channel = deps.gateways.line_login, login_channel(account)
    if not app_id:
        return login.create_liff_app(channel, endpoint_url(deps), email=email)
    login.change_liff_app(channel, app_id, endpoint_url(deps), email=email)
    return app_id


def liff_verdicts(deps: Dependencies, account: OfficialAccount) -> list[Verdict]:
    """Ask LINE whether the app opens Musubi, at full size and with the scopes."""
    if not account.liff_url:
        return [Verdict("liff_url", "none"), *waiting("liff_scopes")]
    if not is_liff_url(deps, account.liff_url):
        return [Verdict("liff_url", "elsewhere", account.liff_url), *waiting("liff_scopes")]
    if account.liff_url.startswith(MINI_APPS):
        # LINE lists MINI Apps on channels of their own.
        return unanswered("", "liff_url", "liff_scopes")
    try:
        apps = deps.gateways.line_login.liff_apps(login_channel(account))
    except GatewayError as error:
        return refused_or_unanswered(error, "", "liff_url", "liff_scopes")
    registered = next((app for app in apps if app.liff_id == liff_id(account)), None)
    if registered is None:
        return [Verdict("liff_url", "gone", liff_id(account)), *waiting("liff_scopes")]
    matches = registered.endpoint.rstrip("/") == endpoint_url(deps).rstrip("/")
    opens = Verdict("liff_url", "ok" if matches else "elsewhere", registered.endpoint)
    return [opens, _scopes_verdict(registered)]


def _scopes_verdict(app: LiffApp) -> Verdict:
    lacking = [name for name in SCOPES if app.scopes is not None and name not in app.scopes]
    if lacking:
        return Verdict("liff_scopes", "lacking", values={"names": ", ".join(lacking)})
    return Verdict("liff_scopes", "small" if app.view not in ("", "full") else "ok")


def endpoint_url(deps: Dependencies) -> str:
    return f"{deps.settings.base_url}/liff/"


def liff_id(account: OfficialAccount) -> str:
    """Return the opaque id for `liff.init`; "" where the account has no LIFF app."""
    return liff_id_of(account.liff_url)


def liff_id_of(liff_url: str) -> str:
    return urlsplit(liff_url).path.rstrip("/").rpartition("/")[2]
