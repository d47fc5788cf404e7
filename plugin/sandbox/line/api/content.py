"""Images that people sent, for as long as the sandbox keeps them."""

import base64

from flask import Response

from plugin.sandbox.line.api.answers import account, messaging_blueprint, refusal
from plugin.sandbox.world import world

blueprint = messaging_blueprint("line_content", "/line-data")


@blueprint.get("/v2/bot/message/<message_id>/content")
@blueprint.get("/v2/bot/message/<message_id>/content/preview")
def content(message_id: str) -> Response:
    stored = world().store.get("line_content", message_id)
    # A message id is no secret: the content belongs to the account that it was sent to.
    if stored is None or stored["channel"] != account()["channel_id"]:
        raise refusal(404, "Not found")
    return Response(base64.b64decode(stored["data"]), content_type=stored["type"])
