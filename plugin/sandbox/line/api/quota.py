"""The month's remaining messages."""

from flask import jsonify
from flask.typing import ResponseReturnValue

from plugin.sandbox.line.api import usage
from plugin.sandbox.line.api.answers import account, messaging_blueprint
from plugin.sandbox.line.api.retry_keys import refuse_key
from plugin.sandbox.world import world

blueprint = messaging_blueprint("line_quota")
blueprint.before_request(refuse_key)


@blueprint.get("/v2/bot/message/quota")
def limit() -> ResponseReturnValue:
    """`none` if the plan has no limit."""
    number = account()["quota_limit"]
    if number is None:
        return jsonify(type="none")
    return jsonify(type="limited", value=number)


@blueprint.get("/v2/bot/message/quota/consumption")
def consumption() -> ResponseReturnValue:
    # Exact here, approximate at LINE.
    return jsonify(totalUsage=usage.used(world(), account()["channel_id"]))
