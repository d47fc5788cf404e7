"""The form of an import: a list that is searched for, a property, how often."""

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField
from wtforms.validators import DataRequired

from plugin.doorway import outside
from plugin.gateways import ContactList, GatewayError, TextProperty
from plugin.models.official_account import OfficialAccount
from plugin.services.list_imports import find_lists, text_properties
from plugin.services.offered_ids import own_property
from plugin.web.import_words import INTERVALS
from plugin.web.signed_in import tenant

SHOWN_LISTS = 50


class ImportForm(FlaskForm):
    """A new import. The choices of list and property come from HubSpot."""

    account = SelectField(lazy_gettext("Official Account"), coerce=int)
    list_id = RadioField(
        lazy_gettext("Source List"),
        [DataRequired(message=lazy_gettext("Choose the list to read."))],
        # A list that was found by another search is still a good choice.
        validate_choice=False,
    )
    property = SelectField(lazy_gettext("LINE User ID Property"), validate_choice=False)
    every_minutes = SelectField(
        lazy_gettext("How often"), coerce=int, choices=list(INTERVALS), default=60
    )

    def offer(self, accounts: list[OfficialAccount], properties: "Offer") -> None:
        """Fill in what can be chosen."""
        self.account.choices = [(each.id, each.name) for each in accounts]
        own = [own_property(each) for each in accounts]
        known = {each.name: f"{each.label} ({each.name})" for each in properties.properties}
        first = [(name, known.pop(name, name)) for name in own]
        self.property.choices = [*first, *known.items()]


class Offer:
    """What HubSpot has to choose from; `error` says where it could not be asked."""

    def __init__(self, query: str, after: str) -> None:
        self.lists: tuple[ContactList, ...] = ()
        self.properties: tuple[TextProperty, ...] = ()
        self.after, self.error = "", ""
        try:
            self._ask(query, after)
        except GatewayError as error:
            self.error = error.message

    def _ask(self, query: str, after: str) -> None:
        page = find_lists(outside(), tenant(), query, after or None)
        self.lists, self.after = page.lists, page.after or ""
        self.properties = text_properties(outside(), tenant())
