"""Where a step is done: a page of Musubi's, or a console of LINE's."""

from typing import NamedTuple

from plugin.core.diagnosis.doctor.cause import Place
from plugin.core.text.sentences import N_


class Address(NamedTuple):
    """`path` may need an account's id; `outside`: at LINE."""

    label: str
    path: str
    outside: bool = False


# The paths of pages; a test opens each.
PLACES: dict[Place, Address] = {
    "developers": Address("LINE Developers", "https://developers.line.biz/console/", True),
    "manager": Address("Official Account Manager", "https://manager.line.biz/", True),
    "doctor": Address(N_("Open the doctor"), "/settings/doctor"),
    "account": Address(N_("Open the account's page"), "/accounts/{account_id}"),
    "edit_account": Address(N_("Edit the account"), "/accounts/{account_id}/edit"),
    "prove": Address(N_("Log in with LINE"), "/accounts/{account_id}/prove"),
    "settings": Address(N_("Open Settings"), "/settings"),
    "hubspot": Address(N_("Open the connection"), "/settings/hubspot"),
    "properties": Address(N_("Open the connection"), "/settings/hubspot#properties"),
    "install": Address(N_("Install into HubSpot"), "/hubspot/install?next=/settings/doctor"),
    "failed_jobs": Address(N_("Open the failed work"), "/log/jobs"),
    "codes": Address(N_("Open the QR codes"), "/qr-codes"),
    "email": Address(N_("Open Email"), "/email"),
    "friends": Address(N_("Open Friends"), "/friends"),
    "import": Address(N_("Open Import"), "/import"),
}


def path_of(place: Place, account_id: int | None = None) -> str:
    """Return "" where nothing has to be opened."""
    if not place:
        return ""
    path = PLACES[place].path
    if "{account_id}" in path:
        return path.format(account_id=account_id) if account_id else PLACES["settings"].path
    return path
