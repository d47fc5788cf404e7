"""Previews of messages: as a chosen friend gets them, or with stand-ins for what tokens hold."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from flask_babel import gettext as _
from markupsafe import Markup

from plugin.core.messages.compose import MessageExtras, decorate
from plugin.core.messages.drafts import DESIGN_KINDS, KINDS, Draft, message_of
from plugin.core.messages.line_emojis import pieces_of
from plugin.core.messages.part import InvalidMessage
from plugin.core.messages.personalise import PropertyValues, property_names
from plugin.core.messages.stand_ins import (
    DEFAULT,
    MISSING,
    StandIn,
    pieces,
    unmarked,
    with_stand_ins,
)
from plugin.core.text.sentences import Sentence
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.people.friend import BLOCKED, Friend
from plugin.services.sending.as_friend import refusal, values_for
from plugin.web.language import in_words
from plugin.web.message_templates.blueprint import blueprint

PreviewMessage = dict[str, Any]


class FormPlace(NamedTuple):
    """Where a message is written in the editor's form."""

    prefix: str
    fields: tuple[str, ...]


class Shown(NamedTuple):
    """What the preview shows. `friend`: whom it is shown as; `problem`: why they would get nothing;
    `silence`: why HubSpot does not say what they would see."""

    messages: list[PreviewMessage]
    stand_ins: Sequence[StandIn] = ()
    friend: Friend | None = None
    problem: str = ""
    silence: str = ""


def shown_drafts(drafts: list[Draft], extras: MessageExtras, friend: Friend | None) -> Shown:
    """Return the preview of what the editor holds, valid or not."""
    built = decorate([_built(draft) for draft in drafts], extras)
    shown = shown_messages(built, friend)
    placed = zip(shown.messages, drafts, strict=True)
    messages = [
        {**message, "form": _form_place(number, draft)}
        for number, (message, draft) in enumerate(placed)
    ]
    return shown._replace(messages=messages)


def shown_messages(messages: list[dict[str, Any]], friend: Friend | None) -> Shown:
    """Return the preview of whole messages."""
    values, silence = None, ""
    if friend is not None:
        try:
            values = values_for(get_deps(), friend, _names(messages))
        except GatewayError as error:
            silence = str(_("HubSpot could not be asked: %(error)s", error=error.message))
    filled = [_filled(message, values) for message in messages]
    stand_ins = list(dict.fromkeys(each for _, found in filled for each in found))
    previews = [_preview(message) for message, _ in filled]
    problem = _problem(messages, friend, values) if friend is not None else ""
    return Shown(previews, stand_ins, friend, problem, silence)


def preview_messages(messages: list[dict[str, Any]]) -> list[PreviewMessage]:
    """Return the preview of whole messages as nobody in particular gets them."""
    return [_preview(_filled(message, None)[0]) for message in messages]


@blueprint.app_template_filter("stand_ins")
def with_chips(text: object) -> Markup:
    """Return a text of the preview with its stand-ins as chips."""
    return Markup("").join(
        _chip(piece) if isinstance(piece, StandIn) else piece for piece in pieces(str(text or ""))
    )


@blueprint.app_template_filter("without_marks")
def without_marks(text: object) -> str:
    return str(unmarked(str(text or "")))


def _chip(piece: StandIn) -> Markup:
    words = {
        DEFAULT: _("The contact has no %(property)s: this is the default.", property=piece.name),
        MISSING: _(
            "The contact has no %(property)s, and there is no default.", property=piece.name
        ),
    }
    title = words.get(
        piece.kind, _("Filled in with the contact's %(property)s.", property=piece.name)
    )
    return Markup('<span class="stand-in {kind}" title="{title}">{text}</span>').format(
        kind=piece.kind, title=title, text=piece.text
    )


def _built(draft: Draft) -> PreviewMessage:
    try:
        return message_of(draft)
    except InvalidMessage as error:
        return _broken(error.problem)


def _broken(problem: Sentence) -> PreviewMessage:
    return {"type": "problem", "text": in_words(problem)}


def _names(messages: list[dict[str, Any]]) -> list[str]:
    names: list[str] = []
    for message in messages:
        with suppress(InvalidMessage):
            names += property_names([message])
    return names


def _filled(
    message: dict[str, Any], values: PropertyValues | None
) -> tuple[PreviewMessage, list[StandIn]]:
    try:
        return with_stand_ins(message, values)
    except InvalidMessage as error:
        return _broken(error.problem), []


def _preview(message: PreviewMessage) -> PreviewMessage:
    return {**message, "pieces": pieces_of(message)} if message.get("emojis") else message


def _problem(messages: list[dict[str, Any]], friend: Friend, values: PropertyValues | None) -> str:
    if friend.status == BLOCKED:
        return str(_("This person has blocked the account, so nothing arrives."))
    problem = refusal(messages, values) if values is not None else None
    return in_words(problem) if problem is not None else ""


def _form_place(number: int, draft: Draft) -> FormPlace:
    kind = KINDS.get(str(draft.get("kind")), KINDS["json"])
    # A design has a place for some of its kind's fields only, but always for this one.
    fields = ("alt_text",) if draft.get("kind") in DESIGN_KINDS else kind.fields
    cards = tuple(f"cards.0.{name}" for name in kind.card_fields)
    return FormPlace(f"bubble.{number}.", (*fields, *cards))
