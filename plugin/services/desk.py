"""Where an action finds what it needs of its tenant: looked up once for a whole batch of calls."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, Friend, Linkage
from plugin.models.template import Template, TemplateVersion
from plugin.services import Outside
from plugin.services.templates import current_version

NOT_LINKED = "This contact is not linked with a LINE friend of the Official Account."
GONE = "The chosen Official Account is no longer connected. Choose another."
BLOCKS = "The friend blocks the Official Account."


class NoAccount(ValueError):
    """Which Official Account is meant cannot be told; says what to do."""


class Desk:
    """For one call, or for several inside one transaction. `waits`: HubSpot waits for the answer.

    Given the calls' contacts (HubSpot's ids), it finds all their friends with two queries.
    """

    def __init__(
        self,
        outside: Outside,
        installation: Installation,
        contact_ids: Iterable[int] = (),
        *,
        waits: bool = True,
    ) -> None:
        self.outside, self.installation, self.waits = outside, installation, waits
        # Rows of tracked addresses by account and fingerprint.
        self.targets: defaultdict[int, dict[str, int]] = defaultdict(dict)
        self._versions: dict[str, TemplateVersion | None] = {}
        self._homes: dict[int, OfficialAccount | None] = {}
        self._contacts = Contact.of_portal_many(installation.id, contact_ids)
        self._ties: dict[int, list[Linkage]] = {row.id: [] for row in self._contacts.values()}
        for tie in Linkage.of_contacts(self._ties):
            self._ties[tie.contact_row_id].append(tie)

    @cached_property
    def accounts(self) -> list[OfficialAccount]:
        """The tenant's Official Accounts."""
        return OfficialAccount.list_owned(self.installation.id)

    def account(self, wanted: str, version: TemplateVersion | None = None) -> OfficialAccount:
        """The account an action names, the only one, or the template's. Raises `NoAccount`."""
        if wanted.strip():
            found = [account for account in self.accounts if str(account.id) == wanted.strip()]
            if not found:
                raise NoAccount(GONE)
            return found[0]
        if len(self.accounts) == 1:
            return self.accounts[0]
        home = self._home(version) if version else None
        if home is None:
            raise NoAccount(
                "Choose the Official Account that sends."
                if self.accounts
                else "No Official Account is connected in Musubi yet."
            )
        return home

    def contact(self, contact_id: int) -> Contact | None:
        """The contact, or the one it was merged into; None where Musubi never met it."""
        if contact_id not in self._contacts:
            found = Contact.of_portal(self.installation.id, contact_id)
            if found is None:
                return None
            self._contacts[contact_id] = found
        return self._contacts[contact_id]

    def ties(self, contact_id: int) -> list[Linkage]:
        """The contact's ties on all accounts."""
        contact = self.contact(contact_id)
        if contact is None:
            return []
        if contact.id not in self._ties:
            self._ties[contact.id] = Linkage.of_contacts([contact.id])
        return self._ties[contact.id]

    def friend(self, account: OfficialAccount, contact_id: int) -> Friend | None:
        """The friend that a HubSpot contact is tied to on this account."""
        ties = self.ties(contact_id)
        return next((tie.friend for tie in ties if tie.official_account_id == account.id), None)

    def version(self, template_id: str) -> TemplateVersion | None:
        """What a saved template says at this moment."""
        if template_id not in self._versions:
            self._versions[template_id] = current_version(template_id, self.installation.id)
        return self._versions[template_id]

    def _home(self, version: TemplateVersion) -> OfficialAccount | None:
        """The account that the template is of, while it is connected."""
        key = version.template_id
        if key not in self._homes:
            template = Template.find_owned(self.installation.id, key)
            home = template.official_account_id if template else 0
            self._homes[key] = next((one for one in self.accounts if one.id == home), None)
        return self._homes[key]
