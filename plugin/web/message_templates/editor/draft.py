"""The editor's form as drafts of messages, and the actions of its buttons."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from copy import deepcopy
from typing import Any

from werkzeug.datastructures import MultiDict

from plugin.core.messages.checks import BUBBLES
from plugin.core.messages.compose import MessageExtras, undecorate
from plugin.core.messages.designs.shapes import DESIGNS
from plugin.core.messages.drafts import (
    DESIGN_KINDS,
    KINDS,
    Draft,
    draft_of,
    flex_draft,
    message_of,
)
from plugin.core.messages.imagemaps import DIVISIONS, MOST_AREAS, areas_of, divided
from plugin.core.messages.part import InvalidMessage
from plugin.web.message_templates.designs import new_design
from plugin.web.message_templates.replies import submitted_replies

Form = MultiDict[str, str]
# `bubble.0.cards.1.actions.0.label`: list and position in turn, then the field.
NAME = re.compile(
    r"bubble\.([0-4])\.((?:(?:cards|actions)\.[0-9]\.){0,2}|areas\.[0-9]{1,2}\.)([a-z_]{1,20})"
)
# A name of a list is no name of a field.
LISTS = ("cards", "actions", "areas")
# Few people know this JSON by heart, so the form begins with a small example.
STARTERS: dict[str, Draft] = {
    "flex": {"json": """{
  "type": "bubble",
  "body": {
    "type": "box",
    "layout": "vertical",
    "contents": [{"type": "text", "text": "Hello", "wrap": true}]
  }
}"""},
    "imagemap": {"height": "1040", "areas": [{}]},
}  # fmt: skip


def new_draft(kind: str, design: str = "") -> Draft:
    """Return a new message of a kind, with the fewest actions and cards it must have; of a ready
    design where there is one of this name."""
    if design in DESIGNS:
        return new_design(design)
    kind = "text" if kind in DESIGN_KINDS else kind
    draft: Draft = {"kind": kind, **STARTERS.get(kind, {})}
    if KINDS[kind].cards:
        draft["cards"] = [_new_card(kind)]
    elif KINDS[kind].actions[0]:
        draft["actions"] = [{} for _ in range(KINDS[kind].actions[0])]
    return draft


def extras_of(form: Form) -> MessageExtras:
    """Return the values for all messages together; browsers end lines with CR LF."""
    fields = {name: form.get(name, "") for name in MessageExtras._fields}
    return MessageExtras.of({**fields, "quick_replies": submitted_replies(form)})


def drafts_of(form: Form) -> list[Draft]:
    """Return the messages in their order. Nothing is cut: the checks report a text that is too
    long."""
    tree: dict[str, Any] = {}
    for name, text in form.items():
        match = NAME.fullmatch(name)
        if match and match[3] not in LISTS:
            path = ["bubble", match[1], *filter(None, match[2].split("."))]
            _node(tree, path)[match[3]] = text
    drafts = [_as_lists(draft) for draft in _in_order(tree.get("bubble", {}))]
    return [draft for draft in drafts if draft.get("kind") in KINDS]


def stored_drafts(messages: Sequence[dict[str, Any]]) -> tuple[list[Draft], MessageExtras]:
    """Return stored messages as the editor shows them."""
    bare, extras = undecorate(messages)
    return [draft_of(message) for message in bare], extras


def apply_action(drafts: list[Draft], action: str) -> list[Draft]:
    """Apply the action of an editor button: `add:text`, `remove:1`, `move:2:0` ..."""
    name, _, rest = action.partition(":")
    if name in EDITOR_ACTIONS:
        EDITOR_ACTIONS[name](drafts, rest.split(":"))
    return drafts


def _add(drafts: list[Draft], arguments: list[str]) -> None:
    if arguments[0] in KINDS and len(drafts) < BUBBLES:
        drafts.append(new_draft(*arguments[:2]))


def _as_json(drafts: list[Draft], arguments: list[str]) -> None:
    # A design that lacks something has no JSON yet; its form says what.
    position = _number(arguments[0], len(drafts))
    if position is not None and drafts[position]["kind"] in DESIGN_KINDS:
        with suppress(InvalidMessage):
            drafts[position] = flex_draft(message_of(drafts[position]))


def _remove(drafts: list[Draft], arguments: list[str]) -> None:
    position = _number(arguments[0], len(drafts))
    if position is not None:
        del drafts[position]


def _up(drafts: list[Draft], arguments: list[str]) -> None:
    position = _number(arguments[0], len(drafts))
    if position:
        drafts[position - 1 : position + 1] = reversed(drafts[position - 1 : position + 1])


def _down(drafts: list[Draft], arguments: list[str]) -> None:
    position = _number(arguments[0], len(drafts) - 1)
    if position is not None:
        drafts[position : position + 2] = reversed(drafts[position : position + 2])


def _move(drafts: list[Draft], arguments: list[str]) -> None:
    """Move a message to the place of another one, which makes room for it."""
    position = _number(arguments[0], len(drafts))
    place = _number(arguments[-1], len(drafts))
    if position is not None and place is not None:
        drafts.insert(place, drafts.pop(position))


def _copy(drafts: list[Draft], arguments: list[str]) -> None:
    position = _number(arguments[0], len(drafts))
    if position is not None and len(drafts) < BUBBLES:
        drafts.insert(position + 1, deepcopy(drafts[position]))


def _add_card(drafts: list[Draft], arguments: list[str]) -> None:
    position = _number(arguments[0], len(drafts))
    if (
        position is not None
        and len(_cards(drafts[position])) < KINDS[drafts[position]["kind"]].cards
    ):
        drafts[position]["cards"] = [*_cards(drafts[position]), _new_card(drafts[position]["kind"])]


def _remove_card(drafts: list[Draft], arguments: list[str]) -> None:
    position = _number(arguments[0], len(drafts))
    if position is not None and len(arguments) > 1:
        cards = _cards(drafts[position])
        card = _number(arguments[1], len(cards))
        if card is not None and len(cards) > 1:
            del cards[card]


def _add_area(drafts: list[Draft], arguments: list[str]) -> None:
    position = _number(arguments[0], len(drafts))
    if position is not None and drafts[position]["kind"] == "imagemap":
        areas = areas_of(drafts[position])
        drafts[position]["areas"] = [*areas, {}][:MOST_AREAS]


def _remove_area(drafts: list[Draft], arguments: list[str]) -> None:
    position = _number(arguments[0], len(drafts))
    if position is not None and len(arguments) > 1:
        areas = areas_of(drafts[position])
        area = _number(arguments[1], len(areas))
        drafts[position]["areas"] = [each for at, each in enumerate(areas) if at != area]


def _divide(drafts: list[Draft], arguments: list[str]) -> None:
    """Divide an imagemap by the number of one of the `DIVISIONS`."""
    position = _number(arguments[0], len(drafts))
    division = _number(arguments[-1], len(DIVISIONS))
    if position is not None and division is not None and drafts[position]["kind"] == "imagemap":
        drafts[position]["areas"] = divided(drafts[position], *DIVISIONS[division])


EDITOR_ACTIONS: dict[str, Callable[[list[Draft], list[str]], None]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "move": _move,
    "copy": _copy,
    "card": _add_card,
    "uncard": _remove_card,
    "json": _as_json,
    "area": _add_area,
    "unarea": _remove_area,
    "divide": _divide,
}


def _new_card(kind: str) -> Draft:
    return {"actions": [{} for _ in range(KINDS[kind].actions[0])]}


def _cards(draft: Draft) -> list[Draft]:
    cards: list[Draft] = draft.get("cards") or []
    return cards


def _number(text: str, below: int) -> int | None:
    short = text.isascii() and text.isdecimal() and len(text) < 4
    return int(text) if short and int(text) < below else None


def _node(tree: dict[str, Any], path: Iterable[str]) -> dict[str, Any]:
    for step in path:
        tree = tree.setdefault(step, {})
    return tree


def _as_lists(tree: dict[str, Any]) -> Draft:
    # Replace dicts with numbers as keys by lists.
    return {
        name: [_as_lists(item) for item in _in_order(value)] if isinstance(value, dict) else value
        for name, value in tree.items()
    }


def _in_order(tree: dict[str, Any]) -> list[dict[str, Any]]:
    return [tree[key] for key in sorted(tree, key=int)]
