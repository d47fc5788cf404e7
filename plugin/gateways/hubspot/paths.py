"""Every HubSpot path Musubi may call: one row per operation, from the SDK's to the dated path."""

from collections.abc import Mapping

# The SDK has numbered paths (v1, v3, v4) whose support ends in 2027; the dated ones differ only in
# their prefixes, which follow no rule. Source: HubSpot-public-api-spec-collection, 2026-09.
SDK_PATHS: Mapping[tuple[str, str], str] = {
    ("POST", "/crm/v3/objects/contacts"): "/crm/objects/2026-09/contacts",
    ("POST", "/crm/v3/objects/contacts/batch/read"): "/crm/objects/2026-09/contacts/batch/read",
    ("POST", "/crm/v3/objects/contacts/batch/update"): (
        "/crm/objects/2026-09/contacts/batch/update"
    ),
    ("POST", "/crm/v3/objects/contacts/search"): "/crm/objects/2026-09/contacts/search",
    ("GET", "/crm/v3/properties/{objectType}"): "/crm/properties/2026-09/{objectType}",
    ("GET", "/crm/v3/properties/{objectType}/{propertyName}"): (
        "/crm/properties/2026-09/{objectType}/{propertyName}"
    ),
    ("POST", "/crm/v3/properties/{objectType}/groups"): (
        "/crm/properties/2026-09/{objectType}/groups"
    ),
    ("POST", "/crm/v3/properties/{objectType}/batch/create"): (
        "/crm/properties/2026-09/{objectType}/batch/create"
    ),
    ("POST", "/crm/v3/properties/{objectType}/batch/read"): (
        "/crm/properties/2026-09/{objectType}/batch/read"
    ),
    ("GET", "/crm/v3/owners/"): "/crm/owners/2026-09",
    ("POST", "/crm/v3/lists/"): "/crm/lists/2026-09",
    ("GET", "/crm/v3/lists/object-type-id/{objectTypeId}/name/{listName}"): (
        "/crm/lists/2026-09/object-type-id/{objectTypeId}/name/{listName}"
    ),
    ("PUT", "/crm/v3/lists/{listId}/memberships/add"): (
        "/crm/lists/2026-09/{listId}/memberships/add"
    ),
    ("POST", "/crm/v3/lists/search"): "/crm/lists/2026-09/search",
    ("GET", "/crm/v3/lists/{listId}"): "/crm/lists/2026-09/{listId}",
    ("GET", "/crm/v3/lists/{listId}/memberships"): "/crm/lists/2026-09/{listId}/memberships",
    ("GET", "/crm/v3/lists/{listId}/memberships/join-order"): (
        "/crm/lists/2026-09/{listId}/memberships/join-order"
    ),
    ("POST", "/automation/v4/actions/callbacks/complete"): (
        "/automation/actions/callbacks/2026-09/complete"
    ),
    ("POST", "/oauth/v1/token"): "/oauth/2026-09/token",
}

TOKEN = "/oauth/2026-09/token"  # noqa: S105  a path
INTROSPECT = "/oauth/2026-09/token/introspect"
REVOKE = "/oauth/2026-09/token/revoke"
UNINSTALL = "/appinstalls/2026-09/external-install"
ACCOUNT_DETAILS = "/account-info/2026-09/details"
# No dated path finds the contact of a visitor cookie. HubSpot supports the numbered ones until
# September 2027 ("Migrate to date-based versioning").
VISITORS = "/contacts/v1/contact/byUtk/batch/"
LISTS_OF_RECORDS = "/crm/lists/2026-09/records/memberships/batch/read"
DEALS = "/crm/objects/2026-09/deals/search"
CONTACTS_OF_DEALS = "/crm/associations/2026-09/deals/contacts/batch/read"
CAMPAIGNS = "/marketing/campaigns/2026-09"
SPEND = f"{CAMPAIGNS}/{{campaignGuid}}/spend"
BUDGET = f"{CAMPAIGNS}/{{campaignGuid}}/budget/totals"

# Paths for which the SDK has no method (TOKEN because its method does not know PKCE).
DIRECT_PATHS = frozenset(
    {
        ("POST", TOKEN),
        ("POST", INTROSPECT),
        ("POST", REVOKE),
        ("DELETE", UNINSTALL),
        ("GET", ACCOUNT_DETAILS),
        ("GET", VISITORS),
        ("POST", LISTS_OF_RECORDS),
        ("POST", DEALS),
        ("POST", CONTACTS_OF_DEALS),
        ("GET", CAMPAIGNS),
        ("POST", SPEND),
        ("GET", BUDGET),
    }
)


# Raised before any call: our code called an SDK method that has no row here.
class UnknownPathError(LookupError): ...


def dated_path(method: str, template: str) -> str:
    if (method, template) in DIRECT_PATHS:
        return template
    try:
        return SDK_PATHS[method, template]
    except KeyError:
        raise UnknownPathError(f"no dated path for {method} {template}") from None
