"""The protocol and values of LINE Login."""

from dataclasses import dataclass, field
from typing import Protocol

from plugin.gateways.protocols.line import Channel


@dataclass(frozen=True)
class LoginTokens:
    access_token: str = field(repr=False)  # valid for 30 days
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)  # valid for 90 days


@dataclass(frozen=True)
class UserAccess:
    access_token: str = field(repr=False)
    expires_in: int  # seconds
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class Identity:
    user_id: str
    name: str
    picture_url: str
    email: str  # "" unless LINE has verified one


@dataclass(frozen=True)
class LiffApp:
    liff_id: str
    endpoint: str  # the address it opens
    scopes: tuple[str, ...] | None = None  # None: LINE does not say
    view: str = ""  # compact, tall or full


@dataclass(frozen=True)
class LoginPage:
    """How LINE's login page takes a request of ours."""

    opens: bool
    error: str = ""  # what it sends back to our address, in upper case
    names_address: bool = False  # an error page that speaks of the callback URL


class LineLoginGateway(Protocol):
    """LINE Login v2.1. Every method raises `GatewayError` and nothing else."""

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
    def login_page(self, login: Channel, redirect_uri: str) -> LoginPage:
        """Open the page as a browser of nobody would, with the scope `email`, and go no further."""

    def exchange(
        self, login: Channel, code: str, redirect_uri: str, code_verifier: str
    ) -> LoginTokens: ...
    def refresh(self, login: Channel, refresh_token: str) -> UserAccess:
        """Return a new access token; `invalid` where the refresh token has expired (90 days);
        its own expiry does not move (LINE Login v2.1, "Refresh access token")."""

    def verify_id_token(self, login: Channel, id_token: str, nonce: str | None) -> Identity:
        """Raise `invalid` for a token of another channel, nonce or time."""

    def owner_of(self, login: Channel, access_token: str) -> str:
        """Return an access token's user id; `invalid` where another channel issued it."""

    def is_friend(self, access_token: str) -> bool:
        """Return False also where the user blocks the account."""

    def deauthorize(self, login: Channel, user_access_token: str) -> None:
        """Mandatory when a user unlinks (LINE Login development guidelines)."""

    def liff_apps(self, login: Channel) -> tuple[LiffApp, ...]:
        """Return every LIFF app of the Login channel, oldest first."""

    def create_liff_app(self, login: Channel, endpoint: str, *, email: bool) -> str:
        """Create a full-screen LIFF app that offers the account; return its id."""

    def change_liff_app(self, login: Channel, liff_id: str, endpoint: str, *, email: bool) -> None:
        """Restore endpoint, size and scopes."""
