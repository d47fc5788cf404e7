"""Quick replies as rows of the editor's form: label, what it does, and with what."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from plugin.core.messages.checks import QUICK_REPLIES
from plugin.core.messages.compose import lines_of
from plugin.core.messages.quick_replies import SAYS, WITH_VALUE, Reply, line_of, reply_of

Form = MultiDict[str, str]
KIND_WORDS = {
    "say": _("says words"),
    "open": _("opens an address"),
    "copy": _("copies words"),
    "date": _("asks for a date"),
    "time": _("asks for a time"),
    "datetime": _("asks for date and time"),
    "camera": _("opens the camera"),
    "photos": _("opens the photos"),
    "location": _("asks for the place"),
}


class ReplyRow(NamedTuple):
    """A row as typed; `number` begins its field names."""

    number: int
    label: str = ""
    kind: str = SAYS
    value: str = ""


def reply_rows(text: str) -> list[ReplyRow]:
    """Return the rows of stored lines, and an empty one for the next while LINE takes more."""
    replies = [reply_of(line) for line in lines_of(text)]
    rows = [
        ReplyRow(number, reply.label, reply.kind, "" if reply.value == reply.label else reply.value)
        for number, reply in enumerate(replies)
    ]
    return rows if len(rows) >= QUICK_REPLIES else [*rows, ReplyRow(len(rows))]


def submitted_replies(form: Form) -> str:
    """Return the rows as lines, after the deed of the button that was pressed: `reply:up:2`."""
    if "reply.0.label" not in form:
        return form.get("quick_replies", "")
    numbers = [number for number in range(QUICK_REPLIES + 1) if f"reply.{number}.label" in form]
    replies = [_submitted(form, number) for number in numbers]
    _apply(replies, form.get("act", ""))
    return "\n".join(line_of(reply) for reply in replies if reply.label or reply.value)


def _submitted(form: Form, number: int) -> Reply:
    texts = [form.get(f"reply.{number}.{name}", "").strip() for name in ("label", "value")]
    kind = form.get(f"reply.{number}.kind", SAYS)
    kind = kind if kind in KIND_WORDS else SAYS
    return Reply(texts[0], kind, texts[1] if kind in WITH_VALUE else "")


def _apply(replies: list[Reply], act: str) -> None:
    name, _, rest = act.partition(":")
    deed, _, written = rest.partition(":")
    if name != "reply" or written not in map(str, range(len(replies))):
        return
    at = int(written)
    if deed == "remove":
        del replies[at]
    elif deed == "up" and at:
        replies[at - 1 : at + 1] = reversed(replies[at - 1 : at + 1])
