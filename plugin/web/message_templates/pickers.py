"""What the pickers of the editor's fields offer: contact properties, and LINE's sets of emojis."""

from typing import Any

from flask import jsonify, request
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from plugin.core.messages.line_emojis import SETS
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.audience.synced_property import SyncedProperty
from plugin.services.sync.synced_choice import find_properties
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.session import tenant

OFFERED = 60
# Offered first, and where HubSpot cannot be asked. The names are HubSpot's.
USUAL = {
    "firstname": _("First name"),
    "lastname": _("Last name"),
    "company": _("Company name"),
    "email": _("Email"),
}
SET_WORDS = {
    "symbols": _("Symbols"),
    "hands": _("Hands"),
    "letters": _("Letters and figures"),
    "faces": _("Faces"),
}
GROUP_WORDS = {
    "faces": _("Faces"),
    "hands": _("Hands"),
    "hearts": _("Hearts"),
    "nature": _("Animals and weather"),
    "food": _("Food and drink"),
    "places": _("Places"),
    "things": _("Things"),
    "signs": _("Signs"),
}


@blueprint.get("/templates/properties")
def list_properties() -> Response:
    """Return the contact properties that fit `q`; `complete` is false where HubSpot was silent."""
    q = request.args.get("q", "").strip()[:100].replace("\0", "")
    try:
        listed = find_properties(get_deps(), tenant(), q)
        found = [{"name": row.name, "label": row.label, "group": row.group} for row in listed]
        complete = True
    except GatewayError:
        found, complete = _kept(q), False
    order = {name: place for place, name in enumerate(USUAL)}
    found.sort(key=lambda row: order.get(row["name"], len(order)))
    return jsonify(properties=found[:OFFERED], more=len(found) > OFFERED, complete=complete)


def picker_tools() -> dict[str, Any]:
    """Return what `message_templates/pickers.html` is drawn with."""
    sets = [
        {"label": str(SET_WORDS[row.name]), "product": row.product, "last": row.last}
        for row in SETS
    ]
    return {"line_sets": sets, "emoji_groups": {key: str(w) for key, w in GROUP_WORDS.items()}}


def _kept(q: str) -> list[dict[str, str]]:
    rows = {name: str(label) for name, label in USUAL.items()}
    rows |= {row.name: row.label for row in SyncedProperty.list_owned(tenant())}
    return [
        {"name": name, "label": label, "group": ""}
        for name, label in rows.items()
        if q.casefold() in f"{name} {label}".casefold()
    ]
