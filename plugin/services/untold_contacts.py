"""Contacts that got a LINE User ID in HubSpot, and no webhook came through to say so."""

from collections.abc import Sequence
from datetime import datetime

from plugin.models.base import db, transaction
from plugin.models.installation import Installation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact
from plugin.models.reconcile import ReconcileRun
from plugin.models.upsert import upsert
from plugin.services import Outside
from plugin.services.import_reading import INDEX_LAG
from plugin.services.offered_ids import own_property
from plugin.services.portal_access import portal

MET = upsert(Contact, ("installation_id", "contact_id"), keys=("installation_id", "contact_id"))


def meet_untold(outside: Outside, installation: Installation, run: ReconcileRun) -> bool:
    """Know one page more of them, so that the comparison meets them; False: there are no more.

    Only what changed since the night before is searched. Values that are older than the
    installation are an import's, which somebody has to want.
    """
    accounts = OfficialAccount.list_owned(installation.id)
    account = min(
        (one for one in accounts if one.id > run.searched_account),
        key=lambda one: one.id,
        default=None,
    )
    if account is None:
        return False
    access, since = portal(outside, installation.id), _since(installation, run) - INDEX_LAG
    after, name = run.searched_after, own_property(account)
    found = outside.gateways.hubspot.contacts_holding(access, name, since, after)
    with transaction():
        _keep(run, (account.id, after), found)
    return True


def _since(installation: Installation, run: ReconcileRun) -> datetime:
    before = run.before()
    return before.started_at if before else installation.installed_at


def _keep(run: ReconcileRun, place: tuple[int, int], found: Sequence[int]) -> None:
    """Who was overtaken, having been given up for dead, moves nothing back."""
    account_id, after = place
    db.session.refresh(run, with_for_update=True)
    if run.searched_account >= account_id or run.searched_after != after:
        return
    if not found:
        run.searched_account, run.searched_after = account_id, 0
        return
    run.searched_after = found[-1]
    rows = [{"installation_id": run.installation_id, "contact_id": one} for one in found]
    db.session.execute(MET, rows)
