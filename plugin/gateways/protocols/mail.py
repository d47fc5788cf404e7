"""The protocol and values of e-mail."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)  # the same as `text`


class MailGateway(Protocol):
    """E-mail. Raises `GatewayError` and nothing else."""

    def check(self) -> None:
        """Connect and sign in, and send nothing."""

    def send(self, letter: Letter) -> None:
        """Raise `invalid` where the address is refused for good, `lost` where the connection broke
        after the message had begun: it may arrive."""
