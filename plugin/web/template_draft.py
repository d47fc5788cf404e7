"""The editor's form: what the browser sends, as drafts of messages; and its buttons' deeds."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.datastructures import MultiDict

from plugin.core.bubbles import KINDS, Draft, message_of
from plugin.core.message_checks import BUBBLES
from plugin.core.message_names import message_at
from plugin.core.message_part import InvalidMessage
from plugin.core.messages import Extras

Form = MultiDict[str, str]
# `bubble.0.cards.1.actions.0.label`: kind of list and place, by turns, then the field.
NAME = re.compile(r"bubble\.([0-4])\.((?:(?:cards|actions)\.[0-9]\.){0,2})([a-z_]{1,20})")
LONGEST = 60_000
# Nobody knows these by heart, so the form of a kind that is JSON begins with a small one.
BEGUN = {
    "flex": {"json": """{
  "type": "bubble",
  "body": {
    "type": "box",
    "layout": "vertical",
    "contents": [{"type": "text", "text": "Hello", "wrap": true}]
  }
}"""},
    "imagemap": {"json": """{
  "type": "imagemap",
  "baseUrl": "https://",
  "altText": "",
  "baseSize": {"width": 1040, "height": 1040},
  "actions": [
    {
      "type": "uri",
      "linkUri": "https://",
      "area": {"x": 0, "y": 0, "width": 1040, "height": 1040}
    }
  ]
}"""},
}  # fmt: skip


def new_draft(kind: str) -> Draft:
    """A message of a kind to begin with: as many actions and cards as it must have."""
    draft: Draft = {"kind": kind, **BEGUN.get(kind, {})}
    if KINDS[kind].cards:
        draft["cards"] = [_new_card(kind)]
    elif KINDS[kind].actions[0]:
        draft["actions"] = [{} for _ in range(KINDS[kind].actions[0])]
    return draft


def extras_of(form: Form) -> Extras:
    """What was filled in for all messages together; browsers end lines with CR LF."""
    return Extras.of({name: form.get(name, "")[:LONGEST] for name in Extras._fields})


def drafts_of(form: Form) -> list[Draft]:
    """The messages as they were filled in, in their order."""
    tree: dict[str, Any] = {}
    for name, text in form.items():
        match = NAME.fullmatch(name)
        if match:
            path = ["bubble", match[1], *filter(None, match[2].split("."))]
            _place(tree, path)[match[3]] = text[:LONGEST]
    drafts = [_listed(one) for one in _in_order(tree.get("bubble", {}))]
    return [one for one in drafts if one.get("kind") in KINDS]


def messages_of(drafts: list[Draft]) -> list[dict[str, Any]]:
    """The messages of all drafts. Raises `InvalidMessage` naming the one that cannot be read."""
    messages = []
    for number, draft in enumerate(drafts, 1):
        try:
            messages.append(message_of(draft))
        except InvalidMessage as error:
            raise InvalidMessage(
                "%(place)s: %(problem)s", place=message_at(number), problem=error.problem
            ) from error
    return messages


def act(drafts: list[Draft], deed: str) -> list[Draft]:
    """Do what one of the editor's small buttons says: `add:text`, `remove:1`, `card:0` ..."""
    name, _, rest = deed.partition(":")
    if name in DEEDS:
        DEEDS[name](drafts, rest.split(":"))
    return drafts


def _add(drafts: list[Draft], said: list[str]) -> None:
    if said[0] in KINDS and len(drafts) < BUBBLES:
        drafts.append(new_draft(said[0]))


def _remove(drafts: list[Draft], said: list[str]) -> None:
    place = _number(said[0], len(drafts))
    if place is not None:
        del drafts[place]


def _up(drafts: list[Draft], said: list[str]) -> None:
    place = _number(said[0], len(drafts))
    if place:
        drafts[place - 1 : place + 1] = reversed(drafts[place - 1 : place + 1])


def _add_card(drafts: list[Draft], said: list[str]) -> None:
    place = _number(said[0], len(drafts))
    if place is not None and len(_cards(drafts[place])) < KINDS[drafts[place]["kind"]].cards:
        drafts[place]["cards"] = [*_cards(drafts[place]), _new_card(drafts[place]["kind"])]


def _remove_card(drafts: list[Draft], said: list[str]) -> None:
    place = _number(said[0], len(drafts))
    if place is not None and len(said) > 1:
        cards = _cards(drafts[place])
        card = _number(said[1], len(cards))
        if card is not None and len(cards) > 1:
            del cards[card]


DEEDS: dict[str, Callable[[list[Draft], list[str]], None]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "card": _add_card,
    "uncard": _remove_card,
}


def _new_card(kind: str) -> Draft:
    return {"actions": [{} for _ in range(KINDS[kind].actions[0])]}


def _cards(draft: Draft) -> list[Draft]:
    cards: list[Draft] = draft.get("cards") or []
    return cards


def _number(text: str, below: int) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and int(text) < below else None


def _place(tree: dict[str, Any], path: Iterable[str]) -> dict[str, Any]:
    for step in path:
        tree = tree.setdefault(step, {})
    return tree


def _listed(tree: dict[str, Any]) -> Draft:
    """Lists where the form counted."""
    return {
        name: [_listed(one) for one in _in_order(value)] if isinstance(value, dict) else value
        for name, value in tree.items()
    }


def _in_order(tree: dict[str, Any]) -> list[dict[str, Any]]:
    return [tree[key] for key in sorted(tree)]
