"""Tags of one friend, given and taken on the friend's page."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.services.friends.tags import (
    MAX_TAG_LENGTH,
    MAX_TAGS,
    InvalidTag,
    change_tags,
    read_tags,
)
from plugin.web.friends.blueprint import blueprint
from plugin.web.friends.one import friend_page
from plugin.web.friends.tags import invalid_tags
from plugin.web.owned import own_friend


@blueprint.post("/friends/<row_id:friend_id>/tags")
def add_tags(friend_id: int) -> Response | tuple[str, int]:
    friend, typed = own_friend(friend_id), request.form.get("tags", "")
    try:
        tags = read_tags(typed)
    except InvalidTag:
        return friend_page(friend, typed_tags=typed, tag_error=invalid_tags()), 422
    if not change_tags(friend.id, added=tags):
        error = _("A friend can have %(most)s tags. Remove some first.", most=MAX_TAGS)
        return friend_page(friend, typed_tags=typed, tag_error=error), 422
    return _back(friend_id)


@blueprint.post("/friends/<row_id:friend_id>/tags/remove")
def remove_tag(friend_id: int) -> Response:
    """Take a tag, exactly as it is stored; that it is gone already is fine."""
    friend, tag = own_friend(friend_id), request.form.get("tag", "")
    change_tags(friend.id, removed=[tag])
    flash(_("Removed the tag “%(tag)s”.", tag=tag[:MAX_TAG_LENGTH]))
    return _back(friend_id)


def _back(friend_id: int) -> Response:
    return redirect(url_for("friends.friend", friend_id=friend_id, _anchor="tags"))
