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
class UserAccess:
    """A person's access token at a Login channel, seconds it lives, and how to get the next one."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class Identity:
    """Who LINE says is there, from a verified ID token. `email` is "" unless LINE vouches."""

    user_id: str
    name: str
    picture_url: str
    email: str


@dataclass(frozen=True)
class LiffApp:
    """A LIFF app of a Login channel; `endpoint` is the address it opens."""

    liff_id: str
    endpoint: str


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
    def refresh(self, login: Channel, refresh_token: str) -> UserAccess:
        """A fresh access token; `invalid` where the refresh token has ended (90 days) or is none.

        The refresh token's own end does not move (LINE Login v2.1, "Refresh access token").
        """

    def verify_id_token(self, login: Channel, id_token: str, nonce: str | None) -> Identity:
        """Ask LINE's verify endpoint; refuse a token of another channel, nonce or time."""

    def owner_of(self, login: Channel, access_token: str) -> str:
        """The user id an access token speaks for; `invalid` where another channel issued it."""

    def is_friend(self, access_token: str) -> bool:
        """False also where the person blocks the account."""

    def deauthorize(self, login: Channel, user_access_token: str) -> None:
        """Mandatory when a person unlinks (LINE Login development guidelines)."""

    def liff_apps(self, login: Channel) -> tuple[LiffApp, ...]:
        """Every LIFF app on the Login channel, oldest first."""

    def create_liff_app(self, login: Channel, endpoint: str, *, email: bool) -> str:
        """A new LIFF app that fills the screen and offers the account; answers its id."""

    def change_liff_app(self, login: Channel, liff_id: str, endpoint: str, *, email: bool) -> None:
        """Put endpoint, size and scopes right."""
