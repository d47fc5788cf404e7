"""HubSpot's error answers: one exception, one body."""

import json
import uuid
from typing import Any

Body = dict[str, Any]
Answer = tuple[Body | None, int]


class Refused(Exception):
    """An error answer. `more` is merged into the body, `headers` into the response."""

    def __init__(
        self,
        status: int,
        message: str,
        category: str = "VALIDATION_ERROR",
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.headers = headers or {}
        self.more = more

    def body(self) -> Body:
        """`{status, message, correlationId, category, ...}`: every field optional for readers."""
        return {
            "status": "error",
            "message": self.message,
            "correlationId": str(uuid.uuid4()),
            "category": self.category,
            **self.more,
        }


def not_found(message: str = "resource not found") -> Refused:
    return Refused(404, message, "OBJECT_NOT_FOUND")


def invalid_properties(problems: list[Body]) -> Refused:
    """400 for property values; the message has the list as text, as in HubSpot."""
    # The code of a fault is only in this text.
    listed = json.dumps(problems, separators=(",", ":"), ensure_ascii=False)
    return Refused(400, f"Property values were not valid: {listed}")


def email_taken(existing_id: str) -> Refused:
    """409: the email belongs to another contact, whose id is only in the message."""
    return Refused(409, f"Contact already exists. Existing ID: {existing_id}", "CONFLICT")
