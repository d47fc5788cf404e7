"""Removing HubSpot, piece by piece: the app over there, then its tokens, then what it brought."""

import structlog
from sqlalchemy import ColumnElement, case, delete, inspect, select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, Portal
from plugin.models.base import Base, affected, db, transaction
from plugin.models.conflict import Conflict
from plugin.models.email_proof import EmailProof
from plugin.models.inbox import HUBSPOT, WebhookEvent
from plugin.models.installation import REMOVED, REMOVING, Installation
from plugin.models.job import Job, plant
from plugin.models.list_import import ImportMember, ImportRun, ListImport
from plugin.models.list_preparation import ListPreparation
from plugin.models.official_account import OfficialAccount
from plugin.models.people import Contact, LedgerEntry, Linkage
from plugin.models.qr_code import LinkageToken, LoginAttempt, QRCode
from plugin.models.question import Question
from plugin.models.reconcile import ReconcileRun
from plugin.models.rich_menu import RichMenuSwitch
from plugin.models.sending import PLANNED, REFUSED, SENDING, UNKNOWN, ActionCall, Delivery
from plugin.models.user_token import UserToken
from plugin.models.visitor_hint import VisitorHint
from plugin.services import Outside
from plugin.services.portal_access import store_tokens

log = structlog.get_logger()
PIECE = 1000
REMOVED_FIRST = "HubSpot was removed before this was sent."


def remove_hubspot(outside: Outside, installation_id: int) -> bool:
    """Do one piece; True where more is left. Goes on where it was cut off.

    Raises `GatewayError` while HubSpot cannot be reached: nothing is deleted before it has been
    told, unless it knows us no more anyway.
    """
    installation = Installation.by_id(installation_id)
    if installation is None or installation.state != REMOVING:
        return False
    if installation.refresh_token:
        _leave_hubspot(outside, installation)
        return True
    if _delete_piece(installation_id):
        return True
    with transaction():
        installation.state, installation.disconnect_reason = REMOVED, ""
        installation.properties_ready_at, installation.properties_error = None, ""
    log.info("hubspot_removed", portal=installation.portal_id)
    return False


def _leave_hubspot(outside: Outside, installation: Installation) -> None:
    """Uninstall, revoke, and forget the tokens. What HubSpot has ended already is ended."""
    hubspot = outside.gateways.hubspot
    try:
        hubspot.uninstall(_access(outside, installation))
    except GatewayError as error:
        _pass_over(error)
    try:
        hubspot.revoke(installation.refresh_token)
    except GatewayError as error:
        _pass_over(error)
    with transaction():
        installation.access_token = installation.refresh_token = ""
        installation.scopes = []
        _refuse_waiting(installation.id)


def _access(outside: Outside, installation: Installation) -> Portal:
    if not installation.token_is_fresh(utcnow()):
        tokens = outside.gateways.hubspot.refresh(installation.refresh_token)
        with transaction():
            store_tokens(installation, tokens)
    return Portal(installation.portal_id, installation.access_token)


def _pass_over(error: GatewayError) -> None:
    """A person asked for the removal, so a token that is dead already does not stop it."""
    if not error.permanent and error.reason != "revoked":
        raise error
    log.info("hubspot_was_gone", reason=error.reason)


def _refuse_waiting(installation_id: int) -> None:
    """Messages that wait are not sent any more; those that may be out stay in doubt."""
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    waiting = update(Delivery).where(
        Delivery.official_account_id.in_(accounts), Delivery.state.in_((PLANNED, SENDING))
    )
    ended = {"result": "failed", "error": REMOVED_FIRST, "settled_at": utcnow()}
    state = case((Delivery.maybe_sent, UNKNOWN), else_=REFUSED)
    affected(waiting.values(ended | {"state": state}).execution_options(synchronize_session=False))


