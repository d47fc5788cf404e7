"""A contact's record page, which Musubi's record links open."""

from itertools import islice
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot import records
from plugin.sandbox.hubspot.api.answers import Refused
from plugin.sandbox.hubspot.api.schema import READ_ONLY
from plugin.sandbox.hubspot.pages.properties import to_edit
from plugin.sandbox.hubspot.pages.screens import language, name_of, portal_or_404, reason, screens
from plugin.sandbox.hubspot.workflows import executions
from plugin.sandbox.hubspot.workflows.definition import definition, labels
from plugin.sandbox.world import world

Value = dict[str, Any]
RECORD = "/hubspot-app/contacts/<int:portal>/record/0-1/<contact_id>"
USER = "CRM_UI"


@screens.get(RECORD)
def record(portal: int, contact_id: str) -> str | Response | tuple[str, int]:
    """All properties by group, the app's own first; workflows; deletion and merge."""
    sandbox, known = world(), portal_or_404(portal)
    contact = records.find(sandbox, portal, contact_id)
    if contact is None:
        archived = sandbox.store.get(f"archived:{portal}", contact_id)
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
    # Groups with their properties; an app's own groups come first.
    properties = world().store.all(f"property:{portal}")
    groups = world().store.all(f"group:{portal}")
    pairs = [
        (group, [to_edit(portal, p) for p in properties if p["groupName"] == group["name"]])
        for group in groups
    ]
    return sorted(pairs, key=lambda pair: pair[0]["name"] == "contactinformation")


def _others(portal: int, contact_id: str) -> list[tuple[str, str]]:
    every = world().store.all(f"contact:{portal}")[:100]
    return [(contact["id"], name_of(contact)) for contact in every if contact["id"] != contact_id]


def _actions() -> list[tuple[str, str]]:
    every = definition(world().config)["workflowActions"]
    return [(action["uid"], labels(action, language())["actionName"]) for action in every]


def _ran(portal: int, contact_id: str) -> list[tuple[Value, str]]:
    newest = islice(executions.newest(world(), portal, contact_id), 10)
    return [(execution, executions.line(world(), execution, language())) for execution in newest]


def _back(portal: int, contact_id: str, note: str) -> Response:
    return redirect(url_for(".record", portal=portal, contact_id=contact_id, note=note), 303)


@screens.post(RECORD)
def save(portal: int, contact_id: str) -> Response:
    """Write manual changes; subscribed properties cause webhooks."""
    sandbox = world()
    try:
        with sandbox.store:
            contact = records.require(sandbox, portal, contact_id)
            changed = _changed(contact)
            records.check(sandbox, portal, changed, contact["id"])
            records.update(sandbox, contact, changed, USER)
    except Refused as error:
        return _back(portal, contact_id, reason(error))
    return _back(portal, contact_id, "Saved." if changed else "Nothing was changed.")


def _changed(contact: Value) -> dict[str, str]:
    # Several values of one property are written with semicolons between them.
    submitted = {
        key[9:]: ";".join(filter(None, texts))
        for key, texts in request.form.lists()
        if key.startswith("property-")
    }
    now = contact["properties"]
    # Browsers send line breaks as CRLF; HubSpot keeps plain ones.
    texts = {name: text.replace("\r\n", "\n").strip() for name, text in submitted.items()}
    return {name: text for name, text in texts.items() if text != (now.get(name) or "")}


@screens.post(f"{RECORD}/delete")
def delete(portal: int, contact_id: str) -> Response:
    records.archive(world(), portal, contact_id, USER)
    return _back(portal, contact_id, "Deleted.")


@screens.post(f"{RECORD}/restore")
def restore(portal: int, contact_id: str) -> Response:
    return _try(portal, contact_id, "Restored.", records.restore)


@screens.post(f"{RECORD}/privacy-delete")
def privacy_delete(portal: int, contact_id: str) -> Response:
    return _try(portal, contact_id, "Deleted for good.", records.forget)


def _try(portal: int, contact_id: str, note: str, action: Any) -> Response:
    try:
        action(world(), portal, contact_id, USER)
    except Refused as error:
        return _back(portal, contact_id, reason(error))
    return _back(portal, contact_id, note)


@screens.post(f"{RECORD}/merge")
def merge(portal: int, contact_id: str) -> Response:
    try:
        other = request.form["other"]
        merged = records.merge(world(), portal, contact_id, other, USER)
    except Refused as error:
        return _back(portal, contact_id, reason(error))
    return _back(portal, merged["id"], "Merged.")
