"""Segments that every Official Account has from the start."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from plugin.core.text.sentences import Sentence


class Ready(NamedTuple):
    name: Sentence
    rule: dict[str, Any]


def _one(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"all": [_condition(field, op, value)]}


def _condition(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


# By the key that stays in the database; a person may change the name and the rule.
READY: Mapping[str, Ready] = {
    "linked": Ready(Sentence("Linked friends"), _one("linkage.linked", "is", True)),
    "unlinked": Ready(Sentence("Unlinked friends"), _one("linkage.linked", "is", False)),
    "followed": Ready(
        Sentence("Followed in the last 30 days"), _one("friend.followed_at", "within_days", 30)
    ),
    "tapped": Ready(
        Sentence("Tapped in the last 30 days"), _one("behaviour.tapped", "within_days", 30)
    ),
    # Who began to follow lately had no time to be silent.
    "silent": Ready(
        Sentence("Silent for 90 days"),
        {
            "all": [
                _condition("friend.status", "is", "following"),
                {
                    "none": [
                        _condition("behaviour.replied", "within_days", 90),
                        _condition("behaviour.tapped", "within_days", 90),
                        _condition("friend.followed_at", "within_days", 90),
                    ]
                },
            ]
        },
    ),
}
