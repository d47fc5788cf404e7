"""What people sent: images, for as long as the sandbox remembers them."""

import base64

from flask import Response

from plugin.sandbox.line.answers import account, messaging_blueprint, refusal
from plugin.sandbox.world import world

blueprint = messaging_blueprint("line_content", "/line-data")


@blueprint.get("/v2/bot/message/<message_id>/content")
@blueprint.get("/v2/bot/message/<message_id>/content/preview")
def content(message_id: str) -> Response:
    """The bytes of an image that was sent to this account."""
    found = world().store.get("line_content", message_id)
    # A message id is no secret: the content belongs to the account that it was sent to.
    if found is None or found["channel"] != account()["channel_id"]:
        raise refusal(404, "Not found")
    return Response(base64.b64decode(found["data"]), content_type=found["type"])
