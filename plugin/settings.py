"""Everything Musubi is told from outside: read once, checked whole, then frozen."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

REAL_BASES = {
    "HUBSPOT_API_BASE": "https://api.hubapi.com",
    "HUBSPOT_AUTHORIZE_BASE": "https://app.hubspot.com",
    "LINE_API_BASE": "https://api.line.me",
    "LINE_DATA_API_BASE": "https://api-data.line.me",
    "LINE_ACCESS_BASE": "https://access.line.me",
    "LINE_LIFF_BASE": "https://liff.line.me",
    "LINE_LIFF_SDK_URL": "https://static.line-scdn.net/liff/edge/2/sdk.js",
}
# Where the stand-ins answer, below BASE_URL/sandbox.
SANDBOX_BASES = {
    "HUBSPOT_API_BASE": "/hubspot-api",
    "HUBSPOT_AUTHORIZE_BASE": "/hubspot-app",
    "LINE_API_BASE": "/line-api",
    "LINE_DATA_API_BASE": "/line-data",
    "LINE_ACCESS_BASE": "/line-access",
    "LINE_LIFF_BASE": "/liff",
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
    """What `contract.md` of the outside promises under "Settings", with the same names."""

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
    line_liff_sdk_url: str
    smtp_url: str = field(repr=False)
    mail_from: str
    log_format: str
    instance: Path

    @property
    def secure(self) -> bool:
        """Served over https, so cookies may insist on it."""
        return self.base_url.startswith("https://")

    @property
    def hubspot_client_secrets(self) -> tuple[str, ...]:
        """The secrets a signature may carry, newest first."""
        previous = self.hubspot_previous_client_secret
        return (self.hubspot_client_secret, *([previous] if previous else []))

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, instance: Path | None = None
    ) -> "Settings":
        """Read the environment. Raises `SettingsError` naming all that is wrong at once."""
        reader = _Reader(os.environ if environ is None else environ)
        settings = _build(reader, instance or Path("instance").resolve())
        if reader.problems:
            raise SettingsError(
                "Musubi cannot start:\n  - " + "\n  - ".join(dict.fromkeys(reader.problems))
            )
        return settings


class _Reader:
    """Takes settings one by one and remembers every complaint."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """NAME, or the content of the file that NAME_FILE points at."""
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

    def url(self, name: str, default: str) -> str:
        value = self.text(name, default).rstrip("/")
        if not _is_web_address(value):
            self.problems.append(f"{name} must be a web address, not {value!r}")
        return value

    def keys(self, name: str, kept: Callable[[], str] | None) -> tuple[str, ...]:
        """Comma-separated keys, newest first; `kept` makes the sandbox's own."""
        try:
            value = self.text(name) or (kept() if kept else "")
        except OSError as error:
            self.problems.append(f"{name} cannot be kept in {error.filename}: {error.strerror}")
            return ()
        keys = tuple(part.strip() for part in value.split(",") if part.strip())
        if not keys:
            self.problems.append(f"{name} is missing (comma-separated, newest first)")
        return keys


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not parts.query
        )
    except ValueError:
        return False


def _build(read: _Reader, instance: Path) -> Settings:
    sandbox = not any(read.text(name) for name in CREDENTIALS)
    port = read.number("PORT", 8000)
    base_url = read.url("BASE_URL", f"http://localhost:{port}")
    bases = _bases(read, base_url, sandbox)
    return Settings(
        base_url=base_url,
        port=port,
        secret_keys=read.keys("SECRET_KEY", _keeper(instance, "secret_key") if sandbox else None),
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
        instance=instance,
        **bases,
    )


def _bases(read: _Reader, base_url: str, sandbox: bool) -> dict[str, str]:
    stand_ins = {name: f"{base_url}/sandbox{path}" for name, path in SANDBOX_BASES.items()}
    defaults = stand_ins if sandbox else REAL_BASES
    return {name.lower(): read.url(name, default) for name, default in defaults.items()}


def _credential(read: _Reader, name: str, sandbox: bool) -> str:
    if sandbox:
        return SANDBOX_CREDENTIALS[name]
    return read.required(name, "from the app's page in your HubSpot developer account")


def _fernet_keys(read: _Reader, instance: Path, sandbox: bool) -> tuple[str, ...]:
    keys = read.keys("ENCRYPTION_KEYS", _keeper(instance, "encryption_key") if sandbox else None)
    if not all(_is_fernet_key(key) for key in keys):
        read.problems.append("ENCRYPTION_KEYS must be Fernet keys (32 bytes, url-safe base64)")
    return keys


def _is_fernet_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except ValueError:
        return False


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
    if url and not _is_mail_server(url):
        read.problems.append(
            "SMTP_URL must be smtps://user:password@host or smtp://user:password@host:587;"
            " ?tls=off only without a password"
        )
    return url


def _is_mail_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        plain = parts.query == "tls=off" and parts.scheme == "smtp" and not parts.username
        return (
            parts.scheme in ("smtp", "smtps")
            and bool(parts.hostname)
            and parts.port != 0
            and parts.path in ("", "/")
            and (plain or not parts.query)
        )
    except ValueError:
        return False


def _mail_from(read: _Reader, sandbox: bool) -> str:
    sender = read.text("MAIL_FROM", "Musubi <musubi@example.com>" if sandbox else "")
    if read.text("SMTP_URL") and not sender:
        read.problems.append("MAIL_FROM is missing (the sender of the mail that SMTP_URL takes)")
    elif sender and not _is_sender(sender):
        read.problems.append(f"MAIL_FROM must be an e-mail address, not {sender!r}")
    return sender


def _is_sender(text: str) -> bool:
    """An address, with or without a name in front."""
    name, _, domain = parseaddr(text)[1].rpartition("@")
    return bool(name) and "." in domain and text.isprintable()


def _keeper(instance: Path, name: str) -> Callable[[], str]:
    return lambda: _kept(instance / name)


def _kept(path: Path) -> str:
    """A random key made at the first start and read ever after; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(fresh)
    return fresh
