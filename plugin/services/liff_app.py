"""The LIFF app of an Official Account, made and kept right at LINE."""

from plugin.gateways import GatewayError
from plugin.models.base import transaction
from plugin.models.official_account import OfficialAccount
from plugin.services import Outside
from plugin.services.friend_liff import endpoint_url, liff_id
from plugin.services.friend_login import login_channel


def ensure_liff_app(outside: Outside, account: OfficialAccount) -> str:
    """Make the app, or put its endpoint right where there is one; answers its LIFF URL.

    An app on the channel that opens Musubi already is taken up instead of making another. Raises
    `GatewayError` where LINE refuses; a channel has 30 apps at most.
    """
    login, channel = outside.gateways.line_login, login_channel(account)
    endpoint = endpoint_url(outside)
    apps = {app.liff_id: app for app in login.liff_apps(channel)}
    ours = [app.liff_id for app in apps.values() if app.endpoint == endpoint]
    chosen = next(iter([liff_id(account)] if liff_id(account) in apps else ours), "")
    try:
        chosen = _write(outside, account, chosen, email=account.login_email)
    except GatewayError as error:
        if error.reason != "invalid" or not account.login_email:
            raise
        # The channel may not ask for e-mail addresses; everything else works without them.
        chosen = _write(outside, account, chosen, email=False)
    with transaction():
        account.liff_url = f"{outside.settings.line_liff_base}/{chosen}"
    return account.liff_url


def _write(outside: Outside, account: OfficialAccount, chosen: str, *, email: bool) -> str:
    login, channel = outside.gateways.line_login, login_channel(account)
    if not chosen:
        return login.create_liff_app(channel, endpoint_url(outside), email=email)
    login.change_liff_app(channel, chosen, endpoint_url(outside), email=email)
    return chosen


def liff_verdict(outside: Outside, account: OfficialAccount) -> tuple[bool | None, str]:
    """Whether the app opens Musubi, and LINE's words or the wrong endpoint. None: not set up."""
    if not account.liff_url or not account.can_login:
        return (None, "")
    try:
        apps = outside.gateways.line_login.liff_apps(login_channel(account))
    except GatewayError as error:
        return (False, error.message)
    found = next((app for app in apps if app.liff_id == liff_id(account)), None)
    if found is None:
        return (False, "no such LIFF app on the LINE Login channel")
    right = found.endpoint.rstrip("/") == endpoint_url(outside).rstrip("/")
    return (right, found.endpoint)
