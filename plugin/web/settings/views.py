"""Settings: the HubSpot portal and the LINE Official Accounts, each with its state."""

from plugin.core.clock import utcnow
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.connections.property_trouble import PropertyTrouble
from plugin.models.connections.web_session import WebSession
from plugin.web.layout import page
from plugin.web.session import person, tenant
from plugin.web.settings.account_checks import Finding, findings
from plugin.web.settings.blueprint import blueprint


@blueprint.get("/settings")
def settings() -> str:
    accounts = OfficialAccount.list_owned(tenant())
    cards = [(account, _failed(account)) for account in accounts]
    troubles = len(PropertyTrouble.list_owned(tenant()))
    sessions = WebSession.count_of(person().member.id, utcnow())
    return page(
        "settings/overview.html", "settings", cards=cards, troubles=troubles, sessions=sessions
    )


def _failed(account: OfficialAccount) -> list[Finding]:
    return [finding for finding in findings(account) if finding.ok is False]
