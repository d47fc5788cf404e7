"""Settings: the HubSpot portal and the LINE Official Accounts, each with its state."""

from collections.abc import Iterable
from typing import NamedTuple

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.checks import Group
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.connections.web_session import WebSession
from plugin.models.outgoing.receiver import WebhookReceiver
from plugin.services.doctor.report import Report, Section, report_of
from plugin.web.layout import page
from plugin.web.session import person, tenant
from plugin.web.settings.blueprint import blueprint
from plugin.web.settings.findings import Tally


@blueprint.get("/settings")
def settings() -> str:
    accounts = OfficialAccount.list_owned(tenant())
    report = report_of(person().installation, accounts)
    cards = [(account, _of_account(report, account)) for account in accounts]
    troubles = len(PropertyTrouble.list_owned(tenant()))
    sessions = WebSession.count_of(person().member.id, utcnow())
    return page(
        "settings/overview.html",
        "settings",
        cards=cards,
        hubspot=_of_group(report, "hubspot"),
        musubi=_of_group(report, "musubi"),
        checked_at=report.checked_at,
        troubles=troubles,
        sessions=sessions,
        receivers=ReceiverCounts.of(WebhookReceiver.list_owned(tenant())),
    )


class ReceiverCounts(NamedTuple):
    """How many receivers there are, and how many of them take nothing."""

    total: int
    failing: int

    @classmethod
    def of(cls, receivers: list[WebhookReceiver]) -> "ReceiverCounts":
        return cls(len(receivers), sum(one.takes_nothing for one in receivers))


def _of_account(report: Report, account: OfficialAccount) -> Tally:
    return _tally(section for section in report.sections if section.account is account)


def _of_group(report: Report, group: Group) -> Tally:
    return _tally(section for section in report.sections if section.group == group)


def _tally(sections: Iterable[Section]) -> Tally:
    return Tally.of(one for section in sections for one in section.verdicts)
