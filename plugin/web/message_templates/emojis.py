"""Pictures of LINE's own emojis, for the pickers."""

from flask import abort
from werkzeug.wrappers import Response

from plugin.file_answers import A_YEAR
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.transaction import close_reads
from plugin.services.media.line_emojis import emoji_picture
from plugin.web.message_templates.blueprint import blueprint

# What an id shows never changes at LINE.
KEPT = f"private, max-age={A_YEAR}, immutable"


@blueprint.get("/templates/emojis/<product>/<emoji>.png")
def line_emoji(product: str, emoji: str) -> Response:
    """Answer with the picture; 503 where LINE gives none, and the page shows its number."""
    close_reads()
    try:
        picture = emoji_picture(get_deps(), product, emoji)
    except GatewayError as error:
        abort(404 if error.reason == "not_found" else 503)
    response = Response(picture, content_type="image/png")
    response.headers["Cache-Control"] = KEPT
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    return response
