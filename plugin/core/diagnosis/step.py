"""A step of a diagnosis."""

from typing import Literal, NamedTuple

from plugin.core.text.sentences import Sentence

# The places where a step can be put right; the pages know their addresses.
Remedy = Literal[
    "", "account", "add_login", "new_code", "codes", "conflicts", "link_by_hand", "history",
    "hubspot", "properties", "record", "quota", "rules", "messages", "broadcasts",
    "why_linked",
]  # fmt: skip


class Step(NamedTuple):
    """`key` names what was looked at. A moment among the sentence's values is a `datetime`."""

    key: str
    state: Literal["ok", "failing", "unknown"]
    text: Sentence
    remedy: Remedy = ""


def ok(key: str, text: Sentence, remedy: Remedy = "") -> Step:
    return Step(key, "ok", text, remedy)


def failing(key: str, text: Sentence, remedy: Remedy = "") -> Step:
    return Step(key, "failing", text, remedy)


def unknown(key: str, text: Sentence, remedy: Remedy = "") -> Step:
    return Step(key, "unknown", text, remedy)


def first_failing(steps: list[Step]) -> Step | None:
    return next((step for step in steps if step.state == "failing"), None)
