"""Control API of the HubSpot half: fill it, run workflows, read what happened."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, request

from plugin.sandbox.hubspot import records
from plugin.sandbox.hubspot.api import lists, schema, tokens
from plugin.sandbox.hubspot.api.answers import Refused
from plugin.sandbox.hubspot.api.owners import make_owner
from plugin.sandbox.hubspot.seeding import PORTAL
from plugin.sandbox.hubspot.switches import set_switches, switches
from plugin.sandbox.hubspot.workflows import definition, executions, running, runs
from plugin.sandbox.world import world

control = Blueprint("hubspot_control", __name__, url_prefix="/control")
Answer = dict[str, Any]


@control.errorhandler(Refused)
def refuse(error: Refused) -> tuple[Answer, int]:
    return error.body(), error.status


@control.get("/hubspot")
def get_switches() -> Answer:
    """How the stand-in answers where HubSpot's behaviour is not known."""
    return switches(world())


@control.post("/hubspot")
def change_switches() -> Answer | tuple[Answer, int]:
    """Change some of `plugin.sandbox.hubspot.switches.DEFAULTS`."""
    try:
        return set_switches(world(), request.get_json())
    except KeyError as error:
        return {"message": f"no such switch: {error}"}, 400


@control.post("/oauth")
def change_tokens() -> Answer:
    """`{expires_in, rotate_refresh: true|false|"sometimes", grace_seconds}`, any of them."""
    sandbox = world()
    options = {**tokens.options(sandbox), **request.get_json()}
    return sandbox.store.put("hubspot-options", "oauth", options)


@control.post("/scopes")
def change_scopes() -> Answer:
    """`{portal, scopes}`: what the portal has granted to the app, in its tokens too."""
    body = request.get_json()
    tokens.set_scopes(world(), _portal(body), list(body["scopes"]))
    return {"scopes": body["scopes"]}


@control.post("/uninstall")
def uninstall() -> Answer:
    """`{portal}`: an admin removes the app in HubSpot; the app gets no event."""
    tokens.uninstall(world(), _portal(request.get_json()))
    return {"uninstalled": True}


def _portal(body: Answer) -> int:
    return int(body.get("portal", PORTAL))


@control.patch("/portals/<int:portal>")
def change_portal(portal: int) -> Answer:
    """Change the `time_zone`, as an admin does in the account's settings."""
    store = world().store
    return store.put(
        "portal", portal, {**(store.get("portal", portal) or {}), **request.get_json()}
    )


@control.post("/owners")
def new_owner() -> tuple[Answer, int]:
    body = request.get_json()
    names = {name: str(body[name]) for name in ("first", "last") if name in body}
    return make_owner(world(), _portal(body), str(body["email"]), **names), 201


@control.post("/contacts")
def make_contacts() -> tuple[Answer, int]:
    """`{portal, count, properties: {"email": "user{n}@example.com"}, start: 1, list?}` -> ids.

    `rows` replaces `count` and `properties`: the properties of each contact. No webhooks report
    their creation, unless `told` is true.
    """
    body, sandbox = request.get_json(), world()
    portal, ids, notify = _portal(body), [], bool(body.get("told"))
    for values in body.get("rows") or _numbered(body):
        with sandbox.store:
            records.check(sandbox, portal, values)
            ids.append(records.create(sandbox, portal, values, "IMPORT", notify=notify)["id"])
    if "list" in body:
        lists.add_members(sandbox, portal, str(body["list"]), ids)
    return {"ids": ids}, 201


def _numbered(body: Answer) -> Iterator[dict[str, str]]:
    template, first = body.get("properties", {}), int(body.get("start", 1))
    for number in range(first, first + int(body.get("count", 1))):
        yield {name: str(text).replace("{n}", str(number)) for name, text in template.items()}


@control.get("/contacts/<contact_id>")
def get_contact(contact_id: str) -> Answer | tuple[Answer, int]:
    sandbox = world()
    for portal in sandbox.store.keys("portal"):
        contact = records.find(sandbox, int(portal), contact_id)
        if contact:
            return contact
    return {"message": "no such contact"}, 404


@control.patch("/contacts/<contact_id>")
def change_contact(contact_id: str) -> Answer | tuple[Answer, int]:
    """`{properties}`: written as by a person in the portal, webhooks included."""
    contact = get_contact(contact_id)
    if isinstance(contact, tuple):
        return contact
    sandbox, properties = world(), request.get_json()["properties"]
    with sandbox.store:
        records.check(sandbox, contact["portal"], properties, contact["id"])
        return records.update(sandbox, contact, properties, "CRM_UI")


