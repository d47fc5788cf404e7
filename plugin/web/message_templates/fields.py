"""The editor's fields with their labels, hints and LINE's limits."""

from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _

from plugin.core.messages.compose import MessageExtras
from plugin.core.messages.designs.patterns import places_in
from plugin.core.messages.designs.shapes import DESIGNS
from plugin.core.messages.drafts import KINDS, Draft
from plugin.core.messages.imagemaps import DIVISIONS
from plugin.core.messages.part import count_clusters, utf16_length
from plugin.web.message_templates.designs import design_words
from plugin.web.message_templates.pickers import picker_tools
from plugin.web.message_templates.replies import KIND_WORDS as REPLY_KINDS
from plugin.web.message_templates.replies import reply_rows

KIND_WORDS = {
    "text": _("Text"),
    "image": _("Image"),
    "video": _("Video"),
    "sticker": _("Sticker"),
    "coupon": _("Coupon"),
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
    "coupon_id": _("Coupon ID"),
    "json": _("JSON"),
    "base_url": _("Address of the picture"),
    "height": _("Height of the picture"),
    "note": _("Small line"),
    "rows": _("Rows"),
    "colour": _("Colour"),
    "sender_name": _("Sender name"),
    "sender_icon_url": _("Sender icon address"),
}
HINTS = {
    "alt_text": _("Shown in notifications and on old devices."),
    "image_url": _(
        "Upload a picture of up to 25 MB, which is made to fit, or give the https address of a"
        " JPEG or PNG of up to 10 MB."
    ),
    "video_url": _("Upload an MP4 of up to 200 MB, or give its https address."),
    "preview_url": _(
        "Upload a picture of up to 25 MB, which is made to fit, or give the https address of a"
        " JPEG or PNG of up to 1 MB."
    ),
    "base_url": _("LINE adds /240 to /1040 to it. A picture that you upload gets the right one."),
    "height": _("In pixels, where the picture is 1,040 pixels wide."),
    "rows": _("One a line: what it is | the value."),
    "package_id": _("From LINE's list of stickers that bots may send."),
    "sender_name": _("Shown instead of the account's name. It must not contain the word LINE."),
    "sender_icon_url": _(
        "Shown instead of the account's picture. Upload one of up to 25 MB, which is made to fit,"
        " or give the https address of a PNG of up to 1 MB."
    ),
}
UPLOADS = {
    "image_url": "image",
    "video_url": "video",
    "preview_url": "preview",
    "sender_icon_url": "icon",
    "base_url": "imagemap",
}
LONG = ("text", "json", "rows")
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
# Which pickers a field has, by kind and name, or by name alone.
PICKS: dict[tuple[str, str], tuple[str, ...]] = {
    ("text", "text"): ("tokens", "line"),
    **{("", name): ("tokens", "emoji") for name in ("text", "title", "note", "rows", "alt_text")},
}
ALT_TEXT, URL = (1500, UNITS), (2000, UNITS)
LABEL = (20, CLUSTERS)
LABELS_BY_KIND = {
    "image_carousel": (12, CLUSTERS),
    "design": (40, CLUSTERS),
    "design_cards": (40, CLUSTERS),
}


class Box(NamedTuple):
    """A field of the form. `left`: what LINE still takes, None without a limit; `picks`: which
    pickers it has, "tokens", "emoji" or "line" (LINE's emojis too)."""

    name: str
    label: str
    hint: str
    value: str
    long: bool
    limit: int = 0
    unit: str = ""
    left: int | None = None
    picks: tuple[str, ...] = ()
    # What `media.js` uploads for it.
    upload: str = ""


def boxes(kind: str, draft: Draft, prefix: str) -> list[Box]:
    names = KINDS[kind].fields
    if kind == "imagemap" and draft.get("json"):
        names = ("json",)
    if kind == "design" and draft.get("design") in DESIGNS:
        # A design has a place for some of the fields only.
        places = places_in(DESIGNS[draft["design"]].bubble) | {"alt_text"}
        names = tuple(name for name in names if name in places)
    return [_box(kind, name, draft, prefix) for name in names]


def card_boxes(kind: str, card: Draft, prefix: str) -> list[Box]:
    return [_box(kind, name, card, prefix) for name in KINDS[kind].card_fields]


def extra_boxes(extras: MessageExtras) -> list[Box]:
    """Return the fields for all messages together, beside the quick replies."""
    names = ("sender_name", "sender_icon_url")
    return [_box("extras", name, extras._asdict(), "") for name in names]


def action_rows(kind: str, part: Draft, prefix: str) -> list[tuple[Box, Box]]:
    """Return a label and a target for each possible button."""
    actions = part.get("actions") or []
    limit = LABELS_BY_KIND.get(kind, LABEL)
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
        "design_words": design_words,
        "designs": DESIGNS,
        **picker_tools(),
        "divisions": DIVISIONS,
        "extra_boxes": extra_boxes(extras),
        "reply_rows": reply_rows(extras.quick_replies),
        "reply_kinds": REPLY_KINDS,
    }


def _box(kind: str, name: str, draft: Draft, prefix: str) -> Box:
    limit = LIMITS.get((kind, name))
    if limit and name == "text" and kind != "confirm" and (draft.get("title") or _pictured(draft)):
        limit = (min(limit[0], HEADED_TEXT), limit[1])
    if name == "alt_text":
        limit = ALT_TEXT
    text = str(draft.get(name) or "")
    box = _counted(f"{prefix}{name}", LABELS[name], text, limit)
    picks = PICKS.get((kind, name), PICKS.get(("", name), ()))
    return box._replace(
        hint=str(HINTS.get(name, "")),
        long=name in LONG,
        picks=picks,
        upload=UPLOADS.get(name, ""),
    )


def _pictured(draft: Draft) -> bool:
    return bool(draft.get("image_url"))


def _counted(name: str, label: object, text: str, limit: tuple[int, str] | None) -> Box:
    if limit is None:
        return Box(name, str(label), "", text, False)
    count = count_clusters if limit[1] == CLUSTERS else utf16_length
    return Box(name, str(label), "", text, False, *limit, limit[0] - count(text))
