"""Verifies an account's channels with LINE, before anything of them is stored."""

from collections.abc import Iterator
from contextlib import contextmanager

from plugin.gateways import BotInfo, Channel, GatewayError
from plugin.services import Dependencies
from plugin.services.connections.channels import ChannelValues
from plugin.services.connections.liff_app import liff_id_of

# LIFF apps of LINE MINI App channels are on channels that LINE does not list them for.
MINI_APPS = "https://miniapp.line.me/"


class RefusedChannel(GatewayError):
    """LINE refused the value `field` for good; an outage of LINE is an ordinary `GatewayError`."""

    def __init__(self, field: str, error: GatewayError) -> None:
        super().__init__(
            error.message,
            permanent=True,
            reason=error.reason,
            status=error.status,
            request_id=error.request_id,
            details=error.details,
        )
        self.field = field


def verify_channels(
    deps: Dependencies, values: ChannelValues, stored: ChannelValues | None
) -> BotInfo:
    """Ask LINE about values that are not stored; return the account. Raise `RefusedChannel`."""
    bot = _verify_messaging(deps, values, stored)
    fresh_login = stored is None or _login_channel(values) != _login_channel(stored)
    if values.login_channel_id and fresh_login:
        with _name_refused_field("login_channel_secret"):
            deps.gateways.line.check_channel(_login_channel(values))
    fresh_liff = fresh_login or stored is None or values.liff_url != stored.liff_url
    if values.liff_url and values.login_channel_id and fresh_liff:
        _check_liff_app(deps, values)
    return bot


def _verify_messaging(
    deps: Dependencies, values: ChannelValues, stored: ChannelValues | None
) -> BotInfo:
    line, channel = deps.gateways.line, Channel(values.channel_id, values.channel_secret)
    with _name_refused_field("channel_secret"):
        if stored is None or stored.channel_secret != values.channel_secret:
            # A token issued before would still work with a secret that LINE has replaced.
            line.check_channel(channel)
        return line.bot_info(channel)


def _check_liff_app(deps: Dependencies, values: ChannelValues) -> None:
    if values.liff_url.startswith(MINI_APPS):
        return
    with _name_refused_field("liff_url"):
        apps = deps.gateways.line_login.liff_apps(_login_channel(values))
    if liff_id_of(values.liff_url) not in {app.liff_id for app in apps}:
        words = "The LINE Login channel has no LIFF app with this LIFF ID"
        raise RefusedChannel("liff_url", GatewayError(words, permanent=True, reason="not_found"))


def _login_channel(values: ChannelValues) -> Channel:
    return Channel(values.login_channel_id, values.login_channel_secret)


@contextmanager
def _name_refused_field(field: str) -> Iterator[None]:
    try:
        yield
    except GatewayError as error:
        if not error.permanent:
            raise
        raise RefusedChannel(field, error) from error
