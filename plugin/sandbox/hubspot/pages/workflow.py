"""A small workflow editor: choose an action, fill it in, enrol, see the history."""

from itertools import islice
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot import records
from plugin.sandbox.hubspot.api import lists
from plugin.sandbox.hubspot.pages.screens import language, name_of, portal_or_404, screens
from plugin.sandbox.hubspot.workflows import executions, options, running
from plugin.sandbox.hubspot.workflows.definition import action as find_action
from plugin.sandbox.hubspot.workflows.definition import definition, labels
from plugin.sandbox.world import world

Value = dict[str, Any]
SHOWN = 50


@screens.get("/portal/<int:portal>/workflows")
def workflow_editor(portal: int) -> str:
    """`?action=<uid>&contact=<id>` preselect."""
    known = portal_or_404(portal)
    actions = definition(world().config)["workflowActions"]
    chosen = find_action(world().config, request.args.get("action", "")) or actions[0]
    return render_template(
        "hubspot/workflows.html",
        portal=known,
        actions=[(action["uid"], labels(action, language())["actionName"]) for action in actions],
        action=chosen,
        labels=labels(chosen, language()),
        contacts=_contacts(portal, request.args.get("contact", "")),
        contact=request.args.get("contact", ""),
        lists=_lists(portal),
        page_language=language(),
        history=_history(portal),
    )


def _contacts(portal: int, chosen: str) -> list[tuple[str, str]]:
    contacts = world().store.all(f"contact:{portal}")[:100]
    extra = records.find(world(), portal, chosen) if chosen else None
    if extra and extra not in contacts:
        contacts.append(extra)
    return [(contact["id"], name_of(contact)) for contact in contacts]


def _lists(portal: int) -> list[tuple[str, str, int]]:
    sandbox = world()
    every = sandbox.store.all(f"list:{portal}")
    return [
        (contact_list["listId"], contact_list["name"], lists.size(sandbox, portal, contact_list))
        for contact_list in every
    ]


def _history(portal: int) -> list[Value]:
    sandbox, tongue, names = world(), language(), {}
    for one in definition(sandbox.config)["workflowActions"]:
        names[one["uid"]] = labels(one, tongue)["actionName"]
    return [
        {
            **one,
            "line": executions.line(sandbox, one, tongue),
            "name": names.get(one["action"], ""),
            "who": _who(portal, one["contact"]),
        }
        for one in islice(executions.newest(sandbox, portal), SHOWN)
    ]


def _who(portal: int, contact_id: str) -> str:
    contact = records.find(world(), portal, contact_id)
    return name_of(contact) if contact else contact_id


@screens.get("/portal/<int:portal>/executions")
def history(portal: int) -> str:
    known = portal_or_404(portal)
    return render_template("hubspot/history.html", portal=known, history=_history(portal))


@screens.post("/portal/<int:portal>/workflows")
def run(portal: int) -> Response:
    """Enrol a contact (`contact:<id>`) or the members of a list (`list:<id>`)."""
    portal_or_404(portal)
    chosen = find_action(world().config, request.form.get("action", "")) or abort(404)
    inputs = {
        field["name"]: request.form.get(f"input-{field['name']}", "").replace("\r\n", "\n")
        for field in chosen["inputFields"]
    }
    ids = _enrolled(portal, request.form.get("enroll", ""))
    callback_ids = running.enroll(world(), portal, chosen, ids, inputs)
    running.start(world(), callback_ids)
    note = (
        "Enrolled 1 contact."
        if len(callback_ids) == 1
        else f"Enrolled {len(callback_ids)} contacts."
    )
    contact = ids[0] if len(ids) == 1 else None
    back = url_for(
        ".workflow_editor", portal=portal, action=chosen["uid"], contact=contact, note=note
    )
    return redirect(back, 303)


def _enrolled(portal: int, choice: str) -> list[str]:
    kind, _, key = choice.partition(":")
    if kind == "contact":
        return [key]
    contact_list = world().store.get(f"list:{portal}", key)
    return lists.member_ids(world(), portal, contact_list) if contact_list else []


@screens.get("/portal/<int:portal>/options")
def field_options(portal: int) -> Value:
    """`?action=&field=&q=&after=` and the other inputs: the options that the app returns now."""
    portal_or_404(portal)
    chosen = find_action(world().config, request.args.get("action", "")) or abort(404)
    query = request.args
    return options.fetch(
        world(),
        portal,
        chosen,
        query.get("field", ""),
        query,
        query.get("q", ""),
        query.get("after", ""),
    )
