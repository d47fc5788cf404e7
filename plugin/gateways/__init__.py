"""What the rest of Musubi knows of HubSpot and LINE: protocols, values, one error.

The modules beside this one are the only code that imports an SDK. They speak our words and turn
every provider answer into a value or a `GatewayError` with a verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Reason = Literal[
    "unreachable",  # no connection was made: nothing happened over there
    "lost",  # the request may have had its effect, the answer never came or was unreadable
    "unavailable",  # 5xx, 423, 477: repeat later
    "rate_limited",  # too fast: wait until retry_at
    "monthly_limit",  # LINE's message quota; permanent only where the service finds it used up
    "user_flood",  # too many messages to one LINE user
    "unauthorized",  # 401: the token is dead
    "revoked",  # the portal took its consent back
    "configuration",  # our own client id, secret or redirect URL is wrong
    "forbidden",  # 403: plan, scope or verification is missing
    "not_found",
    "conflict",
    "invalid",  # 400 with a reason that a person can act on
    "refused",  # any other 4xx
]


class GatewayError(Exception):
    """A platform said no, or said nothing.

    `permanent`: repeating the same call cannot help. `retry_at`: not before this moment (UTC), or
    None for "back off as you like". `details` are the provider's own words by field, for people.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        reason: Reason,
        retry_at: datetime | None = None,
        status: int | None = None,
        request_id: str = "",
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.reason: Reason = reason
        self.retry_at = retry_at
        self.status = status
        self.request_id = request_id
        self.details = details


class Meter(Protocol):
    """What may be spent on a platform; asked before every call, told of every refusal.

    Bucket names: `hubspot:<portal>`, `hubspot-search:<portal>`, `hubspot:oauth` (token calls,
    which no portal pays for), `line:<channel>:<endpoint>`; `line:login:friendship` is asked with a
    friend's own token. Endpoints: push, multicast, validate, profile, followers, info, quota,
    consumption, webhook, webhook-test, token, login-token, login-verify, deauthorize.
    """

    def take(self, bucket: str) -> None:
        """Spend one request, or raise `GatewayError(reason="rate_limited", retry_at=...)`."""

    def close(self, bucket: str, until: datetime) -> None:
        """The platform answered 429: nobody spends from this bucket before `until`."""


class NoMeter:
    """A meter that never says no."""

    def take(self, bucket: str) -> None: ...

    def close(self, bucket: str, until: datetime) -> None: ...


@dataclass(frozen=True)
class Portal:
    """One HubSpot account and the access token to speak to it."""

    portal_id: int
    access_token: str = field(repr=False)


@dataclass(frozen=True)
class TokenSet:
    """Answer of HubSpot's token endpoint. `portal_id` and `scopes` are not always told."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    portal_id: int | None = None


@dataclass(frozen=True)
class TokenInfo:
    """What HubSpot says of an access token. `user` is the e-mail of who consented."""

    portal_id: int
    user_id: int | None
    user: str
    scopes: tuple[str, ...]
    hub_domain: str


@dataclass(frozen=True)
class AccountDetails:
    """A portal's own facts: where its pages are (`app-eu1.hubspot.com`) and its IANA zone."""

    portal_id: int
    ui_domain: str
    time_zone: str
    account_type: str


@dataclass(frozen=True)
class ContactRecord:
    """A contact as HubSpot has it. Properties are text or None; the id is HubSpot's int64."""

    contact_id: int
    properties: Mapping[str, str | None]


@dataclass(frozen=True)
class ContactBatch:
    """What a batch did: the records it found or wrote, and the ids it refused with the reason."""

    records: tuple[ContactRecord, ...]
    missing: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ContactUpdate:
    """Properties to write on one contact; an empty text clears."""

    contact_id: int
    properties: Mapping[str, str]


@dataclass(frozen=True)
class PropertyDefinition:
    """A contact property to create. `options`: (value, label) pairs of an enumeration."""

    name: str
    label: str
    type: str
    field_type: str
    description: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ContactList:
    """A HubSpot list of contacts (HubSpot's pages call them segments). `size` may lag."""

    list_id: str
    name: str
    size: int | None
    processing_type: str
    processing: bool = False


@dataclass(frozen=True)
class ListPage:
    """One page of list search; `after` is the next cursor or None."""

    lists: tuple[ContactList, ...]
    after: str | None


