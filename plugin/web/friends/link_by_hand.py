"""Linking a friend with a contact that a person looks up in HubSpot."""

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.people.friend import Friend
from plugin.services.linkage.candidates import Candidate, find_candidates
from plugin.services.linkage.manual import Choice, link_chosen
from plugin.web.friends.blueprint import blueprint
from plugin.web.layout import page
from plugin.web.owned import own_friend, record_url
from plugin.web.session import person

MAX_WORDS = 200
Page = str | tuple[str, int]


@blueprint.get("/friends/<row_id:friend_id>/link")
def link_by_hand(friend_id: int) -> Page:
    """Search HubSpot when the button is pressed, never while somebody types."""
    friend, words = own_friend(friend_id), request.args.get("q", "").strip()
    if not words:
        return _form(friend, words)
    if len(words) > MAX_WORDS:
        error = _(
            "That is too long to search for: write %(most)s characters at most, such as a name or"
            " an email address.",
            most=MAX_WORDS,
        )
        return _form(friend, words, error=error), 422
    try:
        found = find_candidates(get_deps(), friend, words)
    except GatewayError as error:
        return _form(friend, words, error=_unanswered(error)), 503
    return _form(friend, words, found)


@blueprint.post("/friends/<row_id:friend_id>/link")
def link_chosen_contact(friend_id: int) -> Response | Page:
    friend, words = own_friend(friend_id), request.form.get("q", "")[:MAX_WORDS]
    contact_id, standing = row_id(request.form.get("contact_id", "")), request.form.get("standing")
    choice: Choice = "gone"
    try:
        if contact_id:
            actor = person().member.email
            choice = link_chosen(get_deps(), friend, contact_id, actor, standing or "-")
    except GatewayError as error:
        return _form(friend, words, error=_unanswered(error)), 503
    flash(*_said(choice))
    if choice in ("changed", "gone"):
        return redirect(url_for("friends.link_by_hand", friend_id=friend_id, q=words or None))
    return redirect(url_for("friends.friend", friend_id=friend_id))


def _form(
    friend: Friend, words: str, found: Sequence[Candidate] | None = None, error: str = ""
) -> str:
    return page(
        "friends/link_by_hand.html",
        "people",
        friend=friend,
        words=words,
        found=found,
        error=error,
        record_url=record_url,
    )


def _said(choice: Choice) -> tuple[str, str]:
    said = {
        "linked": (_("Linked. HubSpot's LINE properties follow in a moment."), "message"),
        "moved": (
            _("Linked, and what stood in the way was unlinked. HubSpot follows in a moment."),
            "message",
        ),
        "already_linked": (_("The two are linked already."), "message"),
        "changed": (
            _("Somebody linked one of the two meanwhile. Nothing was done; look again."), "bad",
        ),
        "gone": (_("HubSpot has this contact no more. Nothing was done."), "bad"),
    }  # fmt: skip
    return said[choice]


def _unanswered(error: GatewayError) -> str:
    words: str = _(
        "HubSpot did not answer, so nothing was done. Try again in a moment. It said: %(why)s",
        why=error.message[:200],
    )
    return words
