"""Pictures, videos, voice messages and files that people sent."""

import base64

from flask import Response, jsonify

from plugin.sandbox.line.api.answers import account, messaging_blueprint, refusal
from plugin.sandbox.store import Value
from plugin.sandbox.world import world

blueprint = messaging_blueprint("line_content", "/line-data")
# How long LINE takes where the console says that it is slow.
PREPARING_SECONDS = 20


@blueprint.get("/v2/bot/message/<message_id>/content")
@blueprint.get("/v2/bot/message/<message_id>/content/preview")
def content(message_id: str) -> Response:
    stored = _stored(message_id)
    if _is_being_prepared(stored):
        return Response(status=202)
    return Response(base64.b64decode(stored["data"]), content_type=stored["type"])


@blueprint.get("/v2/bot/message/<message_id>/content/transcoding")
def transcoding(message_id: str) -> Response:
    """Tell how far a video or voice message is; switches of the console make it slow or fail."""
    stored = _stored(message_id)
    if account().get("content_fails"):
        return jsonify(status="failed")
    return jsonify(status="processing" if _is_being_prepared(stored) else "succeeded")


def _stored(message_id: str) -> Value:
    stored = world().store.get("line_content", message_id)
    # A message id is no secret: the content belongs to the account that it was sent to.
    if stored is None or stored["channel"] != account()["channel_id"]:
        raise refusal(404, "Not found")
    if account().get("content_gone"):
        raise refusal(410, "Gone")
    return stored


def _is_being_prepared(stored: Value) -> bool:
    if stored["type"].partition("/")[0] not in ("video", "audio"):
        return False
    slow = account().get("content_slow") and world().clock.now() < stored["at"] + PREPARING_SECONDS
    return bool(slow or account().get("content_fails"))
