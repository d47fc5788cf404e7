"""Musubi's settings: read once from the environment, checked as a whole, then frozen."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plugin.kept_keys import key_reader
from plugin.setting_forms import (
    SHORTEST_SECRET,
    is_fernet_key,
    is_loopback,
    is_mail_server,
    is_sender,
    is_weak,
    is_web_address,
    media_problem,
)
from plugin.trusted_proxies import Network, networks

REAL_BASES = {
    "HUBSPOT_API_BASE": "https://api.hubapi.com",
    "HUBSPOT_AUTHORIZE_BASE": "https://app.hubspot.com",
    "LINE_API_BASE": "https://api.line.me",
    "LINE_DATA_API_BASE": "https://api-data.line.me",
    "LINE_ACCESS_BASE": "https://access.line.me",
    "LINE_LIFF_BASE": "https://liff.line.me",
    "LINE_SHOP_BASE": "https://stickershop.line-scdn.net",
    "LINE_LIFF_SDK_URL": "https://static.line-scdn.net/liff/edge/2/sdk.js",
}
# Where the sandbox serves the platforms, below BASE_URL/sandbox.
SANDBOX_BASES = {
    "HUBSPOT_API_BASE": "/hubspot-api",
    "HUBSPOT_AUTHORIZE_BASE": "/hubspot-app",
    "LINE_API_BASE": "/line-api",
    "LINE_DATA_API_BASE": "/line-data",
    "LINE_ACCESS_BASE": "/line-access",
    "LINE_LIFF_BASE": "/liff",
    "LINE_SHOP_BASE": "/line-shop",
    "LINE_LIFF_SDK_URL": "/liff-sdk.js",
}
SANDBOX_CREDENTIALS = {
    "HUBSPOT_CLIENT_ID": "5a9db0c5-0000-4000-8000-5a9db0c5a9db",
    "HUBSPOT_CLIENT_SECRET": "sandbox-client-secret-not-a-secret",
    "HUBSPOT_APP_ID": "1000001",
}
CREDENTIALS = tuple(SANDBOX_CREDENTIALS)


class SettingsError(Exception):
    """One message that names every wrong or missing setting."""


@dataclass(frozen=True)
class Settings:
    """The settings of the README, with the same names."""

    base_url: str
    port: int
    secret_keys: tuple[str, ...] = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    database_url: str = field(repr=False)
    celery_broker_url: str | None = field(repr=False)
    scheduler: bool
    sandbox: bool
    hubspot_client_id: str
    hubspot_client_secret: str = field(repr=False)
    hubspot_previous_client_secret: str | None = field(repr=False)
    hubspot_app_id: str
    hubspot_api_base: str
    hubspot_authorize_base: str
    line_api_base: str
    line_data_api_base: str
    line_access_base: str
    line_liff_base: str
    line_shop_base: str
    line_liff_sdk_url: str
    smtp_url: str = field(repr=False)
    mail_from: str
    log_format: str
    media_url: str
    webhook_private_networks: bool
    instance: Path
    trusted_proxies: tuple[Network, ...] = ()

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def hubspot_client_secrets(self) -> tuple[str, ...]:
        previous = self.hubspot_previous_client_secret
        return (self.hubspot_client_secret, *([previous] if previous else []))

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, instance: Path | None = None
    ) -> "Settings":
        """Read the environment. Raise `SettingsError` naming all problems at once."""
        reader = _Reader(os.environ if environ is None else environ)
        settings = _build(reader, instance or Path("instance").resolve())
        if reader.problems:
            raise SettingsError(
                "Musubi cannot start:\n  - " + "\n  - ".join(dict.fromkeys(reader.problems))
            )
        return settings


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """Return NAME, or the content of the file that NAME_FILE points at."""
        path = self.environ.get(f"{name}_FILE", "")
        if not path:
            return self.environ.get(name, "").strip() or default
        if self.environ.get(name):
            self.problems.append(f"{name} and {name}_FILE are both set: keep one")
        try:
            return Path(path).read_text(encoding="utf-8").strip() or default
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name}_FILE cannot be read: {type(error).__name__}")
            return default

    def required(self, name: str, why: str) -> str:
        value = self.text(name)
        if not value:
            self.problems.append(f"{name} is missing ({why})")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if value.isdecimal() and 0 < int(value) < 65536:
            return int(value)
        self.problems.append(f"{name} must be a port number, not {value!r}")
        return default

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default).lower()
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def url(self, name: str, default: str, plain: bool = False) -> str:
        value = self.text(name, default).rstrip("/")
        if not is_web_address(value):
            self.problems.append(f"{name} must be a web address, not {value!r}")
        elif not plain and value.startswith("http:") and not is_loopback(value):
            self.problems.append(
                f"{name} must begin with https:// (http:// is for this machine only), not {value!r}"
            )
        return value

    def keys(self, name: str, stored: Callable[[], str] | None) -> tuple[str, ...]:
        """Return comma-separated keys, newest first; `stored` provides the sandbox's own."""
        try:
            value = self.text(name) or (stored() if stored else "")
        except OSError as error:
            self.problems.append(f"{name} cannot be kept in {error.filename}: {error.strerror}")
            return ()
        keys = tuple(part.strip() for part in value.split(",") if part.strip())
        if not keys:
            self.problems.append(f"{name} is missing (comma-separated, newest first)")
        return keys


