"""LINE Login in our words: values and what may be asked."""

from dataclasses import dataclass, field
from typing import Protocol

from plugin.gateways.line_protocol import Channel


@dataclass(frozen=True)
class LoginTokens:
    """Answer of LINE Login's token endpoint. Lives: access 30 days, refresh 90."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class Identity:
    """Who LINE says is there, from a verified ID token. `email` is "" unless LINE vouches."""

    user_id: str
    name: str
    picture_url: str
    email: str


class LineLoginGateway(Protocol):
    """LINE Login v2.1 in our words. Every method raises `GatewayError` and nothing else."""

    def authorize_url(
        self,
        login: Channel,
        *,
        redirect_uri: str,
        state: str,
        nonce: str,
        code_verifier: str,
        email: bool = True,
        locale: str = "",
        auto_login: bool = True,
    ) -> str: ...
    def exchange(
        self, login: Channel, code: str, redirect_uri: str, code_verifier: str
    ) -> LoginTokens: ...
    def verify_id_token(self, login: Channel, id_token: str, nonce: str | None) -> Identity:
        """Ask LINE's verify endpoint; refuse a token of another channel, nonce or time."""

    def is_friend(self, access_token: str) -> bool:
        """False also where the person blocks the account."""

    def deauthorize(self, login: Channel, user_access_token: str) -> None:
        """Mandatory when a person unlinks (LINE Login development guidelines)."""
