"""HubSpot's protocol and values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from plugin.gateways.protocols.campaigns import Campaign, CampaignBudget


@dataclass(frozen=True)
class Portal:
    portal_id: int
    access_token: str = field(repr=False)


@dataclass(frozen=True)
class TokenSet:
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int  # seconds
    portal_id: int | None = None  # HubSpot does not always send it


@dataclass(frozen=True)
class TokenInfo:
    portal_id: int
    user_id: int | None
    user: str  # the e-mail address of the person who consented
    scopes: tuple[str, ...]
    hub_domain: str


@dataclass(frozen=True)
class AccountDetails:
    portal_id: int
    ui_domain: str  # such as app-eu1.hubspot.com
    time_zone: str  # IANA
    account_type: str


@dataclass(frozen=True)
class ContactRecord:
    contact_id: int  # HubSpot's int64
    properties: Mapping[str, str | None]


@dataclass(frozen=True)
class PropertyFault:
    name: str
    kind: Literal["missing", "unfit", "read_only", "refused"]
    words: str  # HubSpot's message


@dataclass(frozen=True)
class ContactBatch:
    """The records a batch found or wrote, and the refused ids with the reason."""

    records: tuple[ContactRecord, ...]
    # Contacts that do not exist; after a write they are in `errors` too.
    missing: tuple[str, ...] = ()
    # After a read: the ids that HubSpot neither returned nor called missing.
    errors: Mapping[str, str] = field(default_factory=dict)
    # By id: properties left out of a write that wrote all the others.
    faults: Mapping[str, tuple[PropertyFault, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ContactUpdate:
    contact_id: int
    properties: Mapping[str, str]  # an empty text clears


@dataclass(frozen=True)
class PropertyDefinition:
    name: str
    label: str
    type: str
    field_type: str
    description: str = ""
    options: tuple[tuple[str, str], ...] = ()  # (value, label) of an enumeration


@dataclass(frozen=True)
class ListedProperty:
    """A contact property as HubSpot defines it."""

    name: str
    label: str
    group: str
    type: str  # type and field_type are HubSpot's
    field_type: str
    options: tuple[tuple[str, str], ...] = ()  # (value, label), in HubSpot's order
    of_owners: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class ContactList:
    """A HubSpot list of contacts; HubSpot's pages call lists segments."""

    list_id: str
    name: str
    size: int | None  # may lag
    processing_type: str
    processing: bool = False


@dataclass(frozen=True)
class ListPage:
    lists: tuple[ContactList, ...]
    after: str | None  # the next cursor


@dataclass(frozen=True)
class MembershipPage:
    contact_ids: tuple[int, ...]  # up to 250
    after: str | None  # the next cursor
    total: int | None = None
    joined: Mapping[int, datetime] = field(default_factory=dict)  # where HubSpot tells the time


# By contact id: the ids of the lists that hold the contact, each with the time of joining.
ListsOfContacts = Mapping[int, Mapping[str, datetime | None]]


# By contact id: the values that a property had, each with the moment when it got it.
PropertyHistory = Mapping[int, Sequence[tuple[str, datetime]]]


@dataclass(frozen=True)
class ModifiedPage:
    records: tuple[ContactRecord, ...]  # oldest change first
    after: str | None
    total: int  # of all, also beyond the 10,000 that can be paged


@dataclass(frozen=True)
class TextProperty:
    name: str
    label: str


@dataclass(frozen=True)
class PropertyShape:
    """How to read a property's values."""

    name: str
    type: str  # type and field_type are HubSpot's
    field_type: str
    labels: Mapping[str, str] = field(default_factory=dict)  # by value, in HubSpot's order
    of_owners: bool = False  # the values are ids of HubSpot users


@dataclass(frozen=True)
class CallbackCompletion:
    callback_id: str
    outputs: Mapping[str, str]


