"""A contact's record page, which Musubi's record links open."""

from itertools import islice
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot import executions, records
from plugin.sandbox.hubspot.answers import Refused
from plugin.sandbox.hubspot.definition import definition, labels
from plugin.sandbox.hubspot.schema import READ_ONLY
from plugin.sandbox.hubspot.screens import language, name_of, portal_or_404, reason, screens
from plugin.sandbox.world import world

Value = dict[str, Any]
RECORD = "/hubspot-app/contacts/<int:portal>/record/0-1/<contact_id>"
USER = "CRM_UI"


@screens.get(RECORD)
def record(portal: int, contact_id: str) -> str | Response | tuple[str, int]:
    """All properties by group, the app's own first; workflows; the ways to lose a contact."""
    here, known = world(), portal_or_404(portal)
    contact = records.find(here, portal, contact_id)
    if contact is None:
        archived = here.store.get(f"archived:{portal}", contact_id)
        page = render_template("hubspot/gone.html", portal=known, contact=archived, id=contact_id)
        return page, 404
    if contact["id"] != contact_id:
        # Links to a merged contact lead to the one it was merged into.
        return redirect(url_for(".record", portal=portal, contact_id=contact["id"]))
    return render_template(
        "hubspot/record.html",
        portal=known,
        contact=contact,
        name=name_of(contact),
        groups=_groups(portal),
        read_only=READ_ONLY,
        others=_others(portal, contact_id),
        actions=_actions(),
        ran=_ran(portal, contact_id),
    )


def _groups(portal: int) -> list[tuple[Value, list[Value]]]:
    """Groups with their properties; groups that an app made stand first."""
    properties = world().store.all(f"property:{portal}")
    groups = world().store.all(f"group:{portal}")
    found = [(one, [p for p in properties if p["groupName"] == one["name"]]) for one in groups]
    return sorted(found, key=lambda pair: pair[0]["name"] == "contactinformation")


def _others(portal: int, contact_id: str) -> list[tuple[str, str]]:
    every = world().store.all(f"contact:{portal}")[:100]
    return [(one["id"], name_of(one)) for one in every if one["id"] != contact_id]


def _actions() -> list[tuple[str, str]]:
    every = definition(world().config)["workflowActions"]
    return [(one["uid"], labels(one, language())["actionName"]) for one in every]


def _ran(portal: int, contact_id: str) -> list[tuple[Value, str]]:
    found = islice(executions.newest(world(), portal, contact_id), 10)
    return [(one, executions.line(world(), one, language())) for one in found]


def _back(portal: int, contact_id: str, note: str) -> Response:
    return redirect(url_for(".record", portal=portal, contact_id=contact_id, note=note), 303)


@screens.post(RECORD)
def save(portal: int, contact_id: str) -> Response:
    """Write what was changed by hand; subscribed properties cause webhooks."""
    here = world()
    try:
        with here.store:
            contact = records.require(here, portal, contact_id)
            changed = _changed(contact)
            records.check(here, portal, changed, contact["id"])
            records.update(here, contact, changed, USER)
    except Refused as error:
        return _back(portal, contact_id, reason(error))
    return _back(portal, contact_id, "Saved." if changed else "Nothing was changed.")


def _changed(contact: Value) -> dict[str, str]:
    given = {key[9:]: text for key, text in request.form.items() if key.startswith("property-")}
    now = contact["properties"]
    # Browsers send line breaks as CRLF; HubSpot keeps plain ones.
    texts = {name: text.replace("\r\n", "\n").strip() for name, text in given.items()}
    return {name: text for name, text in texts.items() if text != (now.get(name) or "")}


@screens.post(f"{RECORD}/delete")
def delete(portal: int, contact_id: str) -> Response:
    """Delete; it can be restored."""
    records.archive(world(), portal, contact_id, USER)
    return _back(portal, contact_id, "Deleted.")


@screens.post(f"{RECORD}/restore")
def restore(portal: int, contact_id: str) -> Response:
    """Undo a deletion."""
    return _try(portal, contact_id, "Restored.", records.restore)


@screens.post(f"{RECORD}/privacy-delete")
def privacy_delete(portal: int, contact_id: str) -> Response:
    """Delete for good."""
    return _try(portal, contact_id, "Deleted for good.", records.forget)


def _try(portal: int, contact_id: str, note: str, deed: Any) -> Response:
    try:
        deed(world(), portal, contact_id, USER)
    except Refused as error:
        return _back(portal, contact_id, reason(error))
    return _back(portal, contact_id, note)


@screens.post(f"{RECORD}/merge")
def merge(portal: int, contact_id: str) -> Response:
    """Merge another contact into this one."""
    try:
        other = request.form["other"]
        survivor = records.merge(world(), portal, contact_id, other, USER)
    except Refused as error:
        return _back(portal, contact_id, reason(error))
    return _back(portal, survivor["id"], "Merged.")
