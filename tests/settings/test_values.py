"""Settings are read once, complain about everything at once, and never show a secret."""

import contextlib
import dataclasses
import stat
from pathlib import Path

import hypothesis
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from plugin.sandbox import SandboxConfig
from plugin.setting_forms import is_loopback
from plugin.settings import (
    CREDENTIALS,
    REAL_BASES,
    SANDBOX_BASES,
    SANDBOX_CREDENTIALS,
    Settings,
    SettingsError,
)

FERNET = "bXVzdWJpLXRlc3Qta2V5LW5vdC1hLXNlY3JldC4uLi4="
PRODUCTION = {
    "BASE_URL": "https://musubi.example.com",
    "SECRET_KEY": "of-production-0123456789-abcdefghijklm",
    "ENCRYPTION_KEYS": FERNET,
    "HUBSPOT_CLIENT_ID": "client",
    "HUBSPOT_CLIENT_SECRET": "client-secret",
    "HUBSPOT_APP_ID": "42",
}
NAMES = [
    *PRODUCTION,
    *REAL_BASES,
    "PORT",
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "SANDBOX",
    "SCHEDULER",
    "LOG_FORMAT",
    "HUBSPOT_PREVIOUS_CLIENT_SECRET",
    "SECRET_KEY_FILE",
    "SMTP_URL",
    "MAIL_FROM",
    "TRUSTED_PROXIES",
]

# What an environment can hold: no NUL, no half characters.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def problems(environ: dict[str, str], instance: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ, instance)
    first, *rest = str(caught.value).splitlines()
    assert first == "Musubi cannot start:"
    return [line.removeprefix("  - ") for line in rest]


def test_nothing_set_is_the_sandbox(tmp_path: Path) -> None:
    settings = Settings.from_env({}, tmp_path)
    assert settings.sandbox
    assert settings.scheduler
    assert (settings.base_url, settings.port) == ("http://localhost:8000", 8000)
    assert settings.database_url == f"sqlite:///{tmp_path}/musubi.db"
    assert settings.celery_broker_url is None
    assert settings.log_format == "console"
    assert settings.trusted_proxies == ()
    assert not settings.webhook_private_networks
    assert not settings.secure


def test_in_the_sandbox_every_platform_is_below_the_own_address(tmp_path: Path) -> None:
    settings = Settings.from_env({"BASE_URL": "http://127.0.0.1:9000/"}, tmp_path)
    for name, path in SANDBOX_BASES.items():
        assert getattr(settings, name.lower()) == f"http://127.0.0.1:9000/sandbox{path}"


def test_the_port_moves_the_default_address(tmp_path: Path) -> None:
    assert Settings.from_env({"PORT": "9001"}, tmp_path).base_url == "http://localhost:9001"


def test_with_credentials_the_platforms_are_the_real_ones(tmp_path: Path) -> None:
    settings = Settings.from_env(PRODUCTION, tmp_path)
    assert not settings.sandbox
    assert settings.secure
    for name, address in REAL_BASES.items():
        assert getattr(settings, name.lower()) == address
    assert list(tmp_path.iterdir()) == []


def test_a_platform_may_be_elsewhere(tmp_path: Path) -> None:
    elsewhere = {**PRODUCTION, "LINE_API_BASE": "http://127.0.0.1:7000/line/"}
    assert Settings.from_env(elsewhere, tmp_path).line_api_base == "http://127.0.0.1:7000/line"


