"""The protocol and values of Musubi's own public address."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class HealthAnswer:
    status: int
    is_ours: bool


class OwnAddress(Protocol):
    """Musubi seen from outside. Raises `GatewayError` and nothing else."""

    def health(self, base_url: str) -> HealthAnswer:
        """Fetch `/healthz`. Raise `configuration` where the certificate is not accepted."""
