"""Sync: both directions with their state, and what is kept, item by item."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, TextClause, func, select, text
from werkzeug.wrappers import Response

from plugin.core.properties import named
from plugin.core.synced_values import SUGGESTED
from plugin.models.audience.property_sync import PropertySync
from plugin.models.audience.segment import Segment
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.people.contact import Contact
from plugin.services.segments.usage import segments_using
from plugin.services.sync.synced_choice import remove
from plugin.services.sync.synced_definitions import acknowledge
from plugin.services.sync.synced_schedule import sync_now
from plugin.web.layout import page
from plugin.web.segments.names import segment_name
from plugin.web.session import person, tenant
from plugin.web.sync_settings.blueprint import blueprint
from plugin.web.sync_settings.words import (
    LABELS,
    hubspot_type_word,
    lag_word,
    percent_read,
    type_word,
)

# More pending writes than this are "more than".
MOST_COUNTED = 10_000


class Outgoing(NamedTuple):
    """What Musubi writes to HubSpot, and how that goes."""

    properties: Sequence[str]
    pending: int
    refused: int
    troubles: Sequence[PropertyTrouble]


@blueprint.get("/sync")
def overview() -> str:
    properties = SyncedProperty.list_owned(tenant())
    lists = SyncedList.list_owned(tenant())
    kept = {row.name for row in properties}
    sync = PropertySync.of(tenant())
    return page(
        "sync/overview.html",
        "sync",
        properties=properties,
        lists=lists,
        sync=sync,
        percent=percent_read(sync),
        suggested=[(name, LABELS[name]) for name in SUGGESTED if name not in kept],
        outgoing=_outgoing(),
        uses=_uses(properties, lists),
        installation=person().installation,
        type_word=type_word,
        hubspot_type_word=hubspot_type_word,
        lag_word=lag_word,
    )


def _outgoing() -> Outgoing:
    accounts = OfficialAccount.list_owned(tenant())
    names = [fact.name for account in accounts for fact in named(account.property_suffix)]
    return Outgoing(
        names,
        _count(Contact.push_pending.is_(True)),
        _count(text("mirror_error <> ''")) if names else 0,
        PropertyTrouble.list_owned(tenant()),
    )


def _count(condition: ColumnElement[bool] | TextClause) -> int:
    rows = select(Contact.id).where(Contact.installation_id == tenant(), condition)
    some = rows.limit(MOST_COUNTED + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _uses(
    properties: Sequence[SyncedProperty], lists: Sequence[SyncedList]
) -> dict[str, list[str]]:
    """By name or list id: the names of the segments that use what is not as it was chosen."""
    changed = [row for row in properties if row.state != "fine" or row.former_label]
    gone = [row for row in lists if row.state != "fine"]
    return {
        **{row.name: _names(segments_using(tenant(), property=row.name)) for row in changed},
        **{row.list_id: _names(segments_using(tenant(), list=row.list_id)) for row in gone},
    }


def _names(segments: Iterable[Segment]) -> list[str]:
    return list(map(segment_name, segments))


@blueprint.post("/sync/now")
def read_now() -> Response:
    sync_now(tenant())
    flash(_("All linked contacts are being read from HubSpot."))
    return redirect(url_for("sync.overview"))


@blueprint.post("/sync/lists/<row_id:synced_list_id>/now")
def read_list_now(synced_list_id: int) -> Response:
    synced = own_list(synced_list_id)
    sync_now(tenant(), synced.id)
    flash(_("The list is being read from HubSpot."))
    return redirect(url_for("sync.overview"))


@blueprint.post("/sync/properties/<row_id:synced_property_id>/seen")
def acknowledge_change(synced_property_id: int) -> Response:
    acknowledge(tenant(), own_property(synced_property_id).id)
    return redirect(url_for("sync.overview"))


@blueprint.get("/sync/properties/<row_id:synced_property_id>/remove")
def ask_to_remove_property(synced_property_id: int) -> str:
    row = own_property(synced_property_id)
    segments = _names(segments_using(tenant(), property=row.name))
    return page("sync/remove.html", "sync", row=row, synced=None, segments=segments)


@blueprint.post("/sync/properties/<row_id:synced_property_id>/remove")
def remove_property(synced_property_id: int) -> Response:
    row = own_property(synced_property_id)
    remove(tenant(), properties=[row.name])
    flash(_("“%(name)s” is no longer kept. Its values are deleted.", name=row.label or row.name))
    return redirect(url_for("sync.overview"))


@blueprint.get("/sync/lists/<row_id:synced_list_id>/remove")
def ask_to_remove_list(synced_list_id: int) -> str:
    synced = own_list(synced_list_id)
    segments = _names(segments_using(tenant(), list=synced.list_id))
    return page("sync/remove.html", "sync", row=None, synced=synced, segments=segments)


@blueprint.post("/sync/lists/<row_id:synced_list_id>/remove")
def remove_list(synced_list_id: int) -> Response:
    synced = own_list(synced_list_id)
    remove(tenant(), lists=[synced.list_id])
    flash(_("“%(name)s” is no longer kept. Its memberships are deleted.", name=synced.name))
    return redirect(url_for("sync.overview"))


def own_property(row_id: int) -> SyncedProperty:
    return SyncedProperty.find_owned(tenant(), row_id) or abort(404)


def own_list(row_id: int) -> SyncedList:
    return SyncedList.find_owned(tenant(), row_id) or abort(404)
