"""Rows of the tenant: a row of another tenant is a 404."""

from flask import abort

from plugin.core.text.row_ids import row_id as read_row_id
from plugin.guards import get_deps
from plugin.models.audience.segment import Segment
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend import Friend
from plugin.web.session import person, tenant


def own_account(account_id: int) -> OfficialAccount:
    return OfficialAccount.find_owned(tenant(), account_id) or abort(404)


def own_friend(friend_id: int) -> Friend:
    return Friend.find_owned(tenant(), friend_id) or abort(404)


def own_segment(segment_id: int) -> Segment:
    return Segment.find_owned(tenant(), segment_id) or abort(404)


def record_url(contact_id: int) -> str:
    """Return the address of the contact's page in HubSpot."""
    return person().installation.record_url(_scheme(), contact_id)


def list_url(list_id: str) -> str:
    """Return the address of the list's page in HubSpot."""
    return person().installation.list_url(_scheme(), list_id)


def _scheme() -> str:
    return get_deps().settings.hubspot_authorize_base.partition(":")[0]


def row_id(text: str) -> int:
    """Return the id in a text, or 0."""
    return read_row_id(text) or 0
