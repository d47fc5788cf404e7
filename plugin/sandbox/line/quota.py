"""What may still be sent this month."""

from flask import jsonify
from flask.typing import ResponseReturnValue

from plugin.sandbox.line import usage
from plugin.sandbox.line.answers import account, messaging_blueprint
from plugin.sandbox.line.retry_keys import refuse_key
from plugin.sandbox.world import world

blueprint = messaging_blueprint("line_quota")
blueprint.before_request(refuse_key)


@blueprint.get("/v2/bot/message/quota")
def limit() -> ResponseReturnValue:
    """`none` where the plan knows no limit."""
    number = account()["quota_limit"]
    if number is None:
        return jsonify(type="none")
    return jsonify(type="limited", value=number)


@blueprint.get("/v2/bot/message/quota/consumption")
def consumption() -> ResponseReturnValue:
    """Exact here, approximate at LINE."""
    return jsonify(totalUsage=usage.used(world(), account()["channel_id"]))
