"""Result pages of a login attempt: one for each outcome."""

from flask_babel import lazy_gettext as _

from plugin.web.login_flow.closed import CLOSED_PAGES, ResultPage

TRY_AGAIN = _("Try again")
RESULT_PAGES = {
    **CLOSED_PAGES,
    # LINE Login did not complete.
    "declined": ResultPage(
        200,
        "note",
        _("You did not allow it"),
        _("Without your permission nothing is linked. You can change your mind at any time."),
        "again",
        TRY_AGAIN,
    ),
    "login_restart": ResultPage(
        400,
        "note",
        _("LINE could not log you in automatically"),
        _("This happens in private windows, for example. Please log in by hand this time."),
        "by_hand",
        _("Log in to LINE"),
    ),
    "other_browser": ResultPage(
        400,
        "note",
        _("This is not the browser you began in"),
        _(
            "For your safety, linking must end in the browser in which it began."
            " Nothing was changed."
        ),
        "fresh",
        _("Go on here"),
    ),
    # A wrong setup of the account, which only its administrators can correct.
    "other_provider": ResultPage(
        503,
        "stop",
        _("%(shop)s is not ready yet"),
        _(
            "Its LINE login belongs to another provider than its Official Account, so nobody can be"
            " linked. Nothing was changed. %(shop)s sees it on its dashboard."
        ),
    ),
    "not_shown": ResultPage(
        503,
        "note",
        _("LINE does not tell %(shop)s who you are"),
        _(
            "You are no friend of %(shop)s on LINE yet, or its login belongs to another provider."
            " Nothing was changed. Add %(shop)s as a friend, then try again."
        ),
        "again",
        TRY_AGAIN,
    ),
    "login_failed": ResultPage(
        502,
        "stop",
        _("The login did not work"),
        _("Nothing was changed. Please try again; if it stays like this, tell %(shop)s."),
        "again",
        TRY_AGAIN,
    ),
    "unreachable": ResultPage(
        503,
        "stop",
        _("The connection was lost"),
        _("LINE or %(shop)s's system did not answer. Nothing was changed. Try again in a moment."),
        "again",
        TRY_AGAIN,
    ),
    "link_failed": ResultPage(
        502,
        "stop",
        _("Linking did not work"),
        _("Nothing was changed. Please try again; if it stays like this, tell %(shop)s."),
        "again",
        TRY_AGAIN,
    ),
    "form_failed": ResultPage(
        503,
        "stop",
        _("The connection was lost"),
        _("LINE or %(shop)s's system did not answer. Nothing was changed. Try again in a moment."),
        "reload",
        TRY_AGAIN,
    ),
    "mail_failed": ResultPage(
        503,
        "stop",
        _("The email could not be sent"),
        _("Nothing was changed. Try again in a moment; if it stays like this, tell %(shop)s."),
        "reload",
        TRY_AGAIN,
    ),
    "too_many_codes": ResultPage(
        429,
        "note",
        _("Too many codes were sent"),
        _("A limit protects people from floods of mail. Try again in an hour, or tomorrow."),
        "reload",
        _("Back to the page"),
    ),
    "too_many_addresses": ResultPage(
        429,
        "note",
        _("Too many addresses were tried"),
        _("For everybody's safety there is a limit. Try again in an hour, or tomorrow."),
        "reload",
        _("Back to the page"),
    ),
    "contact_gone": ResultPage(
        410,
        "stop",
        _("This record no longer exists"),
        _("%(shop)s has removed the record this link was made for. Ask for a new link."),
    ),
    "login_expired": ResultPage(
        410,
        "note",
        _("That took too long"),
        _("For your safety a login is good for half an hour, once. Nothing was changed."),
        "again",
        _("Start again"),
    ),
    # Whether it began at a personal link is not known, so there is no button that would lose one.
    "login_unknown": ResultPage(
        404,
        "stop",
        _("This login is unknown"),
        _("Nothing was changed. Scan the code again, or open the link in your message again."),
    ),
    "too_many_visits": ResultPage(
        429,
        "note",
        _("Very many people are coming through your network"),
        _("Nothing was changed. Please wait a minute, then load this page again."),
    ),
    "no_walk": ResultPage(
        400,
        "stop",
        _("There is nothing to finish here"),
        _("Nothing was changed. Scan the code again, or open the link in your message again."),
    ),
    "form_expired": ResultPage(
        400,
        "note",
        _("This page was open for too long"),
        _("Nothing was changed."),
        "reload",
        _("Load it again"),
    ),
    "cancelled": ResultPage(
        200,
        "note",
        _("Nothing was linked"),
        _("You can close this page, or start again with another LINE account."),
        "by_hand",
        _("Use another LINE account"),
    ),
    "broken": ResultPage(
        500,
        "stop",
        _("Something went wrong"),
        _("Please try again in a minute. If it stays like this, tell the shop."),
    ),
    # The friend confirmed.
    "under_way": ResultPage(
        200,
        "note",
        _("One moment"),
        _("Your LINE account is being linked. This page looks again by itself."),
        "reload",
        _("Look again"),
    ),
    "linked": ResultPage(
        200,
        "done",
        _("Your LINE account is linked"),
        _("%(shop)s now knows you on LINE. To undo it at any time, just tell %(shop)s."),
    ),
    "already_linked": ResultPage(
        200,
        "done",
        _("Your LINE account is linked already"),
        _("All is set; nothing had to be changed. To undo it, just tell %(shop)s."),
    ),
    "welcome": ResultPage(
        200,
        "done",
        _("Welcome"),
        _("Good to have you here. %(shop)s writes to you on LINE."),
    ),
    "proposed": ResultPage(
        200,
        "done",
        _("Almost done"),
        _(
            "%(shop)s has to look at what you wrote, because a record with this email address is"
            " there already. Until then nothing is linked."
        ),
    ),
    "nobody": ResultPage(
        200,
        "note",
        _("We could not find your record"),
        _("Nothing was linked. %(shop)s can send you a personal link; just ask."),
    ),
    "friend_taken": ResultPage(
        200,
        "note",
        _("Your LINE account is linked with another record"),
        _("Nothing was changed. %(shop)s has been told and can put it right."),
    ),
    "contact_taken": ResultPage(
        200,
        "note",
        _("This link is somebody else's"),
        _(
            "The record it was made for is linked with another LINE account; perhaps the message"
            " was forwarded to you. Nothing was changed. %(shop)s has been told."
        ),
    ),
}
