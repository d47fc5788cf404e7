"""What is begun with the friends that the list shows: a broadcast to them, a segment of them."""

import secrets
from collections.abc import Callable
from typing import NamedTuple

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.models.audience.checked_rule import RuleError
from plugin.models.audience.segment import Segment
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.friend_search import Matching, count_matching
from plugin.services.broadcasts.drafts import LONGEST_NAME
from plugin.services.broadcasts.to_friends import MOST_LISTED, TooMany, draft_to
from plugin.services.segments.of_filter import NO_WORDS, is_rule, save_filter
from plugin.web.friends.blueprint import blueprint
from plugin.web.friends.filter import FriendQuery, counted, needs_people
from plugin.web.language import in_words
from plugin.web.layout import figure, page
from plugin.web.owned import row_id
from plugin.web.session import person, tenant

LONGEST_KEY = 100
Page = str | Response | tuple[str, int]


class OfAccount(NamedTuple):
    """An Official Account and how many of its friends fit."""

    account: OfficialAccount
    found: Matching


@blueprint.route("/friends/broadcast", methods=["GET", "POST"])
@needs_people
def broadcast_to() -> Page:
    return _answer("friends/broadcast_to.html", _begin_broadcast)


@blueprint.route("/friends/segment", methods=["GET", "POST"])
@needs_people
def save_as_segment() -> Page:
    return _answer("friends/save_filter.html", _save_segment)


def _answer(template: str, begin: Callable[[OfficialAccount, str, FriendQuery], Response]) -> Page:
    query = FriendQuery.of(request.values)
    accounts = _accounts(query)
    if not accounts:
        flash(_("Nobody fits any more."), "bad")
        return redirect(url_for("friends.people", **query.place()))
    if request.method == "GET":
        return _form(template, query, accounts)
    name = " ".join(request.form.get("name", "").replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        error = _("Give it a name of %(most)s characters at most.", most=LONGEST_NAME)
        return _form(template, query, accounts, error), 422
    try:
        return begin(_chosen(accounts), name, query)
    except RuleError as error:
        words = " ".join(in_words(fault.message) for fault in error.faults)
        return _form(template, query, accounts, words), 422
    except TooMany:
        most = figure(MOST_LISTED)
        words = _(
            "More than %(most)s friends were found by these words. Tag them, and choose by the"
            " tag instead.",
            most=most,
        )
        return _form(template, query, accounts, words), 422


def _begin_broadcast(account: OfficialAccount, name: str, query: FriendQuery) -> Response:
    key = request.form.get("form_key", "")[:LONGEST_KEY]
    broadcast = draft_to(account, name, query.filter, person().member.email, key)
    return redirect(url_for("broadcasts.who", broadcast_id=broadcast.id))


def _save_segment(account: OfficialAccount, name: str, query: FriendQuery) -> Response:
    segment = save_filter(account, name, query.filter, person().member.email)
    flash(_("Saved. Choose “%(name)s” in the list of segments to see these friends.", name=name))
    return redirect(url_for("friends.people", segment=segment.id, account=account.id))


def _accounts(query: FriendQuery) -> list[OfAccount]:
    """Return the accounts that have friends who fit; a segment has one alone."""
    accounts = OfficialAccount.list_owned(tenant())
    if query.segment and not query.ids:
        segment = Segment.find_owned(tenant(), query.segment)
        only = segment.official_account_id if segment else 0
        accounts = [account for account in accounts if account.id == only]
    filters = query.filter
    if filters.official_account is not None:
        accounts = [account for account in accounts if account.id == filters.official_account]
    found = [
        OfAccount(account, count_matching(tenant(), filters._replace(official_account=account.id)))
        for account in accounts
    ]
    return [each for each in found if each.found.number]


def _chosen(accounts: list[OfAccount]) -> OfficialAccount:
    account_id = row_id(request.form.get("of_account", ""))
    for each in accounts:
        if each.account.id == account_id or len(accounts) == 1:
            return each.account
    return abort(404)


def _form(template: str, query: FriendQuery, accounts: list[OfAccount], error: str = "") -> str:
    return page(
        template,
        "people",
        query=query,
        accounts=accounts,
        counted=counted,
        name=request.form.get("name", ""),
        of_account=row_id(request.form.get("of_account", "")),
        is_rule=is_rule(query.filter),
        no_words=in_words(NO_WORDS),
        longest=LONGEST_NAME,
        error=error,
        form_key=request.form.get("form_key") or secrets.token_urlsafe(12),
    )
