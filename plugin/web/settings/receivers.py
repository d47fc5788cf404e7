"""Settings > Webhooks: receivers, their events, secrets, and a try."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from plugin.core.webhooks.event_types import EVENT_TYPES
from plugin.guards import get_deps
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.services.outgoing.receivers import (
    MOST_RECEIVERS,
    ReceiverGone,
    ReceiverRefused,
    SwitchedOff,
    change,
    register,
    remove,
    rotate_secret,
    send_test,
)
from plugin.web.errors import explain
from plugin.web.language import in_words
from plugin.web.layout import page
from plugin.web.once import was_sent
from plugin.web.session import person, tenant
from plugin.web.settings.blueprint import blueprint
from plugin.web.settings.receiver_words import chosen_words, outcome_words, receiver_word

Page = str | Response | tuple[str, int]


def own_receiver(receiver_id: int) -> WebhookReceiver:
    return WebhookReceiver.find_owned(tenant(), receiver_id) or abort(404)


@blueprint.get("/settings/webhooks")
def webhooks() -> str:
    receivers = WebhookReceiver.list_owned(tenant())
    return page(
        "webhooks/list.html",
        "settings",
        receivers=receivers,
        is_full=len(receivers) >= MOST_RECEIVERS,
        most=MOST_RECEIVERS,
        word_of=receiver_word,
        chosen_words=chosen_words,
        outcome_words=outcome_words,
    )


@blueprint.route("/settings/webhooks/new", methods=["GET", "POST"])
def new_webhook() -> Page:
    if request.method == "GET":
        return _form_page(None, {"url": "", "events": list(EVENT_TYPES)})

    def make() -> Page:
        values = _values()
        if was_sent():
            return _not_again(url_for("settings.webhooks"))
        receiver = register(get_deps(), person().installation, values["url"], values["events"])
        return _secret_page(receiver, is_new=True)

    return _tried(None, make)


@blueprint.route("/settings/webhooks/<row_id:receiver_id>/edit", methods=["GET", "POST"])
def edit_webhook(receiver_id: int) -> Page:
    receiver = own_receiver(receiver_id)
    if request.method == "GET":
        return _form_page(receiver, {"url": receiver.url, "events": receiver.events})

    def save() -> Page:
        values = _values()
        change(get_deps(), receiver, values["url"], values["events"])
        flash(_("Saved."))
        return _back(receiver_id)

    return _tried(receiver, save)


@blueprint.post("/settings/webhooks/<row_id:receiver_id>/switch")
def switch_webhook(receiver_id: int) -> Response:
    """Switch it on or off; on also goes on after it was switched off by itself."""
    active = request.form.get("active") == "on"
    change(get_deps(), own_receiver(receiver_id), active=active)
    flash(_("It is on. What waited is being sent.") if active else _("It is off."))
    return _back(receiver_id)


@blueprint.post("/settings/webhooks/<row_id:receiver_id>/secret")
def new_webhook_secret(receiver_id: int) -> Page:
    receiver = own_receiver(receiver_id)
    if was_sent():
        return _not_again(url_for("settings.webhook", receiver_id=receiver_id))
    rotate_secret(receiver)
    return _secret_page(own_receiver(receiver_id), is_new=False)


@blueprint.post("/settings/webhooks/<row_id:receiver_id>/test")
def try_webhook(receiver_id: int) -> Response:
    delivery_id = send_test(own_receiver(receiver_id))
    flash(_("A test event is on its way. What came of it appears here."))
    return redirect(url_for("settings.webhook_delivery", event_delivery_id=delivery_id))


@blueprint.post("/settings/webhooks/<row_id:receiver_id>/remove")
def remove_webhook(receiver_id: int) -> Response:
    remove(own_receiver(receiver_id))
    flash(_("The receiver is removed."))
    return redirect(url_for("settings.webhooks"))


@blueprint.errorhandler(ReceiverGone)
def _gone(_error: ReceiverGone) -> Response:
    return explain(NotFound())


@blueprint.errorhandler(SwitchedOff)
def _switched_off(_error: SwitchedOff) -> Response:
    flash(_("It is switched off, so nothing was sent. Switch it on first."), "bad")
    place = request.view_args or {}
    name = "webhook" if "receiver_id" in place else "webhook_delivery"
    return redirect(url_for(f"settings.{name}", **place))


def _back(receiver_id: int) -> Response:
    return redirect(url_for("settings.webhook", receiver_id=receiver_id))


def _values() -> dict[str, Any]:
    return {"url": request.form.get("url", "").replace("\0", "")[:4000],
            "events": request.form.getlist("events")}  # fmt: skip


def _tried(receiver: WebhookReceiver | None, attempt: Callable[[], Page]) -> Page:
    try:
        return attempt()
    except ReceiverRefused as error:
        problems = {name: [in_words(words)] for name, words in error.problems.items()}
        return _form_page(receiver, _values(), problems), 422


def _form_page(
    receiver: WebhookReceiver | None,
    values: Mapping[str, Any],
    problems: Mapping[str, list[str]] | None = None,
) -> str:
    return page(
        "webhooks/form.html",
        "settings",
        receiver=receiver,
        values=values,
        problems=problems or {},
        event_types={name: in_words(words) for name, words in EVENT_TYPES.items()},
        private_allowed=get_deps().settings.webhook_private_networks,
    )


def _not_again(address: str) -> Response:
    flash(_("This form was sent before, so nothing was made again. A secret is shown once."), "bad")
    return redirect(address)


def _secret_page(receiver: WebhookReceiver, *, is_new: bool) -> str:
    # Shown in the answer itself: no address, cookie or history ever holds it.
    return page(
        "webhooks/secret.html", "settings", receiver=receiver, is_new=is_new, shows_secret=True
    )
