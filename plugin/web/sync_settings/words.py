"""Labels of properties' types, and how soon a change in HubSpot is seen here."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from plugin.core.segments.fields import property_type
from plugin.core.synced_values import SUGGESTED
from plugin.gateways import ListedProperty
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.synced_property import SyncedProperty

TYPES: Mapping[str, str] = {
    "text": lazy_gettext("Text"),
    "number": lazy_gettext("Number"),
    "date": lazy_gettext("Date"),
    "datetime": lazy_gettext("Date and time"),
    "enumeration": lazy_gettext("Choice"),
    "multiple": lazy_gettext("Several choices"),
    "boolean": lazy_gettext("Yes or no"),
    "owner": lazy_gettext("Owner"),
}


LABELS: Mapping[str, str] = {
    "firstname": lazy_gettext("First name"),
    "lastname": lazy_gettext("Last name"),
    "email": lazy_gettext("Email address"),
    "phone": lazy_gettext("Phone number"),
    "company": lazy_gettext("Company name"),
    "lifecyclestage": lazy_gettext("Lifecycle stage"),
    "hubspot_owner_id": lazy_gettext("Contact owner"),
}


def type_word(row: SyncedProperty | ListedProperty) -> str:
    return TYPES[property_type(row.type, row.field_type, of_owners=row.of_owners)]


def hubspot_type_word(type_: str) -> str:
    """The label of HubSpot's own type alone."""
    return TYPES[property_type(type_, "", of_owners=False)]


def lag_word(name: str) -> str:
    if name in SUGGESTED:
        return str(_("at once, by HubSpot's webhooks"))
    return str(_("within 5 minutes"))


def percent_read(sync: PropertySync | None) -> int | None:
    """How much of the pass under way is read; None where there is none."""
    if sync is None or sync.pass_started_at is None:
        return None
    return min(100, 100 * sync.read // sync.total) if sync.total else 0
