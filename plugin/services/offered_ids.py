"""Which contact properties hold LINE User IDs for which Official Account."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from plugin.gateways import ContactRecord
from plugin.models.base import db
from plugin.models.list_import import ListImport
from plugin.models.official_account import OfficialAccount

USER_ID = "line_user_id"


class Offers(NamedTuple):
    """`imported`: by account id, the other properties that its imports take LINE User IDs from."""

    accounts: Sequence[OfficialAccount]
    imported: dict[int, list[str]]

    def names(self, facts: Iterable[str]) -> list[str]:
        """All properties to read: the LINE facts of every account, and those of imports."""
        own = [fact + each.property_suffix for each in self.accounts for fact in facts]
        return list(
            dict.fromkeys([*own, *(one for some in self.imported.values() for one in some)])
        )

    def from_import(self, record: ContactRecord, account: OfficialAccount) -> tuple[str, str]:
        """Name and value of the first import property that is filled; empty where none is."""
        for name in self.imported.get(account.id, []):
            if value := (record.properties.get(name) or "").strip():
                return name, value
        return "", ""

    def values(self, record: ContactRecord) -> list[tuple[OfficialAccount, str]]:
        """Every LINE User ID that the contact's properties offer, with its account."""
        found = [
            (each, value)
            for each in self.accounts
            for value in (value_of(record, own_property(each)), self.from_import(record, each)[1])
        ]
        return [(each, value) for each, value in found if value]


def own_property(account: OfficialAccount) -> str:
    """The property in which Musubi itself keeps the account's LINE User IDs."""
    return USER_ID + account.property_suffix


def value_of(record: ContactRecord, name: str) -> str:
    """A property's text without the blanks around it."""
    return (record.properties.get(name) or "").strip()


def offers_of(installation_id: int) -> Offers:
    """The properties of a tenant's accounts and imports."""
    accounts = OfficialAccount.list_owned(installation_id)
    imported: dict[int, list[str]] = {}
    mine = ListImport.owned(installation_id).with_only_columns(
        ListImport.official_account_id, ListImport.property_name
    )
    own = {own_property(each) for each in accounts}
    for account_id, name in db.session.execute(mine):
        if name not in own and name not in imported.setdefault(account_id, []):
            imported[account_id].append(name)
    return Offers(accounts, imported)
