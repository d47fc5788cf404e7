"""The account of a call of LINE, with as little as the database can be asked for."""

from typing import NamedTuple

from sqlalchemy import bindparam, exists, select

from plugin.models.connections.official_account import OfficialAccount
from plugin.models.outgoing.line_relay import LineRelay
from plugin.models.transaction import current_row


class WebhookAccount(NamedTuple):
    """What LINE's webhook needs of an account: at every call, so no other secret is opened.
    `relays`: its calls go to another tool as well."""

    id: int
    installation_id: int
    channel_secret: str
    bot_user_id: str
    was_seen: bool
    relays: bool


_BY_WEBHOOK_KEY = select(
    OfficialAccount.id,
    OfficialAccount.installation_id,
    OfficialAccount.channel_secret,
    OfficialAccount.bot_user_id,
    OfficialAccount.webhook_seen_at.is_not(None),
    exists().where(LineRelay.official_account_id == OfficialAccount.id)
    & OfficialAccount.archived_at.is_(None),
).where(OfficialAccount.webhook_key == bindparam("key"))


def account_of_webhook(key: str) -> WebhookAccount | None:
    """Read the account as it stands at this moment."""
    row = current_row(_BY_WEBHOOK_KEY, {"key": key})
    return WebhookAccount(*row) if row else None
