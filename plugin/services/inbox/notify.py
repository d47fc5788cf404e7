"""An e-mail to the team where nobody opens what a friend wrote."""

from datetime import datetime, timedelta
from html import escape
from typing import NamedTuple

import structlog
from sqlalchemy import select, update

from plugin.core.clock import utcnow
from plugin.gateways import GatewayError, Letter
from plugin.models.base import db
from plugin.models.connections.member import Member
from plugin.models.connections.official_account import OfficialAccount
from plugin.models.inbox.conversation import Conversation
from plugin.models.inbox.inbox_rules import InboxRules
from plugin.models.transaction import transaction
from plugin.services import Dependencies
from plugin.services.contacts.property_words import LANGUAGE_OF_ZONE


class Words(NamedTuple):
    """A mail's subject and text in one language."""

    subject: str
    text: str


log = structlog.get_logger()
MOST_AT_ONCE, MOST_MEMBERS = 100, 10
# What the friend wrote stays out of it. By the language, as `LANGUAGE_OF_ZONE` names it.
WORDS = {
    "en": Words(
        "{account}: a friend waits for an answer on LINE",
        "{number} conversation(s) of {account} have had no reader for {minutes} minutes or longer."
        "\nOpen the inbox: {url}",
    ),
    "ja": Words(
        "{account}：返信待ちの友だちがいます",
        "{account}で{minutes}分以上だれも開いていない会話が{number}件あります。"
        "\n受信箱を開く: {url}",
    ),
    "th": Words(
        "{account}: มีเพื่อนรอคำตอบใน LINE",
        "มี {number} บทสนทนาของ {account} ที่ยังไม่มีใครเปิดอ่านนานตั้งแต่ {minutes} นาทีขึ้นไป"
        "\nเปิดกล่องข้อความ: {url}",
    ),
    "zh_Hant_TW": Words(
        "{account}：有好友在 LINE 等候回覆",
        "{account} 有 {number} 個對話超過 {minutes} 分鐘無人開啟。\n打開收件匣：{url}",
    ),
}


def notify_of_waiting(deps: Dependencies) -> datetime | None:
    """Write one e-mail for each account and reader, once for each time that a friend waits."""
    if deps.gateways.mail is None:
        return None
    watched = select(InboxRules).where(InboxRules.notify_after.is_not(None))
    for rules in db.session.scalars(watched).all():
        account = OfficialAccount.by_id(rules.official_account_id)
        if account is not None and account.archived_at is None:
            _notify(deps, account, rules)
    return None


def _notify(deps: Dependencies, account: OfficialAccount, rules: InboxRules) -> None:
    minutes = rules.notify_after or 0
    waiting = _claim(account.id, utcnow() - timedelta(minutes=minutes))
    readers: dict[str, int] = {}
    for conversation in waiting:
        for address in _addresses(account, rules, conversation):
            readers[address] = readers.get(address, 0) + 1
    told = [_send(deps, account, address, number, minutes) for address, number in readers.items()]
    if told and not any(told):
        _claim_again(waiting)


def _claim(account_id: int, before: datetime) -> list[Conversation]:
    """Mark the conversations as told of first: a lost e-mail is better than one every minute."""
    statement = select(Conversation).where(
        Conversation.official_account_id == account_id,
        Conversation.unread_since < before,
        Conversation.notified_at.is_(None),
    )
    with transaction() as session:
        locked = statement.limit(MOST_AT_ONCE).with_for_update(skip_locked=True, of=Conversation)
        rows = list(session.scalars(locked).unique())
        for row in rows:
            row.notified_at = utcnow()
    return rows


def _claim_again(conversations: list[Conversation]) -> None:
    """Have the next look try again: the mail server took no letter at all."""
    with transaction() as session:
        ids = [conversation.id for conversation in conversations]
        statement = update(Conversation).where(Conversation.id.in_(ids)).values(notified_at=None)
        session.execute(statement, execution_options={"synchronize_session": False})


def _addresses(
    account: OfficialAccount, rules: InboxRules, conversation: Conversation
) -> list[str]:
    if conversation.assigned_to is not None:
        member = db.session.get(Member, conversation.assigned_to)
        if member is not None and member.email:
            return [member.email]
    if rules.notify_to:
        return rules.notify_to.split(",")
    members = select(Member.email).where(
        Member.installation_id == account.installation_id, Member.email != ""
    )
    return list(db.session.scalars(members.order_by(Member.id).limit(MOST_MEMBERS)))


def _words_for(account: OfficialAccount) -> list[Words]:
    """Return those of the portal's place, and English after them: a mail's reader may have chosen
    another language, and may be nobody who signs in."""
    language = LANGUAGE_OF_ZONE.get(account.installation.time_zone, "en")
    return [WORDS[name] for name in dict.fromkeys((language, "en"))]


def _send(
    deps: Dependencies, account: OfficialAccount, address: str, number: int, minutes: int
) -> bool:
    """Return False where the server surely took nothing and may take it later."""
    name = " ".join(account.name.split())
    values = {
        "account": name, "number": number, "minutes": minutes,
        "url": f"{deps.settings.base_url}/inbox?show=unread",
    }  # fmt: skip
    parts = _words_for(account)
    subject = " / ".join(part.subject for part in parts).format(**values)
    text = "\n\n".join(part.text for part in parts).format(**values) + "\n"
    letter = Letter(to=address, subject=subject, text=text, html=f"<pre>{escape(text)}</pre>")
    try:
        if deps.gateways.mail is not None:
            deps.gateways.mail.send(letter)
    except GatewayError as error:
        log.warning("inbox_mail_failed", reason=error.reason)
        return error.permanent or error.reason == "lost"
    return True
