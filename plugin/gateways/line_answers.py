"""LINE's answers as values. LINE may add and drop fields without notice, so only what is needed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from plugin.gateways import (
    Accepted,
    BotInfo,
    FollowerPage,
    Profile,
    Quota,
    RichMenu,
    WebhookSetting,
    WebhookTest,
)
from plugin.gateways.line_client import LineAnswer
from plugin.gateways.network import unreadable

Said = Mapping[str, Any]


@contextmanager
def reading() -> Iterator[None]:
    """A missing or odd field is an unreadable answer, not a bug."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise unreadable("LINE", write=False) from None


def bot_info(said: Said) -> BotInfo:
    return BotInfo(
        user_id=str(said["userId"]),
        basic_id=str(said.get("basicId") or ""),
        display_name=str(said.get("displayName") or ""),
        picture_url=str(said.get("pictureUrl") or ""),
        chat_mode=str(said.get("chatMode") or ""),
    )


def webhook_setting(said: Said) -> WebhookSetting:
    return WebhookSetting(str(said["endpoint"]), said.get("active") is True)


def webhook_test(said: Said) -> WebhookTest:
    return WebhookTest(
        success=said["success"] is True,
        status_code=int(said.get("statusCode") or 0),
        reason=str(said.get("reason") or ""),
        detail=str(said.get("detail") or ""),
    )


def profile(said: Said) -> Profile:
    return Profile(
        user_id=str(said["userId"]),
        display_name=str(said.get("displayName") or ""),
        picture_url=str(said.get("pictureUrl") or ""),
        language=str(said.get("language") or ""),
    )


def follower_page(said: Said) -> FollowerPage:
    following = said.get("next")
    return FollowerPage(tuple(map(str, said["userIds"])), str(following) if following else None)


def quota(limit: Said, used: Said) -> Quota:
    """No limit at all is type `none`."""
    # Any other word than `limited` is treated like `none`: LINE adds values without notice.
    limited = limit["type"] == "limited"
    return Quota(int(limit["value"]) if limited else None, int(used["totalUsage"]))


def rich_menus(said: Said) -> tuple[RichMenu, ...]:
    return tuple(
        RichMenu(
            menu_id=str(menu["richMenuId"]),
            name=str(menu.get("name") or ""),
            chat_bar_text=str(menu.get("chatBarText") or ""),
        )
        for menu in said["richmenus"]
    )


def accepted(answer: LineAnswer) -> Accepted:
    """From 200 or from 409, which carries the request that was taken the first time.

    `sentMessages[].id` is a number in LINE's reference and a text in its example.
    """
    said = answer.json() or {}
    sent = said.get("sentMessages")
    parts = [part for part in sent if isinstance(part, dict)] if isinstance(sent, list) else []
    first = answer.headers.get("x-line-accepted-request-id")
    return Accepted(
        request_id=first or answer.request_id,
        message_ids=tuple(str(part["id"]) for part in parts if part.get("id")),
        repeated=answer.status == 409,
    )
