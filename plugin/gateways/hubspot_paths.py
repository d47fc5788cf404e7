"""The HubSpot paths Musubi may call: one row per operation, from the SDK's template to the date.

The SDK has numbered paths (v1, v3, v4) whose support ends in 2027; the dated ones are equal but
for their prefixes, which follow no rule. Source: HubSpot-public-api-spec-collection, 2026-09.
"""

from collections.abc import Mapping

SDK_PATHS: Mapping[tuple[str, str], str] = {
    ("POST", "/crm/v3/objects/contacts"): "/crm/objects/2026-09/contacts",
    ("POST", "/crm/v3/objects/contacts/batch/read"): "/crm/objects/2026-09/contacts/batch/read",
    ("POST", "/crm/v3/objects/contacts/batch/update"): (
        "/crm/objects/2026-09/contacts/batch/update"
    ),
    ("POST", "/crm/v3/objects/contacts/search"): "/crm/objects/2026-09/contacts/search",
    ("GET", "/crm/v3/properties/{objectType}"): "/crm/properties/2026-09/{objectType}",
    ("POST", "/crm/v3/properties/{objectType}/groups"): (
        "/crm/properties/2026-09/{objectType}/groups"
    ),
    ("POST", "/crm/v3/properties/{objectType}/batch/create"): (
        "/crm/properties/2026-09/{objectType}/batch/create"
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
# Whose a visitor cookie is: the one question that no dated path answers. HubSpot supports the
# numbered ones until September 2027 ("Migrate to date-based versioning").
VISITORS = "/contacts/v1/contact/byUtk/batch/"

# What the SDK has no method for (TOKEN because its method knows no PKCE).
DIRECT_PATHS = frozenset(
    {
        ("POST", TOKEN),
        ("POST", INTROSPECT),
        ("POST", REVOKE),
        ("DELETE", UNINSTALL),
        ("GET", ACCOUNT_DETAILS),
        ("GET", VISITORS),
    }
)


class UnknownPathError(LookupError):
    """Somebody called an SDK method that has no row here; a fault of ours, found before any call"""


def dated_path(method: str, template: str) -> str:
    """The path to call for what the SDK, or Musubi itself, asked for."""
    if (method, template) in DIRECT_PATHS:
        return template
    try:
        return SDK_PATHS[method, template]
    except KeyError:
        raise UnknownPathError(f"no dated path for {method} {template}") from None
