"""What the friend reads when a walk ends, or cannot go on: one page for each outcome."""

from flask_babel import lazy_gettext as _

from plugin.web.friend_ending import Ending
from plugin.web.friend_stops import STOPS

AGAIN = _("Try again")
ENDINGS = {
    **STOPS,
    # LINE Login did not come to its end.
    "declined": Ending(
        200,
        "note",
        _("You did not allow it"),
        _("Without your permission nothing is linked. You can change your mind at any time."),
        "again",
        AGAIN,
    ),
    "login_restart": Ending(
        400,
        "note",
        _("LINE could not log you in automatically"),
        _("This happens in private windows, for example. Please log in by hand this time."),
        "by_hand",
        _("Log in to LINE"),
    ),
    "other_browser": Ending(
        400,
        "note",
        _("This is not the browser you began in"),
        _(
            "For your safety, linking must end in the browser in which it began."
            " Nothing was changed."
        ),
        "fresh",
        _("Start again here"),
    ),
    "login_failed": Ending(
        502,
        "stop",
        _("The login did not work"),
        _("Nothing was changed. Please try again; if it stays like this, tell %(shop)s."),
        "again",
        AGAIN,
    ),
    "unreachable": Ending(
        503,
        "stop",
        _("The connection was lost"),
        _("LINE or %(shop)s's system did not answer. Nothing was changed. Try again in a moment."),
        "again",
        AGAIN,
    ),
    "link_failed": Ending(
        502,
        "stop",
        _("Linking did not work"),
        _("Nothing was changed. Please try again; if it stays like this, tell %(shop)s."),
        "again",
        AGAIN,
    ),
    "form_failed": Ending(
        503,
        "stop",
        _("The connection was lost"),
        _("LINE or %(shop)s's system did not answer. Nothing was changed. Try again in a moment."),
        "reload",
        AGAIN,
    ),
    "mail_failed": Ending(
        503,
        "stop",
        _("The email could not be sent"),
        _("Nothing was changed. Try again in a moment; if it stays like this, tell %(shop)s."),
        "reload",
        AGAIN,
    ),
    "too_many_codes": Ending(
        429,
        "note",
        _("Too many codes were sent"),
        _("A limit protects people from floods of mail. Try again in an hour, or tomorrow."),
        "reload",
        _("Back to the page"),
    ),
    "too_many_addresses": Ending(
        429,
        "note",
        _("Too many addresses were tried"),
        _("For everybody's safety there is a limit. Try again in an hour, or tomorrow."),
        "reload",
        _("Back to the page"),
    ),
    "contact_gone": Ending(
        410,
        "stop",
        _("This record no longer exists"),
        _("%(shop)s has removed the record this link was made for. Ask for a new link."),
    ),
    "login_expired": Ending(
        410,
        "note",
        _("That took too long"),
        _("For your safety a login is good for half an hour, once. Nothing was changed."),
        "again",
        _("Start again"),
    ),
    "login_unknown": Ending(
        404,
        "stop",
        _("This login is unknown"),
        _("Nothing was changed. Scan the code again, or open the link in your message again."),
        "fresh",
        _("Start again"),
    ),
    "no_walk": Ending(
        400,
        "stop",
        _("There is nothing to finish here"),
        _("Nothing was changed. Scan the code again, or open the link in your message again."),
    ),
    "form_expired": Ending(
        400,
        "note",
        _("This page was open for too long"),
        _("Nothing was changed."),
        "reload",
        _("Load it again"),
    ),
    "cancelled": Ending(
        200,
        "note",
        _("Nothing was linked"),
        _("You can close this page, or start again with another LINE account."),
        "by_hand",
        _("Use another LINE account"),
    ),
    "broken": Ending(
        500,
        "stop",
        _("Something went wrong"),
        _("Please try again in a minute. If it stays like this, tell the shop."),
    ),
    # The friend said yes.
    "under_way": Ending(
        200,
        "note",
        _("One moment"),
        _("Your LINE account is being linked. This page looks again by itself."),
        "reload",
        _("Look again"),
    ),
    "linked": Ending(
        200,
        "done",
        _("Your LINE account is linked"),
        _("%(shop)s now knows you on LINE. To undo it at any time, just tell %(shop)s."),
    ),
    "already_linked": Ending(
        200,
        "done",
        _("Your LINE account is linked already"),
        _("All is set; nothing had to be changed. To undo it, just tell %(shop)s."),
    ),
    "welcome": Ending(
        200,
        "done",
        _("Welcome"),
        _("Good to have you here. %(shop)s writes to you on LINE."),
    ),
    "proposed": Ending(
        200,
        "done",
        _("Almost done"),
        _(
            "%(shop)s has to look at what you wrote, because a record with this email address is"
            " there already. Until then nothing is linked."
        ),
    ),
    "nobody": Ending(
        200,
        "note",
        _("We could not find your record"),
        _("Nothing was linked. %(shop)s can send you a personal link; just ask."),
    ),
    "friend_taken": Ending(
        200,
        "note",
        _("Your LINE account is linked with another record"),
        _("Nothing was changed. %(shop)s has been told and can put it right."),
    ),
    "contact_taken": Ending(
        200,
        "note",
        _("This link is somebody else's"),
        _(
            "The record it was made for is linked with another LINE account; perhaps the message"
            " was forwarded to you. Nothing was changed. %(shop)s has been told."
        ),
    ),
}
