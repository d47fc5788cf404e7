"""Mail in our words."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    """An e-mail to one person, as plain text and the same as HTML."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


class MailGateway(Protocol):
    """Mail in our words. Raises `GatewayError` and nothing else."""

    def send(self, letter: Letter) -> None:
        """Hand it to the mail server. `invalid` where that refuses the address for good."""
