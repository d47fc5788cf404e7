"""The email with the verification code, in the language of the friend's page."""

from collections.abc import Callable

from flask import render_template
from flask_babel import gettext as _

from plugin.gateways import Letter
from plugin.models.login_flow.login_attempt import LoginAttempt
from plugin.web.language import page_language
from plugin.web.login_flow.responses import NAMELESS


def code_letter(attempt: LoginAttempt, email: str) -> Callable[[str], Letter]:
    """Return a function that writes the email once there is a code."""
    # A line break in a name would be one in the email's header.
    shop = " ".join(attempt.qr_code.official_account.name.split()) or NAMELESS

    def write(code: str) -> Letter:
        lead = _("Your code for %(shop)s is:", shop=shop)
        use = _("Enter it on the page that asked for it. It is good for ten minutes, once.")
        mistake = _(
            "You did not ask for it? Then somebody typed your address by mistake."
            " Nothing happens if you ignore this message."
        )
        values = {"shop": shop, "lead": lead, "code": code, "use": use, "mistake": mistake}
        return Letter(
            to=email,
            subject=_("Your code for %(shop)s", shop=shop),
            text="\n\n".join([lead, f"    {code}", use, mistake]) + "\n",
            html=render_template("login_flow/letter.html", language=page_language(), **values),
        )

    return write