def test_one_credential_alone_asks_for_all_the_others_at_once(tmp_path: Path) -> None:
    named = [line.split()[0] for line in problems({"HUBSPOT_CLIENT_ID": "client"}, tmp_path)]
    assert sorted(named) == [
        "ENCRYPTION_KEYS",
        "HUBSPOT_APP_ID",
        "HUBSPOT_CLIENT_SECRET",
        "SECRET_KEY",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "musubi.example.com"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "http://[half"),
        ("BASE_URL", "http://localhost:port"),
        ("LINE_API_BASE", "https://api.line.me/?a=b"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "eighty"),
        ("SCHEDULER", "maybe"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.0/8;10.0.0.1"),
        ("LOG_FORMAT", "xml"),
        ("WEBHOOK_PRIVATE_NETWORKS", "yes"),
        ("DATABASE_URL", "postgres://localhost/musubi"),
        ("ENCRYPTION_KEYS", "too-short"),
        ("ENCRYPTION_KEYS", f"{FERNET},nonsense"),
        ("SECRET_KEY", " , "),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "change-me-change-me-change-me-change-me-1234567"),
        ("SECRET_KEY", "of-production-0123456789-abcdefghijklm,old"),
        ("BASE_URL", "http://musubi.example.com"),
        ("BASE_URL", "http://192.168.1.20:8000"),
        ("HUBSPOT_API_BASE", "http://api.hubapi.com"),
        ("LINE_API_BASE", "http://10.0.0.1/line"),
        ("LINE_LIFF_SDK_URL", "http://cdn.example.com/sdk.js"),
        ("SANDBOX", "maybe"),
        ("SANDBOX", "on"),
        ("SMTP_URL", "mail.example.com:587"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example.com:port"),
        ("SMTP_URL", "smtp://user:password@mail.example.com?tls=off"),
        ("SMTP_URL", "smtps://mail.example.com?tls=off"),
        ("SMTP_URL", "smtps://mail.example.com/inbox"),
        ("MAIL_FROM", "Musubi"),
        ("MAIL_FROM", "Musubi <musubi>"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, tmp_path: Path) -> None:
    sender = {"MAIL_FROM": "musubi@example.com"}
    (problem,) = problems({**PRODUCTION, **sender, name: value}, tmp_path)
    assert problem.startswith(f"{name} ")
    assert "password@mail" not in problem


def test_every_wrong_setting_is_named_in_one_message(tmp_path: Path) -> None:
    wrong = {**PRODUCTION, "PORT": "x", "SCHEDULER": "x", "LOG_FORMAT": "x", "BASE_URL": "x"}
    named = [line.split()[0] for line in problems(wrong, tmp_path)]
    assert named == ["PORT", "BASE_URL", "SCHEDULER", "LOG_FORMAT"]


def test_lost_credentials_do_not_fall_open_into_the_sandbox(tmp_path: Path) -> None:
    lost = {name: text for name, text in PRODUCTION.items() if not name.startswith("HUBSPOT")}
    named = [line.split()[0] for line in problems(lost, tmp_path)]
    assert named == ["SANDBOX", *CREDENTIALS]
    named = [line.split()[0] for line in problems({**lost, "SANDBOX": "auto"}, tmp_path)]
    assert named == ["SANDBOX", *CREDENTIALS]
    assert list(tmp_path.iterdir()) == []


def test_the_sandbox_is_elsewhere_only_where_it_is_meant_to_be(tmp_path: Path) -> None:
    meant = {"SANDBOX": "on", "BASE_URL": "http://192.168.1.20:8000"}
    settings = Settings.from_env(meant, tmp_path)
    assert settings.sandbox
    assert settings.line_api_base == "http://192.168.1.20:8000/sandbox/line-api"


def test_the_sandbox_can_be_refused_on_the_own_machine(tmp_path: Path) -> None:
    named = [line.split()[0] for line in problems({"SANDBOX": "off"}, tmp_path)]
    assert sorted(named) == sorted(["SECRET_KEY", "ENCRYPTION_KEYS", *CREDENTIALS])
    assert not Settings.from_env({**PRODUCTION, "SANDBOX": "off"}, tmp_path).sandbox


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "musubi.localhost"]
)
def test_this_machine_may_be_reached_without_tls(host: str, tmp_path: Path) -> None:
    own = {**PRODUCTION, "BASE_URL": f"http://{host}:8000"}
    assert Settings.from_env(own, tmp_path).base_url == f"http://{host}:8000"