@dataclass(frozen=True)
class MembershipPage:
    """Up to 250 contact ids of a list; `after` is the next cursor or None."""

    contact_ids: tuple[int, ...]
    after: str | None
    total: int | None = None


@dataclass(frozen=True)
class CallbackCompletion:
    """The end of a blocked workflow action. `outputs` values are text."""

    callback_id: str
    outputs: Mapping[str, str]


class HubSpotGateway(Protocol):
    """HubSpot in our words. Every method raises `GatewayError` and nothing else."""

    def authorize_url(self, state: str, redirect_uri: str, code_verifier: str) -> str: ...
    def exchange_code(self, code: str, redirect_uri: str, code_verifier: str) -> TokenSet: ...
    def refresh(self, refresh_token: str) -> TokenSet: ...
    def introspect(self, access_token: str) -> TokenInfo: ...
    def revoke(self, refresh_token: str) -> None: ...
    def uninstall(self, portal: Portal) -> None: ...
    def account_details(self, portal: Portal) -> AccountDetails: ...
    def ensure_properties(
        self, portal: Portal, group: tuple[str, str], properties: Sequence[PropertyDefinition]
    ) -> None:
        """Create what is missing, adopt what is there. `group` is (name, label)."""

    def read_contacts(
        self,
        portal: Portal,
        ids: Sequence[str],
        properties: Sequence[str],
        id_property: str | None = None,
    ) -> ContactBatch:
        """Up to 100 contacts by record id, or by the value of `id_property` (`email`, ...)."""

    def search_contacts(
        self, portal: Portal, filters: Mapping[str, str], properties: Sequence[str], limit: int = 10
    ) -> tuple[ContactRecord, ...]:
        """Contacts whose properties equal all `filters`. The index lags behind writes."""

    def create_contact(self, portal: Portal, properties: Mapping[str, str]) -> ContactRecord: ...
    def update_contacts(self, portal: Portal, updates: Sequence[ContactUpdate]) -> ContactBatch:
        """Up to 100 updates in one call; a refused one is in `errors` by its id."""

    def complete_callbacks(
        self, portal: Portal, ends: Sequence[CallbackCompletion]
    ) -> Mapping[str, str]:
        """Up to 100. Answers the ids HubSpot will never take (expired, unknown) with the reason."""

    def search_lists(self, portal: Portal, query: str, after: str | None = None) -> ListPage: ...
    def list_by_id(self, portal: Portal, list_id: str) -> ContactList: ...
    def memberships(self, portal: Portal, list_id: str, after: str | None) -> MembershipPage: ...


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
    def follower_ids(self, channel: Channel, start: str | None) -> FollowerPage: ...
    def quota(self, channel: Channel) -> Quota: ...
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


@dataclass(frozen=True)
class LoginTokens:
    """Answer of LINE Login's token endpoint. Lives: access 30 days, refresh 90."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class Identity:
    """Who LINE says is there, from a verified ID token. `email` is "" unless LINE vouches."""

    user_id: str
    name: str
    picture_url: str
    email: str


class LineLoginGateway(Protocol):
    """LINE Login v2.1 in our words. Every method raises `GatewayError` and nothing else."""

    def authorize_url(
        self,
        login: Channel,
        *,
        redirect_uri: str,
        state: str,
        nonce: str,
        code_verifier: str,
        email: bool = True,
        locale: str = "",
        auto_login: bool = True,
    ) -> str: ...
    def exchange(
        self, login: Channel, code: str, redirect_uri: str, code_verifier: str
    ) -> LoginTokens: ...
    def verify_id_token(self, login: Channel, id_token: str, nonce: str | None) -> Identity:
        """Ask LINE's verify endpoint; refuse a token of another channel, nonce or time."""

    def is_friend(self, access_token: str) -> bool:
        """False also where the person blocks the account."""

    def deauthorize(self, login: Channel, user_access_token: str) -> None:
        """Mandatory when a person unlinks (LINE Login development guidelines)."""


@dataclass(frozen=True)
class Gateways:
    """The live, or stand-in, gateways that `create_app` hands to everything below the doors."""

    hubspot: HubSpotGateway
    line: LineGateway
    line_login: LineLoginGateway