def _build(read: _Reader, instance: Path) -> Settings:
    port = read.number("PORT", 8000)
    meant = read.choice("SANDBOX", "auto", ("auto", "on", "off"))
    base_url = read.url("BASE_URL", f"http://localhost:{port}", plain=meant == "on")
    sandbox = _is_sandbox(read, meant, base_url)
    bases = _bases(read, base_url, sandbox)
    return Settings(
        base_url=base_url,
        port=port,
        secret_keys=_secret_keys(read, instance, sandbox),
        encryption_keys=_fernet_keys(read, instance, sandbox),
        database_url=_database_url(read, instance),
        celery_broker_url=_broker_url(read),
        scheduler=read.choice("SCHEDULER", "on", ("on", "off")) == "on",
        sandbox=sandbox,
        hubspot_client_id=_credential(read, "HUBSPOT_CLIENT_ID", sandbox),
        hubspot_client_secret=_credential(read, "HUBSPOT_CLIENT_SECRET", sandbox),
        hubspot_previous_client_secret=read.text("HUBSPOT_PREVIOUS_CLIENT_SECRET") or None,
        hubspot_app_id=_credential(read, "HUBSPOT_APP_ID", sandbox),
        smtp_url=_smtp_url(read),
        mail_from=_mail_from(read, sandbox),
        log_format=read.choice("LOG_FORMAT", "console", ("console", "json")),
        media_url=_media_url(read, instance),
        webhook_private_networks=read.choice(
            "WEBHOOK_PRIVATE_NETWORKS", "refuse", ("refuse", "allow")
        )
        == "allow",
        instance=instance,
        trusted_proxies=networks(read.text("TRUSTED_PROXIES"), read.problems),
        **bases,
    )


def _is_sandbox(read: _Reader, meant: str, base_url: str) -> bool:
    credentials = [name for name in CREDENTIALS if read.text(name)]
    if credentials and meant == "on":
        read.problems.append(f"SANDBOX is on, but {', '.join(credentials)} is set: keep one")
    # Lost credentials must not open Musubi with the published ones.
    if credentials or meant == "off":
        return False
    if meant == "on" or is_loopback(base_url):
        return True
    read.problems.append(
        "SANDBOX must be on for a sandbox that others can reach at BASE_URL;"
        " for HubSpot itself set the credentials"
    )
    return False


def _secret_keys(read: _Reader, instance: Path, sandbox: bool) -> tuple[str, ...]:
    keys = read.keys("SECRET_KEY", key_reader(instance, "secret_key") if sandbox else None)
    if any(is_weak(key) for key in keys):
        read.problems.append(
            f"SECRET_KEY is weak: at least {SHORTEST_SECRET} characters that nobody can guess, such"
            " as python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return keys


def _bases(read: _Reader, base_url: str, sandbox: bool) -> dict[str, str]:
    stand_ins = {name: f"{base_url}/sandbox{path}" for name, path in SANDBOX_BASES.items()}
    defaults = stand_ins if sandbox else REAL_BASES
    return {
        name.lower(): read.url(name, default, plain=sandbox) for name, default in defaults.items()
    }


def _credential(read: _Reader, name: str, sandbox: bool) -> str:
    if sandbox:
        return SANDBOX_CREDENTIALS[name]
    return read.required(name, "from the app's page in your HubSpot developer account")


def _fernet_keys(read: _Reader, instance: Path, sandbox: bool) -> tuple[str, ...]:
    keys = read.keys("ENCRYPTION_KEYS", key_reader(instance, "encryption_key") if sandbox else None)
    if not all(is_fernet_key(key) for key in keys):
        read.problems.append("ENCRYPTION_KEYS must be Fernet keys (32 bytes, url-safe base64)")
    return keys


def _database_url(read: _Reader, instance: Path) -> str:
    url = read.text("DATABASE_URL", f"sqlite:///{instance / 'musubi.db'}")
    if url == "sqlite:///instance/musubi.db":
        url = f"sqlite:///{instance / 'musubi.db'}"
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        read.problems.append("DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://")
    return url


def _broker_url(read: _Reader) -> str | None:
    url = read.text("CELERY_BROKER_URL") or None
    if url and not url.startswith(("amqp://", "amqps://", "redis://", "rediss://")):
        read.problems.append("CELERY_BROKER_URL must begin with amqp:// or redis://")
    if url and not read.text("DATABASE_URL").startswith("postgresql"):
        read.problems.append(
            "CELERY_BROKER_URL needs PostgreSQL: set DATABASE_URL to postgresql+psycopg://..."
            " or unset CELERY_BROKER_URL (SQLite cannot be shared by machines)"
        )
    return url


def _smtp_url(read: _Reader) -> str:
    url = read.text("SMTP_URL")
    if url and not is_mail_server(url):
        read.problems.append(
            "SMTP_URL must be smtps://user:password@host or smtp://user:password@host:587;"
            " ?tls=off only without a password"
        )
    return url


def _mail_from(read: _Reader, sandbox: bool) -> str:
    sender = read.text("MAIL_FROM", "Musubi <musubi@example.com>" if sandbox else "")
    if read.text("SMTP_URL") and not sender:
        read.problems.append("MAIL_FROM is missing (the sender of the mail that SMTP_URL takes)")
    elif sender and not is_sender(sender):
        read.problems.append(f"MAIL_FROM must be an e-mail address, not {sender!r}")
    return sender


def _media_url(read: _Reader, instance: Path) -> str:
    default = f"file:{instance / 'media'}"
    url = read.text("MEDIA_URL", default)
    if url in (default, "file:instance/media"):
        return default
    read.problems += media_problem(url, read.environ)
    return url
