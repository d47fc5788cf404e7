"""LINE's responses as values. LINE adds and drops fields without notice, so few are required."""

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
from plugin.gateways.line.client import LineAnswer
from plugin.gateways.network import parse_rows, unreadable

Payload = Mapping[str, Any]


@contextmanager
def reading() -> Iterator[None]:
    """Turn a missing or unexpected field into an unreadable response: it is not a bug."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise unreadable("LINE", write=False) from None


def bot_info(payload: Payload) -> BotInfo:
    return BotInfo(
        user_id=str(payload["userId"]),
        basic_id=str(payload.get("basicId") or ""),
        display_name=str(payload.get("displayName") or ""),
        picture_url=str(payload.get("pictureUrl") or ""),
        chat_mode=str(payload.get("chatMode") or ""),
    )


def webhook_setting(payload: Payload) -> WebhookSetting:
    return WebhookSetting(str(payload["endpoint"]), payload.get("active") is True)


def webhook_test(payload: Payload) -> WebhookTest:
    return WebhookTest(
        success=payload["success"] is True,
        status_code=int(payload.get("statusCode") or 0),
        reason=str(payload.get("reason") or ""),
        detail=str(payload.get("detail") or ""),
    )


def profile(payload: Payload) -> Profile:
    return Profile(
        user_id=str(payload["userId"]),
        display_name=str(payload.get("displayName") or ""),
        picture_url=str(payload.get("pictureUrl") or ""),
        language=str(payload.get("language") or ""),
    )


def follower_page(payload: Payload) -> FollowerPage:
    cursor = payload.get("next")
    return FollowerPage(tuple(map(str, payload["userIds"])), str(cursor) if cursor else None)


def quota(limit: Payload, used: Payload) -> Quota:
    # No limit is type `none`. Any other type counts as `none` too: LINE adds values without notice.
    limited = limit["type"] == "limited"
    return Quota(int(limit["value"]) if limited else None, int(used["totalUsage"]))


def rich_menus(payload: Payload) -> tuple[RichMenu, ...]:
    return tuple(parse_rows(payload["richmenus"], _rich_menu))


def _rich_menu(menu: Payload) -> RichMenu:
    return RichMenu(
        menu_id=str(menu["richMenuId"]),
        name=str(menu.get("name") or ""),
        chat_bar_text=str(menu.get("chatBarText") or ""),
    )


def accepted(answer: LineAnswer) -> Accepted:
    payload = answer.json() or {}
    sent = payload.get("sentMessages")
    items = [item for item in sent if isinstance(item, dict)] if isinstance(sent, list) else []
    # A 409 names the request that was accepted the first time.
    first_request_id = answer.headers.get("x-line-accepted-request-id")
    return Accepted(
        request_id=first_request_id or answer.request_id,
        # A number in LINE's reference and a text in its example.
        message_ids=tuple(str(item["id"]) for item in items if item.get("id")),
        repeated=answer.status == 409,
    )
