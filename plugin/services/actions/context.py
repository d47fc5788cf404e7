"""Look-ups that actions need, made once for a whole batch of executions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.models.audience.segment import Segment
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.friend import Friend
from plugin.models.people.linkage import Linkage
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.template import Template
from plugin.models.sending.template_version import TemplateVersion
from plugin.services import Dependencies
from plugin.services.actions.sending_limits import SendingLimits
from plugin.services.executions.execution import HOLD, Answer
from plugin.services.message_templates.library import current_version
from plugin.services.segments.library import checked
from plugin.services.segments.members import CheckedRule
from plugin.services.sending.statistics_names import template_unit

GONE = "The chosen Official Account is no longer connected. Choose another."


class NoAccount(ValueError):
    """No single Official Account is meant; the message says what to do."""


class ActionContext:
    """A tenant's data for the executions of one transaction. `waits`: HubSpot awaits the answer."""

    def __init__(
        self,
        deps: Dependencies,
        installation: Installation,
        contact_ids: Iterable[int] = (),
        *,
        waits: bool = True,
    ) -> None:
        self.deps, self.installation, self.waits = deps, installation, waits
        self.limits = SendingLimits(self._known_linkages)
        # Row ids of tracked addresses, by account id and fingerprint.
        self.targets: defaultdict[int, dict[str, int]] = defaultdict(dict)
        self._segments: dict[int, Segment | None] = {}
        self._rules: dict[int, CheckedRule] = {}
        self._versions: dict[str, TemplateVersion | None] = {}
        self._template_accounts: dict[int, OfficialAccount | None] = {}
        self._units: dict[int, str] = {}
        # With the contacts known in advance, two queries find all their linkages.
        self._contacts = Contact.of_portal_many(installation.id, contact_ids)
        self._linkages: dict[int, list[Linkage]] = {row.id: [] for row in self._contacts.values()}
        for linkage in Linkage.of_contacts(self._linkages):
            self._linkages[linkage.contact_row_id].append(linkage)

    @cached_property
    def accounts(self) -> list[OfficialAccount]:
        return OfficialAccount.list_owned(self.installation.id)

    def account(self, id_text: str, version: TemplateVersion | None = None) -> OfficialAccount:
        """Return the account with this id, the only one, or the template's. Raise `NoAccount`."""
        if id_text.strip():
            matching = [account for account in self.accounts if str(account.id) == id_text.strip()]
            if not matching:
                raise NoAccount(GONE)
            return matching[0]
        if len(self.accounts) == 1:
            return self.accounts[0]
        account = self._template_account(version) if version else None
        if account is None:
            raise NoAccount(
                "Choose the Official Account that sends."
                if self.accounts
                else "No Official Account is connected in Musubi yet."
            )
        return account

    def contact(self, contact_id: int) -> Contact | None:
        """Return the contact or its merge target; None where Musubi has no row of it."""
        if contact_id not in self._contacts:
            contact = Contact.of_portal(self.installation.id, contact_id)
            if contact is None:
                return None
            self._contacts[contact_id] = contact
        return self._contacts[contact_id]

    def linkages(self, contact_id: int) -> list[Linkage]:
        contact = self.contact(contact_id)
        if contact is None:
            return []
        if contact.id not in self._linkages:
            self._linkages[contact.id] = Linkage.of_contacts([contact.id])
        return self._linkages[contact.id]

    def _known_linkages(self) -> list[Linkage]:
        return [linkage for linkages in self._linkages.values() for linkage in linkages]

    def friend(self, account: OfficialAccount, contact_id: int) -> Friend | None:
        linkages = self.linkages(contact_id)
        return next(
            (linkage.friend for linkage in linkages if linkage.official_account_id == account.id),
            None,
        )

    def segment(self, segment_id: int) -> Segment | None:
        if segment_id not in self._segments:
            self._segments[segment_id] = Segment.find_owned(self.installation.id, segment_id)
        return self._segments[segment_id]

    def rule(self, segment: Segment) -> CheckedRule:
        """Return the rule in force; raise `RuleError` where something that it names is gone."""
        if segment.id not in self._rules:
            self._rules[segment.id] = checked(segment)
        return self._rules[segment.id]

    def version(self, template_id: str) -> TemplateVersion | None:
        if template_id not in self._versions:
            self._versions[template_id] = current_version(template_id, self.installation.id)
        return self._versions[template_id]

    def statistics_unit(self, account: OfficialAccount, version: TemplateVersion | None) -> str:
        """Return LINE's name for the statistics of the template's sends, "" for other messages and
        where another account sends than the template's own."""
        if version is None:
            return ""
        template_id = version.template_id
        if template_id not in self._units:
            is_own = self._template_account(version) is account
            unit = template_unit(account.id, template_id, utcnow()) if is_own else ""
            self._units[template_id] = unit
        return self._units[template_id]

    def _template_account(self, version: TemplateVersion) -> OfficialAccount | None:
        key = version.template_id
        if key not in self._template_accounts:
            template = Template.find_owned(self.installation.id, key)
            account_id = template.official_account_id if template else 0
            self._template_accounts[key] = next(
                (account for account in self.accounts if account.id == account_id), None
            )
        return self._template_accounts[key]


class Action(NamedTuple):
    """A workflow action; `run` works inside the caller's transaction.

    `hold`: how long HubSpot waits for a queued execution. `late`: the result of one that was not
    done in time; only actions that call LINE promise `expired`.
    """

    name: str
    run: Callable[[ActionContext, ActionCall, Mapping[str, str]], Answer]
    hold: Callable[[Mapping[str, str]], timedelta] = lambda _: HOLD
    late: str = "failed"
    has_quiet_hours: bool = False
