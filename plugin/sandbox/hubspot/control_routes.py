"""Machine control of the HubSpot half: filling it, running workflows, reading what happened."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, request

from plugin.sandbox.hubspot import definition, executions, lists, records, runs, tokens, workflows
from plugin.sandbox.hubspot.answers import Refused
from plugin.sandbox.hubspot.seeding import PORTAL
from plugin.sandbox.hubspot.switches import set_switches, switches
from plugin.sandbox.world import world

control = Blueprint("hubspot_control", __name__, url_prefix="/control")
Answer = dict[str, Any]


@control.errorhandler(Refused)
def refuse(error: Refused) -> tuple[Answer, int]:
    """What the API would say."""
    return error.body(), error.status


@control.get("/hubspot")
def get_switches() -> Answer:
    """How the stand-in answers where HubSpot's way is not known."""
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
    here = world()
    told = {**tokens.options(here), **request.get_json()}
    return here.store.put("hubspot-options", "oauth", told)


@control.post("/uninstall")
def uninstall() -> Answer:
    """`{portal}`: the admin removes the app in HubSpot; the app is not told."""
    tokens.uninstall(world(), _portal(request.get_json()))
    return {"uninstalled": True}


def _portal(body: Answer) -> int:
    return int(body.get("portal", PORTAL))


@control.post("/contacts")
def make_contacts() -> tuple[Answer, int]:
    """`{portal, count, properties: {"email": "user{n}@example.com"}, start: 1, list?}` -> ids.

    In place of `count` and `properties` there may be `rows`: the properties of each contact.
    They pass for old ones, of whose creation webhooks say nothing, unless `told` is true.
    """
    body, here = request.get_json(), world()
    portal, ids, told = _portal(body), [], bool(body.get("told"))
    for values in body.get("rows") or _numbered(body):
        with here.store:
            records.check(here, portal, values)
            ids.append(records.create(here, portal, values, "IMPORT", told=told)["id"])
    if "list" in body:
        lists.add_members(here, portal, str(body["list"]), ids)
    return {"ids": ids}, 201


def _numbered(body: Answer) -> Iterator[dict[str, str]]:
    template, first = body.get("properties", {}), int(body.get("start", 1))
    for number in range(first, first + int(body.get("count", 1))):
        yield {name: str(text).replace("{n}", str(number)) for name, text in template.items()}


@control.get("/contacts/<contact_id>")
def get_contact(contact_id: str) -> Answer | tuple[Answer, int]:
    """A contact of whichever portal."""
    here = world()
    for portal in here.store.keys("portal"):
        found = records.find(here, int(portal), contact_id)
        if found:
            return found
    return {"message": "no such contact"}, 404


@control.patch("/contacts/<contact_id>")
def change_contact(contact_id: str) -> Answer | tuple[Answer, int]:
    """`{properties}`: written as by a person in the portal, webhooks included."""
    found = get_contact(contact_id)
    if isinstance(found, tuple):
        return found
    here, properties = world(), request.get_json()["properties"]
    with here.store:
        records.check(here, found["portal"], properties, found["id"])
        return records.update(here, found, properties, "CRM_UI")


@control.post("/lists")
def make_list() -> tuple[Answer, int]:
    """`{portal, name, processing_type: MANUAL, contact_ids?, processing_status?}` -> the list."""
    body, here = request.get_json(), world()
    portal = _portal(body)
    made = lists.make_list(here, portal, body["name"], body.get("processing_type", "MANUAL"))
    made["processingStatus"] = body.get("processing_status", made["processingStatus"])
    made["objectTypeId"] = body.get("object_type_id", made["objectTypeId"])
    here.store.put(f"list:{portal}", made["listId"], made)
    ids = [str(one) for one in body.get("contact_ids", [])]
    lists.add_members(here, portal, made["listId"], ids)
    return made, 201


@control.post("/runs")
def make_run() -> tuple[Answer, int]:
    """Enrol contacts: `{portal, action, contact_ids or list, inputs, concurrency,
    repeat_fraction}` -> `{run, enrolled, callback_ids}`; the calls go on in the background."""
    body, here = request.get_json(), world()
    portal, action = _portal(body), definition.action(here.config, body["action"])
    if action is None:
        return {"message": "no such action"}, 404
    ids = body.get("contact_ids") or _members(portal, str(body.get("list", "")))
    made = workflows.enroll(here, portal, action, map(str, ids), body.get("inputs", {}))
    repeat = float(body.get("repeat_fraction", 0))
    runs.run(here, made, int(body.get("concurrency", 10)), repeat)
    number = (here.store.get("execution", made[0]) or {}).get("run") if made else None
    return {"run": number, "enrolled": len(made), "callback_ids": made}, 202


def _members(portal: int, list_id: str) -> list[str]:
    found = world().store.get(f"list:{portal}", list_id)
    return lists.member_ids(world(), portal, found) if found else []


@control.get("/executions")
def list_executions() -> Answer:
    """`?run=&portal=&limit=500&lang=en`: counts of all that match, and the newest of them."""
    wanted = {name: request.args[name] for name in ("run", "portal") if name in request.args}
    found = [
        one
        for one in executions.newest(world())
        if all(str(one[name]) == text for name, text in wanted.items())
    ]
    limit, language = int(request.args.get("limit", 500)), request.args.get("lang", "en")
    return {
        "total": len(found),
        "states": Counter(one["state"] for one in found),
        "executions": [
            {**one, "line": executions.line(world(), one, language)} for one in found[:limit]
        ],
    }


@control.get("/callbacks")
def list_callbacks() -> Answer:
    """How often each blocked execution was completed, and with what."""
    found = [one for one in executions.newest(world()) if one["completed"]]
    return {
        "total": len(found),
        "more_than_once": sum(one["completed"] > 1 for one in found),
        "callbacks": {
            one["callbackId"]: {"completed": one["completed"], "outputs": one["outputs"]}
            for one in found
        },
    }


@control.get("/webhooks")
def list_webhooks() -> Answer:
    """Every try of every webhook batch, with the status it met (0: no answer)."""
    return {"deliveries": world().store.all("webhook-delivery")}
