"""Refusals that do not reach the application: too many requests, or too large a body."""

from waitress.utilities import Error

Response = tuple[str, list[tuple[str, str]], bytes]


class Busy(Error):
    """503 without Retry-After, which HubSpot's workflows read as milliseconds."""

    code = 503
    reason = "Service Unavailable"
    # In both languages: the client's is not known here.
    text = (
        "Too many people are here at once. Please try again in a moment.\n"
        "ただいま混み合っています。少し待ってから、もう一度お試しください。\n"
    )

    def __init__(self) -> None:
        super().__init__(self.text)

    def to_response(self, ident: str | None = None) -> Response:
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return f"{self.code} {self.reason}", headers, self.text.encode()


class TooLarge(Busy):
    code = 413
    reason = "Content Too Large"
    text = (
        "What you sent is too large. Nothing was changed.\n"
        "送信されたデータが大きすぎます。何も変更されていません。\n"
    )
