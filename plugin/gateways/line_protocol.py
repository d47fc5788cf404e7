"""LINE's Messaging API in our words: values and what may be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Channel:
    """A LINE channel: Messaging API, or LINE Login."""

    channel_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class BotInfo:
    """The Official Account behind a channel. `user_id` is the `destination` of its webhooks."""

    user_id: str
    basic_id: str
    display_name: str
    picture_url: str
    chat_mode: str


@dataclass(frozen=True)
class WebhookSetting:
    """Where LINE sends events. `active` is the console's "Use webhook", which has no API."""

    endpoint: str
    active: bool


@dataclass(frozen=True)
class WebhookTest:
    """What LINE met when it called the endpoint; `reason` is OK, COULD_NOT_CONNECT, ..."""

    success: bool
    status_code: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Profile:
    """A LINE user as the Messaging API shows him."""

    user_id: str
    display_name: str
    picture_url: str
    language: str


@dataclass(frozen=True)
class FollowerPage:
    """Up to 1,000 user ids; `next` is the cursor (24 h) or None."""

    user_ids: tuple[str, ...]
    next: str | None


@dataclass(frozen=True)
class Quota:
    """This month's counted messages; `limit` None means unlimited, `used` is approximate."""

    limit: int | None
    used: int


@dataclass(frozen=True)
class Accepted:
    """LINE took the request (which is not "delivered"). `repeated`: it had it before (409)."""

    request_id: str
    message_ids: tuple[str, ...]
    repeated: bool


@dataclass(frozen=True)
class RichMenu:
    """A menu below the chat; `chat_bar_text` is what the friend reads on its bar."""

    menu_id: str
    name: str
    chat_bar_text: str


Message = Mapping[str, Any]


class LineGateway(Protocol):
    """LINE's Messaging API in our words. Every method raises `GatewayError` and nothing else."""

    def check_channel(self, channel: Channel) -> None:
        """Whether LINE knows this ID and secret, of a Messaging API or a LINE Login channel."""

    def bot_info(self, channel: Channel) -> BotInfo: ...
    def get_webhook(self, channel: Channel) -> WebhookSetting | None: ...
    def set_webhook(self, channel: Channel, endpoint: str) -> None: ...
    def test_webhook(self, channel: Channel, endpoint: str) -> WebhookTest: ...
    def profile(self, channel: Channel, user_id: str) -> Profile: ...
    def profiles(self, channel: Channel, user_ids: Sequence[str]) -> Mapping[str, Profile | None]:
        """Some hundred at most, several at once; None where LINE shows nobody."""

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
    ) -> Accepted: ...
    def multicast(
        self,
        channel: Channel,
        to: Sequence[str],
        messages: Sequence[Message],
        retry_key: str,
        notification_disabled: bool = False,
    ) -> Accepted: ...
