"""The webhook endpoint: set, read, test."""

from datetime import UTC, datetime

from flask import jsonify
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import delivery
from plugin.sandbox.line.api.answers import account, json_body, messaging_blueprint, refusal
from plugin.sandbox.line.api.retry_keys import refuse_key
from plugin.sandbox.line.checks import rules
from plugin.sandbox.store import Value
from plugin.sandbox.world import World, world

blueprint = messaging_blueprint("line_webhook_settings")
blueprint.before_request(refuse_key)
LONGEST = 500


@blueprint.put("/v2/bot/channel/webhook/endpoint")
def set_endpoint() -> ResponseReturnValue:
    """https, at most 500 characters."""
    endpoint = _require_endpoint(json_body().get("endpoint"))
    world().store.put(
        "line_account",
        account()["channel_id"],
        {**account(), "webhook_endpoint": endpoint},
    )
    return jsonify({})


@blueprint.get("/v2/bot/channel/webhook/endpoint")
def get_endpoint() -> ResponseReturnValue:
    """404 without any. `active` is the console's "Use webhook"."""
    current = account()
    if not current["webhook_endpoint"]:
        raise refusal(404, "Not found")
    return jsonify(endpoint=current["webhook_endpoint"], active=current["use_webhook"])


@blueprint.post("/v2/bot/channel/webhook/test")
def test_endpoint() -> ResponseReturnValue:
    """A signed call without events, to the given endpoint or the stored one."""
    named = json_body().get("endpoint")
    endpoint = _require_endpoint(named) if named else account()["webhook_endpoint"]
    if not endpoint:
        raise refusal(404, "Not found")
    return jsonify(verify(world(), account(), endpoint))


def verify(sandbox: World, account: Value, endpoint: str) -> Value:
    moment = datetime.fromtimestamp(sandbox.clock.now(), UTC)
    outcome = delivery.call(sandbox, account, endpoint, [])
    return {
        "success": outcome["ok"],
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "statusCode": outcome["status"],
        "reason": outcome["reason"],
        "detail": outcome["detail"],
    }


def _require_endpoint(value: object) -> str:
    if isinstance(value, str) and len(value) <= LONGEST and rules.web_address(value):
        return value
    details = [{"message": "Must be a valid HTTPS URL", "property": "endpoint"}]
    raise refusal(400, "The request body has 1 error(s)", details)
