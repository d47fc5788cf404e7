"""Connects a LINE Official Account, and checks its setup at LINE."""

import secrets

from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.core.overwrites import Seen, refuse_overwrite
from plugin.gateways import BotInfo, GatewayError
from plugin.models.audience.segment import add_ready_segments
from plugin.models.base import db
from plugin.models.connections.installation import Installation
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.system.job import enqueue
from plugin.models.transaction import retried, transaction
from plugin.services import Dependencies
from plugin.services.connections.account_checks import (
    channel_verdicts,
    keep_verdicts,
    login_verdicts,
    webhook_url,
    without_login_checks,
)
from plugin.services.connections.account_values import InvalidValues, refusals
from plugin.services.connections.channels import (
    ChannelValues,
    messaging_channel,
    stored_values,
)
from plugin.services.connections.verify_channels import verify_channels

__all__ = [
    "ChannelValues",
    "archive_account",
    "check_account",
    "connect_account",
    "webhook_url",
]

Checks = dict[str, dict[str, object]]


def connect_account(
    deps: Dependencies,
    installation: Installation,
    values: ChannelValues,
    seen: Seen | None = None,
) -> OfficialAccount:
    """Connect an account, or store new secrets of a connected one.

    Raise, with nothing stored, `InvalidValues`, `RefusedChannel` where LINE refuses a value,
    `GatewayError` where LINE fails, and `ChangedMeanwhile` if `seen` is outdated.
    """
    invalid = refusals(deps, values._asdict())
    if invalid:
        raise InvalidValues(invalid)
    existing = _find(installation, values.channel_id)
    bot = verify_channels(deps, values, stored_values(existing) if existing else None)
    account = _store(installation, values, bot, seen)
    _set_webhook(deps, account)
    check_account(deps, account)
    return account


def check_account(deps: Dependencies, account: OfficialAccount) -> Checks:
    """Ask LINE about both channels, webhook and LIFF app; store and return {ok, detail, ...} by
    name of the check. `ok` None: not set up, which may be intended, or not known."""
    asked, channel = stored_values(account), channel_verdicts(deps, account)
    keep_verdicts(account, asked, [*channel.verdicts, *login_verdicts(deps, account)])
    return account.checks


def archive_account(account: OfficialAccount) -> None:
    """Take an account out of use; its friends and linkages stay in the database."""
    with transaction():
        account.archived_at = utcnow()


@retried
def _store(
    installation: Installation, values: ChannelValues, bot: BotInfo, seen: Seen | None
) -> OfficialAccount:
    # Retried: of two simultaneous connects the second takes the next position.
    with transaction() as session:
        account = _row(installation, values.channel_id)
        is_new = account.id is None
        if seen is not None:
            session.refresh(account, with_for_update={"of": OfficialAccount})
            refuse_overwrite(seen, stored_values(account)._asdict())
        _fill(account, values, bot)
        enqueue("ensure_properties", installation.id, installation.id)
        db.session.flush()
        if is_new:
            add_ready_segments(account, account.created_at)
        enqueue("read_quota", account.id, installation.id)
    return account


def _find(installation: Installation, channel_id: str) -> OfficialAccount | None:
    statement = select(OfficialAccount).where(OfficialAccount.installation_id == installation.id)
    return db.session.scalar(statement.where(OfficialAccount.channel_id == channel_id))


def _row(installation: Installation, channel_id: str) -> OfficialAccount:
    account = _find(installation, channel_id)
    if account is not None:
        account.archived_at = None
        return account
    top = select(func.max(OfficialAccount.position)).where(
        OfficialAccount.installation_id == installation.id
    )
    account = OfficialAccount(
        installation=installation,
        position=(db.session.scalar(top) or 0) + 1,
        channel_id=channel_id,
        webhook_key=secrets.token_urlsafe(24),
        created_at=utcnow(),
    )
    db.session.add(account)
    return account


def _fill(account: OfficialAccount, values: ChannelValues, bot: BotInfo) -> None:
    if account.login_channel_id != values.login_channel_id:
        # Another channel has to be proved anew.
        account.checks = without_login_checks(account.checks or {})
        account.login_channel_at = utcnow()
    account.channel_secret = values.channel_secret
    account.login_channel_id = values.login_channel_id
    account.login_channel_secret = values.login_channel_secret
    account.liff_url = values.liff_url
    account.bot_user_id, account.basic_id = bot.user_id, bot.basic_id
    account.name, account.picture_url = bot.display_name, bot.picture_url
    account.chat_mode = bot.chat_mode


def _set_webhook(deps: Dependencies, account: OfficialAccount) -> None:
    """Point LINE at Musubi, and store the former address, so that a person can go back."""
    line, channel = deps.gateways.line, messaging_channel(account)
    url = webhook_url(deps, account)
    try:
        before = line.get_webhook(channel)
        if before is None or before.endpoint != url:
            line.set_webhook(channel, url)
        # Only after LINE accepted ours: until then the other address is no former one.
        if before is not None and before.endpoint not in ("", url):
            with transaction():
                account.previous_webhook_url = before.endpoint
    except GatewayError:
        # The checks that follow report the error; the account itself is connected.
        return
