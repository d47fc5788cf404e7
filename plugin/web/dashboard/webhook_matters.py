"""What needs attention: receivers of webhooks that take nothing, and relays that fail."""

from collections.abc import Iterator
from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from plugin.core.clock import utcnow
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.outgoing.event import GIVEN_UP, MOST_COUNTED, EventDelivery
from plugin.models.outgoing.line_relay import LineRelay
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.web.dashboard.matter import Matter
from plugin.web.layout import figure
from plugin.web.settings.receiver_words import halt_words, outcome_words

# A receiver that is only restarted needs no attention.
PATIENCE = timedelta(hours=1)
SHOWN_SIGNS = 60


def webhook_matters(installation_id: int) -> Iterator[Matter]:
    for receiver in WebhookReceiver.list_owned(installation_id):
        if receiver.active:
            yield from _receiver(receiver)
    for account, relay in LineRelay.list_owned(installation_id):
        title = _relay_title(account, relay)
        if title:
            url = url_for("settings.relay", account_id=account.id)
            why = outcome_words(relay.last_status, relay.last_error)
            yield Matter(title, why, _("See the relay"), url)


def _relay_title(account: OfficialAccount, relay: LineRelay) -> str:
    name = account.name
    if relay.sends_back:
        return str(_("%(account)s: the other tool sends LINE's calls back", account=name))
    if relay.is_failing:
        return str(_("%(account)s: the other tool does not take LINE's calls", account=name))
    if relay.lost_lately(utcnow()):
        return str(_("%(account)s: the other tool missed calls of LINE", account=name))
    return ""


def _receiver(receiver: WebhookReceiver) -> Iterator[Matter]:
    url = url_for("settings.webhook", receiver_id=receiver.id)
    address = receiver.url[:SHOWN_SIGNS]
    since = receiver.failing_since
    if receiver.halted_at is not None:
        title = _("A receiver was switched off by itself: %(address)s", address=address)
        yield Matter(title, halt_words(receiver), _("See what to do"), url)
    elif since is not None and utcnow() - since > PATIENCE:
        title = _("A receiver takes no events: %(address)s", address=address)
        why = outcome_words(receiver.last_status, receiver.last_error)
        yield Matter(title, why, _("See what to do"), url)
    given_up = EventDelivery.count_of(receiver.id, GIVEN_UP)
    if given_up:
        title = ngettext(
            "%(events)s event was given up", "%(events)s events were given up", given_up,
            events=figure(given_up) + ("+" if given_up == MOST_COUNTED else ""),
        )  # fmt: skip
        why = _("%(address)s refused them for three days.", address=address)
        yield Matter(title, why, _("Send them once more"), url)
