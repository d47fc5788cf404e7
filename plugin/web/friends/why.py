"""Why a friend is not linked, or not reached, step by step, each with the next click."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from plugin.core.diagnosis.step import Remedy, Step, first_failing
from plugin.models.people.friend import Friend
from plugin.services.linkage.why import why_linked
from plugin.services.sending.why import why_reached
from plugin.web.friends.blueprint import blueprint
from plugin.web.language import told
from plugin.web.layout import page
from plugin.web.owned import own_friend, record_url


class Click(NamedTuple):
    """A place to go to. `ids`: which ids its address needs."""

    label: object
    endpoint: str
    ids: tuple[str, ...] = ()
    values: Mapping[str, Any] = {}


_ACCOUNT, _FRIEND = ("account_id",), ("friend_id",)
CLICKS = {
    "account": Click(lazy_gettext("See the checks"), "settings.account", _ACCOUNT),
    "add_login": Click(lazy_gettext("Add the channel"), "settings.edit_account", _ACCOUNT),
    "new_code": Click(lazy_gettext("New QR code"), "qr_codes.new_qr_code"),
    "codes": Click(lazy_gettext("Open the QR codes"), "qr_codes.qr_codes"),
    "conflicts": Click(lazy_gettext("Decide"), "friends.conflicts"),
    "link_by_hand": Click(lazy_gettext("Link by hand"), "friends.link_by_hand", _FRIEND),
    "history": Click(
        lazy_gettext("See the history"), "friends.friend", _FRIEND, {"_anchor": "history"}
    ),
    "hubspot": Click(lazy_gettext("See why"), "settings.settings"),
    "properties": Click(lazy_gettext("See why"), "settings.hubspot", (), {"_anchor": "properties"}),
    "quota": Click(
        lazy_gettext("See the messages of this month"),
        "settings.account",
        _ACCOUNT,
        {"_anchor": "quota"},
    ),
    "rules": Click(lazy_gettext("See the rules of sending"), "settings.sending_rules", _ACCOUNT),
    "messages": Click(
        lazy_gettext("See the messages"),
        "friends.friend",
        _FRIEND,
        {"kind": "messages", "_anchor": "what-happened"},
    ),
    "broadcasts": Click(
        lazy_gettext("See the broadcasts"),
        "friends.friend",
        _FRIEND,
        {"kind": "broadcasts", "_anchor": "what-happened"},
    ),
    "why_linked": Click(lazy_gettext("See why"), "friends.why", _FRIEND, {"_anchor": "linked"}),
}


class ShownStep(NamedTuple):
    """`label` and `url` are those of the next click, or empty."""

    key: str
    state: str
    text: str
    label: str = ""
    url: str = ""


class Reasons(NamedTuple):
    """The steps to the link and to the next message, and the first that fails of each."""

    linked: list[ShownStep]
    reached: list[ShownStep]
    not_linked: str
    not_reached: str


@blueprint.get("/friends/<row_id:friend_id>/why")
def why(friend_id: int) -> str:
    friend = own_friend(friend_id)
    return page("friends/why.html", "people", friend=friend, reasons=reasons_of(friend))


def reasons_of(friend: Friend) -> Reasons:
    linked, reached = why_linked(friend), why_reached(friend)
    return Reasons(
        [_shown(friend, step) for step in linked],
        [_shown(friend, step) for step in reached],
        *(_words_of(first_failing(steps)) for steps in (linked, reached)),
    )


def _words_of(step: Step | None) -> str:
    return told(step.text) if step is not None else ""


def _shown(friend: Friend, step: Step) -> ShownStep:
    label, url = _next_click(friend, step.remedy) if step.remedy else ("", "")
    return ShownStep(step.key, step.state, told(step.text), label, url)


def _next_click(friend: Friend, remedy: Remedy) -> tuple[str, str]:
    if remedy == "record":
        contact = friend.linkage.contact if friend.linkage else None
        return _("Open in HubSpot"), record_url(contact.contact_id) if contact else ""
    click = CLICKS[remedy]
    ids = {"friend_id": friend.id, "account_id": friend.official_account_id}
    values: dict[str, Any] = {name: ids[name] for name in click.ids} | {**click.values}
    return str(click.label), url_for(click.endpoint, **values)
