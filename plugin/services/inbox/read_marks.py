"""Has LINE tell the friend that the team has read what they wrote."""

from datetime import datetime

import structlog

from plugin.gateways import GatewayError
from plugin.models.base import db
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.inbox.conversation import Conversation
from plugin.models.system.job import enqueue
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import messaging_channel

log = structlog.get_logger()
# LINE marks messages as read only where the account answers by hand (reference, "Mark as read").
BY_HAND = "chat"


def enqueue_read_mark(conversation: Conversation) -> None:
    """Inside the caller's transaction, which holds the conversation."""
    account = conversation.friend.official_account
    if conversation.read_token and account.chat_mode == BY_HAND:
        enqueue("mark_as_read", conversation.id, account.installation_id)


def mark_as_read(deps: Dependencies, conversation_id: int) -> datetime | None:
    """Tell LINE once for each token. Raise `GatewayError` to be retried."""
    conversation = db.session.get(Conversation, conversation_id)
    token = conversation.read_token if conversation is not None else ""
    account = OfficialAccount.by_id(conversation.official_account_id) if conversation else None
    if conversation is None or account is None or not token:
        return None
    try:
        deps.gateways.line.mark_as_read(messaging_channel(account), token)
    except GatewayError as error:
        if not error.permanent:
            raise
        log.info("line_read_mark_refused", reason=error.reason)
    with transaction():
        held = Conversation.held(conversation_id)
        if held.read_token == token:
            held.read_token = ""
    return None
