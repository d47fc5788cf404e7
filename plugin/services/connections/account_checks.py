"""What LINE says of an Official Account's two channels, as verdicts of the doctor."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from plugin.core.clock import utcnow
from plugin.core.diagnosis.doctor.cause import WAITS
from plugin.core.diagnosis.doctor.checks import CHECKS, keys_of
from plugin.core.diagnosis.doctor.verdict import Verdict, kept, read_verdict, waiting
from plugin.gateways import Channel, GatewayError, WebhookTest
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.transaction import current_row, transaction
from plugin.services import Dependencies
from plugin.services.connections.channels import (
    ChannelValues,
    login_channel,
    messaging_channel,
    stored_values,
)
from plugin.services.connections.liff_app import liff_verdicts
from plugin.services.connections.unanswered import refused_or_unanswered

# LINE's reason words: Messaging API reference, "Test webhook endpoint".
TEST_REASONS = {"REQUEST_TIMEOUT": "late", "ERROR_STATUS_CODE": "turned_away"}
# LINE gives up after two seconds ("Receive messages"); beyond this there is no room for a bad day.
SLOW_SECONDS = 1.5
ROUND_TRIP = ("webhook_test", "webhook_speed")


class ChannelAnswers(NamedTuple):
    """`chat_mode` "": LINE did not tell."""

    verdicts: list[Verdict]
    chat_mode: str = ""


def webhook_url(deps: Dependencies, account: OfficialAccount) -> str:
    return f"{deps.settings.base_url}/line/webhooks/{account.webhook_key}"


def channel_verdicts(deps: Dependencies, account: OfficialAccount) -> ChannelAnswers:
    """Ask LINE about the Messaging API channel: four calls, and one of LINE's to us."""
    line, channel = deps.gateways.line, messaging_channel(account)
    try:
        # A token that is at hand would still work with a secret that LINE has replaced.
        line.check_channel(channel)
        bot = line.bot_info(channel)
    except GatewayError as error:
        verdicts = refused_or_unanswered(error, "refused", "channel")
        return ChannelAnswers([*verdicts, *waiting("webhook_url", "webhook_active", *ROUND_TRIP)])
    webhook = _webhook_verdicts(deps, account, channel)
    return ChannelAnswers([Verdict("channel", "ok", bot.basic_id), *webhook], bot.chat_mode)


def login_verdicts(deps: Dependencies, account: OfficialAccount) -> list[Verdict]:
    """Ask LINE about the LINE Login channel and its LIFF app: three calls at most."""
    if not account.can_login:
        return [Verdict("login_channel", "none"), *waiting("liff_url", "liff_scopes")]
    try:
        deps.gateways.line.check_channel(login_channel(account))
    except GatewayError as error:
        verdicts = refused_or_unanswered(error, "refused", "login_channel")
        return [*verdicts, *waiting("liff_url", "liff_scopes")]
    return [Verdict("login_channel", "ok"), *liff_verdicts(deps, account)]


def keep_verdicts(
    account: OfficialAccount,
    asked: ChannelValues,
    verdicts: Sequence[Verdict],
    *,
    whole: bool = False,
) -> None:
    """Store the verdicts beside those of other checks, without those of a channel that was changed
    since it was `asked` about. `whole`: everything was asked."""
    now = utcnow()
    with transaction() as session:
        session.refresh(account, with_for_update={"of": OfficialAccount})
        changed = _keys_changed(asked, stored_values(account))
        others = {name: check for name, check in account.checks.items() if name in CHECKS}
        stored = {
            found.key: kept(read_verdict(found.key, others, now), found, now).stored()
            for found in verdicts
            if found.key not in changed
        }
        account.checks = {**others, **stored}
        if whole and not changed:
            account.checked_at = now
        if stored.get("email", {}).get("ok"):
            # LINE has granted the permission since it refused the scope.
            account.login_email = True


def _keys_changed(asked: ChannelValues, stored: ChannelValues) -> set[str]:
    """Return the checks of a channel that is another one by now, or has other values."""
    # The Messaging API channel's two values come first; the others are of LINE Login.
    line = keys_of("line") if asked[:2] != stored[:2] else ()
    login = keys_of("login") if asked[2:] != stored[2:] else ()
    return {*line, *login}


def without_login_checks(
    checks: dict[str, dict[str, object]],
) -> dict[str, dict[str, object]]:
    """Return the checks that still hold for another LINE Login channel."""
    of_login = keys_of("login")
    return {name: check for name, check in checks.items() if name not in of_login}


def _webhook_verdicts(
    deps: Dependencies, account: OfficialAccount, channel: Channel
) -> list[Verdict]:
    line, url, began = deps.gateways.line, webhook_url(deps, account), time.monotonic()
    try:
        setting = line.get_webhook(channel)
    except GatewayError as error:
        verdicts = refused_or_unanswered(error, "elsewhere", "webhook_url")
        return [*verdicts, *waiting("webhook_active", *ROUND_TRIP)]
    if setting is None or setting.endpoint != url:
        address = setting.endpoint if setting else ""
        elsewhere = Verdict("webhook_url", "elsewhere", address)
        return [elsewhere, *waiting("webhook_active", *ROUND_TRIP)]
    active = "ok" if setting.active else "switched_off"
    to_line = time.monotonic() - began
    return [
        Verdict("webhook_url", "ok", url),
        Verdict("webhook_active", active),
        *_round_trip(deps, account, channel, to_line),
    ]


def _round_trip(
    deps: Dependencies, account: OfficialAccount, channel: Channel, to_line: float
) -> list[Verdict]:
    """Have LINE call us. `to_line`: seconds that a call of ours takes by itself."""
    before, began = _seen_at(account.id), time.monotonic()
    try:
        test = deps.gateways.line.test_webhook(channel, webhook_url(deps, account))
    except GatewayError as error:
        return refused_or_unanswered(error, "", *ROUND_TRIP)
    seconds = max(time.monotonic() - began - to_line, 0.0)
    cause = _cause_of(test, arrived=_seen_at(account.id) != before)
    if cause != "ok":
        reason = "" if test.success else test.reason
        return [Verdict("webhook_test", cause, reason), Verdict("webhook_speed", WAITS)]
    speed = "slow" if seconds >= SLOW_SECONDS else "ok"
    return [
        Verdict("webhook_test", "ok"),
        Verdict("webhook_speed", speed, values={"seconds": f"{max(seconds, 0.1):.1f}"}),
    ]


def _cause_of(test: WebhookTest, *, arrived: bool) -> str:
    if test.success:
        return "ok" if arrived else "swallowed"
    return TEST_REASONS.get(test.reason, "no_connection")


def _seen_at(account_id: int) -> datetime | None:
    """Return when a call without events, which is a test, or the first call came in."""
    statement = select(OfficialAccount.webhook_seen_at).where(OfficialAccount.id == account_id)
    row = current_row(statement)
    return row[0] if row else None
