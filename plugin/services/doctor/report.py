"""What the doctor found when it was last asked: from stored rows alone, without a call."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from plugin.core.diagnosis.doctor.cause import UNCHECKED
from plugin.core.diagnosis.doctor.checks import CHECKS, OF_ACCOUNT, Group, keys_of
from plugin.core.diagnosis.doctor.verdict import Verdict, read_verdict, waiting
from plugin.models.connections.doctor_report import DoctorReport
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount

# Only a login shows them.
PROOFS = ("linked", "provider")


class Section(NamedTuple):
    """Verdicts of one group. `account` None: they are about the whole installation."""

    group: Group
    verdicts: list[Verdict]
    account: OfficialAccount | None = None


class Report(NamedTuple):
    """`checked_at` None: HubSpot and Musubi itself were not looked at yet."""

    sections: list[Section]
    checked_at: datetime | None = None

    @property
    def verdicts(self) -> Iterable[Verdict]:
        return (verdict for section in self.sections for verdict in section.verdicts)

    @property
    def failing(self) -> list[Verdict]:
        return failing(self.verdicts)


def failing(verdicts: Iterable[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.state == "failing"]


def report_of(installation: Installation, accounts: Sequence[OfficialAccount]) -> Report:
    """Return everything in the order of the prerequisites."""
    row = DoctorReport.of(installation.id)
    stored = row.checks if row else {}
    sections = [_section("hubspot", [read_verdict(key, stored) for key in keys_of("hubspot")])]
    for account in accounts:
        sections += account_sections(account)
    sections.append(_section("musubi", [read_verdict(key, stored) for key in keys_of("musubi")]))
    return Report(sections, row.checked_at if row else None)


def account_sections(account: OfficialAccount) -> list[Section]:
    verdicts = account_verdicts(account)
    return [
        Section(group, [one for one in verdicts if CHECKS[one.key].group == group], account)
        for group in OF_ACCOUNT
    ]


def account_verdicts(account: OfficialAccount) -> list[Verdict]:
    """Return the account's checks in the order in which they depend on each other."""
    return [_of_account(account, key) for key in keys_of(*OF_ACCOUNT)]


def checked_verdicts(account: OfficialAccount) -> list[Verdict]:
    """Return those of the account's checks that were made already."""
    return [verdict for verdict in account_verdicts(account) if verdict.cause != UNCHECKED]


def _of_account(account: OfficialAccount, key: str) -> Verdict:
    if key not in PROOFS:
        return read_verdict(key, account.checks)
    if not account.can_login:
        return waiting(key)[0]
    return read_verdict(key, account.checks) if key in account.checks else Verdict(key, "unproven")


def _section(group: Group, verdicts: list[Verdict]) -> Section:
    return Section(group, verdicts)
