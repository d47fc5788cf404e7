"""The sum of a broadcast's people: chosen = those reached + each reason why others are not."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flask_babel import gettext as _

from plugin.core.broadcasts.reasons import words_of
from plugin.models.broadcasts.recipient import (
    FAILED,
    HELD_OUT,
    LEFT_OUT,
    SENT,
    UNKNOWN,
    WAITING,
)
from plugin.services.broadcasts.preflight import Check
from plugin.services.broadcasts.progress import Progress
from plugin.web.language import in_words


class Part(NamedTuple):
    """A term of the sum; `kind` sets its look, `url` opens its people where they can be listed."""

    name: str
    people: int
    label: str
    kind: str = ""
    url: str = ""


# Returns the address of the people of a state and a reason.
Address = Callable[[str, str], str]


def sum_before(check: Check, address: Address) -> list[Part]:
    """Return the sum as it would be now."""
    parts = [
        Part("chosen", check.chosen, str(_("chosen")), "total"),
        Part("reach", check.reach, str(_("would get it")), "reach", address("reach", "")),
    ]
    parts += _left_out(check.left_out, lambda reason: address(LEFT_OUT, reason))
    if check.held_out:
        url = address(HELD_OUT, "")
        parts.append(Part(HELD_OUT, check.held_out, str(_("held out")), "", url))
    return parts


def sum_of(progress: Progress, address: Address) -> list[Part]:
    """Return the sum as it is: the terms add up to the first one."""
    parts = [Part("chosen", progress.total, str(_("chosen")), "total", address("", ""))]
    if progress.sent or not progress.waiting:
        parts.append(Part(SENT, progress.sent, str(_("sent")), "reach", address(SENT, "")))
    if progress.waiting:
        words = str(_("still waiting"))
        parts.append(Part(WAITING, progress.waiting, words, "waits", address(WAITING, "")))
    parts += _left_out(progress.left_out, lambda reason: address(LEFT_OUT, reason))
    rest = (
        (FAILED, progress.failed, _("failed")),
        (UNKNOWN, progress.unknown, _("unknown outcome")),
        (HELD_OUT, progress.held_out, _("held out")),
    )
    parts += [Part(name, count, str(label), "", address(name, "")) for name, count, label in rest
              if count]  # fmt: skip
    return parts


def _left_out(reasons: Mapping[str, int], address: Callable[[str], str]) -> list[Part]:
    ordered = sorted(reasons.items(), key=lambda pair: -pair[1])
    return [
        Part(reason, count, reason_word(reason), "", address(reason)) for reason, count in ordered
    ]


def reason_word(reason: str) -> str:
    words = words_of(reason)
    return in_words(words) if words else reason
