"""The friends that the list shows, as a file and as a list in HubSpot."""

from collections.abc import Iterator

from flask import Response as FlaskResponse
from flask import abort, redirect, request, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.audience.list_export import ListExport
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend_search import count_matching
from plugin.services.friends.export import friends_as_csv
from plugin.services.segments.list_export import (
    LONGEST_NAME,
    ExportRefused,
    InvalidName,
    export_friends,
)
from plugin.web.friends.blueprint import blueprint
from plugin.web.friends.filter import FriendQuery, counted, needs_people, segment_choices
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.owned import list_url
from plugin.web.segments.exports import failure_words
from plugin.web.session import person, tenant

Page = str | Response | tuple[str, int]


@blueprint.get("/friends/export.csv")
@needs_people
def export_csv() -> Response:
    """Give all friends that the filter shows, not one page of them."""
    query = FriendQuery.of(request.args)
    lines: Iterator[str] = stream_with_context(friends_as_csv(tenant(), query.filter))
    headers = {"Content-Disposition": 'attachment; filename="friends.csv"'}
    return FlaskResponse(lines, mimetype="text/csv", headers=headers)


@blueprint.route("/friends/hubspot-list", methods=["GET", "POST"])
@needs_people
def hubspot_list() -> Page:
    query = FriendQuery.of(request.values)
    accounts = OfficialAccount.list_owned(tenant())
    if request.method == "GET" or not accounts:
        return _form(query)
    try:
        export = export_friends(
            get_deps(),
            accounts[0],
            request.form.get("name", ""),
            query.filter,
            person().member.email,
        )
    except (ExportRefused, InvalidName) as error:
        return _form(query, in_words(error.message)), 422
    except GatewayError as error:
        words = _("HubSpot could not be asked: %(words)s Try again.", words=error.message)
        return _form(query, words), 503
    return redirect(url_for("friends.list_export", export_id=export.id))


@blueprint.get("/friends/hubspot-list/<row_id:export_id>")
def list_export(export_id: int) -> str:
    export = ListExport.find_owned(tenant(), export_id) or abort(404)
    return page(
        "friends/list_export.html",
        "people",
        export=export,
        failure_words=failure_words,
        list_url=list_url,
    )


def _form(query: FriendQuery, error: str = "") -> str:
    found = count_matching(tenant(), query.filter)
    return page(
        "friends/hubspot_list.html",
        "people",
        query=query,
        found=found.number,
        shown=counted(found),
        name=request.form.get("name", dict(segment_choices(tenant())).get(query.segment, "")),
        longest=LONGEST_NAME,
        error=error,
    )
