"""What is wrong with an editor's content, each problem at its field and in its label's words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from flask_babel import gettext as _

from plugin.core.messages.compose import MessageExtras, decorate
from plugin.core.messages.drafts import KINDS, Draft, message_of
from plugin.core.messages.form_fields import (
    extra_field_of,
    field_of,
    form_problems,
    is_of_extras,
)
from plugin.core.messages.part import InvalidMessage, Path
from plugin.core.text.sentences import N_, Sentence
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.message_templates.check import ask_line, own_problems
from plugin.web.language import in_words
from plugin.web.message_templates.fields import LABELS

# At its field a problem need not say the field's name; where it stands by itself it does.
AT_FIELD: Mapping[str, str] = {
    "The %(name)s is empty.": N_("Write something here."),
    "The %(name)s has %(count)s characters; LINE takes %(most)s.": N_(
        "These are %(count)s characters; LINE takes %(most)s."
    ),
    "The address in %(name)s must begin with https:// and hold no blanks.": N_(
        "The address must begin with https:// and hold no blanks."
    ),
    "The %(name)s must be a number.": N_("Write a whole number, 0 or more."),
    "The %(name)s must be between %(least)s and %(most)s.": N_(
        "This must be between %(least)s and %(most)s."
    ),
    "The %(name)s must be a list of exactly %(most)d.": N_(
        "LINE takes exactly %(most)d buttons here."
    ),
    "The %(name)s must be a list of %(least)d to %(most)d.": N_(
        "LINE takes %(least)d to %(most)d buttons here."
    ),
}
MORE_LABELS = {
    # A button's words are labelled by its number; an area's are for those who hear the picture.
    "areas.label": lambda: _("Read aloud as"),
    "areas.height": lambda: _("Height"),
    "to": lambda: _("Address, or what it says"),
    "value": lambda: _("Words or address"),
    "x": lambda: _("From the left"),
    "y": lambda: _("From the top"),
    "width": lambda: _("Width"),
    "name": lambda: _("Name"),
    "account": lambda: _("Official Account"),
    "template": lambda: _("Template"),
}
LISTS = {
    "cards": lambda number: _("Card %(number)s", number=number),
    "actions": lambda number: _("Button %(number)s", number=number),
    "areas": lambda number: _("Area %(number)s", number=number),
    "reply": lambda number: _("Quick reply %(number)s", number=number),
}


class FieldProblem(NamedTuple):
    """`field`: the field's id, or a message's, "" for none; `label`: where it is, for a list of all
    problems; `words`: what stands at the field."""

    field: str
    label: str
    words: str


class Checked(NamedTuple):
    """`messages` are whole only where there are no problems; `by_line`: whether LINE was asked."""

    messages: list[dict[str, Any]]
    problems: tuple[FieldProblem, ...]
    by_line: bool = False


def check_content(
    account: OfficialAccount | None, drafts: Sequence[Draft], extras: MessageExtras
) -> Checked:
    """Find everything that LINE would refuse, by our own rules first, then by asking LINE."""
    made: list[dict[str, Any] | None] = []
    found: list[FieldProblem] = []
    for at, draft in enumerate(drafts):
        problems = form_problems(draft)
        made.append(None if problems else message_of(draft))
        found += [_at_draft(each, each.path, drafts, at) for each in problems]
    messages = _decorated(made, extras)
    found += _placed(_without_echoes(own_problems(messages), drafts), drafts)
    whole = [message for message in messages if message is not None]
    if found or account is None:
        return Checked(whole, _listed(found, drafts))
    result = ask_line(get_deps(), account, whole)
    return Checked(whole, _listed(_placed(result.problems, drafts), drafts), result.by_line)


def by_field(problems: Iterable[FieldProblem]) -> dict[str, list[str]]:
    """Return what stands at each field of the form."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.field, []).append(problem.words)
    return found


def plain(field: str, words: str) -> FieldProblem:
    """Return a problem of a field outside the messages, or of none."""
    label = MORE_LABELS.get(field)
    return FieldProblem(field, label() if label else "", words)


def _decorated(
    made: Sequence[dict[str, Any] | None], extras: MessageExtras
) -> list[dict[str, Any] | None]:
    """Decorate the messages that could be made; the quick replies belong to the last one."""
    stand_ins = [{} if message is None else message for message in made]
    decorated = decorate(stand_ins, extras)
    return [
        None if message is None else whole for message, whole in zip(made, decorated, strict=True)
    ]


def _placed(problems: Iterable[InvalidMessage], drafts: Sequence[Draft]) -> Iterator[FieldProblem]:
    for problem in problems:
        at, path = (problem.path[0], problem.path[1:]) if problem.path else (-1, ())
        if not isinstance(at, int) or not 0 <= at < len(drafts):
            yield FieldProblem("", "", in_words(problem.problem))
        elif is_of_extras(path):
            yield _at_extras(problem, extra_field_of(path))
        else:
            yield _at_draft(problem, field_of(drafts[at], path), drafts, at)


def _without_echoes(
    problems: Sequence[InvalidMessage], drafts: Sequence[Draft]
) -> Iterator[InvalidMessage]:
    """Leave out an empty text for the list of chats where nobody wrote one: it is made of other
    fields, and those are found empty too."""
    for problem in problems:
        at, *path = problem.path or (-1,)
        is_made = path == ["altText"] and not drafts[int(at)].get("alt_text")
        if not is_made or sum(each.path[:1] == (at,) for each in problems) == 1:
            yield problem


def _at_draft(
    problem: InvalidMessage, path: Path, drafts: Sequence[Draft], at: int
) -> FieldProblem:
    place = [_("Message %(number)d", number=at + 1)] if len(drafts) > 1 else []
    name = ".".join(map(str, ("bubble", at, *path)))
    return FieldProblem(name, _joined([*place, *_labels(path)]), _words(problem, bool(path)))


def _at_extras(problem: InvalidMessage, path: Path) -> FieldProblem:
    return FieldProblem(
        ".".join(map(str, path)), _joined(_labels(path)), _words(problem, bool(path))
    )


def _labels(path: Path) -> Iterator[str]:
    for name, number in pairwise(path):
        if name in LISTS and isinstance(number, int):
            yield LISTS[str(name)](number + 1)
    last = str(path[-1]) if path else ""
    label = MORE_LABELS.get(f"{path[0]}.{last}" if path else "") or MORE_LABELS.get(last)
    if label is not None:
        yield label()
    elif last in LABELS:
        yield str(LABELS[last])


def _words(problem: InvalidMessage, at_field: bool) -> str:
    words = problem.words
    if at_field and words.text in AT_FIELD:
        words = Sentence(AT_FIELD[words.text], **words.values)
    return in_words(words)


def _joined(labels: Iterable[str]) -> str:
    return " · ".join(labels)


def _listed(problems: Iterable[FieldProblem], drafts: Sequence[Draft]) -> tuple[FieldProblem, ...]:
    """Return each once, in the order of the page: message by message, field by field."""

    def place(problem: FieldProblem) -> tuple[int, ...]:
        head, *steps = problem.field.split(".")
        if head != "bubble":
            return (len(drafts),)
        at, *names = steps
        kind = KINDS[drafts[int(at)]["kind"]]
        order = [*kind.fields, *kind.card_fields, "cards", "areas", "actions", "label", "to"]
        known = [name for name in names if name.isdigit() or name in order]
        ranks = [int(name) if name.isdigit() else order.index(name) for name in known]
        # The text for the list of chats is the last field of a message.
        return (int(at), int("alt_text" in names), *ranks)

    return tuple(sorted(dict.fromkeys(problems), key=place))