class HubSpotGateway(Protocol):
    """HubSpot's API. Every method raises `GatewayError` and nothing else."""

    @property
    def required_scopes(self) -> Sequence[str]: ...

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
        """Create the missing ones of `properties`, return their names. `group` is (name, label).
        Raise `PropertiesError` where one exists with a type that cannot be written."""

    def property_faults(
        self, portal: Portal, properties: Sequence[PropertyDefinition]
    ) -> tuple[PropertyFault, ...]:
        """Return those that are missing or cannot be used; create nothing."""

    def property_names(self, portal: Portal) -> frozenset[str]:
        """Return the names of all contact properties that are not archived."""

    def text_properties(self, portal: Portal) -> tuple[TextProperty, ...]:
        """Return text properties by label, without hidden, calculated or archived ones."""

    def listed_properties(self, portal: Portal) -> tuple[ListedProperty, ...]:
        """Return all contact properties that are not archived, by label."""

    def listed_property(self, portal: Portal, name: str) -> ListedProperty:
        """Raise `not_found`, with HubSpot's message, where it has none of this name."""

    def property_shapes(self, portal: Portal, names: Sequence[str]) -> tuple[PropertyShape, ...]:
        """Return the shapes of up to 100 properties in one call, without unknown names."""

    def owner_names(self, portal: Portal) -> Mapping[str, str]:
        """Return HubSpot users' names by owner id; `forbidden` without the optional scope."""

    def read_contacts(
        self,
        portal: Portal,
        ids: Sequence[str],
        properties: Sequence[str],
        id_property: str | None = None,
    ) -> ContactBatch:
        """Read up to 100 contacts by record id, or by `id_property` (`email`, ...). By record id
        `missing` has every id not found, else only those that HubSpot names."""

    def search_contacts(
        self, portal: Portal, filters: Mapping[str, str], properties: Sequence[str], limit: int = 10
    ) -> tuple[ContactRecord, ...]:
        """Return up to 200 contacts whose properties equal all `filters`. Any search: the index
        lags behind writes, and all apps of a portal together have 5 a second."""

    def find_contacts(
        self, portal: Portal, words: str, properties: Sequence[str], limit: int
    ) -> tuple[ContactRecord, ...]:
        """Return contacts by what HubSpot searches of them: names, addresses, phones, company."""

    def modified_contacts(
        self, portal: Portal, since: datetime, properties: Sequence[str], after: str | None
    ) -> ModifiedPage:
        """Return up to 200 contacts changed at or after `since`, which lies some minutes back."""

    def contacts_holding(
        self, portal: Portal, name: str, since: datetime, after: int
    ) -> tuple[int, ...]:
        """Return up to 200 ids above `after`, ascending, of contacts that have a value in the
        property `name` and changed at or after `since`."""

    def contact_of_visitor(self, portal: Portal, visitor: str) -> ContactRecord | None:
        """Return the contact of HubSpot's visitor cookie, with e-mail and names, or None."""

    def create_contact(self, portal: Portal, properties: Mapping[str, str]) -> ContactRecord: ...
    def update_contacts(self, portal: Portal, updates: Sequence[ContactUpdate]) -> ContactBatch:
        """Write up to 100 contacts; for one contact the later properties win. Refused ids are in
        `errors`; properties refused by name are left out and are in `faults`."""

    def complete_callbacks(
        self,
        portal: Portal,
        completions: Sequence[CallbackCompletion],
        on_accepted: Callable[[Sequence[str]], None] = ...,
    ) -> Mapping[str, str]:
        """Complete up to 100. Return the ids HubSpot will never accept (expired, unknown), and why.
        `on_accepted` gets the ids of each accepted part at once: an error may end the rest."""

    def search_lists(self, portal: Portal, query: str, after: str | None = None) -> ListPage: ...
    def list_by_id(self, portal: Portal, list_id: str) -> ContactList: ...
    def list_by_name(self, portal: Portal, name: str) -> ContactList | None:
        """Return the list of contacts with this very name; each name belongs to one list."""

    def create_list(self, portal: Portal, name: str) -> ContactList:
        """Create a static list of contacts; `forbidden` without the optional scope."""

    def add_to_list(
        self, portal: Portal, list_id: str, contact_ids: Sequence[int]
    ) -> tuple[str, ...]:
        """Add contacts to a static list, and return the ids that HubSpot does not have. Adding
        again changes nothing."""

    def memberships(
        self, portal: Portal, list_id: str, after: str | None, by_join: bool = False
    ) -> MembershipPage:
        """Order by record id, or with `by_join` by join time: then new members come last. A list
        that is still processing returns the members it has so far."""

    def lists_of_contacts(self, portal: Portal, contact_ids: Sequence[int]) -> ListsOfContacts:
        """Return the lists of up to 100 contacts in one call, without contacts unknown there."""

    def property_history(
        self, portal: Portal, contact_ids: Sequence[int], name: str
    ) -> PropertyHistory:
        """Read up to 50 contacts; those unknown to HubSpot are left out."""

    def won_deals(self, portal: Portal, since: datetime, after: int) -> Mapping[int, datetime]:
        """Return up to 100 deals above the id `after` that were won since, with the moment;
        `forbidden` without the optional scope."""

    def contacts_of_deals(
        self, portal: Portal, deal_ids: Sequence[int]
    ) -> Mapping[int, Sequence[int]]: ...
    def campaigns(self, portal: Portal, name: str = "") -> tuple[Campaign, ...]:
        """Return up to 100 campaigns whose names hold the text, the newest first; `forbidden`
        without the optional scope."""

    def campaign_budget(self, portal: Portal, campaign_id: str) -> CampaignBudget: ...
    def add_spend(self, portal: Portal, campaign_id: str, name: str, amount: float) -> None:
        """Add a spend item, in the portal's currency. A repeat adds another: look for it first."""
