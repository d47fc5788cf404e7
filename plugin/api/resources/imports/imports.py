"""Imports of LINE User IDs from a property of a HubSpot list's contacts."""

from typing import Any

from marshmallow import Schema, fields, validate

from plugin.api.access import tenant
from plugin.api.fields import Id, Moment, PlainText
from plugin.api.paging import Page, PageQuery, ResponseSchema, list_of, page
from plugin.api.problems import invalid
from plugin.api.resource import Resource, own, owned_account
from plugin.guards import get_deps
from plugin.models.imports.import_member import ImportMember
from plugin.models.imports.import_run import (
    FAILED,
    FINISHED,
    IDLE,
    PROBLEMS,
    RUNNING,
    STOPPED,
    ImportRun,
)
from plugin.models.imports.list_import import ListImport
from plugin.services.imports.manage import (
    LONGEST_INTERVAL,
    Plan,
    Unfit,
    change_interval,
    create_import,
    remove_import,
    run_now,
    stop_run,
)

blueprint = Resource("imports", "Imports of LINE User IDs that contacts of a HubSpot list have")
EVERY = {"description": "Minutes from the beginning of a run to the next; 0: only on request"}
EXAMPLE = {
    "official_account": "1",
    "list_id": "7",
    "property": "line_user_id",
    "every_minutes": 60,
}


class ImportRunSchema(ResponseSchema):
    id = Id(required=True)
    state = fields.String(
        required=True, validate=validate.OneOf((RUNNING, FINISHED, FAILED, STOPPED))
    )
    whole = fields.Boolean(required=True)  # False: only what changed since the last run
    size = fields.Integer(required=True, allow_none=True)
    read = fields.Integer(required=True)
    linked = fields.Integer(required=True)
    already_linked = fields.Integer(required=True)
    invalid_id = fields.Integer(required=True)
    unknown_friend = fields.Integer(required=True)
    conflict = fields.Integer(required=True)
    empty = fields.Integer(required=True)
    error = fields.String(required=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class ImportSchema(ResponseSchema):
    id = Id(required=True)
    official_account = Id(attribute="official_account_id", required=True)
    list_id = fields.String(required=True)
    list_name = fields.String(required=True)
    property = fields.String(attribute="property_name", required=True)
    every_minutes = fields.Integer(required=True, metadata=EVERY)
    state = fields.String(required=True, validate=validate.OneOf((IDLE, RUNNING, FAILED)))
    next_run_at = Moment(required=True, allow_none=True)
    last_run = fields.Nested(ImportRunSchema, required=True, allow_none=True)
    created_at = Moment(required=True)


class NewImportSchema(Schema):
    official_account = Id(required=True)
    list_id = fields.String(required=True, validate=validate.Regexp("^[0-9]{1,20}$"))
    property = PlainText(200, load_default="")  # "": the account's own LINE User ID property
    every_minutes = fields.Integer(
        load_default=0, validate=validate.Range(0, LONGEST_INTERVAL), metadata=EVERY
    )


# Nothing else can be changed: remove the import and create another.
class ImportChangeSchema(Schema):
    every_minutes = fields.Integer(
        required=True, validate=validate.Range(0, LONGEST_INTERVAL), metadata=EVERY
    )


class FindingSchema(ResponseSchema):
    contact_id = Id(required=True)
    kind = fields.String(attribute="outcome", required=True, validate=validate.OneOf(PROBLEMS))
    value = fields.String(required=True)
    other = fields.String(required=True)  # the conflicting contact or LINE user


class FindingQuery(PageQuery):
    kind = fields.String(load_default="", validate=validate.OneOf(("", *PROBLEMS)))


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(ImportSchema))
def list_imports(query: dict[str, Any]) -> Page:
    """List imports"""
    return page(ListImport.owned(tenant().id), ListImport.id, query)


@blueprint.post("")
@blueprint.arguments(NewImportSchema, example=EXAMPLE)
@blueprint.response(201, ImportSchema)
def create(body: dict[str, Any]) -> ListImport:
    """Save an import and start it"""
    account = owned_account(body["official_account"])
    plan = Plan(body["list_id"], body["property"], body["every_minutes"])
    try:
        return create_import(get_deps(), account, plan)
    except Unfit as error:
        raise invalid(error.field, str(error)) from error


@blueprint.get("/<import_id>")
@blueprint.response(200, ImportSchema)
def get_import(import_id: str) -> ListImport:
    """Look at one import"""
    return _import(import_id)


@blueprint.patch("/<import_id>")
@blueprint.arguments(ImportChangeSchema, example={"every_minutes": 60})
@blueprint.response(200, ImportSchema)
def change_import(body: dict[str, int], import_id: str) -> ListImport:
    """Change how often it runs"""
    list_import = _import(import_id)
    change_interval(list_import, body["every_minutes"])
    return list_import


@blueprint.delete("/<import_id>")
@blueprint.response(204)
def delete_import(import_id: str) -> None:
    """Remove an import

    It runs no more; what it linked stays linked.
    """
    remove_import(_import(import_id))


@blueprint.post("/<import_id>/run")
@blueprint.response(200, ImportSchema)
def run_import(import_id: str) -> ListImport:
    """Run it now; where a run is under way, that one goes on"""
    list_import = _import(import_id)
    run_now(list_import)
    return list_import


@blueprint.post("/<import_id>/stop")
@blueprint.response(200, ImportSchema)
def stop_import(import_id: str) -> ListImport:
    """Stop the run under way; what it linked stays linked"""
    list_import = _import(import_id)
    stop_run(list_import)
    return list_import


@blueprint.get("/<import_id>/runs")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, list_of(ImportRunSchema))
def list_runs(query: dict[str, Any], import_id: str) -> Page:
    """List its runs, newest first"""
    runs = ImportRun.of_import(_import(import_id).id)
    return page(runs, ImportRun.id, query, newest_first=True)


@blueprint.get("/<import_id>/findings")
@blueprint.arguments(FindingQuery, location="query")
@blueprint.response(200, list_of(FindingSchema))
def list_findings(query: dict[str, Any], import_id: str) -> Page:
    """List the contacts that could not be linked"""
    problems = ImportMember.problems(_import(import_id).id, query["kind"])
    return page(problems, ImportMember.contact_id, query)


def _import(import_id: str) -> ListImport:
    list_import: ListImport = own(ListImport, import_id)
    return list_import
