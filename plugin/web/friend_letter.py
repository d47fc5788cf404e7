"""The letter with the code, in the language of the friend's page."""

from collections.abc import Callable

from flask import render_template
from flask_babel import gettext as _

from plugin.gateways import Letter
from plugin.models.qr_code import LoginAttempt
from plugin.web.friend_browser import line_locale
from plugin.web.friend_pages import NAMELESS


def code_letter(attempt: LoginAttempt, email: str) -> Callable[[str], Letter]:
    """What writes the letter, once there is a code."""
    # A line break in a name would be one in the letter's head.
    shop = " ".join(attempt.qr_code.official_account.name.split()) or NAMELESS

    def write(code: str) -> Letter:
        lead = _("Your code for %(shop)s is:", shop=shop)
        use = _("Enter it on the page that asked for it. It is good for ten minutes, once.")
        stranger = _(
            "You did not ask for it? Then somebody typed your address by mistake."
            " Nothing happens if you ignore this message."
        )
        values = {"shop": shop, "lead": lead, "code": code, "use": use, "stranger": stranger}
        return Letter(
            to=email,
            subject=_("Your code for %(shop)s", shop=shop),
            text="\n\n".join([lead, f"    {code}", use, stranger]) + "\n",
            html=render_template("friend/letter.html", language=line_locale(), **values),
        )

    return write