@pytest.mark.parametrize("host", ["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1"])
def test_what_only_looks_like_this_machine_is_not(host: str, tmp_path: Path) -> None:
    (problem,) = problems({**PRODUCTION, "BASE_URL": f"http://{host}"}, tmp_path)
    assert problem.startswith("BASE_URL must begin with https://")
    assert not is_loopback(f"http://{host}")


def test_a_broker_needs_postgresql(tmp_path: Path) -> None:
    broker = {**PRODUCTION, "CELERY_BROKER_URL": "redis://localhost"}
    (problem,) = problems(broker, tmp_path)
    assert problem.startswith("CELERY_BROKER_URL needs PostgreSQL")
    assert problems({**broker, "DATABASE_URL": "sqlite:///x.db"}, tmp_path) == [problem]
    shared = {**broker, "DATABASE_URL": "postgresql+psycopg://localhost/musubi"}
    assert Settings.from_env(shared, tmp_path).celery_broker_url == "redis://localhost"


def test_an_unknown_broker_is_refused(tmp_path: Path) -> None:
    database = "postgresql+psycopg://localhost/musubi"
    wrong = {**PRODUCTION, "CELERY_BROKER_URL": "kafka://x", "DATABASE_URL": database}
    assert problems(wrong, tmp_path) == ["CELERY_BROKER_URL must begin with amqp:// or redis://"]


def test_mail_is_optional_and_needs_a_sender(tmp_path: Path) -> None:
    assert Settings.from_env(PRODUCTION, tmp_path).smtp_url == ""
    mail = {**PRODUCTION, "SMTP_URL": "smtps://user:mail-password@mail.example.com"}
    assert [line.split()[0] for line in problems(mail, tmp_path)] == ["MAIL_FROM"]
    settings = Settings.from_env({**mail, "MAIL_FROM": "むすび <a@example.com>"}, tmp_path)
    assert settings.mail_from == "むすび <a@example.com>"
    assert "mail-password" not in repr(settings)


def test_a_setting_may_be_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n", encoding="utf-8")
    environ = {**PRODUCTION, "HUBSPOT_CLIENT_SECRET_FILE": str(secret)}
    del environ["HUBSPOT_CLIENT_SECRET"]
    assert Settings.from_env(environ, tmp_path).hubspot_client_secret == "from-a-file"


