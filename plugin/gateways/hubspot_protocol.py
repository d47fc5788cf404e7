"""HubSpot in our words: values and what may be asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


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
    """What a batch did: the records it found or wrote, and the ids it refused with the reason.

    `missing`: contacts that do not exist; after a write they are in `errors` too. After a read
    `errors` has those that HubSpot did not show and did not call missing either.
    """

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
class ModifiedPage:
    """Contacts that changed, oldest change first. `total` counts all, also beyond the 10,000."""

    records: tuple[ContactRecord, ...]
    after: str | None
    total: int


@dataclass(frozen=True)
class TextProperty:
    """A contact property that holds text."""

    name: str
    label: str


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
    ) -> tuple[str, ...]:
        """Create what is missing, adopt what is there; answers the names that were missing.

        `group` is (name, label).
        """

    def text_properties(self, portal: Portal) -> tuple[TextProperty, ...]:
        """The contact properties that hold text, by label."""

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

    def modified_contacts(
        self, portal: Portal, since: datetime, properties: Sequence[str], after: str | None
    ) -> ModifiedPage:
        """Up to 200 contacts that changed at or after `since`; HubSpot pages to 10,000 only."""

    def contacts_holding(
        self, portal: Portal, name: str, since: datetime, after: int
    ) -> tuple[int, ...]:
        """Ids above `after`, ascending and at most 200, of contacts that hold something in the
        property `name` and changed at or after `since`; none: there are no more."""

    def contact_of_visitor(self, portal: Portal, visitor: str) -> ContactRecord | None:
        """The contact whom HubSpot's visitor cookie belongs to, with e-mail and names; or None."""

    def create_contact(self, portal: Portal, properties: Mapping[str, str]) -> ContactRecord: ...
    def update_contacts(self, portal: Portal, updates: Sequence[ContactUpdate]) -> ContactBatch:
        """Up to 100 updates in one call; a refused one is in `errors` by its id."""

    def complete_callbacks(
        self,
        portal: Portal,
        ends: Sequence[CallbackCompletion],
        heard: Callable[[Sequence[str]], None] = ...,
    ) -> Mapping[str, str]:
        """Up to 100. Answers the ids HubSpot will never take (expired, unknown) with the reason.

        `heard` is told of the ids that HubSpot took as soon as it did: it may take some before
        an error ends the rest.
        """

    def search_lists(self, portal: Portal, query: str, after: str | None = None) -> ListPage: ...
    def list_by_id(self, portal: Portal, list_id: str) -> ContactList: ...
    def memberships(
        self, portal: Portal, list_id: str, after: str | None, by_join: bool = False
    ) -> MembershipPage:
        """By record id, or with `by_join` in the order of joining: then new members come last."""
