"""Convert messages to the drafts that a marketer edits, and back.

A draft is a JSON object: `kind`, text fields, and for some kinds `actions` and `cards`, lists of
objects with text fields. A message with more content than its form can show becomes a JSON draft,
so that saving a form never loses anything.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from plugin.core.messages.action_checks import SCHEMES
from plugin.core.messages.designs.form import contents_of, fields_of
from plugin.core.messages.designs.shapes import DESIGNS
from plugin.core.messages.imagemaps import MOST_AREAS, imagemap_draft, imagemap_of
from plugin.core.messages.line_emojis import as_written, written_with
from plugin.core.messages.part import InvalidMessage
from plugin.core.text.json_bodies import read_json
from plugin.core.text.uris import uri_of

Draft = dict[str, Any]
Message = dict[str, Any]


CARD_FIELDS = ("title", "text", "note")
DESIGN_FIELDS = ("image_url", "note", "title", "text", "rows", "colour", "alt_text")


class Kind(NamedTuple):
    fields: tuple[str, ...]
    # Least and most, also on each card.
    actions: tuple[int, int] = (0, 0)
    card_fields: tuple[str, ...] = ()
    cards: int = 0
    areas: int = 0


KINDS: dict[str, Kind] = {
    "text": Kind(("text",)),
    "image": Kind(("image_url", "preview_url")),
    "video": Kind(("video_url", "preview_url")),
    "sticker": Kind(("package_id", "sticker_id")),
    "coupon": Kind(("coupon_id",)),
    "buttons": Kind(("image_url", "title", "text", "alt_text"), (1, 4)),
    "confirm": Kind(("text", "alt_text"), (2, 2)),
    "carousel": Kind(("alt_text",), (1, 3), ("image_url", "title", "text"), 10),
    "image_carousel": Kind(("alt_text",), (1, 1), ("image_url",), 10),
    "flex": Kind(("alt_text", "json")),
    # Flex messages of a ready design, which `draft["design"]` names.
    "design": Kind(DESIGN_FIELDS, (0, 4)),
    "design_cards": Kind(("colour", "alt_text"), (0, 1), ("image_url", *CARD_FIELDS), 10),
    # Or `json`, where the message has more than its form shows.
    "imagemap": Kind(("base_url", "height", "alt_text"), areas=MOST_AREAS),
    "json": Kind(("json",)),
}
DESIGN_KINDS = ("design", "design_cards")
TEMPLATES = ("buttons", "confirm", "carousel", "image_carousel")
ALT_TEXT = 400
NAMES = {
    "image_url": "thumbnailImageUrl", "title": "title", "text": "text",
}  # fmt: skip


def kind_of(message: Mapping[str, Any]) -> str:
    kind = str(message.get("type"))
    if kind == "template":
        template = message.get("template")
        kind = str(template.get("type")) if isinstance(template, dict) else ""
    return kind if kind in KINDS else "json"


def message_of(draft: Draft) -> Message:
    """Return the LINE message of a draft, not yet checked. Raise `InvalidMessage` for bad JSON."""
    kind = draft.get("kind", "")
    if kind in TEMPLATES:
        return _template(kind, draft)
    if kind in DESIGN_KINDS:
        return _designed(draft)
    make = PLAIN.get(kind, _from_json)
    return make(draft)


def draft_of(message: Message) -> Draft:
    """Return the draft of a message, as JSON where its form would lose something."""
    kind = kind_of(message)
    if kind != "json":
        draft = _drafted_design(message) or _drafted(kind, message)
        try:
            if message_of(draft) == message:
                return draft
        except InvalidMessage:
            pass
    return {"kind": "imagemap" if kind == "imagemap" else "json", "json": _pretty(message)}


def _text(draft: Draft, name: str) -> str:
    # Browsers send CR LF, and LINE would count both.
    return str(draft.get(name) or "").replace("\r\n", "\n")


def _plain_text(draft: Draft) -> Message:
    return {"type": "text", **written_with(_text(draft, "text"))}


def _image(draft: Draft) -> Message:
    url = _text(draft, "image_url").strip()
    preview = _text(draft, "preview_url").strip() or url
    return {"type": "image", "originalContentUrl": url, "previewImageUrl": preview}


def _video(draft: Draft) -> Message:
    url, preview = _text(draft, "video_url").strip(), _text(draft, "preview_url").strip()
    return {"type": "video", "originalContentUrl": url, "previewImageUrl": preview}


def _sticker(draft: Draft) -> Message:
    package, sticker = _text(draft, "package_id").strip(), _text(draft, "sticker_id").strip()
    return {"type": "sticker", "packageId": package, "stickerId": sticker}


def _coupon(draft: Draft) -> Message:
    return {"type": "coupon", "couponId": _text(draft, "coupon_id").strip()}


def _flex(draft: Draft) -> Message:
    return {"type": "flex", "altText": _text(draft, "alt_text"), "contents": _parsed(draft)}


def _designed(draft: Draft) -> Message:
    name = _text(draft, "design")
    if name not in DESIGNS:
        raise InvalidMessage("This design is not known.")
    part = {**draft, **_tail(draft)}
    cards = [{**card, **_tail(card)} for card in _objects(draft, "cards")]
    first = cards[0] if cards else draft
    alt = _text(draft, "alt_text").strip() or _text(first, "title").strip()[:ALT_TEXT]
    return {"type": "flex", "altText": alt, "contents": contents_of(name, part, cards)}


def _drafted_design(message: Message) -> Draft | None:
    found = fields_of(message.get("contents")) if message.get("type") == "flex" else None
    if found is None:
        return None
    name, fields, cards = found
    named = {"design": name, "alt_text": message.get("altText", "")}
    if not cards:
        return {"kind": "design", **named, **_with_actions(fields)}
    return {"kind": "design_cards", **named, **fields, "cards": list(map(_with_actions, cards))}


def _with_actions(fields: dict[str, Any]) -> Draft:
    return {**fields, "actions": _drafted_actions(fields["actions"])}


def _from_json(draft: Draft) -> Message:
    message = _parsed(draft)
    if not message.get("type"):
        raise InvalidMessage("The JSON must be one message object with a type.").at("json")
    return message


def _parsed(draft: Draft) -> Message:
    try:
        parsed = read_json(_text(draft, "json") or "null")
    except ValueError as error:
        unreadable = InvalidMessage("The JSON cannot be read: %(error)s", error=error)
        raise unreadable.at("json") from error
    if not isinstance(parsed, dict):
        raise InvalidMessage("The JSON must be one object in { }.").at("json")
    return parsed


PLAIN: dict[str, Callable[[Draft], Message]] = {
    "text": _plain_text,
    "image": _image,
    "video": _video,
    "sticker": _sticker,
    "coupon": _coupon,
    "flex": _flex,
    "imagemap": lambda draft: _from_json(draft) if draft.get("json") else imagemap_of(draft),
}


def _template(kind: str, draft: Draft) -> Message:
    template: Message = {"type": kind}
    if kind == "carousel":
        template["columns"] = [_head(card) | _tail(card) for card in _objects(draft, "cards")]
    elif kind == "image_carousel":
        template["columns"] = [_picture(card) for card in _objects(draft, "cards")]
    else:
        template |= _head(draft) | _tail(draft)
    alt = _text(draft, "alt_text").strip() or _default_alt_text(template)[:ALT_TEXT]
    return {"type": "template", "altText": alt, "template": template}


def _default_alt_text(template: Message) -> str:
    first = (template.get("columns") or [{}])[0]
    return str(
        template.get("text") or first.get("text") or first.get("action", {}).get("label", "")
    )


def _head(draft: Draft) -> Message:
    texts = {member: _text(draft, name).strip() for name, member in NAMES.items()}
    return {name: text for name, text in texts.items() if text or name == "text"}


def filled_actions(part: Draft) -> list[tuple[int, Message]]:
    """Return LINE's action of each row that is filled in, with the row's position."""
    rows = enumerate(_objects(part, "actions"))
    return [(at, _action(row)) for at, row in rows if row.get("label") or row.get("to")]


def _tail(draft: Draft) -> Message:
    return {"actions": [action for _, action in filled_actions(draft)]}


def _picture(card: Draft) -> Message:
    action = (_objects(card, "actions") or [{}])[0]
    return {"imageUrl": _text(card, "image_url").strip(), "action": _action(action)}


def _action(fields: Draft) -> Message:
    label, to = _text(fields, "label").strip(), _text(fields, "to").strip()
    if uri_of(to).partition(":")[0].lower() in SCHEMES:
        return {"type": "uri", "label": label, "uri": to}
    return {"type": "message", "label": label, "text": to or label}


def _objects(draft: Draft, name: str) -> list[Draft]:
    items = draft.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _drafted(kind: str, message: Message) -> Draft:
    if kind in TEMPLATES:
        return _drafted_template(kind, message)
    draft: Draft = {"kind": kind}
    if kind == "text":
        return draft | {"text": as_written(message)}
    if kind == "flex":
        return flex_draft(message)
    if kind == "imagemap":
        return imagemap_draft(message)
    return draft | {name: message.get(member, "") for name, member in SIMPLE[kind].items()}


def flex_draft(message: Message) -> Draft:
    alt, contents = message.get("altText", ""), message.get("contents")
    return {"kind": "flex", "alt_text": alt, "json": _pretty(contents)}


SIMPLE: dict[str, dict[str, str]] = {
    "image": {"image_url": "originalContentUrl", "preview_url": "previewImageUrl"},
    "video": {"video_url": "originalContentUrl", "preview_url": "previewImageUrl"},
    "sticker": {"package_id": "packageId", "sticker_id": "stickerId"},
    "coupon": {"coupon_id": "couponId"},
}


def _drafted_template(kind: str, message: Message) -> Draft:
    template = message["template"]
    draft: Draft = {"kind": kind, "alt_text": message.get("altText", "")}
    if KINDS[kind].cards:
        return draft | {"cards": [_drafted_part(card) for card in _objects(template, "columns")]}
    return draft | _drafted_part(template)


def _drafted_part(part: Message) -> Draft:
    image = part.get("thumbnailImageUrl") or part.get("imageUrl", "")
    actions = [part["action"]] if isinstance(part.get("action"), dict) else part.get("actions", [])
    texts = {"title": part.get("title", ""), "text": part.get("text", "")}
    return {"image_url": image, **texts, "actions": _drafted_actions(actions)}


def _drafted_actions(actions: Any) -> list[Draft]:
    return [
        {"label": action.get("label", ""), "to": action.get("uri") or action.get("text", "")}
        for action in actions
        if isinstance(action, dict)
    ]


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def same_content(one: Any, other: Any) -> bool:
    """Whether two contents are one: a form sends its empty fields, a stored message has none."""
    return bool(_filled(one) == _filled(other))


def _filled(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled(each) for each in value]
    if not isinstance(value, dict):
        return value
    filled = {name: _filled(each) for name, each in value.items()}
    return {name: each for name, each in filled.items() if each not in ("", None, [], {})}
