"""HubSpot lists and properties in forms: suggestions while typing, and which one was meant."""

import re

from flask import request
from flask_babel import gettext as _

from plugin.gateways import ContactList, GatewayError
from plugin.guards import get_deps
from plugin.services.imports.manage import Unfit, find_list, find_lists
from plugin.services.sync.synced_choice import find_properties
from plugin.web.broadcasts.blueprint import blueprint
from plugin.web.broadcasts.steps.typed import Typed
from plugin.web.layout import page
from plugin.web.session import tenant

SUGGESTED = 50
# `Newsletter (14)`, as the suggestions write it, or the ID alone.
WRITTEN = re.compile(r"(?:.*\()?([0-9]{1,20})\)?", re.DOTALL)


@blueprint.get("/broadcasts/lists")
def suggest_lists() -> str:
    """Return the options of a list of suggestions."""
    q = request.args.get("q", "").strip()[:100].replace("\0", "")
    try:
        found = find_lists(get_deps(), tenant(), "" if WRITTEN.fullmatch(q) else q, None).lists
    except GatewayError:
        found = ()
    return page("broadcasts/list_options.html", lists=found, written=written)


@blueprint.get("/broadcasts/properties")
def suggest_properties() -> str:
    """Return the options of a list of suggestions."""
    q = request.args.get("q", "").strip()[:100].replace("\0", "")
    try:
        found = find_properties(get_deps(), tenant(), q)[:SUGGESTED]
    except GatewayError:
        found = []
    return page("broadcasts/property_options.html", properties=found)


def check_property(typed: Typed, name: str) -> None:
    """Complain at the field where HubSpot has no contact property of this name."""
    text = typed.text(name, 100)
    try:
        known = {row.name for row in find_properties(get_deps(), tenant(), text)} if text else set()
    except GatewayError as error:
        typed.refuse(name, _("HubSpot could not be asked: %(error)s", error=error.message))
        return
    if text and text not in known:
        typed.refuse(name, _("HubSpot has no contact property of this name."))


def written(contact_list: ContactList) -> str:
    return f"{contact_list.name} ({contact_list.list_id})"


def chosen_list(typed: Typed, name: str) -> ContactList | None:
    """Return the list that a field names, or None with an error at the field."""
    text = typed.text(name, 300)
    if not text:
        typed.refuse(name, _("Choose a list."))
        return None
    match = WRITTEN.fullmatch(text)
    try:
        return find_list(get_deps(), tenant(), match[1]) if match else _named(typed, name, text)
    except Unfit:
        typed.refuse(name, _("HubSpot has no contact list with this ID."))
    except GatewayError as error:
        words = _("HubSpot could not be asked for the list: %(error)s", error=error.message)
        typed.refuse(name, words)
    return None


def _named(typed: Typed, name: str, text: str) -> ContactList | None:
    found = find_lists(get_deps(), tenant(), text, None).lists
    same = [each for each in found if each.name.casefold() == text.casefold()]
    if len(same) == 1:
        return same[0]
    words = (
        _("Several lists have this name. Choose one of the suggestions, which carry the ID.")
        if same
        else _("HubSpot has no contact list of this name. Choose one of the suggestions.")
    )
    typed.refuse(name, words)
    return None
