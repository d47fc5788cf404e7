"""A batch of linkages: up to a hundred pairs in one call, each with a result of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate

from plugin.api.access import actor, tenant
from plugin.api.description import ProblemSchema
from plugin.api.paging import ResponseSchema
from plugin.api.problems import Problem, document, invalid, invalid_fields, of_gateway
from plugin.api.resource import no_account
from plugin.api.resources.people.linkages import (
    CONFLICTS,
    EXAMPLE,
    SHOWN,
    LinkageSchema,
    NewLinkageSchema,
    blueprint,
    conflict_problem,
)
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.conflict import Conflict, Pair
from plugin.models.people.linkage import Linkage
from plugin.services.linkage.manual import UNKNOWN_CONTACT, UNKNOWN_FRIEND
from plugin.services.linkage.many_manually import Linked, Wanted, link_many

MOST = 100
CREATED, ALREADY, CONFLICT, INVALID, NOT_FOUND, UNAVAILABLE, REFUSED = STATUSES = (
    "created", "already", "conflict", "invalid", "not_found", "unavailable", "refused",
)  # fmt: skip
GOOD = {"link": CREATED, "already_linked": ALREADY}
UNKNOWN = {
    "unknown_contact": invalid("contact_id", UNKNOWN_CONTACT),
    "unknown_friend": invalid("line_user_id", UNKNOWN_FRIEND),
}


class NewLinkagesSchema(Schema):
    """The pairs may also come as the body itself, an array."""

    # Each pair is read by itself, so that a wrong one stops no other.
    linkages = fields.List(
        fields.Dict(),
        required=True,
        validate=validate.Length(1, MOST),
        metadata={
            "description": "Up to 100 bodies of `POST linkages`",
            "items": {"$ref": "#/components/schemas/NewLinkage"},
        },
    )

    @pre_load
    def _from_array(self, data: Any, **_: Any) -> Any:
        return {"linkages": data} if isinstance(data, list) else data


class LinkageResultSchema(ResponseSchema):
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    linkage = fields.Nested(
        LinkageSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The one made or found; null where there is a problem"},
    )
    problem = fields.Nested(ProblemSchema, required=True, allow_none=True)


class LinkageResultsSchema(ResponseSchema):
    results = fields.List(fields.Nested(LinkageResultSchema), required=True)


class _Read(NamedTuple):
    """A pair of the body, or why it cannot be taken."""

    wanted: Wanted | None
    result: dict[str, Any]


@blueprint.post("/batch")
@blueprint.arguments(NewLinkagesSchema, example={"linkages": [EXAMPLE]})
@blueprint.response(
    200,
    LinkageResultsSchema,
    example={"results": [{"status": CREATED, "linkage": SHOWN, "problem": None}]},
)
def create_linkages(body: dict[str, list[Mapping[str, Any]]]) -> dict[str, Any]:
    """Link up to 100 contacts and friends

    The answer has one result for each pair, in order, and a pair that cannot be linked stops no
    other. `unavailable`: HubSpot or LINE could not be asked about this pair; send it again, with
    another `Idempotency-Key`. `refused`: they refuse to say, such as a channel whose token was
    revoked, and asking again does not help. `conflict`: another link stays, and `problem.conflict`
    names it, with the `id` of the conflict that somebody decides. The pairs may also be sent as a
    plain array.
    """
    read = _read(body["linkages"])
    wanted = [each.wanted for each in read if each.wanted is not None]
    linked = link_many(get_deps(), tenant().id, wanted, actor()) if wanted else []
    shown = iter(_show(wanted, linked))
    return {"results": [each.result if each.wanted is None else next(shown) for each in read]}


def _read(bodies: Sequence[Mapping[str, Any]]) -> list[_Read]:
    accounts = {account.id: account for account in OfficialAccount.list_owned(tenant().id)}
    return [_read_one(body, accounts) for body in bodies]


def _read_one(body: Mapping[str, Any], accounts: Mapping[int, OfficialAccount]) -> _Read:
    try:
        pair = NewLinkageSchema(unknown=RAISE).load(body)
    except ValidationError as error:
        return _Read(None, _refused(INVALID, invalid_fields(dict(error.messages_dict))))
    account = accounts.get(pair["official_account"])
    if account is None:
        return _Read(None, _refused(NOT_FOUND, no_account()))
    return _Read(Wanted(account, pair["contact_id"], pair["line_user_id"]), {})


def _show(wanted: Sequence[Wanted], linked: Sequence[Linked]) -> list[dict[str, Any]]:
    pairs = [Pair(each.account.id, each.contact_id, each.line_user_id) for each in wanted]
    both = list(zip(pairs, linked, strict=True))
    conflicting = [pair for pair, each in both if each.outcome in CONFLICTS]
    conflicts = Conflict.ids_of(tenant().id, conflicting) if conflicting else {}
    return [_shown(each, conflicts.get(pair)) for pair, each in both]


def _shown(linked: Linked, conflict_id: int | None) -> dict[str, Any]:
    linkage: Linkage | None = linked.linkage
    if linked.outcome in GOOD:
        return {"status": GOOD[linked.outcome], "linkage": linkage, "problem": None}
    if linked.outcome in CONFLICTS:
        return _refused(CONFLICT, conflict_problem(linked.outcome, linkage, conflict_id))
    if linked.error is not None:
        status = REFUSED if linked.error.permanent else UNAVAILABLE
        return _refused(status, of_gateway(linked.error))
    return _refused(NOT_FOUND, UNKNOWN[linked.outcome])


def _refused(status: str, problem: Problem) -> dict[str, Any]:
    return {"status": status, "linkage": None, "problem": document(problem)}
