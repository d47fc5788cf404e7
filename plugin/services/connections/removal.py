"""Removes HubSpot in batches: the app at HubSpot, then its tokens, then the data it brought."""

from collections import Counter

import structlog
from sqlalchemy import case, delete, inspect, select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, Portal
from plugin.models.audience.synced_list import ListMembership
from plugin.models.base import Base, db
from plugin.models.connections.installation import REMOVED, REMOVING, Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.people.contact import Contact
from plugin.models.people.linkage import Linkage
from plugin.models.people.linkage_entry import HistoryEntry
from plugin.models.people.user_token import UserToken
from plugin.models.sending.action_call import ActionCall
from plugin.models.sending.delivery import PLANNED, REFUSED, SENDING, UNKNOWN, Delivery
from plugin.models.system.activity import LINKED, count
from plugin.models.system.job import enqueue
from plugin.models.transaction import affected, transaction
from plugin.services import Dependencies
from plugin.services.connections.access_token import store_tokens
from plugin.services.connections.removal_rows import owned_rows
from plugin.services.connections.removal_traces import (
    REMOVED_FIRST,
    enqueue_log_truncation,
    erase_message_batch,
    erase_recipient_batch,
    erase_small_traces,
)

log = structlog.get_logger()
BATCH_SIZE = 1000


def remove_hubspot(deps: Dependencies, installation_id: int) -> bool:
    """Do the next batch; return True if more is left. Raise `GatewayError` if HubSpot fails."""
    installation = Installation.by_id(installation_id)
    if installation is None or installation.state != REMOVING:
        return False
    # HubSpot comes first: nothing is deleted before it knows, or knows the app no more.
    if installation.refresh_token:
        _leave_hubspot(deps, installation)
        return True
    if _delete_batch(installation_id) or erase_message_batch(installation):
        return True
    if erase_recipient_batch(installation):
        return True
    with transaction():
        erase_small_traces(installation)
        installation.state = REMOVED
        enqueue_log_truncation()
        enqueue("adjust_indexes", "all", 0)
    log.info("hubspot_removed", portal=installation.portal_id)
    return False


def _leave_hubspot(deps: Dependencies, installation: Installation) -> None:
    hubspot = deps.gateways.hubspot
    try:
        hubspot.uninstall(_access(deps, installation))
    except GatewayError as error:
        _ignore_dead_token(error)
    try:
        hubspot.revoke(installation.refresh_token)
    except GatewayError as error:
        _ignore_dead_token(error)
    with transaction():
        installation.access_token = installation.refresh_token = ""
        installation.scopes = installation.webhook_events = []
        _refuse_waiting(installation.id)


def _access(deps: Dependencies, installation: Installation) -> Portal:
    if not installation.token_is_fresh(utcnow()):
        tokens = deps.gateways.hubspot.refresh(installation.refresh_token)
        with transaction():
            store_tokens(installation, tokens)
    return Portal(installation.portal_id, installation.access_token)


def _ignore_dead_token(error: GatewayError) -> None:
    # A dead token must not stop a removal that a person asked for.
    if not error.permanent and error.reason != "revoked":
        raise error
    log.info("hubspot_already_disconnected", reason=error.reason)


def _refuse_waiting(installation_id: int) -> None:
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    waiting = update(Delivery).where(
        Delivery.official_account_id.in_(accounts), Delivery.state.in_((PLANNED, SENDING))
    )
    values = {"result": "failed", "error": REMOVED_FIRST, "settled_at": utcnow(), "written": None}
    # A message that may have been sent stays unknown.
    state = case((Delivery.maybe_sent, UNKNOWN), else_=REFUSED)
    affected(waiting.values(values | {"state": state}).execution_options(synchronize_session=False))


def _delete_batch(installation_id: int) -> bool:
    """Delete up to a thousand rows of the first model that has any."""
    for model, condition in owned_rows(installation_id):
        # A list has any number of members, so these go by contact.
        keys = inspect(model).primary_key
        key = ListMembership.contact_row_id if model is ListMembership else keys[0]
        ids = list(db.session.scalars(select(key).where(condition).limit(BATCH_SIZE)))
        if ids:
            with transaction():
                # Rows that stay must not point at deleted ones.
                _detach(model, ids)
                statement = delete(model).where(key.in_(ids))
                affected(statement.execution_options(synchronize_session=False))
            return True
    return False


def _detach(model: type[Base], ids: list[int]) -> None:
    if model is ActionCall:
        statement = update(Delivery).where(Delivery.action_call_id.in_(ids))
        db.session.execute(statement.values(action_call_id=None))
    if model is Linkage:
        _enqueue_deauthorizing(ids)
        _count_unlinked(ids)
    if model is HistoryEntry:
        statement = update(HistoryEntry).where(HistoryEntry.undoes_id.in_(ids))
        db.session.execute(statement.values(undoes_id=None))
    if model is Contact:
        statement = update(Contact).where(Contact.merged_into_id.in_(ids))
        db.session.execute(statement.values(merged_into_id=None))


def _enqueue_deauthorizing(linkage_ids: list[int]) -> None:
    """Enqueue LINE's notification about each unlinked friend who came through LINE Login."""
    statement = select(UserToken.friend_id, Linkage.contact_row_id, OfficialAccount.installation_id)
    statement = statement.join(Linkage, Linkage.friend_id == UserToken.friend_id)
    statement = statement.join(OfficialAccount, OfficialAccount.id == Linkage.official_account_id)
    for friend_id, contact, tenant_id in db.session.execute(
        statement.where(Linkage.id.in_(linkage_ids))
    ):
        enqueue("deauthorize", friend_id, tenant_id, {"contact": contact})


def _count_unlinked(linkage_ids: list[int]) -> None:
    # Locked, so that nobody else unlinks and counts them too.
    statement = select(Linkage.official_account_id).where(Linkage.id.in_(linkage_ids))
    account_ids = db.session.scalars(statement.order_by(Linkage.id).with_for_update())
    for account_id, n in Counter(account_ids).items():
        count(account_id, LINKED, -n)