def _delete_piece(installation_id: int) -> bool:
    """Delete up to a thousand rows of the first kind that has any; rows that point come first."""
    for model, mine in _owned(installation_id):
        key = inspect(model).primary_key[0]
        some = list(db.session.scalars(select(key).where(mine).limit(PIECE)))
        if some:
            with transaction():
                _unhang(model, some)
                gone = delete(model).where(key.in_(some))
                affected(gone.execution_options(synchronize_session=False))
            return True
    return False


def _unhang(model: type[Base], ids: list[int]) -> None:
    """Rows that stay must not point at rows that go."""
    if model is ActionCall:
        delivery = update(Delivery).where(Delivery.action_call_id.in_(ids))
        db.session.execute(delivery.values(action_call_id=None))
    if model is Linkage:
        _owe_deauthorizing(ids)
    if model is LedgerEntry:
        lines = update(LedgerEntry).where(LedgerEntry.undoes_id.in_(ids))
        db.session.execute(lines.values(undoes_id=None))
    if model is Contact:
        heirs = update(Contact).where(Contact.merged_into_id.in_(ids))
        db.session.execute(heirs.values(merged_into_id=None))


def _owe_deauthorizing(linkage_ids: list[int]) -> None:
    """LINE is to be told of everybody who is unlinked and came through LINE Login."""
    came = select(UserToken.friend_id, Linkage.contact_row_id, OfficialAccount.installation_id)
    came = came.join(Linkage, Linkage.friend_id == UserToken.friend_id)
    came = came.join(OfficialAccount, OfficialAccount.id == Linkage.official_account_id)
    for friend_id, contact, lane in db.session.execute(came.where(Linkage.id.in_(linkage_ids))):
        plant("deauthorize", friend_id, lane, {"contact": contact})


def _owned(installation_id: int) -> list[tuple[type[Base], ColumnElement[bool]]]:
    """All that came from HubSpot or leans on it. Accounts, friends and QR codes stay."""
    accounts = select(OfficialAccount.id).where(OfficialAccount.installation_id == installation_id)
    codes = select(QRCode.id).where(QRCode.official_account_id.in_(accounts))
    walks = select(LoginAttempt.id).where(LoginAttempt.qr_code_id.in_(codes))
    contacts = select(Contact.id).where(Contact.installation_id == installation_id)
    imports = select(ListImport.id).where(ListImport.installation_id == installation_id)
    calls = select(ActionCall.id).where(ActionCall.installation_id == installation_id)
    events = (WebhookEvent.source == HUBSPOT) & (WebhookEvent.owner_id == installation_id)
    return [
        (Job, (Job.lane == installation_id) & Job.kind.not_in(KEPT_JOBS)),
        (WebhookEvent, events),
        (ImportMember, ImportMember.list_import_id.in_(imports)),
        (ImportRun, ImportRun.list_import_id.in_(imports)),
        (ListImport, ListImport.installation_id == installation_id),
        (Linkage, Linkage.official_account_id.in_(accounts)),
        (Conflict, Conflict.installation_id == installation_id),
        (EmailProof, EmailProof.attempt_id.in_(walks)),
        (LoginAttempt, LoginAttempt.qr_code_id.in_(codes)),
        (VisitorHint, VisitorHint.contact_row_id.in_(contacts)),
        (LinkageToken, LinkageToken.installation_id == installation_id),
        (ListPreparation, ListPreparation.installation_id == installation_id),
        (LedgerEntry, LedgerEntry.installation_id == installation_id),
        (ReconcileRun, ReconcileRun.installation_id == installation_id),
        (Question, Question.action_call_id.in_(calls)),
        (RichMenuSwitch, RichMenuSwitch.action_call_id.in_(calls)),
        (ActionCall, ActionCall.installation_id == installation_id),
        (Contact, Contact.installation_id == installation_id),
    ]


# LINE's side goes on, LINE is still told whom we unlink, and this very job is to end by itself.
KEPT_JOBS = (
    "remove_hubspot", "deauthorize", "line_inbox", "read_profiles", "read_quota", "import_friends",
    "tag_many",
)  # fmt: skip
