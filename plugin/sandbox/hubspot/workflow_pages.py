"""The workflow editor in small: choose an action, fill it in, enrol, watch the history."""

from itertools import islice
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from plugin.sandbox.hubspot import executions, lists, options, records, workflows
from plugin.sandbox.hubspot.definition import action as find_action
from plugin.sandbox.hubspot.definition import definition, labels
from plugin.sandbox.hubspot.screens import language, name_of, portal_or_404, screens
from plugin.sandbox.world import world

Value = dict[str, Any]
SHOWN = 50


@screens.get("/portal/<int:portal>/workflows")
def workflow_editor(portal: int) -> str:
    """`?action=<uid>&contact=<id>` choose beforehand."""
    known = portal_or_404(portal)
    actions = definition(world().config)["workflowActions"]
    chosen = find_action(world().config, request.args.get("action", "")) or actions[0]
    return render_template(
        "hubspot/workflows.html",
        portal=known,
        actions=[(one["uid"], labels(one, language())["actionName"]) for one in actions],
        action=chosen,
        labels=labels(chosen, language()),
        contacts=_contacts(portal, request.args.get("contact", "")),
        contact=request.args.get("contact", ""),
        lists=_lists(portal),
        page_language=language(),
        history=_history(portal),
    )


def _contacts(portal: int, wanted: str) -> list[tuple[str, str]]:
    """The first hundred contacts, and the wanted one."""
    found = world().store.all(f"contact:{portal}")[:100]
    extra = records.find(world(), portal, wanted) if wanted else None
    if extra and extra not in found:
        found.append(extra)
    return [(one["id"], name_of(one)) for one in found]


def _lists(portal: int) -> list[tuple[str, str, int]]:
    here = world()
    every = here.store.all(f"list:{portal}")
    return [(one["listId"], one["name"], lists.size(here, portal, one)) for one in every]


def _history(portal: int) -> list[Value]:
    here, tongue, names = world(), language(), {}
    for one in definition(here.config)["workflowActions"]:
        names[one["uid"]] = labels(one, tongue)["actionName"]
    return [
        {
            **one,
            "line": executions.line(here, one, tongue),
            "name": names.get(one["action"], ""),
            "who": _who(portal, one["contact"]),
        }
        for one in islice(executions.newest(here, portal), SHOWN)
    ]


def _who(portal: int, contact_id: str) -> str:
    contact = records.find(world(), portal, contact_id)
    return name_of(contact) if contact else contact_id


@screens.get("/portal/<int:portal>/executions")
def history(portal: int) -> str:
    """The history alone, for the page's own refreshing."""
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
    made = workflows.enroll(world(), portal, chosen, ids, inputs)
    workflows.start(world(), made)
    note = "Enrolled 1 contact." if len(made) == 1 else f"Enrolled {len(made)} contacts."
    contact = ids[0] if len(ids) == 1 else None
    back = url_for(
        ".workflow_editor", portal=portal, action=chosen["uid"], contact=contact, note=note
    )
    return redirect(back, 303)


def _enrolled(portal: int, choice: str) -> list[str]:
    kind, _, key = choice.partition(":")
    if kind == "contact":
        return [key]
    found = world().store.get(f"list:{portal}", key)
    return lists.member_ids(world(), portal, found) if found else []


@screens.get("/portal/<int:portal>/options")
def field_options(portal: int) -> Value:
    """`?action=&field=&q=&after=` and the other inputs: what the app offers, asked just now."""
    portal_or_404(portal)
    chosen = find_action(world().config, request.args.get("action", "")) or abort(404)
    asked = request.args
    return options.fetch(
        world(),
        portal,
        chosen,
        asked.get("field", ""),
        asked,
        asked.get("q", ""),
        asked.get("after", ""),
    )
