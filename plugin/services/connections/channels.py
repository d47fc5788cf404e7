"""An Official Account's channels, in the gateways' form."""

from typing import NamedTuple

from plugin.gateways import Channel
from plugin.models.connections.official_account import OfficialAccount
from plugin.services import Dependencies


class ChannelValues(NamedTuple):
    """Two channels and, optionally, the LIFF address, as typed."""

    channel_id: str
    channel_secret: str
    login_channel_id: str = ""
    login_channel_secret: str = ""
    liff_url: str = ""


def stored_values(account: OfficialAccount) -> ChannelValues:
    return ChannelValues(**{name: getattr(account, name) for name in ChannelValues._fields})


def callback_url(deps: Dependencies) -> str:
    """Return the callback URL to register at the LINE Login channel."""
    return f"{deps.settings.base_url}/line/login/callback"


def login_channel(account: OfficialAccount) -> Channel:
    return Channel(account.login_channel_id, account.login_channel_secret)


def messaging_channel(account: OfficialAccount) -> Channel:
    return Channel(account.channel_id, account.channel_secret)
