"""The webhook endpoint: set it, read it, have LINE try it."""

from datetime import UTC, datetime

from flask import jsonify
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import checks, delivery
from plugin.sandbox.line.answers import account, json_body, messaging_blueprint, refusal
from plugin.sandbox.line.retry_keys import refuse_key
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = messaging_blueprint("line_webhook_settings")
blueprint.before_request(refuse_key)
LONGEST = 500


@blueprint.put("/v2/bot/channel/webhook/endpoint")
def set_endpoint() -> ResponseReturnValue:
    """https, as long as 500 characters."""
    endpoint = _require_endpoint(json_body().get("endpoint"))
    world().store.put(
        "line_account",
        account()["channel_id"],
        {**account(), "webhook_endpoint": endpoint},
    )
    return jsonify({})


@blueprint.get("/v2/bot/channel/webhook/endpoint")
def get_endpoint() -> ResponseReturnValue:
    """404 while there is none. `active` is the console's "Use webhook"."""
    found = account()
    if not found["webhook_endpoint"]:
        raise refusal(404, "Not found")
    return jsonify(endpoint=found["webhook_endpoint"], active=found["use_webhook"])


@blueprint.post("/v2/bot/channel/webhook/test")
def test_endpoint() -> ResponseReturnValue:
    """A signed call without events, to the endpoint named or the one that is set."""
    named = json_body().get("endpoint")
    endpoint = _require_endpoint(named) if named else account()["webhook_endpoint"]
    if not endpoint:
        raise refusal(404, "Not found")
    return jsonify(verify(world(), account(), endpoint))


def verify(here: World, found: Value, endpoint: str) -> Value:
    """What the console's "Verify" and the test endpoint answer."""
    moment = datetime.fromtimestamp(here.clock.now(), UTC)
    outcome = delivery.call(here, found, endpoint, [])
    return {
        "success": outcome["ok"],
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "statusCode": outcome["status"],
        "reason": outcome["reason"],
        "detail": outcome["detail"],
    }


def _require_endpoint(value: object) -> str:
    if isinstance(value, str) and len(value) <= LONGEST and checks.web_address(value):
        return value
    details = [{"message": "Must be a valid HTTPS URL", "property": "endpoint"}]
    raise refusal(400, "The request body has 1 error(s)", details)
