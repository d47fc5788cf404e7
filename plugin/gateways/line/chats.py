"""What a chat has besides messages: read marks, moving dots, and what friends sent."""

from collections.abc import Callable

from plugin.gateways import Channel, Content
from plugin.gateways.line.client import LineAnswer
from plugin.gateways.line.content import spooled

Call = Callable[..., LineAnswer]
# LINE takes 5 to 60 seconds in steps of 5.
LOADING_SECONDS = 20
# For a large video on a slow line.
CONTENT_SECONDS = 300.0


class Chats:
    """The calls of `LineGateway` about one chat. `_call` is the gateway's own."""

    _call: Call

    def mark_as_read(self, channel: Channel, token: str) -> None:
        """Mark a message and all before it as read. LINE takes the token at any time."""
        body = {"markAsReadToken": token}
        self._call(channel, "mark-as-read", "POST", "/v2/bot/chat/markAsRead", body=body)

    def show_loading(self, channel: Channel, user_id: str) -> None:
        body = {"chatId": user_id, "loadingSeconds": LOADING_SECONDS}
        self._call(channel, "loading", "POST", "/v2/bot/chat/loading/start", body=body)

    def content(self, channel: Channel, message_id: str, largest: int) -> Content | None:
        path, params = "/v2/bot/message/{messageId}/content", {"messageId": message_id}
        answer = self._call(
            channel, "content", "GET", path, path_params=params, host="data", streamed=True
        )
        # 202: a video or voice message that LINE still converts.
        if answer.status == 202:
            answer.stream.close()
            return None
        content_type = answer.headers.get("Content-Type", "")
        return Content(spooled(answer.stream, largest, CONTENT_SECONDS), content_type)

    def preparation_failed(self, channel: Channel, message_id: str) -> bool:
        path, params = (
            "/v2/bot/message/{messageId}/content/transcoding",
            {"messageId": message_id},
        )
        answer = self._call(channel, "content", "GET", path, path_params=params, host="data")
        return (answer.json() or {}).get("status") == "failed"
