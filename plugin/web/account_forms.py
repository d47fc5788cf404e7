"""The forms of a LINE Official Account, with LINE's refusals put to the right field."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, Form, PasswordField, StringField
from wtforms.validators import DataRequired, Optional, Regexp, ValidationError
from wtforms.widgets import PasswordInput

from plugin.doorway import outside
from plugin.gateways import GatewayError
from plugin.models.official_account import OfficialAccount
from plugin.services.connect_account import ChannelValues

MINI_APPS = "https://miniapp.line.me/"
CHANNEL_ID = Regexp(r"^[0-9]{6,20}$", message=_("A channel ID has digits only."))
SECRET = Regexp(
    r"^[0-9a-f]{32}$", message=_("A channel secret has 32 characters: 0 to 9 and a to f.")
)


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def needed(what: str) -> DataRequired:
    """A field that must not stay empty, with what to do about it."""
    return DataRequired(message=what)


class AccountForm(FlaskForm):
    """What both forms ask: the LINE Login channel and the LIFF app."""

    login_channel_id = StringField(
        _("LINE Login channel ID"), [Optional(), CHANNEL_ID], filters=[_stripped]
    )
    login_channel_secret = PasswordField(
        _("LINE Login channel secret"), [Optional(), SECRET], filters=[_stripped]
    )
    liff_url = StringField(_("LIFF URL"), [Optional()], filters=[_stripped])

    def validate_liff_url(self, field: Field) -> None:
        """A LIFF address begins with LINE's own."""
        bases = (f"{outside().settings.line_liff_base}/", MINI_APPS)
        if not field.data.startswith(bases) or len(field.data) > 500:
            raise ValidationError(_("A LIFF URL begins with %(base)s", base=bases[0]))


class ConnectForm(AccountForm):
    """A new account: both channels."""

    channel_id = StringField(
        _("Channel ID"), [needed(_("Enter the channel ID.")), CHANNEL_ID], filters=[_stripped]
    )
    # What was typed is shown again beside a complaint, to whoever typed it; stored secrets never.
    channel_secret = PasswordField(
        _("Channel secret"),
        [needed(_("Enter the channel secret.")), SECRET],
        filters=[_stripped],
        widget=PasswordInput(hide_value=False),
    )
    login_channel_secret = PasswordField(
        _("LINE Login channel secret"),
        [Optional(), SECRET],
        filters=[_stripped],
        widget=PasswordInput(hide_value=False),
    )

    def validate(self, extra_validators: object = None) -> bool:
        """The two halves of the LINE Login channel belong together."""
        valid = bool(super().validate(extra_validators))
        return _login_is_whole(self, self.login_channel_secret.data) and valid

    def values(self) -> ChannelValues:
        """What the service wants."""
        return ChannelValues(**{name: self[name].data for name in ChannelValues._fields})


class EditForm(AccountForm):
    """An account that is there: an empty secret keeps the present one."""

    channel_secret = PasswordField(_("Channel secret"), [Optional(), SECRET], filters=[_stripped])

    def merged(self, account: OfficialAccount) -> ChannelValues | None:
        """The new values over the present ones; None where the LINE Login channel is half."""
        login_id = self.login_channel_id.data
        same = login_id == account.login_channel_id
        kept = account.login_channel_secret if same else ""
        login_secret = self.login_channel_secret.data or kept
        if not _login_is_whole(self, login_secret, account.channel_id):
            return None
        return ChannelValues(
            account.channel_id,
            self.channel_secret.data or account.channel_secret,
            login_id,
            login_secret if login_id else "",
            self.liff_url.data,
        )


def _login_is_whole(form: Form, secret: str, channel_id: str = "") -> bool:
    login_id = form["login_channel_id"].data
    if login_id and login_id == (channel_id or form["channel_id"].data):
        blame(form, "login_channel_id", _("This is the Messaging API channel; enter the other."))
        return False
    if login_id and not secret:
        blame(form, "login_channel_secret", _("Enter the secret of the LINE Login channel."))
        return False
    if form["login_channel_secret"].data and not login_id:
        blame(form, "login_channel_id", _("Enter the ID of the LINE Login channel."))
        return False
    return True


def blame(form: Form, name: str, what: str) -> None:
    """Put a complaint at a field, behind what WTForms found."""
    form[name].errors = [*form[name].errors, what]


def explain_refusal(form: Form, error: GatewayError) -> str:
    """Say at the field, or over the form, why LINE could not be asked or said no."""
    if error.permanent and error.reason in ("unauthorized", "invalid", "refused", "not_found"):
        blame(
            form,
            "channel_secret",
            _(
                "LINE does not accept this channel ID and secret. Copy both again from Basic"
                " settings of the Messaging API channel."
            ),
        )
        return ""
    if error.permanent:
        return str(_("LINE refused: %(words)s. Nothing was saved.", words=error.message))
    return str(_("LINE cannot be reached just now. Nothing was saved; try again in a minute."))