@control.delete("/properties/<name>")
def delete_property(name: str) -> Answer:
    """`{portal, archive: false}`: an admin deletes a property, with its values.

    HubSpot keeps a deleted one archived for a while, and its name with it (`archive`).
    """
    body, sandbox = request.get_json(silent=True) or {}, world()
    portal = _portal(body)
    with sandbox.store as store:
        definition = store.delete(f"property:{portal}", name)
        if definition and body.get("archive"):
            store.put(f"archived-property:{portal}", name, definition)
        for contact_id in store.keys(f"contact:{portal}"):
            contact = store.get(f"contact:{portal}", contact_id)
            if contact and contact["properties"].pop(name, None) is not None:
                store.put(f"contact:{portal}", contact_id, contact)
    return {"deleted": definition is not None}


@control.patch("/properties/<name>")
def change_property(name: str) -> Answer:
    """`{portal, read_only?: bool, rule?: {pattern, message} or null, restore?: true}`."""
    body, sandbox = request.get_json(), world()
    portal = _portal(body)
    with sandbox.store as store:
        if body.get("restore") and (
            definition := store.delete(f"archived-property:{portal}", name)
        ):
            store.put(f"property:{portal}", name, definition)
        if "read_only" in body:
            schema.set_read_only(sandbox, portal, name, bool(body["read_only"]))
        if "rule" in body:
            schema.set_rule(sandbox, portal, name, body["rule"])
        return {"property": store.get(f"property:{portal}", name)}


@control.post("/lists")
def make_list() -> tuple[Answer, int]:
    """`{portal, name, processing_type: MANUAL, contact_ids?, processing_status?}` -> the list."""
    body, sandbox = request.get_json(), world()
    portal = _portal(body)
    contact_list = lists.make_list(
        sandbox, portal, body["name"], body.get("processing_type", "MANUAL")
    )
    contact_list["processingStatus"] = body.get(
        "processing_status", contact_list["processingStatus"]
    )
    contact_list["objectTypeId"] = body.get("object_type_id", contact_list["objectTypeId"])
    sandbox.store.put(f"list:{portal}", contact_list["listId"], contact_list)
    ids = [str(contact_id) for contact_id in body.get("contact_ids", [])]
    lists.add_members(sandbox, portal, contact_list["listId"], ids)
    return contact_list, 201


@control.post("/runs")
def make_run() -> tuple[Answer, int]:
    """Enrol contacts: `{portal, action, contact_ids or list, inputs, concurrency, repeat_fraction}`
    -> `{run, enrolled, callback_ids}`; the calls follow in the background."""
    body, sandbox = request.get_json(), world()
    portal, action = _portal(body), definition.action(sandbox.config, body["action"])
    if action is None:
        return {"message": "no such action"}, 404
    ids = body.get("contact_ids") or _members(portal, str(body.get("list", "")))
    callback_ids = running.enroll(sandbox, portal, action, map(str, ids), body.get("inputs", {}))
    repeat = float(body.get("repeat_fraction", 0))
    runs.run(sandbox, callback_ids, int(body.get("concurrency", 10)), repeat)
    number = (
        (sandbox.store.get("execution", callback_ids[0]) or {}).get("run") if callback_ids else None
    )
    return {"run": number, "enrolled": len(callback_ids), "callback_ids": callback_ids}, 202


def _members(portal: int, list_id: str) -> list[str]:
    contact_list = world().store.get(f"list:{portal}", list_id)
    return lists.member_ids(world(), portal, contact_list) if contact_list else []


@control.get("/executions")
def list_executions() -> Answer:
    """`?run=&portal=&limit=500&lang=en`: counts of all matches, and the newest of them."""
    filters = {name: request.args[name] for name in ("run", "portal") if name in request.args}
    matching = [
        execution
        for execution in executions.newest(world())
        if all(str(execution[name]) == text for name, text in filters.items())
    ]
    limit, language = int(request.args.get("limit", 500)), request.args.get("lang", "en")
    return {
        "total": len(matching),
        "states": Counter(execution["state"] for execution in matching),
        "executions": [
            {**execution, "line": executions.line(world(), execution, language)}
            for execution in matching[:limit]
        ],
    }


@control.get("/callbacks")
def list_callbacks() -> Answer:
    """How often each blocked execution was completed, and with which outputs."""
    matching = [execution for execution in executions.newest(world()) if execution["completed"]]
    return {
        "total": len(matching),
        "more_than_once": sum(execution["completed"] > 1 for execution in matching),
        "callbacks": {
            execution["callbackId"]: {
                "completed": execution["completed"],
                "outputs": execution["outputs"],
            }
            for execution in matching
        },
    }


@control.get("/webhooks")
def list_webhooks() -> Answer:
    """Every attempt of every webhook batch, with its status (0: no answer)."""
    return {"deliveries": world().store.all("webhook-delivery")}
