"""What is done with a whole template: send oneself a test, duplicate, archive, restore."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.people import Friend
from plugin.models.sending import ACCEPTED, Delivery
from plugin.models.template import Template
from plugin.services.send_test import send_test
from plugin.services.templates import (
    LONGEST_NAME,
    archive_template,
    duplicate,
    restore_template,
)
from plugin.web.blueprint import web
from plugin.web.message_templates import own_template
from plugin.web.signed_in import person, tenant


@web.post("/templates/<int:template_id>/test")
def test_template(template_id: int) -> Response:
    """Send the saved version to a friend of the account, and remember whom."""
    mine = own_template(template_id)
    friend = _friend(mine)
    back = redirect(url_for("web.template", template_id=mine.id, _anchor="trial"))
    if friend is None:
        flash(_("Choose a friend of this account to send the test to."), "bad")
        return back
    try:
        delivery = send_test(outside(), mine, friend, person().member)
    except GatewayError:
        words = _("LINE or HubSpot cannot be reached just now. Musubi tries again for a while.")
        flash(words, "bad")
        return back
    _say(delivery, friend.display_name or friend.line_user_id[:8])
    return back


@web.post("/templates/<int:template_id>/duplicate")
def duplicate_template(template_id: int) -> Response:
    """A copy to change, with versions of its own."""
    mine = own_template(template_id)
    name = _("Copy of %(name)s", name=mine.name)[:LONGEST_NAME]
    copy = duplicate(mine, name, person().member.email)
    flash(_("This is the copy. The first one is unchanged."))
    return redirect(url_for("web.template", template_id=copy.id))


@web.post("/templates/<int:template_id>/archive")
def put_template_away(template_id: int) -> Response:
    """Out of use; what was sent stays."""
    mine = own_template(template_id)
    archive_template(mine)
    flash(_("%(name)s is archived.", name=mine.name))
    return redirect(url_for("web.templates"))


@web.post("/templates/<int:template_id>/restore")
def take_template_back(template_id: int) -> Response:
    """In use again, as it was."""
    mine = own_template(template_id, archived=True)
    restore_template(mine)
    flash(_("%(name)s can be chosen again, and workflows that name it send it.", name=mine.name))
    return redirect(url_for("web.template", template_id=mine.id))


def _friend(mine: Template) -> Friend | None:
    """The chosen friend of the template's account; somebody else's friend is a 404."""
    wanted = request.form.get("friend", "")
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 19):
        return None
    friend = Friend.find_owned(tenant(), int(wanted)) or abort(404)
    return friend if friend.official_account_id == mine.official_account_id else None


def _say(delivery: Delivery, name: str) -> None:
    if delivery.state == ACCEPTED:
        flash(_("LINE accepted the test for %(name)s.", name=name))
    elif delivery.is_settled:
        flash(_("Not sent: %(reason)s", reason=delivery.error), "bad")
    else:
        flash(_("The test for %(name)s waits: LINE takes nothing just now.", name=name), "bad")
