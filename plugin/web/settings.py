"""Settings: the HubSpot portal and the LINE Official Accounts, each with its state."""

from plugin.models.official_account import OfficialAccount
from plugin.web.account_checks import findings
from plugin.web.blueprint import web
from plugin.web.frame import page
from plugin.web.signed_in import tenant


@web.get("/settings")
def settings() -> str:
    """What is connected, and whether it works."""
    accounts = OfficialAccount.list_owned(tenant())
    cards = [(each, [one for one in findings(each) if one.ok is False]) for each in accounts]
    return page("settings.html", "settings", cards=cards)
