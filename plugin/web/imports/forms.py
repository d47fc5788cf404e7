"""The form of an import: a list from a search, a property, an interval."""

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField
from wtforms.validators import DataRequired

from plugin.core.bidi import isolated
from plugin.gateways import ContactList, GatewayError, TextProperty
from plugin.guards import get_deps
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.contacts.id_properties import user_id_property
from plugin.services.imports.manage import find_lists, text_properties
from plugin.web.imports.words import INTERVALS
from plugin.web.session import tenant

SHOWN_LISTS = 50


class ImportForm(FlaskForm):
    """A new import. The choices of list and property come from HubSpot."""

    account = SelectField(lazy_gettext("Official Account"), coerce=int)
    list_id = RadioField(
        lazy_gettext("Source List"),
        [DataRequired(message=lazy_gettext("Choose the list to read."))],
        # A list from an earlier search is still a valid choice.
        validate_choice=False,
    )
    property = SelectField(lazy_gettext("LINE User ID Property"), validate_choice=False)
    every_minutes = SelectField(
        lazy_gettext("How often"), coerce=int, choices=list(INTERVALS), default=60
    )

    def offer(self, accounts: list[OfficialAccount], properties: "HubSpotChoices") -> None:
        """Fill in the choices; the accounts' own properties come first."""
        self.account.choices = [(account.id, isolated(account.name)) for account in accounts]
        own_names = [user_id_property(account) for account in accounts]
        labels = {row.name: f"{isolated(row.label)} ({row.name})" for row in properties.properties}
        first = [(name, labels.pop(name, name)) for name in own_names]
        self.property.choices = [*first, *labels.items()]


class HubSpotChoices:
    """Lists and properties in HubSpot; `error`: why HubSpot could not be asked."""

    def __init__(self, query: str, after: str) -> None:
        self.lists: tuple[ContactList, ...] = ()
        self.properties: tuple[TextProperty, ...] = ()
        self.after, self.error = "", ""
        try:
            self._ask(query, after)
        except GatewayError as error:
            self.error = error.message

    def _ask(self, query: str, after: str) -> None:
        page = find_lists(get_deps(), tenant(), query, after or None)
        self.lists, self.after = page.lists, page.after or ""
        self.properties = text_properties(get_deps(), tenant())
