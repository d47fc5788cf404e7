"""What the doctor found when it was last asked: from stored rows alone, without a call."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.cause import UNCHECKED
from plugin.core.diagnosis.doctor.checks import CHECKS, OF_ACCOUNT, Group, keys_of
from plugin.core.diagnosis.doctor.verdict import Stored, Verdict, read_verdict, waiting
from plugin.models.connections.doctor_report import DoctorReport
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.services.doctor.hubspot import removed_verdicts

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
    stored, now = row.checks if row else {}, utcnow()
    of_musubi = [read_verdict(key, stored, now) for key in keys_of("musubi")]
    return Report(
        [
            Section("hubspot", _of_hubspot(installation, stored, now)),
            *(section for account in accounts for section in account_sections(account)),
            Section("musubi", of_musubi),
        ],
        row.checked_at if row else None,
    )


def account_sections(account: OfficialAccount) -> list[Section]:
    verdicts = account_verdicts(account)
    return [
        Section(group, [one for one in verdicts if CHECKS[one.key].group == group], account)
        for group in OF_ACCOUNT
    ]


def account_verdicts(account: OfficialAccount) -> list[Verdict]:
    """Return the account's checks in the order in which they depend on each other."""
    return stored_verdicts(account.checks, can_login=account.can_login)


def stored_verdicts(checks: Stored, *, can_login: bool) -> list[Verdict]:
    now = utcnow()
    return [_of_account(key, checks, can_login, now) for key in keys_of(*OF_ACCOUNT)]


def checked_verdicts(account: OfficialAccount) -> list[Verdict]:
    """Return those of the account's checks that were made already."""
    return [verdict for verdict in account_verdicts(account) if verdict.cause != UNCHECKED]


def _of_hubspot(installation: Installation, stored: Stored, now: datetime) -> list[Verdict]:
    if installation.is_removed:
        return removed_verdicts()
    return [read_verdict(key, stored, now) for key in keys_of("hubspot")]


def _of_account(key: str, checks: Stored, can_login: bool, now: datetime) -> Verdict:
    if key not in PROOFS:
        return read_verdict(key, checks, now)
    if not can_login:
        return waiting(key)[0]
    return read_verdict(key, checks, now) if key in checks else Verdict(key, "unproven")
