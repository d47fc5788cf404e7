"""What is decided about a broadcast: start, pause, approve, choose the winner."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import actor
from plugin.api.problems import Problem, invalid
from plugin.api.resources.messages.broadcast_schemas import BroadcastSchema, ResumeSchema
from plugin.api.resources.messages.broadcasts import SHOWN, blueprint, done, own_broadcast
from plugin.models.broadcasts.variant import Variant
from plugin.services.broadcasts import split
from plugin.services.broadcasts import start as decisions
from plugin.services.broadcasts.drafts import MOST_VARIANTS, archive
from plugin.services.broadcasts.freeze import CouldNotStart
from plugin.services.broadcasts.usage import take_newest

NUMBER = validate.Range(0, MOST_VARIANTS - 1)


class ApprovalSchema(Schema):
    """What was read of the broadcast before: whom it reaches, and which words."""

    number = fields.Integer(
        required=True,
        strict=True,
        metadata={"description": "How many people would get it: `waiting` of the broadcast"},
    )
    version = fields.Integer(
        required=True, strict=True, metadata={"description": "`version` of the broadcast"}
    )
    template_versions = fields.List(
        fields.Integer(strict=True),
        required=True,
        validate=validate.Length(1, MOST_VARIANTS),
        metadata={"description": "`template_versions` of the broadcast"},
    )


class WinnerSchema(Schema):
    variant = fields.Integer(required=True, strict=True, validate=NUMBER)


@blueprint.post("/<broadcast_id>/start")
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def start_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Send it now, or at its time; where the account asks for approval, once a member approves"""
    try:
        return done(broadcast_id, lambda row: decisions.start(row, actor()))
    except decisions.CannotStart as error:
        problems: dict[str, list[str]] = {}
        for field, words in error.problems:
            problems.setdefault(field, []).append(str(words))
        detail = " ".join(sentence for sentences in problems.values() for sentence in sentences)
        raise Problem(422, "invalid", detail, errors=problems) from error


@blueprint.post("/<broadcast_id>/pause")
@blueprint.response(200, BroadcastSchema)
def pause_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Pause; calls that are under way still end"""
    return done(broadcast_id, decisions.pause)


@blueprint.post("/<broadcast_id>/resume")
@blueprint.arguments(ResumeSchema, required=False, example={"when_short": "budget"})
@blueprint.response(200, BroadcastSchema)
def resume_broadcast(body: dict[str, Any], broadcast_id: str) -> dict[str, Any]:
    """Go on with those who wait

    `when_short` says what to do where the month's messages do not suffice.
    """
    return done(broadcast_id, lambda row: decisions.resume(row, body["when_short"]))


@blueprint.post("/<broadcast_id>/cancel")
@blueprint.response(200, BroadcastSchema)
def cancel_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Cancel: a draft again before the first message, after it nobody else gets it"""
    return done(broadcast_id, decisions.cancel)


@blueprint.delete("/<broadcast_id>")
@blueprint.response(204)
def archive_broadcast(broadcast_id: str) -> None:
    """Put a draft or an ended broadcast away; what it sent stays"""
    done(broadcast_id, archive)


@blueprint.post("/<broadcast_id>/approve")
@blueprint.arguments(
    ApprovalSchema, example={"number": 12340, "version": 3, "template_versions": [0]}
)
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def approve_broadcast(body: dict[str, Any], broadcast_id: str) -> dict[str, Any]:
    """Approve a broadcast that waits for it

    A member, or another key, than whoever started it; where the team has one member only, whoever
    started it may too. The numbers are those that `GET` shows, so that the approval means these
    people and these words: 409 `changed` where other words go out by now, and 409 `wrong_state`
    where no approval is asked. A broadcast that is approved stays so.
    """
    number, read = body["number"], (body["version"], *body["template_versions"])
    try:
        return done(broadcast_id, lambda row: decisions.approve(row, actor(), number, read))
    except decisions.WordsChanged as error:
        words = "Other words go out by now. Read the broadcast again."
        raise Problem(409, "changed", words) from error
    except decisions.WrongNumber as error:
        raise invalid("number", f"{error.waiting} people would get it.") from error
    except decisions.NotAllowed as error:
        words = "Whoever started it cannot approve it. Ask a member, or use another key."
        raise Problem(403, "own_broadcast", words) from error


@blueprint.post("/<broadcast_id>/decline")
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def decline_broadcast(broadcast_id: str) -> dict[str, Any]:
    """Refuse to approve: it is a draft again"""
    return done(broadcast_id, lambda row: decisions.decline(row, actor()))


@blueprint.post("/<broadcast_id>/newest")
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def take_newest_versions(broadcast_id: str) -> dict[str, Any]:
    """Send the newest versions of its templates, where older ones were kept

    Where it was approved, it has to be approved again.
    """
    try:
        return done(broadcast_id, lambda row: take_newest(row, actor()))
    except CouldNotStart as error:
        words = f"A template cannot be sent: {error.reason}."
        raise Problem(409, error.reason, words) from error


@blueprint.post("/<broadcast_id>/winner")
@blueprint.arguments(WinnerSchema, example={"variant": 1})
@blueprint.response(200, BroadcastSchema, example=SHOWN)
def choose_winner(body: dict[str, int], broadcast_id: str) -> dict[str, Any]:
    """Send one variant to everybody who waits for the winner of the split test"""
    number = body["variant"]
    if number not in {row.number for row in Variant.of_broadcast(own_broadcast(broadcast_id).id)}:
        raise invalid("variant", "There is no such variant.")
    return done(broadcast_id, lambda row: split.choose_winner(row, number, actor()))
