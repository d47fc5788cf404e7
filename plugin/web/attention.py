"""What a person should see to next: the steps of setting up, and what does not work."""

from collections.abc import Iterator
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from plugin.models.conflict import Conflict
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.web.account_checks import findings
from plugin.web.quota import gauges


class Standing(NamedTuple):
    """What both lists are drawn from."""

    installation: Installation
    accounts: list[OfficialAccount]
    has_codes: bool
    linked: int


class Step(NamedTuple):
    """A step of setting up, with the button that takes it."""

    name: str
    title: str
    why: str
    done: bool
    deed: str = ""
    url: str = ""


class Matter(NamedTuple):
    """Something that does not work, or not fully."""

    title: str
    why: str
    deed: str
    url: str


def setup_steps(standing: Standing) -> list[Step]:
    """From nothing to the first linked friend."""
    return [
        Step("install", _("Install into HubSpot"), standing.installation.hub_domain, done=True),
        Step(
            "connect",
            _("Connect a LINE Official Account"),
            _("Musubi needs its two channels to know your friends and to write to them."),
            bool(standing.accounts),
            _("Connect an account"),
            url_for("web.connect"),
        ),
        Step(
            "code",
            _("Create a QR code"),
            _("Friends scan it to link themselves with their HubSpot contact."),
            standing.has_codes,
            _("Create a QR code"),
            url_for("web.new_qr_code"),
        ),
        Step(
            "link",
            _("Link the first friend"),
            _("Scan the code with LINE yourself, and see what your friends will see."),
            standing.linked > 0,
            _("Open the QR codes"),
            url_for("web.qr_codes"),
        ),
    ]


def attention(standing: Standing) -> list[Matter]:
    """Everything that wants a person, or nothing."""
    return [
        *_hubspot(standing.installation),
        *_conflicts(standing.installation),
        *_quotas(standing.accounts),
        *_accounts(standing.accounts),
    ]


def _hubspot(installation: Installation) -> Iterator[Matter]:
    if installation.is_alive and installation.properties_error:
        yield Matter(
            _("HubSpot did not take the LINE properties"),
            _("Links are kept here and written to HubSpot once this is solved."),
            _("See why"),
            url_for("web.settings"),
        )


def _quotas(accounts: list[OfficialAccount]) -> Iterator[Matter]:
    """From 80 percent on, and again when nothing is left."""
    for one in gauges(accounts):
        if one.state == "fine":
            continue
        name, url = one.account.name, url_for("web.account", account_id=one.account.id)
        if one.state == "full":
            title = _("%(account)s has used up this month's messages", account=name)
            why = _("Workflows go on without sending. Raise the plan in Official Account Manager.")
        else:
            title = _("%(account)s has used %(percent)s%% of this month's messages",
                      account=name, percent=one.percent)  # fmt: skip
            why = _("When they are used up, workflows go on without sending.")
        yield Matter(title, why, _("See the messages of this month"), url)


def _conflicts(installation: Installation) -> Iterator[Matter]:
    waiting = Conflict.count_open(installation.id)
    if waiting:
        yield Matter(
            ngettext("%(num)s conflict to decide", "%(num)s conflicts to decide", waiting),
            _("A link was asked for, but one of the two was linked already."),
            _("Decide"),
            url_for("web.conflicts"),
        )


def _accounts(accounts: list[OfficialAccount]) -> Iterator[Matter]:
    for account in accounts:
        url = url_for("web.account", account_id=account.id)
        for finding in findings(account):
            if finding.ok is False:
                title = _("%(account)s: %(check)s", account=account.name, check=finding.title)
                yield Matter(title, finding.says, _("See what to do"), url)
        if not account.can_login:
            yield Matter(
                _("%(account)s has no LINE Login channel", account=account.name),
                _("Without it friends cannot link themselves."),
                _("Add the channel"),
                url_for("web.edit_account", account_id=account.id),
            )
