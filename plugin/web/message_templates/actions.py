"""Actions on a whole template: test send, duplicate, archive, restore."""

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from plugin.core.text.row_ids import row_id
from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.people.friend import Friend
from plugin.models.sending.delivery import ACCEPTED, Delivery
from plugin.services.message_templates.library import (
    LONGEST_NAME,
    archive_template,
    duplicate,
    restore_template,
)
from plugin.services.sending.trial_send import Trial, send_test
from plugin.web.message_templates.blueprint import blueprint
from plugin.web.message_templates.editor.page import own_template
from plugin.web.message_templates.editor.state import submitted_form_key
from plugin.web.session import person, tenant


@blueprint.post("/templates/<row_id:template_id>/test")
def test_template(template_id: int) -> Response:
    """Send the saved version to a friend of the account, and remember the choice."""
    template = own_template(template_id)
    friend = chosen_friend(template.official_account_id)
    back = redirect(url_for("message_templates.template", template_id=template.id, _anchor="trial"))
    if friend is None:
        flash(_("Choose a friend of this account to send the test to."), "bad")
        return back
    try:
        delivery = send_test(
            get_deps(), Trial.of(template), friend, person().member, submitted_form_key()
        )
    except GatewayError:
        words = _("LINE or HubSpot cannot be reached just now. Musubi tries again for a while.")
        flash(words, "bad")
        return back
    report_test(delivery, friend)
    return back


@blueprint.post("/templates/<row_id:template_id>/duplicate")
def duplicate_template(template_id: int) -> Response:
    template = own_template(template_id)
    name = _("Copy of %(name)s", name=template.name)[:LONGEST_NAME]
    copy = duplicate(template, name, person().member.email)
    flash(_("This is the copy. The first one is unchanged."))
    return redirect(url_for("message_templates.template", template_id=copy.id))


@blueprint.post("/templates/<row_id:template_id>/archive")
def put_template_away(template_id: int) -> Response:
    template = own_template(template_id)
    archive_template(template)
    flash(_("%(name)s is archived.", name=template.name))
    return redirect(url_for("message_templates.templates"))


@blueprint.post("/templates/<row_id:template_id>/restore")
def take_template_back(template_id: int) -> Response:
    template = own_template(template_id, archived=True)
    restore_template(template)
    flash(
        _("%(name)s can be chosen again, and workflows that name it send it.", name=template.name)
    )
    return redirect(url_for("message_templates.template", template_id=template.id))


def chosen_friend(account_id: int) -> Friend | None:
    """Return the chosen friend, None for one of another account, 404 for one of another tenant."""
    friend_id = row_id(request.form.get("friend", ""))
    if friend_id is None:
        return None
    friend = Friend.find_owned(tenant(), friend_id) or abort(404)
    return friend if friend.official_account_id == account_id else None


def report_test(delivery: Delivery, friend: Friend) -> None:
    """Say what came of a test send."""
    name = friend.display_name or friend.line_user_id[:8]
    if delivery.state == ACCEPTED:
        flash(_("LINE accepted the test for %(name)s.", name=name))
    elif delivery.is_settled:
        flash(_("Not sent: %(reason)s", reason=delivery.error), "bad")
    else:
        flash(_("The test for %(name)s waits: LINE takes nothing just now.", name=name), "bad")
