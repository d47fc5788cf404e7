"""Which field of the editor's form a problem stands at.

Drafts are as in `core.messages.drafts`; a field's path are the names and positions in its draft,
like `("cards", 1, "actions", 0, "label")`. Paths of messages are those of `InvalidMessage`, without
the position of the message. An empty path means the whole message.
"""

from collections.abc import Iterator, Mapping

from plugin.core.messages.action_checks import check_action
from plugin.core.messages.compose import SENDER
from plugin.core.messages.designs.form import problems_of
from plugin.core.messages.designs.shapes import DESIGNS
from plugin.core.messages.drafts import (
    DESIGN_KINDS,
    KINDS,
    NAMES,
    SIMPLE,
    TEMPLATES,
    Draft,
    filled_actions,
    message_of,
)
from plugin.core.messages.flex_checks import LABEL
from plugin.core.messages.imagemaps import SIDES, areas_of, is_filled, number_problems
from plugin.core.messages.part import InvalidMessage, MessageNode, Path, count_clusters
from plugin.core.messages.personalise import sample
from plugin.core.messages.tokens import split


def inverted(names: Mapping[str, str]) -> dict[str, str]:
    return {member: field for field, member in names.items()}


# What holds a whole message, or its contents, as JSON.
AS_JSON = ("json", "flex")
NO_WORDS = ("kind", "design", "json", "actions", "cards", "areas")
MEMBERS: Mapping[str, Mapping[str, str]] = {
    "text": {"text": "text", "emojis": "text"},
    "imagemap": {"baseUrl": "base_url", "baseSize": "height"},
    "template": {**inverted(NAMES), "imageUrl": "image_url"},
    **{kind: inverted(members) for kind, members in SIMPLE.items()},
}


def form_problems(draft: Draft) -> list[InvalidMessage]:
    """Return what prevents a message from being made of the draft, each problem with the path of
    its field."""
    broken = [*_broken_tokens(draft, ())]
    if broken:
        return broken
    kind = draft.get("kind", "")
    if kind in DESIGN_KINDS and draft.get("design") in DESIGNS:
        return _design_problems(draft)
    if kind == "imagemap" and not draft.get("json"):
        return [*number_problems(draft)]
    try:
        message_of(draft)
    except InvalidMessage as error:
        return [error]
    return []


def field_of(draft: Draft, path: Path) -> Path:
    """Return the field that gives this part of the draft's message."""
    kind, first = draft.get("kind", ""), path[0] if path else ""
    if first == "altText" and "alt_text" in KINDS[kind].fields:
        return ("alt_text",)
    if kind in AS_JSON or draft.get("json"):
        return ("json",)
    if kind in TEMPLATES and first == "template":
        return _of_template(draft, path[1:])
    if kind == "imagemap" and first == "actions":
        return _of_area(draft, path[1:])
    field = MEMBERS.get(kind, {}).get(str(first), "")
    # The picture stands for its preview where none is written.
    if kind == "image" and not draft.get("preview_url"):
        field = field and "image_url"
    return (field,) if field else ()


def extra_field_of(path: Path) -> Path:
    """Return the field of what belongs to all messages together: quick replies and sender."""
    if path[:1] == ("sender",):
        field = inverted(SENDER).get(str(path[1]) if len(path) > 1 else "", "")
        return (field,) if field else ()
    if path[:2] != ("quickReply", "items"):
        return ()
    number = path[2] if len(path) > 2 else 0
    return ("reply", number, "label" if path[-1] in ("label", number, "items") else "value")


def is_of_extras(path: Path) -> bool:
    return path[:1] in (("sender",), ("quickReply",))


def _of_template(draft: Draft, path: Path) -> Path:
    if path[:1] == ("columns",):
        if len(path) == 1:
            return ()
        cards = draft.get("cards") or []
        at = path[1]
        card = cards[at] if isinstance(at, int) and at < len(cards) else {}
        return ("cards", at, *inner) if (inner := _of_part(card, path[2:])) else ()
    return _of_part(draft, path)


def _of_part(part: Draft, path: Path) -> Path:
    first = str(path[0]) if path else ""
    if first == "action":
        return ("actions", 0, _of_action(path[1:]))
    if first != "actions":
        field = MEMBERS["template"].get(first, "")
        return (field,) if field else ()
    filled = [row for row, _ in filled_actions(part)]
    if len(path) == 1:
        # Their number is wrong: the first row that is free is where the next belongs.
        return ("actions", len(filled) if filled == [*range(len(filled))] else 0, "label")
    at = path[1]
    row = filled[at] if isinstance(at, int) and at < len(filled) else 0
    return ("actions", row, _of_action(path[2:]))


def _of_action(path: Path) -> str:
    return "label" if path[:1] in ((), ("label",)) else "to"


def _of_area(draft: Draft, path: Path) -> Path:
    filled = [at for at, area in enumerate(areas_of(draft)) if is_filled(area)]
    number = path[0] if path else 0
    if not isinstance(number, int) or number >= len(filled):
        return ()
    last = str(path[-1])
    return ("areas", filled[number], last if last in (*SIDES, "label") else "to")


def _broken_tokens(part: Draft, path: Path) -> Iterator[InvalidMessage]:
    for name, value in part.items():
        if isinstance(value, str) and name not in NO_WORDS:
            try:
                split(value, loosely=False)
            except InvalidMessage as error:
                yield error.at(*path, name)
    for name in ("cards", "actions", "areas"):
        inner = part.get(name)
        for at, each in enumerate(inner if isinstance(inner, list) else []):
            if isinstance(each, dict):
                yield from _broken_tokens(each, (*path, name, at))


def _design_problems(draft: Draft) -> list[InvalidMessage]:
    cards = [card for card in draft.get("cards") or [] if isinstance(card, dict)]
    found = [*problems_of(draft["design"], draft, cards), *_action_problems(draft, ())]
    for at, card in enumerate(cards):
        found += _action_problems(card, ("cards", at))
    return found


def _action_problems(part: Draft, path: Path) -> list[InvalidMessage]:
    found: list[InvalidMessage] = []
    for row, action in filled_actions(part):
        (example,) = sample([action])
        problems: list[InvalidMessage] = []
        node = MessageNode(example, None, count_clusters, found=problems)
        check_action(node, label=LABEL, labelled=False)
        for problem in problems:
            problem.path = (*path, "actions", row, _of_action(problem.path))
        found += problems
    return found
