"""Result pages where a QR code is closed, or a personal link is not valid."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString


class ResultPage(NamedTuple):
    """`tone`: done, note or stop. `action`: what the one button does, labelled `label`.

    Actions: again (repeat the step), by_hand (a new login without LINE's automatic login), fresh (a
    new login without the token), reload (open the page again).
    """

    status: int
    tone: str
    title: LazyString
    text: LazyString
    action: str = ""
    label: LazyString | None = None


CLOSED_PAGES = {
    # The code is closed.
    "unknown_code": ResultPage(
        404,
        "stop",
        _("This code leads nowhere"),
        _("The address is incomplete, or the code was taken away. Scan the code once more."),
    ),
    "unknown_link": ResultPage(
        404,
        "stop",
        _("This link leads nowhere"),
        _("It is incomplete, or too old. Ask whoever sent it to you for a new one."),
    ),
    "archived": ResultPage(
        410,
        "stop",
        _("This code is no longer in use"),
        _("Ask %(shop)s for a new one. What was linked before stays linked."),
    ),
    "too_early": ResultPage(
        403,
        "note",
        _("It has not begun yet"),
        _("This code works from a later day on. Please come back then, or ask %(shop)s."),
    ),
    "over": ResultPage(
        410,
        "note",
        _("This has ended"),
        _("The days for which this code was made are over. What was linked before stays linked."),
    ),
    "paused": ResultPage(
        503,
        "stop",
        _("Linking is paused at the moment"),
        _("Nothing was changed. Please try again later, or tell %(shop)s."),
    ),
    "not_ready": ResultPage(
        503,
        "stop",
        _("%(shop)s is not ready yet"),
        _("LINE accounts cannot be linked here yet. Please try again later."),
    ),
    # The personal link is not valid.
    "test_send": ResultPage(
        200,
        "note",
        _("This was a test send"),
        _("The button works, but the message carries nobody's personal link."),
    ),
    "shared_default": ResultPage(
        400,
        "stop",
        _("This link is nobody's"),
        _("The message put the same word in everybody's link. Tell %(shop)s. Nothing was changed."),
    ),
    "tampered": ResultPage(
        400,
        "stop",
        _("This link is damaged"),
        _("Nothing was changed. Open it by the message's button, or ask %(shop)s for a new link."),
    ),
    "foreign": ResultPage(
        400,
        "stop",
        _("This link belongs to another account"),
        _("It was not made for %(shop)s. Nothing was changed."),
    ),
    "expired": ResultPage(
        410,
        "stop",
        _("This link has expired"),
        _("Nothing was changed. Ask %(shop)s for a new link."),
    ),
    "revoked": ResultPage(
        410,
        "stop",
        _("This link is no longer valid"),
        _("%(shop)s has taken it back. Nothing was changed. Ask for a new link."),
    ),
    "used": ResultPage(
        410,
        "note",
        _("This link was used already"),
        _("A personal link works once. If it was you who used it, all is set."),
        "again",
        _("Check with LINE"),
    ),
}
