"""The forms of an Official Account; LINE's refusals appear at the right field."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Form, PasswordField, StringField
from wtforms.validators import DataRequired
from wtforms.widgets import PasswordInput

from plugin.gateways import GatewayError
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.connections.account_values import liff_bases, refusals
from plugin.services.connections.channels import ChannelValues
from plugin.services.connections.verify_channels import RefusedChannel

ERRORS = {
    "no_channel_id": _("A channel ID has digits only."),
    "no_secret": _("A channel secret has 32 characters: 0 to 9 and a to f."),
    "same_channel": _("This is the Messaging API channel; enter the other."),
    "no_login_secret": _("Enter the secret of the LINE Login channel."),
    "no_login_id": _("Enter the ID of the LINE Login channel."),
}


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def required(what: str) -> DataRequired:
    return DataRequired(message=what)


class AccountForm(FlaskForm):
    """The fields of both forms: LINE Login channel and LIFF app."""

    login_channel_id = StringField(_("LINE Login channel ID"), filters=[_stripped])
    login_channel_secret = PasswordField(_("LINE Login channel secret"), filters=[_stripped])
    liff_url = StringField(_("LIFF URL"), filters=[_stripped])

    def accepts(self, values: ChannelValues) -> bool:
        """Return whether the service would take the values; put its refusals at the fields."""
        reasons = refusals(get_deps(), values._asdict())
        for name, reason in reasons.items():
            if name in self and not self[name].errors:
                add_error(self, name, self._says(reason))
        return not reasons

    def _says(self, reason: str) -> str:
        if reason == "no_liff_url":
            base = f"{liff_bases(get_deps())[0]}/"
            return str(gettext("A LIFF URL begins with %(base)s", base=base))
        return str(ERRORS[reason])


class ConnectForm(AccountForm):
    """A new account with both channels."""

    channel_id = StringField(
        _("Channel ID"), [required(_("Enter the channel ID."))], filters=[_stripped]
    )
    # After a refusal the typed secret is shown again to the person who typed it; a stored one
    # never.
    channel_secret = PasswordField(
        _("Channel secret"),
        [required(_("Enter the channel secret."))],
        filters=[_stripped],
        widget=PasswordInput(hide_value=False),
    )
    login_channel_secret = PasswordField(
        _("LINE Login channel secret"),
        filters=[_stripped],
        widget=PasswordInput(hide_value=False),
    )

    def validate(self, extra_validators: object = None) -> bool:
        """Report the mistakes of all fields at once."""
        valid = bool(super().validate(extra_validators))
        return self.accepts(self.values()) and valid

    def values(self) -> ChannelValues:
        return ChannelValues(**{name: self[name].data for name in ChannelValues._fields})


class EditForm(AccountForm):
    """A connected account: an empty secret keeps the present one."""

    channel_secret = PasswordField(_("Channel secret"), filters=[_stripped])

    def merged(self, account: OfficialAccount) -> ChannelValues | None:
        """Return the new values over the present ones, or None if they do not fit together."""
        login_id = self.login_channel_id.data
        same = login_id == account.login_channel_id
        kept = account.login_channel_secret if same else ""
        login_secret = self.login_channel_secret.data or kept
        values = ChannelValues(
            account.channel_id,
            self.channel_secret.data or account.channel_secret,
            login_id,
            login_secret,
            self.liff_url.data,
        )
        return values if self.accepts(values) else None


def add_error(form: Form, name: str, what: str) -> None:
    """Add an error to a field, behind those of WTForms."""
    form[name].errors = [*form[name].errors, what]


# Advice where LINE refuses a field's value; LINE's own words follow.
REFUSED = {
    "channel_secret": _(
        "LINE does not accept this channel ID and secret. Copy both again from Basic"
        " settings of the Messaging API channel."
    ),
    "login_channel_secret": _(
        "LINE does not accept this ID and secret of the LINE Login channel. Copy both again from"
        " Basic settings of the LINE Login channel."
    ),
    "liff_url": _(
        "LINE knows no such LIFF app on this LINE Login channel. Copy the LIFF URL again, or leave"
        " it empty."
    ),
}


def explain_refusal(form: Form, error: GatewayError) -> str:
    """Put LINE's refusal at its field, or return a text for the whole form."""
    if isinstance(error, RefusedChannel):
        add_error(form, error.field, REFUSED[error.field])
        add_error(form, error.field, _("LINE says: %(words)s", words=error.message))
        return ""
    return str(_("LINE cannot be reached just now. Nothing was saved; try again in a minute."))
