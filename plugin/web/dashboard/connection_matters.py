"""What needs attention: HubSpot, conflicts, lists and the accounts' channels."""

from collections.abc import Iterator, Sequence

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from plugin.models.audience.synced_list import FINE as LIST_FINE
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import FINE, SyncedProperty
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.imports.list_preparation import ListPreparation
from plugin.models.people.conflict import Conflict
from plugin.services.doctor.report import account_verdicts, failing
from plugin.services.system.notices import is_our_mistake
from plugin.web.dashboard.matter import Matter
from plugin.web.settings.findings import findings

# How many properties are named; their own page lists all of them.
NAMED = 3


def connection_matters(
    installation: Installation, accounts: list[OfficialAccount]
) -> Iterator[Matter]:
    """Yield what is wrong with HubSpot, the accounts and their channels."""
    yield from _hubspot(installation)
    yield from _conflicts(installation)
    yield from _lists(installation)
    yield from _synced(installation)
    yield from _accounts(accounts)


def _hubspot(installation: Installation) -> Iterator[Matter]:
    if installation.refused_since is not None:
        why = (
            _("It refuses most portals at once, so whoever runs Musubi should check"
              " HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET. Sends wait meanwhile.")
            if is_our_mistake()
            else _("Musubi tries again by itself, and sends wait meanwhile. If the app was"
                   " uninstalled in HubSpot, install it again.")
        )  # fmt: skip
        title = _("HubSpot refuses Musubi's access")
        yield Matter(title, why, _("See why"), url_for("settings.settings"))
    if installation.is_alive and installation.properties_error:
        yield Matter(
            _("HubSpot did not take the LINE properties"),
            _("Links are kept here and written to HubSpot once this is solved."),
            _("See why"),
            url_for("settings.settings"),
        )
    if installation.is_alive:
        yield from _properties(PropertyTrouble.list_owned(installation.id))


def _synced(installation: Installation) -> Iterator[Matter]:
    properties = [
        row.label or row.name
        for row in SyncedProperty.list_owned(installation.id)
        if row.state != FINE
    ]
    lists = [
        row.name or row.list_id
        for row in SyncedList.list_owned(installation.id)
        if row.state != LIST_FINE
    ]
    names = [*properties, *lists]
    if names:
        yield Matter(
            ngettext(
                "HubSpot changed %(num)s synced property or list",
                "HubSpot changed %(num)s synced properties or lists",
                len(names),
            ),
            _("Segments may use it: %(names)s", names=", ".join(names[:NAMED])),
            _("See what changed"),
            url_for("sync.overview"),
        )


def _properties(troubles: Sequence[PropertyTrouble]) -> Iterator[Matter]:
    if troubles:
        yield Matter(
            ngettext(
                "HubSpot does not take %(num)s LINE property",
                "HubSpot does not take %(num)s LINE properties",
                len(troubles),
            ),
            _("%(names)s. Everything else is written.", names=_names(troubles)),
            _("See why"),
            url_for("settings.hubspot", _anchor="properties"),
        )


def _names(troubles: Sequence[PropertyTrouble]) -> str:
    names = [trouble.name for trouble in troubles]
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")


def _conflicts(installation: Installation) -> Iterator[Matter]:
    waiting = Conflict.count_open(installation.id)
    if waiting:
        yield Matter(
            ngettext("%(num)s conflict to decide", "%(num)s conflicts to decide", waiting),
            _("A link was asked for, but one of the two was linked already."),
            _("Decide"),
            url_for("friends.conflicts"),
        )


def _lists(installation: Installation) -> Iterator[Matter]:
    for preparation in ListPreparation.list_kept_failed(installation.id):
        yield Matter(
            _("%(list)s is not kept prepared", list=preparation.list_name or preparation.list_id),
            _("Whoever joins it gets no personal link: %(reason)s", reason=preparation.error),
            _("See why"),
            url_for("email.preparation", preparation_id=preparation.id),
        )


def _accounts(accounts: list[OfficialAccount]) -> Iterator[Matter]:
    for account in accounts:
        url = url_for("settings.account", account_id=account.id)
        failed = [one for one in failing(account_verdicts(account)) if one.key != "quota"]
        for finding in findings(failed, account):
            title = _("%(account)s: %(check)s", account=account.name, check=finding.title)
            yield Matter(title, finding.text, _("See what to do"), url)
        if not account.can_login:
            yield Matter(
                _("%(account)s has no LINE Login channel", account=account.name),
                _("Without it friends cannot link themselves."),
                _("Add the channel"),
                url_for("settings.edit_account", account_id=account.id),
            )
