"""Connecting a LINE Official Account, and saying what is right with it and what is not."""

import secrets
from typing import NamedTuple

from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.gateways import BotInfo, Channel, GatewayError
from plugin.models.base import db, transaction
from plugin.models.installation import Installation
from plugin.models.job import plant
from plugin.models.official_account import OfficialAccount
from plugin.services import Outside
from plugin.services.liff_app import liff_verdict

Check = dict[str, object]
Checks = dict[str, Check]


class ChannelValues(NamedTuple):
    """What a person types in: two channels and, where there is one, the LIFF address."""

    channel_id: str
    channel_secret: str
    login_channel_id: str = ""
    login_channel_secret: str = ""
    liff_url: str = ""


def webhook_url(outside: Outside, account: OfficialAccount) -> str:
    """Where LINE sends this account's events."""
    return f"{outside.settings.base_url}/line/webhooks/{account.webhook_key}"


def connect_account(
    outside: Outside, installation: Installation, values: ChannelValues
) -> OfficialAccount:
    """Connect, or take new secrets for an account that is connected already.

    Raises `GatewayError` where LINE refuses the channel ID and secret; then nothing is kept.
    """
    channel = Channel(values.channel_id, values.channel_secret)
    bot = outside.gateways.line.bot_info(channel)
    with transaction():
        account = _row(installation, values.channel_id)
        _fill(account, values, bot)
        plant("ensure_properties", installation.id, installation.id)
        db.session.flush()
        plant("read_quota", account.id, installation.id)
    _set_webhook(outside, account)
    check_account(outside, account)
    return account


def check_account(outside: Outside, account: OfficialAccount) -> Checks:
    """Ask LINE how the account stands and keep the verdicts by name: {ok, detail}.

    Names: channel, webhook_url, webhook_active, webhook_test, login_channel, liff_url. `ok` None:
    not set up, which may be intended.
    """
    checks: Checks = {}
    channel = Channel(account.channel_id, account.channel_secret)
    try:
        bot = outside.gateways.line.bot_info(channel)
    except GatewayError as error:
        checks["channel"] = _verdict(False, error.message)
    else:
        checks["channel"] = _verdict(True, bot.basic_id)
        checks.update(_webhook_checks(outside, account, channel))
    checks["login_channel"] = _login_check(outside, account)
    checks["liff_url"] = _verdict(*liff_verdict(outside, account))
    with transaction():
        account.checks, account.checked_at = checks, utcnow()
    return checks


def archive_account(account: OfficialAccount) -> None:
    """Take an account out of use; its friends and ties stay in the database."""
    with transaction():
        account.archived_at = utcnow()


def _row(installation: Installation, channel_id: str) -> OfficialAccount:
    mine = select(OfficialAccount).where(OfficialAccount.installation_id == installation.id)
    account = db.session.scalar(mine.where(OfficialAccount.channel_id == channel_id))
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
    account.channel_secret = values.channel_secret
    account.login_channel_id = values.login_channel_id
    account.login_channel_secret = values.login_channel_secret
    account.liff_url = values.liff_url
    account.bot_user_id, account.basic_id = bot.user_id, bot.basic_id
    account.name, account.picture_url = bot.display_name, bot.picture_url
    account.chat_mode = bot.chat_mode


def _set_webhook(outside: Outside, account: OfficialAccount) -> None:
    """Point LINE at us and remember where it pointed before, so that a person can go back."""
    line, channel = outside.gateways.line, Channel(account.channel_id, account.channel_secret)
    url = webhook_url(outside, account)
    try:
        before = line.get_webhook(channel)
        if before is not None and before.endpoint not in ("", url):
            with transaction():
                account.previous_webhook_url = before.endpoint
        if before is None or before.endpoint != url:
            line.set_webhook(channel, url)
    except GatewayError:
        # The checks that follow say what is wrong; the account itself is connected.
        return


def _webhook_checks(outside: Outside, account: OfficialAccount, channel: Channel) -> Checks:
    line, url = outside.gateways.line, webhook_url(outside, account)
    try:
        setting = line.get_webhook(channel)
        if setting is None or setting.endpoint != url:
            return {"webhook_url": _verdict(False, setting.endpoint if setting else "")}
        test = line.test_webhook(channel, url)
    except GatewayError as error:
        return {"webhook_url": _verdict(False, error.message)}
    return {
        "webhook_url": _verdict(True, url),
        "webhook_active": _verdict(setting.active),
        "webhook_test": _verdict(test.success, "" if test.success else test.reason),
    }


def _login_check(outside: Outside, account: OfficialAccount) -> Check:
    if not account.can_login:
        return _verdict(None)
    try:
        outside.gateways.line.check_channel(
            Channel(account.login_channel_id, account.login_channel_secret)
        )
    except GatewayError as error:
        return _verdict(False, error.message)
    return _verdict(True)


def _verdict(ok: bool | None, detail: str = "") -> Check:
    return {"ok": ok, "detail": detail[:300]}