def test_a_setting_in_two_places_is_refused_once(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file", encoding="utf-8")
    twice = {**PRODUCTION, "HUBSPOT_CLIENT_SECRET_FILE": str(secret)}
    assert problems(twice, tmp_path) == [
        "HUBSPOT_CLIENT_SECRET and HUBSPOT_CLIENT_SECRET_FILE are both set: keep one"
    ]


def test_a_file_that_cannot_be_read_is_named_without_its_content(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, error in ((tmp_path / "absent", "FileNotFoundError"), (binary, "UnicodeDecodeError")):
        environ = {**PRODUCTION, "DATABASE_URL_FILE": str(path)}
        assert problems(environ, tmp_path) == [f"DATABASE_URL_FILE cannot be read: {error}"]


def test_the_sandbox_makes_its_secrets_once_and_keeps_them(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    first = Settings.from_env({}, instance)
    again = Settings.from_env({}, instance)
    assert first == again
    assert Settings.from_env({}, tmp_path / "other").secret_keys != first.secret_keys
    Fernet(first.encryption_keys[0])
    kept = sorted(instance.iterdir())
    assert [path.name for path in kept] == ["encryption_key", "secret_key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_media_are_kept_in_a_folder_or_a_bucket(tmp_path: Path) -> None:
    def kept_in(environ: dict[str, str]) -> str:
        return Settings.from_env({**PRODUCTION, **environ}, tmp_path).media_url

    assert kept_in({}) == f"file:{tmp_path / 'media'}"
    assert kept_in({"MEDIA_URL": "file:instance/media"}) == f"file:{tmp_path / 'media'}"
    folder = f"file:{tmp_path / 'new' / 'folder'}"
    assert kept_in({"MEDIA_URL": folder}) == folder
    written = tmp_path / "written"
    written.write_text("s3://shop/of/musubi\n", encoding="utf-8")
    assert kept_in({"MEDIA_URL_FILE": str(written)}) == "s3://shop/of/musubi"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"MEDIA_URL": "media"}, "MEDIA_URL must be file:/a/folder or s3://bucket/prefix"),
        ({"MEDIA_URL": "s3://"}, "MEDIA_URL must be"),
        ({"MEDIA_URL": "s3://Shop_1/x"}, "MEDIA_URL must be"),
        ({"MEDIA_URL": "s3://shop/x?region=a"}, "MEDIA_URL must be"),
        ({"MEDIA_URL": "https://shop.example.com"}, "MEDIA_URL must be"),
        ({"MEDIA_URL": "file:media"}, "MEDIA_URL must name its folder from the root"),
        ({"MEDIA_URL": f"file:{__file__}/media"}, "MEDIA_URL names a folder that cannot be"),
        ({"MEDIA_URL": "s3://shop", "AWS_ENDPOINT_URL_S3": "minio:9000"}, "AWS_ENDPOINT_URL_S3"),
        ({"MEDIA_URL": "s3://shop", "AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY is missing"),
    ],
)
def test_what_is_wrong_with_the_place_of_media_is_said(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    (problem,) = problems({**PRODUCTION, **environ}, tmp_path)
    assert problem.startswith(words)


def test_an_instance_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "instance"
    blocked.write_text("a file where the folder belongs", encoding="utf-8")
    named = [line.split(":")[0] for line in problems({}, blocked)]
    assert named == [
        f"SECRET_KEY cannot be kept in {blocked}",
        f"ENCRYPTION_KEYS cannot be kept in {blocked}",
    ]


def test_keys_are_listed_newest_first(tmp_path: Path) -> None:
    older = Fernet.generate_key().decode()
    new, old = (f"{age}-0123456789-abcdefghijklmnopqrs" for age in ("new", "old"))
    keys = {"SECRET_KEY": f"{new}, {old}", "ENCRYPTION_KEYS": f"{FERNET},{older}"}
    settings = Settings.from_env({**PRODUCTION, **keys}, tmp_path)
    assert settings.secret_keys == (new, old)
    assert settings.encryption_keys == (FERNET, older)


def test_while_a_rotation_lasts_both_client_secrets_count(tmp_path: Path) -> None:
    assert Settings.from_env(PRODUCTION, tmp_path).hubspot_client_secrets == ("client-secret",)
    rotating = {**PRODUCTION, "HUBSPOT_PREVIOUS_CLIENT_SECRET": "before"}
    settings = Settings.from_env(rotating, tmp_path)
    assert settings.hubspot_client_secrets == ("client-secret", "before")


def test_settings_are_frozen_and_do_not_show_secrets(tmp_path: Path) -> None:
    broker = "amqp://user:broker-password@localhost"
    database = "postgresql+psycopg://user:database-password@localhost/musubi"
    environ = {**PRODUCTION, "CELERY_BROKER_URL": broker, "DATABASE_URL": database}
    environ["HUBSPOT_PREVIOUS_CLIENT_SECRET"] = "before"
    settings = Settings.from_env(environ, tmp_path)
    for secret in (FERNET, "of-production", "client-secret", "before", "-password"):
        assert secret not in repr(settings)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        TEXT | st.sampled_from(["on", "8000", FERNET, "http://[", "redis://", "sqlite:///x"]),
    )
)
@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
def test_any_environment_is_settings_or_one_message(
    tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]
) -> None:
    instance = tmp_path_factory.getbasetemp() / "any"
    with contextlib.suppress(SettingsError):
        Settings.from_env(environ, instance)


def test_sandbox_mode_signs_in_as_the_app_that_the_sandbox_knows() -> None:
    known = SandboxConfig(base_url="", target="")
    assert {
        "HUBSPOT_CLIENT_ID": known.client_id,
        "HUBSPOT_CLIENT_SECRET": known.client_secret,
        "HUBSPOT_APP_ID": str(known.app_id),
    } == SANDBOX_CREDENTIALS
