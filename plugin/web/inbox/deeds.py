"""What a member does with a conversation: answer, note, assign, close, read."""

import re

from flask import flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.guards import get_deps
from plugin.models.base import db
from plugin.models.connections.member import Member
from plugin.models.inbox.conversation import Conversation
from plugin.models.media.media import Media
from plugin.models.sending.delivery import REFUSED, UNKNOWN
from plugin.services.inbox import state
from plugin.services.inbox.answer import Answer, AnswerRefused, Author, answer
from plugin.services.inbox.claim import claim, release
from plugin.web.inbox.blueprint import blueprint
from plugin.web.inbox.views import Typed, conversation_page, own_conversation
from plugin.web.language import in_words
from plugin.web.owned import own_friend
from plugin.web.session import person, tenant

Page = Response | tuple[str, int]
MEDIA_KEY = re.compile(r"/media/([0-9a-f]{40})/")
LONGEST_KEY = 100


@blueprint.post("/inbox/friends/<row_id:friend_id>")
def open_friend(friend_id: int) -> Response:
    """Open the friend's conversation, made where there is none."""
    friend = own_friend(friend_id)
    conversation = state.open_with(friend)
    return redirect(url_for("inbox.conversation", conversation_id=conversation.id))


@blueprint.post("/inbox/<row_id:conversation_id>/answer")
def send_answer(conversation_id: int) -> Page:
    conversation = own_conversation(conversation_id)
    form = request.form
    typed = Typed(
        text=form.get("text", "").replace("\0", ""),
        template=row_id(form.get("template", "")) or 0,
        picture=form.get("picture", "").strip()[:2000],
    )
    rival = claim(conversation, person().member, take_over=form.get("take_over") == "yes")
    if rival is not None:
        return conversation_page(conversation, typed._replace(rival=rival.email)), 409
    try:
        what = Answer(typed.text, typed.template, *_picture(typed.picture))
        key = form.get("form_key", "")[:LONGEST_KEY]
        delivery = answer(get_deps(), conversation, Author(person().member), what, key)
    except AnswerRefused as error:
        words = in_words(error.problem)
        return conversation_page(conversation, typed._replace(problem=words)), 422
    if delivery.state == UNKNOWN:
        words = _("LINE's answer was lost, so nobody knows whether this reached the friend.")
        flash(words, "warn")
    elif delivery.state == REFUSED:
        flash(_("The answer did not go out: see why below."), "bad")
    # The script forgets the draft only now: what was typed survives a line that breaks.
    return redirect(url_for("inbox.conversation", conversation_id=conversation_id, sent="yes"))


@blueprint.post("/inbox/<row_id:conversation_id>/note")
def add_note(conversation_id: int) -> Page:
    conversation = own_conversation(conversation_id)
    text = request.form.get("note", "").replace("\0", "")
    try:
        state.add_note(conversation, Author(person().member), text)
    except AnswerRefused as error:
        typed = Typed(note=text, note_problem=in_words(error.problem))
        return conversation_page(conversation, typed), 422
    return _back(conversation)


@blueprint.post("/inbox/<row_id:conversation_id>/typing")
def typing(conversation_id: int) -> Response:
    """Say that this member writes; answer who else does."""
    conversation = own_conversation(conversation_id)
    rival = claim(conversation, person().member)
    if rival is None:
        state.show_typing(get_deps(), conversation)
    return jsonify(rival=rival.email if rival is not None else "")


@blueprint.post("/inbox/<row_id:conversation_id>/release")
def stop_typing(conversation_id: int) -> Response:
    release(own_conversation(conversation_id), person().member)
    return Response(status=204)


@blueprint.post("/inbox/<row_id:conversation_id>/read")
def read(conversation_id: int) -> Response:
    conversation = own_conversation(conversation_id)
    state.mark_read(conversation)
    wants_page = request.accept_mimetypes.accept_html
    return _back(conversation) if wants_page else Response(status=204)


@blueprint.post("/inbox/<row_id:conversation_id>/unread")
def unread(conversation_id: int) -> Response:
    state.mark_unread(own_conversation(conversation_id))
    return redirect(url_for("inbox.inbox"))


@blueprint.post("/inbox/<row_id:conversation_id>/assign")
def assign(conversation_id: int) -> Response:
    conversation = own_conversation(conversation_id)
    chosen = row_id(request.form.get("member", "")) or 0
    member = db.session.get(Member, chosen) if chosen else None
    if member is not None and member.installation_id != tenant():
        member = None
    state.assign(conversation, member)
    return _back(conversation)


@blueprint.post("/inbox/<row_id:conversation_id>/close")
def close(conversation_id: int) -> Response:
    state.close(own_conversation(conversation_id))
    flash(_("Closed. The friend's next message opens it again."))
    return redirect(url_for("inbox.inbox"))


@blueprint.post("/inbox/<row_id:conversation_id>/reopen")
def reopen(conversation_id: int) -> Response:
    conversation = own_conversation(conversation_id)
    state.reopen(conversation)
    return _back(conversation)


def _back(conversation: Conversation) -> Response:
    return redirect(url_for("inbox.conversation", conversation_id=conversation.id))


def _picture(address: str) -> tuple[int]:
    """Return the id of the uploaded picture with this address, 0 for no address."""
    if not address:
        return (0,)
    found = MEDIA_KEY.search(address)
    media = Media.by_key(found[1]) if found else None
    # Another tenant's picture is as missing as none.
    is_own = media is not None and media.installation_id == tenant()
    return (media.id if media is not None and is_own else -1,)
