"""The contact properties that hold LINE User IDs, per Official Account."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from plugin.gateways import ContactRecord
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.imports.list_import import ListImport

USER_ID = "line_user_id"


class IdProperties(NamedTuple):
    """`imported`: by account id, further properties from which imports take LINE User IDs."""

    accounts: Sequence[OfficialAccount]
    imported: dict[int, list[str]]

    def names(self, facts: Iterable[str]) -> list[str]:
        own = [fact + account.property_suffix for account in self.accounts for fact in facts]
        return list(
            dict.fromkeys([*own, *(name for names in self.imported.values() for name in names)])
        )

    def from_import(self, record: ContactRecord, account: OfficialAccount) -> tuple[str, str]:
        """Return name and value of the first filled import property, or empty texts."""
        for name in self.imported.get(account.id, []):
            if value := (record.properties.get(name) or "").strip():
                return name, value
        return "", ""

    def values(self, record: ContactRecord) -> list[tuple[OfficialAccount, str]]:
        """Return every LINE User ID in the contact's properties, with its account."""
        pairs = [
            (account, value)
            for account in self.accounts
            for value in (
                value_of(record, user_id_property(account)),
                self.from_import(record, account)[1],
            )
        ]
        return [(account, value) for account, value in pairs if value]


def user_id_property(account: OfficialAccount) -> str:
    """Return the property in which Musubi itself stores the account's LINE User IDs."""
    return USER_ID + account.property_suffix


def value_of(record: ContactRecord, name: str) -> str:
    return (record.properties.get(name) or "").strip()


def id_properties_of(installation_id: int) -> IdProperties:
    accounts = OfficialAccount.list_owned(installation_id)
    imported: dict[int, list[str]] = {}
    rows = ListImport.owned(installation_id).with_only_columns(
        ListImport.official_account_id, ListImport.property_name
    )
    own = {user_id_property(account) for account in accounts}
    for account_id, name in db.session.execute(rows):
        if name not in own and name not in imported.setdefault(account_id, []):
            imported[account_id].append(name)
    return IdProperties(accounts, imported)


def property_names(installation_id: int) -> dict[int, str]:
    """Return the LINE User ID property of each of the tenant's accounts, by account id."""
    accounts = OfficialAccount.list_owned(installation_id)
    return {account.id: user_id_property(account) for account in accounts}
