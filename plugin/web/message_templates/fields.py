"""The editor's fields with their labels, hints and LINE's limits."""

from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _

from plugin.core.messages.compose import MessageExtras
from plugin.core.messages.drafts import KINDS, Draft
from plugin.core.messages.part import count_clusters, utf16_length

KIND_WORDS = {
    "text": _("Text"),
    "image": _("Image"),
    "video": _("Video"),
    "sticker": _("Sticker"),
    "buttons": _("Buttons"),
    "confirm": _("Two choices"),
    "carousel": _("Carousel"),
    "image_carousel": _("Image carousel"),
    "flex": _("Flex message"),
    "imagemap": _("Imagemap"),
    "json": _("Message JSON"),
}
LABELS = {
    "text": _("Text"),
    "title": _("Title"),
    "alt_text": _("Text in the list of chats"),
    "image_url": _("Image address"),
    "video_url": _("Video address"),
    "preview_url": _("Address of the preview picture"),
    "package_id": _("Package ID"),
    "sticker_id": _("Sticker ID"),
    "json": _("JSON"),
    "quick_replies": _("Quick replies"),
    "sender_name": _("Sender name"),
    "sender_icon_url": _("Sender icon address"),
}
HINTS = {
    "alt_text": _("Shown in notifications and on old devices."),
    "image_url": _("https, JPEG or PNG, up to 10 MB."),
    "video_url": _("https, MP4, up to 200 MB."),
    "preview_url": _("https, JPEG or PNG, up to 1 MB."),
    "package_id": _("From LINE's list of stickers that bots may send."),
    "quick_replies": _(
        "One a line, up to 13, below the last message. A tap says the words back; with"
        " “Label | https://...” it opens an address."
    ),
    "sender_name": _("Shown instead of the account's name. It must not contain the word LINE."),
    "sender_icon_url": _("https, PNG, up to 1 MB. Shown instead of the account's picture."),
}
LONG = ("text", "json", "quick_replies")
# Titles and texts of templates count grapheme clusters, the rest UTF-16 units (LINE's text
# character count page). With an image or a title a text has at most 60.
CLUSTERS, UNITS = "clusters", "utf16"
LIMITS: dict[tuple[str, str], tuple[int, str]] = {
    ("text", "text"): (5000, UNITS),
    ("buttons", "title"): (40, CLUSTERS),
    ("buttons", "text"): (160, CLUSTERS),
    ("carousel", "title"): (40, CLUSTERS),
    ("carousel", "text"): (120, CLUSTERS),
    ("confirm", "text"): (240, CLUSTERS),
    ("extras", "sender_name"): (20, UNITS),
}
HEADED_TEXT = 60
ALT_TEXT, URL = (1500, UNITS), (2000, UNITS)
LABEL, IMAGE_LABEL = (20, CLUSTERS), (12, CLUSTERS)


class Box(NamedTuple):
    """A field of the form. `left`: what LINE still takes, None without a limit."""

    name: str
    label: str
    hint: str
    value: str
    long: bool
    limit: int = 0
    unit: str = ""
    left: int | None = None


def boxes(kind: str, draft: Draft, prefix: str) -> list[Box]:
    return [_box(kind, name, draft, prefix) for name in KINDS[kind].fields]


def card_boxes(kind: str, card: Draft, prefix: str) -> list[Box]:
    return [_box(kind, name, card, prefix) for name in KINDS[kind].card_fields]


def extra_boxes(extras: MessageExtras) -> list[Box]:
    """Return the fields for all messages together."""
    return [_box("extras", name, extras._asdict(), "") for name in MessageExtras._fields]


def action_rows(kind: str, part: Draft, prefix: str) -> list[tuple[Box, Box]]:
    """Return a label and a target for each possible button."""
    actions = part.get("actions") or []
    limit = IMAGE_LABEL if kind == "image_carousel" else LABEL
    rows = []
    for number in range(KINDS[kind].actions[1]):
        action = actions[number] if number < len(actions) else {}
        name = f"{prefix}actions.{number}."
        label = _counted(f"{name}label", _("Button"), str(action.get("label") or ""), limit)
        words, target = str(_("Address, or what it says")), str(action.get("to") or "")
        rows.append((label, Box(f"{name}to", words, "", target, long=False)))
    return rows


def editor_tools(extras: MessageExtras) -> dict[str, Any]:
    """Return what the macros of `message_templates/fields.html` draw the form with."""
    return {
        "kinds": KIND_WORDS,
        "rules": KINDS,
        "boxes": boxes,
        "card_boxes": card_boxes,
        "action_rows": action_rows,
        "extra_boxes": extra_boxes(extras),
    }


def _box(kind: str, name: str, draft: Draft, prefix: str) -> Box:
    limit = LIMITS.get((kind, name))
    if limit and name == "text" and kind != "confirm" and (draft.get("title") or _pictured(draft)):
        limit = (min(limit[0], HEADED_TEXT), limit[1])
    if name == "alt_text":
        limit = ALT_TEXT
    text = str(draft.get(name) or "")
    box = _counted(f"{prefix}{name}", LABELS[name], text, limit)
    return box._replace(hint=str(HINTS.get(name, "")), long=name in LONG)


def _pictured(draft: Draft) -> bool:
    return bool(draft.get("image_url"))


def _counted(name: str, label: object, text: str, limit: tuple[int, str] | None) -> Box:
    if limit is None:
        return Box(name, str(label), "", text, False)
    count = count_clusters if limit[1] == CLUSTERS else utf16_length
    return Box(name, str(label), "", text, False, *limit, limit[0] - count(text))
