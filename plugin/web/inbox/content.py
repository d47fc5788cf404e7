"""Pictures, videos and files that friends sent, for the team alone."""

from flask import abort, request
from werkzeug.wrappers import Response

from plugin.file_answers import send_media
from plugin.models.base import db
from plugin.models.inbox.message import ConversationMessage
from plugin.models.media.media import Media
from plugin.web.inbox.blueprint import blueprint
from plugin.web.inbox.views import own_conversation
from plugin.web.session import tenant


@blueprint.get("/inbox/<row_id:conversation_id>/content/<row_id:message_id>")
def content(conversation_id: int, message_id: int) -> Response:
    """Answer with the file, or with `?small=yes` its preview."""
    conversation = own_conversation(conversation_id)
    row = db.session.get(ConversationMessage, message_id)
    if row is None or row.conversation_id != conversation.id or row.media_id is None:
        abort(404)
    media = Media.find_owned(tenant(), row.media_id) or abort(404)
    variant = "preview" if request.args.get("small") == "yes" else "original"
    return send_media(media, variant, kept="private, max-age=3600")
