"""The protocol and values of LINE's Messaging API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True)
class Channel:
    channel_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class BotInfo:
    user_id: str  # the `destination` of its webhooks
    basic_id: str
    display_name: str
    picture_url: str
    chat_mode: str


@dataclass(frozen=True)
class WebhookSetting:
    endpoint: str
    active: bool  # the console's "Use webhook", which has no API


@dataclass(frozen=True)
class WebhookTest:
    success: bool
    status_code: int
    reason: str  # OK, COULD_NOT_CONNECT, ...
    detail: str


@dataclass(frozen=True)
class Profile:
    user_id: str
    display_name: str
    picture_url: str
    language: str


@dataclass(frozen=True)
class FollowerPage:
    user_ids: tuple[str, ...]  # up to 1,000
    next: str | None  # the cursor, valid for 24 h


@dataclass(frozen=True)
class Quota:
    limit: int | None  # of this month; None: unlimited
    used: int  # approximate


@dataclass(frozen=True)
class Opens:
    """People of an aggregation unit; None: LINE tells nothing, as it does below 20."""

    opened: int | None
    tapped: int | None


@dataclass(frozen=True)
class Accepted:
    """LINE accepted the request, which does not mean "delivered"."""

    request_id: str
    message_ids: tuple[str, ...]
    repeated: bool  # LINE had accepted it before (409)


@dataclass(frozen=True)
class RichMenu:
    menu_id: str
    name: str
    chat_bar_text: str  # on the bar below the chat


Message = Mapping[str, Any]


class LineGateway(Protocol):
    """LINE's Messaging API. Every method raises `GatewayError` and nothing else."""

    def check_channel(self, channel: Channel) -> None:
        """Request a token for this ID and secret, of a Messaging API or a LINE Login channel."""

    def bot_info(self, channel: Channel) -> BotInfo: ...
    def get_webhook(self, channel: Channel) -> WebhookSetting | None: ...
    def set_webhook(self, channel: Channel, endpoint: str) -> None: ...
    def test_webhook(self, channel: Channel, endpoint: str) -> WebhookTest: ...
    def profile(self, channel: Channel, user_id: str) -> Profile: ...
    def profiles(self, channel: Channel, user_ids: Sequence[str]) -> Mapping[str, Profile | None]:
        """Fetch up to some hundred, several at once; None where LINE shows no such user. A few
        users for whom LINE fails, also at the second try, may be missing."""

    def follower_ids(self, channel: Channel, start: str | None) -> FollowerPage: ...
    def quota(self, channel: Channel) -> Quota: ...
    def rich_menus(self, channel: Channel) -> tuple[RichMenu, ...]: ...
    def link_rich_menu(self, channel: Channel, user_id: str, menu_id: str) -> None: ...
    def unlink_rich_menu(self, channel: Channel, user_id: str) -> None: ...
    def validate(self, channel: Channel, messages: Sequence[Message]) -> None: ...
    def push(
        self,
        channel: Channel,
        to: str,
        messages: Sequence[Message],
        retry_key: str,
        notification_disabled: bool = False,
        unit: str = "",
    ) -> Accepted: ...
    def multicast(
        self,
        channel: Channel,
        to: Sequence[str],
        messages: Sequence[Message],
        retry_key: str,
        notification_disabled: bool = False,
        unit: str = "",
    ) -> Accepted:
        """`unit`: the name of LINE's statistics, which a refusal drops."""

    def reply(
        self,
        channel: Channel,
        token: str,
        messages: Sequence[Message],
        notification_disabled: bool = False,
    ) -> Accepted: ...
    def aggregation_units(self, channel: Channel) -> int: ...
    def opens(self, channel: Channel, unit: str, start: date, end: date) -> Opens: ...
    def delivered(self, channel: Channel, kind: str, day: date) -> int | None: ...
