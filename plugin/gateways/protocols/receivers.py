"""The protocol of servers of others that take webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

# Why no status came: the name is unknown, the address is a private network's, nobody listens, the
# certificate is not good, the time was over, the connection broke.
Trouble = Literal["", "unresolved", "private", "unreachable", "tls", "timeout", "lost"]


@dataclass(frozen=True)
class Outcome:
    """What came of a call. `status` 0: nothing, because of `error`."""

    status: int
    error: Trouble = ""
    duration_ms: int = 0
    # The first kilobyte of the answer, as it came.
    answer: bytes = field(default=b"", repr=False)
    # Seconds that the receiver asks to wait.
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class ReceiverGateway(Protocol):
    def post(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Outcome:
        """Call once, follow no redirect, and end within `seconds`, whatever the far end does."""
