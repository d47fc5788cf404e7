"""What tests of workflow actions share: HubSpot's call, and ways to make work wait."""

import json
from typing import Any, NamedTuple

from sqlalchemy import func, select

from plugin.commands.hubspot_project import DEFINITION
from plugin.core.clock import utcnow
from plugin.models import ActionCall, Delivery, db
from plugin.models.transaction import transaction
from tests.support.people import line_user, linked
from tests.support.signing import hubspot_post
from tests.support.world import ALICE, PORTAL, Tenant, World

PUSH = "/v2/bot/message/push"


class Declared(NamedTuple):
    """What HubSpot was told of an action: the names of its fields, and what `result` may be."""

    inputs: set[str]
    outputs: set[str]
    results: list[str]


def _declared(action: dict[str, Any]) -> Declared:
    outputs = {field["name"]: field for field in action["outputFields"]}
    inputs = {field["name"] for field in action["inputFields"]}
    return Declared(inputs, set(outputs), outputs["result"]["options"])


DECLARED = {
    action["uid"]: _declared(action)
    for action in json.loads(DEFINITION.read_text(encoding="utf-8"))["workflowActions"]
}


def execution(
    inputs: dict[str, Any], callback: str = "ap-1-2-3-0", contact: int = ALICE
) -> dict[str, Any]:
    """The body of an execution call."""
    return {
        "callbackId": callback,
        "origin": {"portalId": PORTAL, "actionDefinitionId": 1},
        "object": {"objectId": contact, "objectType": "CONTACT"},
        "fields": inputs,
        "inputFields": inputs,
    }


def run(world: World, action: str, inputs: dict[str, Any], **more: Any) -> dict[str, str]:
    """Call an action; answers its output fields, which are those that HubSpot was told of."""
    answer = hubspot_post(f"{world.url}/hubspot/actions/{action}", execution(inputs, **more))
    assert answer.status_code == 200, answer.text
    fields: dict[str, str] = answer.json()["outputFields"]
    if fields["hs_execution_state"] != "BLOCK":
        assert fields["result"] in DECLARED[action].results
        assert set(fields) <= {*DECLARED[action].outputs, "hs_execution_state"}
    return fields


def send(world: World, inputs: dict[str, Any], **more: Any) -> dict[str, str]:
    """Call "Send LINE message"."""
    return run(world, "send-message", inputs, **more)


def options(world: World, action: str, field: str, **fetch: str) -> dict[str, Any]:
    """Ask for a field's options."""
    body = {
        "origin": {"portalId": PORTAL},
        "inputFieldName": field,
        "fetchOptions": fetch,
    }
    answer = hubspot_post(f"{world.url}/hubspot/actions/{action}/options", body)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def befriended(world: World, tenant: Tenant) -> int:
    """Alice's contact tied to a phone that follows the account; answers the friend's row id."""
    friend_id, _ = linked(world, tenant, user_id=line_user("charlie"))
    return friend_id


def queued(world: World, tenant: Tenant, friend_id: int) -> None:
    """Something of this account waits to be sent, so nothing is sent at once."""
    with world.app.app_context(), transaction() as session:
        session.add(
            Delivery(
                official_account_id=tenant.account_id,
                friend_id=friend_id,
                retry_key="00000000-0000-4000-8000-000000000000",
                messages=[{"type": "text", "text": "waits"}],
                created_at=utcnow(),
            )
        )


def arrived(world: World) -> list[dict[str, Any]]:
    """What reached phones."""
    found: list[dict[str, Any]] = world.sandbox.control("GET", "/deliveries")["deliveries"]
    return found


def count(model: Any) -> int:
    """How many rows there are, inside the app's context."""
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def only_call(world: World) -> ActionCall:
    with world.app.app_context():
        return db.session.scalars(select(ActionCall)).one()
