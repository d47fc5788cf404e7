"""The dashboard's to-do lists: steps of the setup, and what needs attention."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flask import url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from plugin.models.audience.synced_list import FINE as LIST_FINE
from plugin.models.audience.synced_list import SyncedList
from plugin.models.audience.synced_property import FINE, SyncedProperty
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.imports.list_preparation import ListPreparation
from plugin.models.people.conflict import Conflict
from plugin.services.system.notices import is_our_mistake
from plugin.web.settings.account_checks import findings
from plugin.web.settings.quota import gaps_of, gauges

# How many properties are named; their own page lists all of them.
NAMED = 3


class PortalState(NamedTuple):
    """The state of a portal that both lists are built from."""

    installation: Installation
    accounts: list[OfficialAccount]
    has_codes: bool
    linked: int


class Step(NamedTuple):
    """A step of the setup; `action` labels the button to `url`."""

    name: str
    title: str
    why: str
    done: bool
    action: str = ""
    url: str = ""


class Matter(NamedTuple):
    """Something that does not work, or not fully; `action` labels the button to `url`."""

    title: str
    why: str
    action: str
    url: str


def setup_steps(standing: PortalState) -> list[Step]:
    return [
        Step("install", _("Install into HubSpot"), standing.installation.hub_domain, done=True),
        Step(
            "connect",
            _("Connect a LINE Official Account"),
            _("Musubi needs its two channels to know your friends and to write to them."),
            bool(standing.accounts),
            _("Connect an account"),
            url_for("settings.connect"),
        ),
        Step(
            "code",
            _("Create a QR code"),
            _("Friends scan it to link themselves with their HubSpot contact."),
            standing.has_codes,
            _("Create a QR code"),
            url_for("qr_codes.new_qr_code"),
        ),
        Step(
            "link",
            _("Link the first friend"),
            _("Scan the code with LINE yourself, and see what your friends will see."),
            standing.linked > 0,
            _("Open the QR codes"),
            url_for("qr_codes.qr_codes"),
        ),
    ]


def attention(standing: PortalState) -> list[Matter]:
    return [
        *_hubspot(standing.installation),
        *_conflicts(standing.installation),
        *_lists(standing.installation),
        *_synced(standing.installation),
        *_quotas(standing.accounts),
        *_gaps(standing.accounts),
        *_accounts(standing.accounts),
    ]


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


def _quotas(accounts: list[OfficialAccount]) -> Iterator[Matter]:
    # From 80 percent on, and again when nothing is left.
    for gauge in gauges(accounts):
        if gauge.state == "fine":
            continue
        name, url = gauge.account.name, url_for("settings.account", account_id=gauge.account.id)
        if gauge.state == "full":
            title = _("%(account)s has used up this month's messages", account=name)
            why = _("Workflows go on without sending. Raise the plan in Official Account Manager.")
        else:
            title = _("%(account)s has used %(percent)s%% of this month's messages",
                      account=name, percent=gauge.percent)  # fmt: skip
            why = _("When they are used up, workflows go on without sending.")
        yield Matter(title, why, _("See the messages of this month"), url)


def _gaps(accounts: list[OfficialAccount]) -> Iterator[Matter]:
    # The newest gap of each account.
    newest = {row.official_account_id: row for row in reversed(gaps_of(accounts))}
    for account in accounts:
        gap = newest.get(account.id)
        if gap is not None:
            day, name = format_date(gap.day, "medium"), account.name
            title = _("LINE sent fewer messages of %(account)s than it accepted", account=name)
            why = _(
                "It accepted %(ours)s on %(day)s and says that it sent %(theirs)s.",
                ours=gap.ours,
                theirs=gap.theirs,
                day=day,
            )
            url = url_for("settings.account", account_id=account.id, _anchor="quota")
            yield Matter(title, why, _("See the days"), url)


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
        for finding in findings(account):
            if finding.ok is False:
                title = _("%(account)s: %(check)s", account=account.name, check=finding.title)
                yield Matter(title, finding.text, _("See what to do"), url)
        if not account.can_login:
            yield Matter(
                _("%(account)s has no LINE Login channel", account=account.name),
                _("Without it friends cannot link themselves."),
                _("Add the channel"),
                url_for("settings.edit_account", account_id=account.id),
            )
