"""The choice of properties and lists, with a search over all that HubSpot has."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from plugin.gateways import ContactList, GatewayError, ListedProperty
from plugin.guards import get_deps
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import SyncedProperty
from plugin.services.imports.manage import find_lists
from plugin.services.sync.synced_choice import Choice, Unfit, choose, find_properties
from plugin.web.layout import page
from plugin.web.session import person, tenant
from plugin.web.sync_settings.blueprint import blueprint
from plugin.web.sync_settings.words import type_word

Page = str | Response | tuple[str, int]
SHOWN = 100


class Offer(NamedTuple):
    """What HubSpot has; `error`: why it could not be asked."""

    rows: Sequence[ListedProperty] | Sequence[ContactList] = ()
    more: str = ""
    error: str = ""


@blueprint.route("/sync/properties", methods=["GET", "POST"])
def properties() -> Page:
    """Search over all contact properties, and keep those that are checked."""
    chosen = _checked("name")
    fault = _keep(Choice(chosen, ())) if request.method == "POST" else ""
    if fault is None:
        return redirect(url_for("sync.overview"))
    kept = {row.name for row in SyncedProperty.list_owned(tenant())}
    return _choice("sync/properties.html", _properties(_query(), kept), kept, chosen, fault)


@blueprint.route("/sync/lists", methods=["GET", "POST"])
def lists() -> Page:
    """Search over all lists of contacts, and keep those that are checked."""
    chosen = _checked("list_id")
    fault = _keep(Choice((), chosen)) if request.method == "POST" else ""
    if fault is None:
        return redirect(url_for("sync.overview"))
    kept = {row.list_id for row in SyncedList.list_owned(tenant())}
    return _choice("sync/lists.html", _lists(_query()), kept, chosen, fault)


def _choice(template: str, offer: Offer, kept: set[str], chosen: Sequence[str], fault: str) -> Page:
    html = page(
        template,
        "sync",
        offer=offer,
        kept=kept,
        chosen=chosen,
        query=_query(),
        fault=fault,
        type_word=type_word,
    )
    return (html, 422) if fault else html


def _query() -> str:
    return (request.form.get("q") or request.args.get("q", "")).strip()[:200]


def _checked(field: str) -> list[str]:
    return list(dict.fromkeys(text[:200] for text in request.form.getlist(field)))[:500]


def _keep(choice: Choice) -> str | None:
    """Return what is wrong, or None where the choice is kept."""
    count = len(choice.properties) + len(choice.lists)
    if not count:
        return str(_("Check at least one."))
    try:
        choose(get_deps(), person().installation, choice, person().member.email, only=False)
    except Unfit as error:
        return error.sentence.translated(_)
    except GatewayError as error:
        return str(_("HubSpot did not answer: %(why)s Try again.", why=error.message))
    if choice.properties:
        flash(
            ngettext(
                "%(num)s property is kept. Its values are being read.",
                "%(num)s properties are kept. Their values are being read.",
                count,
            )
        )
    else:
        flash(
            ngettext(
                "%(num)s list is kept. Its members are being read.",
                "%(num)s lists are kept. Their members are being read.",
                count,
            )
        )
    return None


def _properties(query: str, kept: set[str]) -> Offer:
    try:
        found = find_properties(get_deps(), tenant(), query)
    except GatewayError as error:
        return Offer(error=error.message)
    rows = [row for row in found if row.name not in kept]
    return Offer(rows[:SHOWN], more="more" if len(rows) > SHOWN else "")


def _lists(query: str) -> Offer:
    after = request.args.get("after", "")[:20]
    try:
        found = find_lists(get_deps(), tenant(), query, after or None)
    except GatewayError as error:
        return Offer(error=error.message)
    return Offer(found.lists, more=found.after or "")
