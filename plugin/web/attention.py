"""What a person should see to next, most pressing first, each with where to do it."""

from collections.abc import Iterator
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _

from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.web.account_checks import findings


class Standing(NamedTuple):
    """What the list is drawn from."""

    installation: Installation
    accounts: list[OfficialAccount]
    has_codes: bool


class Matter(NamedTuple):
    """One thing to see to. `grave`: something does not work; else it is the next step."""

    name: str
    title: str
    why: str
    deed: str
    url: str
    grave: bool


def attention(standing: Standing) -> list[Matter]:
    """Everything that wants a person, or nothing."""
    return [*_hubspot(standing.installation), *_accounts(standing), *_codes(standing)]


def _hubspot(installation: Installation) -> Iterator[Matter]:
    if installation.is_alive and installation.properties_error:
        yield Matter(
            "properties",
            _("HubSpot did not take the LINE properties"),
            _("Links are kept here and written to HubSpot once this is solved."),
            _("See why"),
            url_for("web.settings"),
            grave=True,
        )


def _accounts(standing: Standing) -> Iterator[Matter]:
    if not standing.accounts:
        yield Matter(
            "connect",
            _("Connect your LINE Official Account"),
            _("Musubi needs its two channels to know your friends and to write to them."),
            _("Connect an account"),
            url_for("web.connect"),
            grave=False,
        )
    for account in standing.accounts:
        url = url_for("web.account", account_id=account.id)
        for finding in findings(account):
            if finding.ok is False:
                title = _("%(account)s: %(check)s", account=account.name, check=finding.title)
                yield Matter("check", title, finding.says, _("See what to do"), url, grave=True)
        if not account.can_login:
            yield _without_login(account)


def _without_login(account: OfficialAccount) -> Matter:
    return Matter(
        "login",
        _("%(account)s has no LINE Login channel", account=account.name),
        _("Without it friends cannot link themselves."),
        _("Add the channel"),
        url_for("web.edit_account", account_id=account.id),
        grave=False,
    )


def _codes(standing: Standing) -> Iterator[Matter]:
    if standing.accounts and not standing.has_codes:
        yield Matter(
            "code",
            _("Create your first QR code"),
            _("Friends scan it to link themselves with their HubSpot contact."),
            _("Create a QR code"),
            url_for("web.new_qr_code"),
            grave=False,
        )
