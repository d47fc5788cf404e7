"""What stands in the place of a message's words."""

from flask_babel import lazy_gettext as _

from plugin.web.blueprint import web

KINDS = {
    "sticker": _("a sticker"),
    "image": _("a picture"),
    "video": _("a video"),
    "audio": _("a voice message"),
    "file": _("a file"),
    "location": _("a place"),
    "unsent": _("taken back"),
}


@web.app_template_filter("message_kind")
def message_kind(kind: str) -> str:
    """Return the words, "" for a text and whatever has no words of its own."""
    return str(KINDS.get(kind, ""))
