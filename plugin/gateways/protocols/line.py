"""The protocol and values of LINE's Messaging API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any, Protocol


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
class Content:
    """A picture, video, voice message or file; `data` is closed by whoever gets it."""

    data: IO[bytes]
    content_type: str


@dataclass(frozen=True)
class RichMenu:
    menu_id: str
    name: str
    chat_bar_text: str  # on the bar below the chat


@dataclass(frozen=True)
class Coupon:
    """`starts_at`, `ends_at`: None where LINE was not asked for them."""

    coupon_id: str
    title: str
    running: bool
    starts_at: datetime | None = None
    ends_at: datetime | None = None


Message = Mapping[str, Any]


class LineShop(Protocol):
    """Pictures that LINE shows to everybody, without a channel."""

    def emoji(self, product: str, emoji: str) -> bytes:
        """Return a PNG of one of LINE's own emojis. Raise `not_found` where there is none."""


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
    def coupons(self, channel: Channel) -> tuple[Coupon, ...]: ...
    def coupon(self, channel: Channel, coupon_id: str) -> Coupon: ...
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
    def mark_as_read(self, channel: Channel, token: str) -> None: ...
    def show_loading(self, channel: Channel, user_id: str) -> None:
        """Show moving dots for 20 seconds, while the friend's chat is open."""

    def content(self, channel: Channel, message_id: str, largest: int) -> Content | None:
        """Fetch what a friend sent; None while LINE prepares it. Raise `not_found` where LINE has
        deleted it, `too_large` in `details` where it has more bytes than `largest`."""

    def preparation_failed(self, channel: Channel, message_id: str) -> bool:
        """Whether LINE has given up preparing a video or voice message."""

    def aggregation_units(self, channel: Channel) -> int: ...
    def opens(self, channel: Channel, unit: str, start: date, end: date) -> Opens: ...
    def delivered(self, channel: Channel, kind: str, day: date) -> int | None: ...
